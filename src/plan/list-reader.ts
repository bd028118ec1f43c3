// Owns the pulling of the list's lines: nothing is read before somebody asks for it, and whoever waits for a silent source
// can be let go at any time.
import type { ListLine } from './url-list.ts';

/** A source that gives nothing for so long has paused. */
const SOURCE_PAUSE_MS = 20;

export class ListReader {
  readonly #blocks: AsyncIterator<ListLine[], void>;
  /** Lines that were read and not yet given out. */
  #ahead: ListLine[] = [];
  #reading: Promise<boolean> | undefined;
  #given = 0;
  #ended = false;
  #stopped = false;
  /** Wakes whoever waits for a source that is silent. */
  #wake: () => void = () => undefined;

  constructor(blocks: AsyncIterator<ListLine[], void>) {
    this.#blocks = blocks;
  }

  /** Lines of the whole list, once it was read to its end. */
  get length(): number | undefined {
    return this.#ended ? this.#given + this.#ahead.length : undefined;
  }

  /** The first lines, at most `count`, without taking them; none only if the list has none, or reading was stopped. */
  async peek(count: number): Promise<readonly ListLine[]> {
    while (this.#ahead.length < count && (this.#ahead.length === 0 || !(await this.hasPaused()))) {
      if (!(await this.#readMore())) break;
    }
    return this.#ahead.slice(0, count);
  }

  /** The lines that the source gives next, at least one; undefined at its end, or when reading was stopped. */
  async read(): Promise<readonly ListLine[] | undefined> {
    while (this.#ahead.length === 0) {
      if (!(await this.#readMore())) return undefined;
    }
    if (this.#stopped) return undefined;
    const lines = this.#ahead;
    this.#ahead = [];
    this.#given += lines.length;
    return lines;
  }

  /** True if nothing is there, and the source gives nothing for a while. */
  async hasPaused(): Promise<boolean> {
    if (this.#ended) return false;
    this.#reading ??= this.#readBlock();
    let timer: NodeJS.Timeout | undefined;
    const pause = new Promise<'paused'>((resolve) => {
      timer = setTimeout(() => resolve('paused'), SOURCE_PAUSE_MS);
    });
    const first = await Promise.race([this.#untilStopped(this.#reading), pause]);
    clearTimeout(timer);
    return first === 'paused';
  }

  /** Reads nothing more, and waits for nothing more; may be called more than once. */
  stop(): void {
    this.#stopped = true;
    this.#wake();
    // A source that is closed now fails the read that nobody waits for.
    this.#reading?.catch(() => undefined);
  }

  /** Takes the source's next block in; false at its end, or when reading was stopped. */
  async #readMore(): Promise<boolean> {
    if (this.#stopped || this.#ended) return false;
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
    this.#ahead = this.#ahead.length > 0 ? this.#ahead.concat(block.value) : block.value;
    return true;
  }

  /** (Not a race with one promise for all: it would remember every read.) */
  #untilStopped(reading: Promise<boolean>): Promise<boolean | 'stopped'> {
    return new Promise((resolve, reject) => {
      this.#wake = () => resolve('stopped');
      reading.then(resolve, reject);
    });
  }
}
