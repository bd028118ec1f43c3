// Owns one thread of the pool and the documents that it has not settled: what it is given, whether it still answers, and that
// its end is told exactly once, however it comes.
import type { DocumentRequest } from '../model/document.ts';
import type { Outcome } from '../model/outcome.ts';
import type { FromWorker, ToWorker, WorkerEvent } from './protocol.ts';

/** What the pool uses of a thread. */
export interface ThreadLike {
  postMessage(message: ToWorker): void;
  on(event: 'message', listener: (message: FromWorker) => void): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  on(event: 'messageerror', listener: (error: Error) => void): unknown;
  on(event: 'exit', listener: (code: number) => void): unknown;
  terminate(): Promise<unknown>;
}

export interface PoolWorker {
  readonly name: string;
  post(message: ToWorker): void;
}

interface ThreadListener {
  /** A document that this thread was given has settled: exactly once. */
  onSettled(document: DocumentRequest, outcome: Outcome): void;
  onNews(news: ThreadNews): void;
  /** It has said something: what it wants may have changed. */
  onChange(): void;
  onGone(reason: string): void;
}

/** What a thread says beside its documents' outcomes, and is not the pool's own business. */
export type ThreadNews = Exclude<WorkerEvent, { kind: 'settled' | 'hungry' | 'pong' }>;

/** `starting`: it has said nothing yet. `suspects`: it gets documents that may take a thread down, one at a time. */
type ThreadState = 'starting' | 'busy' | 'hungry' | 'suspects';

/** Time between two questions whether a thread still answers. */
export const PING_MS = 2_000;

/** A thread that was ended and is still there after so many more questions hangs in the system: nobody waits for it. */
const PINGS_TO_END = 5;

/** A thread that could not be started, or had no file left to open. */
const OWN_SHORTAGE = /\bWorker initialization failure\b|\bE[MN]FILE\b/;
const MAKE_ROOM = 'raise ulimit -n, or lower --connections and --workers';

export class PooledThread implements PoolWorker {
  readonly name: string;
  readonly #thread: ThreadLike;
  readonly #listener: ThreadListener;
  readonly unsettled = new Map<number, DocumentRequest>();
  readonly gone: Promise<void>;
  #state: ThreadState = 'starting';
  /** Questions in a row that were not answered. */
  #unanswered = 0;
  #reason = '';
  #isEnding = false;
  #isGone = false;
  #resolveGone: () => void = () => undefined;

  constructor(name: string, thread: ThreadLike, listener: ThreadListener) {
    this.name = name;
    this.#thread = thread;
    this.#listener = listener;
    this.gone = new Promise((resolve) => (this.#resolveGone = resolve));
    thread.on('message', (message: FromWorker) => this.#hear(message));
    thread.on('error', (error: unknown) => this.#fail(error instanceof Error ? error.message : String(error)));
    thread.on('messageerror', (error) => (this.#reason = error.message));
    thread.on('exit', (code) => this.#end(`it exited with code ${code}`));
  }

  get state(): ThreadState {
    return this.#state;
  }

  /** Its documents are tried one at a time from here on, until `serveAll`. */
  serveSuspects(): void {
    this.#state = 'suspects';
  }

  /** It is a thread like any other again, which wants a batch. */
  serveAll(): void {
    this.#state = 'hungry';
  }

  give(documents: readonly DocumentRequest[]): void {
    if (this.#state === 'hungry') this.#state = 'busy';
    for (const document of documents) this.unsettled.set(document.sequence, document);
    this.post({ kind: 'batch', batch: { documents }, alone: this.#state === 'suspects' });
  }

  post(message: ToWorker): void {
    this.#thread.postMessage(message);
  }

  /** Asks for a sign of life. A thread that left `patience` questions in a row unanswered is ended, whatever holds it. */
  ping(patience: number): void {
    if (this.#unanswered >= patience + PINGS_TO_END) return this.#end(this.#reason);
    if (this.#unanswered >= patience && !this.#isEnding) {
      this.#isEnding = true;
      this.#reason = `it did not answer for ${(this.#unanswered * PING_MS) / 1000} s`;
      void this.#thread.terminate();
    }
    this.#unanswered++;
    if (!this.#isEnding) this.post({ kind: 'ping' });
  }

  async terminate(): Promise<void> {
    this.unsettled.clear();
    await this.#thread.terminate();
  }

  #hear(message: FromWorker): void {
    if (this.#isGone) return;
    if (this.#state === 'starting') this.#state = 'busy';
    this.#unanswered = 0;
    for (const event of message.events) this.#take(event);
    this.#listener.onChange();
  }

  #take(event: WorkerEvent): void {
    switch (event.kind) {
      case 'settled': {
        const document = this.unsettled.get(event.sequence);
        if (document === undefined) return;
        this.unsettled.delete(event.sequence);
        return this.#listener.onSettled(document, event.outcome);
      }
      case 'hungry':
        if (this.#state === 'busy') this.#state = 'hungry';
        return;
      case 'pong':
        return;
      default:
        this.#listener.onNews(event);
    }
  }

  /** What this process is short of is no fault of a document's, and another thread would find no more of it. */
  #fail(reason: string): void {
    this.#reason = reason;
    if (!this.#isGone && OWN_SHORTAGE.test(reason))
      this.#listener.onNews({ kind: 'fatal', message: `a worker thread cannot go on (${reason}); ${MAKE_ROOM}` });
  }

  #end(reason: string): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#listener.onGone(this.#reason === '' ? reason : this.#reason);
    this.#resolveGone();
  }
}
