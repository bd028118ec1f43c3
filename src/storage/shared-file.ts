// Owns a small JSON file that several processes change: one at a time, under a lock (proper-lockfile: an atomic mkdir, stale
// after 2 s without a sign of life, so that a run killed inside it holds the others up no longer), written by rename.
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorCode } from '../model/errors.ts';
import { cannotRead, WrongKindError } from './disk-error.ts';
import { makeFolder } from './make-folder.ts';
import { kindAt, readBeginning } from './plain-file.ts';

/** What the runs of a machine share about the SEC, in the state folder. */
export const SEC_STATE_FILE = 'sec-budget.json';

/** The shortest that proper-lockfile allows. */
const STALE_MS = 2_000;

/** Others hold the lock for about a millisecond: ask often, for longer than a dead holder blocks. */
const TRIES = 400;
const ASK_AGAIN_MS = 5;
/** Somebody holds it, or gave it back while we looked. Whatever else is wrong will be wrong the next time too. */
const ASK_AGAIN: ReadonlySet<string> = new Set(['ELOCKED', 'ENOENT', 'EEXIST']);

/** Ours has some 300 bytes; what is longer is cut, and so is no JSON any more. */
const MAX_BYTES = 64 * 1024;

export class SharedFile {
  readonly #path: string;
  /** Names this process's temporary file. */
  readonly #aside: string;

  constructor(folder: string, name: string, pid: number) {
    this.#path = join(folder, name);
    this.#aside = `${this.#path}.${pid}`;
  }

  /** The content as it is now, without the lock; undefined if there is none, null if what stands there is no JSON file. */
  read(): unknown {
    try {
      return JSON.parse(readBeginning(this.#path, MAX_BYTES).toString('utf8'));
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      if (error instanceof SyntaxError) return null;
      // The next change replaces what is in the way, unless it is a folder.
      if (error instanceof WrongKindError && kindAt(this.#path) !== 'folder') return null;
      throw cannotRead(this.#path, error);
    }
  }

  /** Changes the content under the lock; `change` must be quick. Rejects with the system's error. */
  async update<T>(change: (content: unknown) => { readonly content: unknown; readonly value: T }): Promise<T> {
    const release = await this.#lock();
    try {
      const { content, value } = change(this.read());
      rmSync(this.#aside, { force: true });
      writeFileSync(this.#aside, JSON.stringify(content), { flag: 'wx' });
      renameSync(this.#aside, this.#path);
      return value;
    } finally {
      await release();
    }
  }

  async #lock(): Promise<() => Promise<void>> {
    makeFolder(dirname(this.#path));
    // Loaded only by runs that contact the SEC.
    const { default: lockfile } = await import('proper-lockfile');
    for (let tries = 1; ; tries++) {
      try {
        return await lockfile.lock(this.#path, {
          realpath: false,
          stale: STALE_MS,
          // A lock that was taken over while this process slept: the change was atomic all the same.
          onCompromised: () => undefined,
        });
      } catch (error) {
        if (!ASK_AGAIN.has(errorCode(error))) throw error;
        if (tries === TRIES)
          throw new Error(`${this.#path}.lock stays held; remove it if nothing runs`, { cause: error });
        await sleep(ASK_AGAIN_MS * (1 + Math.random()));
      }
    }
  }
}
