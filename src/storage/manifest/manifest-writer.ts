// Owns appending rows to the manifest. Rows that arrive while a write is under way go together in the next one, and share
// its sync. A row is durable when its promise resolves. Of what is in the file nothing is taken away but half a row that a
// run was writing when it was killed.
import { fsync, ftruncateSync, readSync, fstatSync, write, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import type { ManifestRow } from '../../model/manifest-row.ts';
import { cannotWrite } from '../disk-error.ts';
import { MAX_LINE_BYTES, parseRow } from './manifest-parse.ts';

const writeFile = promisify(write);
const syncFile = promisify(fsync);

interface Pending {
  readonly line: string;
  readonly resolve: (offset: number) => void;
  readonly reject: (error: unknown) => void;
}

export class ManifestWriter {
  readonly #path: string;
  readonly #fsync: boolean;
  readonly #descriptor: number;
  #offset: number;
  #pending: Pending[] = [];
  #flushing: Promise<void> | undefined;
  #broken: Error | undefined;

  /** Of a file that is open for appending, so many bytes long. */
  constructor(path: string, descriptor: number, length: number, fsyncRows: boolean) {
    this.#path = path;
    this.#descriptor = descriptor;
    this.#offset = length;
    this.#fsync = fsyncRows;
  }

  /** Appends a row; resolves with its offset when it is on the device. Rejects with CannotWriteError. */
  append(row: ManifestRow): Promise<number> {
    if (this.#broken !== undefined) return Promise.reject(this.#broken);
    const line = `${JSON.stringify(row)}\n`;
    const appended = new Promise<number>((resolve, reject) => this.#pending.push({ line, resolve, reject }));
    this.#flushing ??= this.#flush();
    return appended;
  }

  /** Waits for what was appended. */
  async flushed(): Promise<void> {
    await this.#flushing;
  }

  async #flush(): Promise<void> {
    // One turn later, the rows of this turn are together.
    await Promise.resolve();
    while (this.#pending.length > 0) {
      const batch = this.#pending;
      this.#pending = [];
      try {
        await this.#write(batch);
      } catch (error) {
        this.#fail(error, batch);
      }
    }
    this.#flushing = undefined;
  }

  async #write(batch: readonly Pending[]): Promise<void> {
    const bytes = Buffer.from(batch.map((pending) => pending.line).join(''));
    let written = 0;
    while (written < bytes.length) {
      written += (await writeFile(this.#descriptor, bytes, written, bytes.length - written, null)).bytesWritten;
    }
    if (this.#fsync) await syncFile(this.#descriptor);
    for (const pending of batch) {
      pending.resolve(this.#offset);
      this.#offset += Buffer.byteLength(pending.line);
    }
  }

  /** What was written in part is taken back, so that no half row stays; later rows are refused. */
  #fail(error: unknown, batch: readonly Pending[]): void {
    const broken = cannotWrite(this.#path, error);
    this.#broken = broken;
    try {
      ftruncateSync(this.#descriptor, this.#offset);
    } catch (truncation) {
      broken.message += ` (and its torn last line could not be taken back: ${String(truncation)})`;
    }
    for (const pending of [...batch, ...this.#pending]) pending.reject(broken);
    this.#pending = [];
  }
}

/** Ends the last line, or cuts it off if it is torn. Returns the length of the file then. */
export function endLastLine(descriptor: number): number {
  const { size } = fstatSync(descriptor);
  const end = lastLineEnd(descriptor, size);
  if (end === size) return size;
  if (isTorn(descriptor, end, size)) {
    ftruncateSync(descriptor, end);
    return end;
  }
  // At the end, wherever the descriptor stands: it appends.
  writeSync(descriptor, '\n');
  return size + 1;
}

/** True for half a row. A whole one lost its line end in an editor; and no row of ours is as long as the longest line. */
function isTorn(descriptor: number, start: number, end: number): boolean {
  if (end - start >= MAX_LINE_BYTES) return false;
  const line = Buffer.allocUnsafe(end - start);
  return parseRow(line.toString('utf8', 0, readSync(descriptor, line, 0, line.length, start))) === undefined;
}

/** Behind the last line end; 0 if there is none. */
function lastLineEnd(descriptor: number, size: number): number {
  const block = Buffer.allocUnsafe(64 * 1024);
  for (let end = size; end > 0; end -= block.length) {
    const start = Math.max(0, end - block.length);
    const count = readSync(descriptor, block, 0, end - start, start);
    const newline = block.subarray(0, count).lastIndexOf(0x0a);
    if (newline >= 0) return start + newline + 1;
  }
  return 0;
}
