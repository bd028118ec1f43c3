// Owns how many URL lines a list file has, by the rules of its reader. Counted beside the run, or after it, and never waited
// for by it. The file is opened at once: `failed.txt` may be replaced by the very run that reads it.
import { closeSync, createReadStream, openSync } from 'node:fs';
import { readUrlList } from '../plan/url-list.ts';

const READ_BYTES = 256 * 1024;

export class ListLength {
  readonly #descriptor: number | undefined;
  #counting: Promise<number | undefined> | undefined;
  #lines: number | undefined;
  #closed = false;

  /** `path` is undefined for a source that cannot be read twice. */
  constructor(path: string | undefined) {
    this.#descriptor = path === undefined ? undefined : tryToOpen(path);
  }

  /** Undefined while it is not known. */
  get lines(): number | undefined {
    return this.#lines;
  }

  /** Begins to count, if nobody did; resolves to undefined where it cannot be told. */
  count(): Promise<number | undefined> {
    this.#counting ??= this.#countLines();
    return this.#counting;
  }

  /** Counts no more; may be called more than once. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    // Counting closes the file itself.
    if (this.#counting !== undefined) await this.#counting;
    else if (this.#descriptor !== undefined) closeSync(this.#descriptor);
  }

  async #countLines(): Promise<number | undefined> {
    if (this.#descriptor === undefined) return undefined;
    const bytes = createReadStream('', { fd: this.#descriptor, start: 0, highWaterMark: READ_BYTES });
    let lines = 0;
    try {
      for await (const block of readUrlList(bytes, '')) {
        if (this.#closed) return undefined;
        lines += block.length;
      }
      this.#lines = lines;
      return lines;
    } catch {
      // Whatever is wrong with the list is the run's to say.
      return undefined;
    } finally {
      bytes.destroy();
    }
  }
}

function tryToOpen(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch {
    return undefined;
  }
}
