// Owns whether files that have a row are there: one look for each listed URL, which is most of what a rerun does. Where they
// are many, a second thread looks at half of each block (*no-op*: a third of the time of a million).
import { statSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { KnownFile } from '../destination.ts';

/** Twice as long as starting the thread takes: a list of 10,000 is 0.05 s faster without. */
const LOOKS_BEFORE_THREAD = 20_000;

/** Its heap holds no more than the paths and results of a moment. */
const THREAD_LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4 };

const STAT_OPTIONS = { throwIfNoEntry: false } as const;

/** Whether a file of this size stands at a path below a folder. */
export function isThere(folder: string, path: string, bytes: number): boolean {
  try {
    const status = statSync(`${folder}/${path}`, STAT_OPTIONS);
    return status?.isFile() === true && status.size === bytes;
  } catch {
    // A file stands where its folder was: it is not there.
    return false;
  }
}

/** What the other thread is asked: `<bytes> <path>` a line (no path has a line end). It answers with a 1 or a 0 for each. */
export function answersTo(folder: string, question: string): string {
  return question
    .split('\n')
    .map((line) => {
      const blank = line.indexOf(' ');
      return isThere(folder, line.slice(blank + 1), Number(line.slice(0, blank))) ? '1' : '0';
    })
    .join('');
}

export class Presence {
  readonly #folder: string;
  readonly #threadEntry: URL | undefined;
  #asked = 0;
  #thread: Worker | undefined;
  /** Takes the thread's answers, or undefined when it has failed. */
  #answer: (answers: string | undefined) => void = () => undefined;

  /** Without `threadEntry` there is no second thread. */
  constructor(folder: string, threadEntry: URL | undefined) {
    this.#folder = folder;
    this.#threadEntry = threadEntry;
  }

  /** Whether these files are there. One block at a time. */
  async areThere(files: readonly KnownFile[]): Promise<readonly boolean[]> {
    const before = this.#asked;
    this.#asked += files.length;
    if (before < LOOKS_BEFORE_THREAD && this.#asked >= LOOKS_BEFORE_THREAD) this.#startThread();
    const half = this.#thread === undefined ? 0 : files.length >> 1;
    const answers = half === 0 ? '' : this.#ask(files.slice(0, half));
    const later = files.slice(half).map((file) => this.#look(file));
    const first = await answers;
    return files
      .slice(0, half)
      .map((file, at) => (first === undefined ? this.#look(file) : first[at] === '1'))
      .concat(later);
  }

  /** Ends the thread, if there is one; may be called more than once. */
  close(): void {
    const thread = this.#thread;
    this.#thread = undefined;
    void thread?.terminate();
  }

  #look({ path, bytes }: KnownFile): boolean {
    return isThere(this.#folder, path, bytes);
  }

  #ask(files: readonly KnownFile[]): Promise<string | undefined> {
    return new Promise((resolve) => {
      this.#answer = (answers) => {
        this.#thread?.unref();
        resolve(answers);
      };
      this.#thread?.ref();
      this.#thread?.postMessage(files.map(({ path, bytes }) => `${bytes} ${path}`).join('\n'));
    });
  }

  #startThread(): void {
    if (this.#threadEntry === undefined) return;
    const thread = new Worker(this.#threadEntry, {
      workerData: this.#folder,
      name: 'look',
      resourceLimits: THREAD_LIMITS,
    });
    this.#thread = thread;
    thread.unref();
    thread.on('message', (answers: string) => this.#answer(answers));
    // A thread that fails is not missed: the main thread looks at everything.
    thread.on('error', () => undefined);
    thread.on('exit', () => {
      this.#thread = undefined;
      this.#answer(undefined);
    });
  }
}
