// Owns how many URL lines the lists have, by the rules of its reader. Counted beside the run, or after it, and never waited
// for by it. Files are opened at once: `failed.txt` may be replaced by the very run that reads it.
import { closeSync, createReadStream, openSync } from 'node:fs';
import { readUrlList } from '../plan/url-list.ts';
import type { Source } from './source.ts';

const READ_BYTES = 256 * 1024;

export class ListLength {
  /** Undefined if some list cannot be read twice. */
  #files: number[] | undefined;
  #urls = 0;
  #counting: Promise<number | undefined> | undefined;
  #lines: number | undefined;
  #closed = false;

  constructor(again: Source['again']) {
    this.#urls = again?.urls ?? 0;
    const files = again?.files.flatMap((path) => tryToOpen(path) ?? []);
    if (files?.length === again?.files.length) this.#files = files;
    else files?.forEach((file) => closeSync(file));
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
    // Counting closes the files itself.
    if (this.#counting !== undefined) await this.#counting;
    else this.#files?.forEach((file) => closeSync(file));
  }

  async #countLines(): Promise<number | undefined> {
    if (this.#files === undefined) return undefined;
    let lines = this.#urls;
    for (const file of this.#files) lines += await this.#countFile(file);
    if (Number.isNaN(lines)) return undefined;
    this.#lines = lines;
    return lines;
  }

  /** NaN where it cannot be told. */
  async #countFile(file: number): Promise<number> {
    const bytes = createReadStream('', { fd: file, start: 0, highWaterMark: READ_BYTES });
    let lines = 0;
    try {
      for await (const block of readUrlList(bytes, '')) {
        if (this.#closed) return NaN;
        lines += block.length;
      }
      return lines;
    } catch {
      // Whatever is wrong with the list is the run's to say.
      return NaN;
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
