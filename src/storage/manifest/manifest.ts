// Owns the manifest while it is open: one file, what it says of each URL, and the rows that a run appends. Where a row lies
// in the file is nobody else's business.
import { closeSync, openSync, readSync } from 'node:fs';
import { foldCase } from '../../edgar/layout.ts';
import type { ManifestRow } from '../../model/manifest-row.ts';
import { errorCode } from '../../model/errors.ts';
import { cannotRead, cannotWrite } from '../disk-error.ts';
import { expectKind, openPlainFile } from '../plain-file.ts';
import { replaceFile } from '../replace-file.ts';
import { fingerprintOf, type Fingerprint } from './fingerprint.ts';
import { ManifestIndex, type KnownDocument } from './manifest-index.ts';
import { headOfRow } from './manifest-line.ts';
import { MAX_LINE_BYTES, parseRow } from './manifest-parse.ts';
import { endLastLine, ManifestWriter } from './manifest-writer.ts';

const FIRST_READ_BYTES = 2048;

export class Manifest {
  readonly #path: string;
  readonly #descriptor: number | undefined;
  readonly #writer: ManifestWriter | undefined;
  readonly #index = new ManifestIndex();

  private constructor(path: string, descriptor: number | undefined, writer?: ManifestWriter) {
    this.#path = path;
    this.#descriptor = descriptor;
    this.#writer = writer;
  }

  /** Opens or makes it for a run; its last line is ended, or cut off if it is torn. Throws CannotWriteError. */
  static open(path: string, fsync: boolean): Manifest {
    let descriptor: number;
    let length: number;
    try {
      descriptor = openSync(path, 'a+', 0o666);
      length = endLastLine(descriptor);
    } catch (error) {
      throw cannotWrite(path, error);
    }
    const manifest = new Manifest(path, descriptor, new ManifestWriter(path, descriptor, length, fsync));
    try {
      manifest.#index.load(descriptor);
    } catch (error) {
      throw cannotRead(path, error);
    }
    return manifest;
  }

  /** Opens it for reading only; one that is absent is empty. Throws WrongKindError or the system's error. */
  static read(path: string): Manifest {
    const descriptor = openIfThere(path);
    const manifest = new Manifest(path, descriptor);
    if (descriptor !== undefined) manifest.#index.load(descriptor);
    return manifest;
  }

  /** URLs that have a row, each of which has a number below this; as it was when it was opened. */
  get urls(): number {
    return this.#index.urls;
  }

  /** Lines that are no rows. */
  get unreadable(): number {
    return this.#index.unreadable;
  }

  /** The number of the URL with this fingerprint; -1 if no row names it. */
  numberOf(fingerprint: Fingerprint): number {
    return this.#index.numberOf(fingerprint);
  }

  /** What the rows say of the URL with this number. */
  known(number: number): KnownDocument {
    return this.#index.lookUp(number);
  }

  /** What the rows say of a URL. */
  lookUp(url: string): KnownDocument {
    return this.known(this.numberOf(fingerprintOf(url)));
  }

  /** The last row of a URL, or its last saved row; undefined if there is none, or it cannot be read any more. */
  rowOf(url: string, which: 'last' | 'saved'): ManifestRow | undefined {
    const offset = this.#index.offsetOf(this.numberOf(fingerprintOf(url)), which);
    return offset === undefined ? undefined : this.#rowAt(offset);
  }

  /** Every document that is saved, with its last saved row if that can be read. */
  *savedDocuments(): Generator<{ readonly path: string; readonly row: ManifestRow | undefined }> {
    for (const { path, offset } of this.#index.savedDocuments()) yield { path, row: this.#rowAt(offset) };
  }

  /** The path of every document that is saved. */
  *savedPaths(): Generator<string> {
    for (const { path } of this.#index.savedDocuments()) yield path;
  }

  /** Documents that are saved, their bytes, and URLs that are missing, as it was when it was opened. */
  totals(): ReturnType<ManifestIndex['totals']> {
    return this.#index.totals();
  }

  /** True if a URL had this path when the manifest was opened, letter case ignored. */
  holds(path: string): boolean {
    return this.#index.urls > 0 && this.#index.claims.has(path);
  }

  /** True if the rows of several URLs name this path. */
  isShared(path: string): boolean {
    return this.#index.claims.shared.has(foldCase(path));
  }

  /** Rows of what is failed now. A document that was saved before and `isThere` is not, whatever a later check came to. */
  *failedRows(isThere: (path: string, bytes: number) => boolean): Generator<ManifestRow> {
    for (const offset of this.#index.failedRows(isThere)) {
      const row = this.#rowAt(offset);
      if (row?.status === 'failed') yield row;
    }
  }

  /** Resolves when the row is on the device. Rejects with CannotWriteError, now and from then on. */
  async append(row: ManifestRow): Promise<void> {
    if (this.#writer === undefined) throw new Error('the manifest was opened for reading only');
    this.#index.record(row, await this.#writer.append(row));
  }

  /**
   * Rewrites the file with current rows only, if over half of its rows are superseded: the last thing that is done with it.
   * True if it did. Rejects with CannotWriteError.
   */
  async compact(fsync: boolean): Promise<boolean> {
    if (this.#descriptor === undefined || this.#index.superseded * 2 <= this.#index.rows) return false;
    try {
      expectKind(this.#path, 'file');
      const fresh = new ManifestIndex();
      fresh.load(this.#descriptor);
      // In the order of the file: which of two rows came later may matter.
      const offsets = Float64Array.from(fresh.currentRows()).sort();
      await replaceFile(this.#path, this.#linesAt(offsets), fsync);
    } catch (error) {
      throw cannotWrite(this.#path, error);
    }
    return true;
  }

  /** Waits for what was appended, and closes the file. */
  async close(): Promise<void> {
    await this.#writer?.flushed();
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
  }

  *#linesAt(offsets: Iterable<number>): Generator<string> {
    for (const offset of offsets) yield `${this.#lineAt(offset)}\n`;
  }

  /** Of a row that is damaged behind its beginning, what the index knows of it too; undefined if it is none any more. */
  #rowAt(offset: number): ManifestRow | undefined {
    const line = this.#lineAt(offset);
    return parseRow(line) ?? headOfRow(line);
  }

  /** The line that begins at `offset`, without its end; of a longer one than a row can be, its beginning. */
  #lineAt(offset: number): string {
    if (this.#descriptor === undefined) return '';
    for (let length = FIRST_READ_BYTES; ; length = Math.min(length * 4, MAX_LINE_BYTES)) {
      const block = Buffer.allocUnsafe(length);
      const count = readSync(this.#descriptor, block, 0, length, offset);
      const newline = block.subarray(0, count).indexOf(0x0a);
      if (newline >= 0 || count < length || length >= MAX_LINE_BYTES)
        return block.toString('utf8', 0, newline < 0 ? count : newline);
    }
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openPlainFile(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error))) return undefined;
    throw error;
  }
}
