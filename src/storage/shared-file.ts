// Owns a small JSON file that several processes change: one at a time, under a lock (proper-lockfile: an atomic mkdir, stale
// after 2 s without a sign of life, so that a run killed inside it holds the others up no longer), written by rename.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errorCode } from './disk-error.ts';

/** The shortest that proper-lockfile allows. */
const STALE_MS = 2_000;

export class SharedFile {
  readonly #path: string;
  /** Names this process's temporary file. */
  readonly #aside: string;

  constructor(folder: string, name: string, pid: number) {
    this.#path = join(folder, name);
    this.#aside = `${this.#path}.${pid}`;
  }

  /** The content as it is now, without the lock; undefined if there is none that can be read. */
  read(): unknown {
    try {
      return JSON.parse(readFileSync(this.#path, 'utf8'));
    } catch (error) {
      if (errorCode(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  /** Changes the content under the lock; `change` must be quick. Rejects with the system's error. */
  async update<T>(change: (content: unknown) => { readonly content: unknown; readonly value: T }): Promise<T> {
    const release = await this.#lock();
    try {
      const { content, value } = change(this.read());
      writeFileSync(this.#aside, JSON.stringify(content));
      renameSync(this.#aside, this.#path);
      return value;
    } finally {
      await release();
    }
  }

  async #lock(): Promise<() => Promise<void>> {
    mkdirSync(dirname(this.#path), { recursive: true });
    // Loaded only by runs that contact the SEC.
    const { default: lockfile } = await import('proper-lockfile');
    return lockfile.lock(this.#path, {
      realpath: false,
      stale: STALE_MS,
      // Others hold it for about a millisecond: ask often, for longer than a dead holder blocks.
      retries: { retries: 400, factor: 1, minTimeout: 5, maxTimeout: 15, randomize: true },
      // A lock that was taken over while this process slept: the change was atomic all the same.
      onCompromised: () => undefined,
    });
  }
}
