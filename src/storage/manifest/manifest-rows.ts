// Owns reading single rows of a manifest by their offset.
import { closeSync, readSync } from 'node:fs';
import type { ManifestRow } from '../../model/manifest-row.ts';
import { headOfRow } from './manifest-line.ts';
import { MAX_LINE_BYTES, parseRow } from './manifest-parse.ts';
import { openPlainFile } from '../plain-file.ts';

const FIRST_READ_BYTES = 2048;

export class ManifestRows {
  readonly #path: string;
  #descriptor: number | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * The row that begins at `offset`; undefined if there is none that can be read. Of one that is damaged behind its
   * beginning, what the index knows of it too.
   */
  at(offset: number): ManifestRow | undefined {
    const line = this.lineAt(offset);
    return parseRow(line) ?? headOfRow(line);
  }

  /** The line that begins at `offset`, without its end; of a longer one than a row can be, its beginning. */
  lineAt(offset: number): string {
    this.#descriptor ??= openPlainFile(this.#path);
    for (let length = FIRST_READ_BYTES; ; length = Math.min(length * 4, MAX_LINE_BYTES)) {
      const block = Buffer.allocUnsafe(length);
      const count = readSync(this.#descriptor, block, 0, length, offset);
      const newline = block.subarray(0, count).indexOf(0x0a);
      if (newline >= 0 || count < length || length >= MAX_LINE_BYTES)
        return block.toString('utf8', 0, newline < 0 ? count : newline);
    }
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}
