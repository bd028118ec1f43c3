// Owns asking the disk whether files that have a row are there: one look for each listed URL. Where they are many, a second
// thread takes its share of the looks while the main thread plans; a short list is not worth starting one.
import { Worker } from 'node:worker_threads';
import { isThere, LookBoard } from './look-board.ts';
import type { LookTask } from './look-thread.ts';

/** Twice as long as starting the thread takes: a list of 10,000 is 0.05 s faster without. */
const LOOKS_BEFORE_THREAD = 20_000;

/** Its heap holds no more than the paths and results of a moment. */
const THREAD_LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4 };

export interface Question {
  readonly path: string;
  readonly bytes: number;
  /** Where it was posted for both threads. */
  readonly ticket?: number;
}

export class KnownFiles {
  readonly #destination: string;
  readonly #threadEntry: URL | undefined;
  #asked = 0;
  #board: LookBoard | undefined;

  /** Without `threadEntry` there is no second thread. */
  constructor(destination: string, threadEntry?: URL) {
    this.#destination = destination;
    this.#threadEntry = threadEntry;
  }

  /** Says which file will be asked for. What is asked is answered, in the order of asking. */
  ask(path: string, bytes: number): Question {
    if (++this.#asked === LOOKS_BEFORE_THREAD && this.#threadEntry !== undefined) this.#startThread(this.#threadEntry);
    const ticket = this.#board?.post(path, bytes);
    return ticket === undefined ? { path, bytes } : { path, bytes, ticket };
  }

  /** Whether the file is there, with its size. */
  isThere(question: Question): boolean {
    const { path, bytes, ticket } = question;
    if (ticket === undefined || this.#board === undefined) return isThere(this.#destination, path, bytes);
    return this.#board.fetch(ticket);
  }

  /** Ends the thread, if there is one; may be called more than once. */
  close(): void {
    this.#board?.close();
    this.#board = undefined;
  }

  #startThread(entry: URL): void {
    this.#board = new LookBoard(this.#destination);
    const task: LookTask = { destination: this.#destination, memory: this.#board.memory };
    const thread = new Worker(entry, { workerData: task, name: 'look', resourceLimits: THREAD_LIMITS });
    // A thread that fails is not missed: the main thread looks at everything that it does not.
    thread.on('error', () => undefined);
    thread.unref();
  }
}
