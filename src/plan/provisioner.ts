// Owns the batches: pulled, never pushed, so that nothing is read before somebody wants it. A batch has a fixed number of
// URLs to fetch and is cut short when the source pauses, so that a slow pipe does not keep a worker idle.
import type { Batch, DocumentRequest } from '../model/document.ts';
import type { Assessment, Plan, Planner } from './planner.ts';
import type { ListLine } from './url-list.ts';

export type FetchPlan = Extract<Plan, { kind: 'fetch' }>;
export type SettledPlan = Exclude<Plan, FetchPlan>;

export interface ProvisionerListener {
  /** A line that needs no worker. */
  onSettled(plan: SettledPlan): void;
  /** A line that is to be fetched; false if it may not be, and the run ends before it. */
  onFetch(sequence: number, plan: FetchPlan): boolean;
}

/** A source that gives nothing for so long has paused. */
const SOURCE_PAUSE_MS = 20;

export class Provisioner {
  readonly #blocks: AsyncIterator<ListLine[], void>;
  readonly #batchSize: number;
  /** What was read and not yet assessed; and what was assessed, of which those before `#at` are concluded. */
  #lines: ListLine[] = [];
  #assessed: Assessment[] = [];
  #at = 0;
  #reading: Promise<boolean> | undefined;
  #sequence = 0;
  #stopped = false;
  /** Wakes whoever waits for a source that is silent. */
  #wake: () => void = () => undefined;
  #ended = false;

  constructor(blocks: AsyncIterator<ListLine[], void>, batchSize: number) {
    this.#blocks = blocks;
    this.#batchSize = batchSize;
  }

  /** The first lines, at most a batch, without taking them; none only if the list has none. */
  async peek(): Promise<readonly ListLine[]> {
    while (this.#lines.length < this.#batchSize && (this.#lines.length === 0 || !(await this.#hasPaused()))) {
      if (!(await this.#read())) break;
    }
    return this.#lines.slice(0, this.#batchSize);
  }

  /** The next batch, or undefined when the list has ended. Lines that need no worker go to the listener on the way. */
  async next(planner: Planner, listener: ProvisionerListener): Promise<Batch | undefined> {
    const documents: DocumentRequest[] = [];
    while (documents.length < this.#batchSize && !this.#stopped) {
      const assessment = this.#assessed[this.#at];
      if (assessment !== undefined) {
        this.#at++;
        this.#take(planner.conclude(assessment), documents, listener);
        continue;
      }
      this.#assessed = planner.assess(this.#lines.splice(0));
      this.#at = 0;
      if (this.#assessed.length > 0) continue;
      if (documents.length > 0 && (await this.#hasPaused())) break;
      if (!(await this.#read())) break;
    }
    return documents.length === 0 ? undefined : { documents };
  }

  /** The list was read to its end, and every line given out. */
  get exhausted(): boolean {
    return this.#ended && this.#lines.length === 0 && this.#at >= this.#assessed.length;
  }

  /** Reads nothing more, and waits for nothing more; may be called more than once. */
  stop(): void {
    this.#stopped = true;
    this.#wake();
    // A source that is closed now fails the read that nobody waits for.
    this.#reading?.catch(() => undefined);
  }

  #take(plan: Plan, documents: DocumentRequest[], listener: ProvisionerListener): void {
    if (plan.kind !== 'fetch') return listener.onSettled(plan);
    const sequence = this.#sequence++;
    if (!listener.onFetch(sequence, plan)) return this.stop();
    documents.push(requestOf(sequence, plan));
  }

  /** Takes the source's next block in; false at its end, or when reading has stopped. */
  async #read(): Promise<boolean> {
    if (this.#stopped) return false;
    this.#reading ??= this.#readBlock();
    const more = await this.#untilStopped(this.#reading);
    if (more === 'stopped') return false;
    this.#reading = undefined;
    return more;
  }

  async #readBlock(): Promise<boolean> {
    const block = await this.#blocks.next();
    if (block.done === true) {
      this.#ended = true;
      return false;
    }
    this.#lines = this.#lines.length > 0 ? this.#lines.concat(block.value) : block.value;
    return true;
  }

  /** (Not a race with one promise for all: it would remember every read.) */
  #untilStopped(reading: Promise<boolean>): Promise<boolean | 'stopped'> {
    return new Promise((resolve, reject) => {
      this.#wake = () => resolve('stopped');
      reading.then(resolve, reject);
    });
  }

  async #hasPaused(): Promise<boolean> {
    this.#reading ??= this.#readBlock();
    let timer: NodeJS.Timeout | undefined;
    const pause = new Promise<'paused'>((resolve) => {
      timer = setTimeout(() => resolve('paused'), SOURCE_PAUSE_MS);
    });
    const first = await Promise.race([this.#untilStopped(this.#reading), pause]);
    clearTimeout(timer);
    return first === 'paused';
  }
}

/** What a worker is told of a document. */
export function requestOf(sequence: number, plan: FetchPlan): DocumentRequest {
  const { fetchUrl, paths, owned, existing, validators } = plan.target;
  const { url } = plan.entry;
  return { sequence, url, fetchUrl, paths, owned, existing, validators };
}
