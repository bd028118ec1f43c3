// Owns what the manifest says, in memory: for each URL whether it is saved (where, how large), missing or failed, and where
// its rows lie in the file. About 110 bytes a URL; the rows themselves stay on disk and are read when they are needed.
import { fstatSync } from 'node:fs';
import type { ManifestRow } from '../../model/manifest-row.ts';
import { fingerprintOfBytes, fingerprintOf, type Fingerprint } from './fingerprint.ts';
import { FingerprintSet } from './fingerprint-set.ts';
import { foldCase } from '../../edgar/layout.ts';
import { Column, PathColumn } from './column.ts';
import { BlockOfRows, type RowBeginning } from './manifest-line.ts';
import { MAX_LINE_BYTES, parseRow } from './manifest-parse.ts';
import { PathClaims } from './path-claims.ts';
import { WholeLines } from './whole-lines.ts';

interface SavedDocument {
  readonly kind: 'saved';
  readonly path: string;
  readonly bytes: number;
  /** Saved rows of other URLs name this path too: whether that of this URL is the last of them. */
  readonly claim?: 'last' | 'earlier';
}

export type KnownDocument =
  | { readonly kind: 'unknown' }
  | SavedDocument
  | { readonly kind: 'missing'; readonly sinceMs: number }
  | { readonly kind: 'failed' };

/** State of a URL in a cell: what its last row says, and whether a saved row came before. */
const LAST_SAVED = 1;
const LAST_MISSING = 2;
const LAST_FAILED = 3;

export class ManifestIndex {
  readonly #urls = new FingerprintSet();
  readonly #last = new Column();
  readonly #lastOffset = new Column();
  readonly #savedOffset = new Column();
  readonly #bytes = new Column();
  readonly #missingSinceMs = new Column();
  readonly #savedPath = new PathColumn();
  #claims: PathClaims | undefined;
  /** Offsets of failed rows, and the number of rows, of URLs that this run added. */
  readonly #newFailed: number[] = [];
  #newUrls = 0;
  /** Rows in the file, superseded ones included, and lines that could not be read. */
  rows = 0;
  unreadable = 0;

  get urls(): number {
    return this.#urls.size;
  }

  /** The number of the URL with this fingerprint, below `urls`; -1 if no row names it. */
  numberOf(fingerprint: Fingerprint): number {
    return this.#urls.indexOf(fingerprint);
  }

  /** What the rows say of the URL with this number. */
  lookUp(number: number): KnownDocument {
    if (number < 0) return { kind: 'unknown' };
    const path = this.#savedPath.get(number);
    if (path !== undefined) return this.#savedDocument(number, path);
    if (this.#last.get(number) !== LAST_MISSING) return { kind: 'failed' };
    return { kind: 'missing', sinceMs: this.#missingSinceMs.get(number) };
  }

  /** Where the last row of the URL with this number begins, or its last saved row. */
  offsetOf(number: number, which: 'last' | 'saved'): number | undefined {
    if (number < 0) return undefined;
    if (which === 'last') return this.#lastOffset.get(number);
    return this.#savedPath.hashAt(number) === 0 ? undefined : this.#savedOffset.get(number);
  }

  #savedDocument(number: number, path: string): SavedDocument {
    const bytes = this.#bytes.get(number);
    const { shared } = this.claims;
    const last = shared.size === 0 ? undefined : shared.get(foldCase(path));
    if (last === undefined) return { kind: 'saved', path, bytes };
    return { kind: 'saved', path, bytes, claim: last === number ? 'last' : 'earlier' };
  }

  /** The paths of the URLs, as the manifest was when it was read. */
  get claims(): PathClaims {
    return (this.#claims ??= new PathClaims(this.#savedPath, this.#urls.size, (url) => this.#savedOffset.get(url)));
  }

  /** Offsets of the rows that are current: a URL's last row, and its last saved row if that is another. */
  *currentRows(): Generator<number> {
    for (let index = 0; index < this.#urls.size; index++) {
      const last = this.#lastOffset.get(index);
      if (this.#savedPath.get(index) !== undefined) {
        const saved = this.#savedOffset.get(index);
        if (saved !== last) yield saved;
      }
      yield last;
    }
  }

  /** Offsets of the last rows of URLs that failed last, but for those whose saved file `isThere`. */
  *failedRows(isThere: (path: string, bytes: number) => boolean): Generator<number> {
    for (let index = 0; index < this.#urls.size; index++) {
      if (this.#last.get(index) !== LAST_FAILED) continue;
      const path = this.#savedPath.get(index);
      if (path === undefined || !isThere(path, this.#bytes.get(index))) yield this.#lastOffset.get(index);
    }
    yield* this.#newFailed;
  }

  /** Documents that are saved, their bytes, and URLs that are missing, as the manifest was when it was read. */
  totals(): { readonly documents: number; readonly bytes: number; readonly missing: number } {
    let [documents, bytes, missing] = [0, 0, 0];
    for (let index = 0; index < this.#urls.size; index++) {
      if (this.#savedPath.hashAt(index) !== 0) {
        documents++;
        bytes += this.#bytes.get(index);
      } else if (this.#last.get(index) === LAST_MISSING) missing++;
    }
    return { documents, bytes, missing };
  }

  /** Every document that is saved, as its last saved row says. */
  *savedDocuments(): Generator<{ readonly path: string; readonly offset: number }> {
    for (let index = 0; index < this.#urls.size; index++) {
      const path = this.#savedPath.get(index);
      if (path !== undefined) yield { path, offset: this.#savedOffset.get(index) };
    }
  }

  /**
   * Takes a row that was appended at `offset`. A URL that is new to the manifest needs no entry (the run's own set keeps it
   * from coming twice), so that memory does not grow with the list; only failures are remembered, for the failed list.
   */
  record(row: ManifestRow, offset: number): void {
    const fingerprint = fingerprintOf(row.url);
    if (this.#urls.has(fingerprint)) return this.#take(fingerprint, row, offset);
    this.rows++;
    this.#newUrls++;
    if (row.status === 'failed') this.#newFailed.push(offset);
  }

  /** Rows that a later one of the same URL makes superfluous. */
  get superseded(): number {
    return this.rows - this.#newUrls - this.#urls.size - this.#keptSaved();
  }

  /** Saved rows that stay current beside a later failed or missing one. */
  #keptSaved(): number {
    let kept = 0;
    for (let index = 0; index < this.#urls.size; index++) {
      if (this.#last.get(index) !== LAST_SAVED && this.#savedPath.get(index) !== undefined) kept++;
    }
    return kept;
  }

  /** Reads the whole manifest. */
  load(descriptor: number): void {
    const lines = new WholeLines(descriptor, MAX_LINE_BYTES);
    for (const { buffer, start, end, offset } of lines.blocks()) {
      this.#readLines(buffer, start, end, offset);
      if (offset === 0) this.#urls.reserve((this.#urls.size / end) * fstatSync(descriptor).size);
    }
    this.unreadable += lines.tooLong;
  }

  #readLines(buffer: Buffer, start: number, end: number, offset: number): void {
    const block = new BlockOfRows(buffer);
    for (let at = start; at < end;) {
      const newline = buffer.indexOf(0x0a, at);
      if (newline > at) this.#readLine(buffer, block.beginning(at, newline), at, newline, offset + at);
      at = newline + 1;
    }
  }

  #readLine(buffer: Buffer, beginning: RowBeginning | undefined, start: number, end: number, offset: number): void {
    if (beginning !== undefined) {
      const fingerprint = fingerprintOfBytes(buffer, beginning.urlStart, beginning.urlEnd);
      return this.#takeSaved(fingerprint, beginning.bytes, offset, (index) => {
        this.#savedPath.set(index, buffer, beginning.pathStart, beginning.pathEnd);
      });
    }
    const row = parseRow(buffer.toString('utf8', start, end));
    if (row === undefined) this.unreadable++;
    else this.#take(fingerprintOf(row.url), row, offset);
  }

  #take(fingerprint: Fingerprint, row: ManifestRow, offset: number): void {
    if (row.status === 'saved' && row.path !== undefined && row.bytes !== undefined) {
      const path = Buffer.from(row.path);
      return this.#takeSaved(fingerprint, row.bytes, offset, (index) => this.#savedPath.set(index, path));
    }
    const index = this.#indexOf(fingerprint);
    this.#last.set(index, row.status === 'missing' ? LAST_MISSING : LAST_FAILED);
    this.#lastOffset.set(index, offset);
    if (row.status === 'missing') this.#missingSinceMs.set(index, Date.parse(row.settledAt ?? '') || 0);
  }

  #takeSaved(fingerprint: Fingerprint, bytes: number, offset: number, storePath: (index: number) => void): void {
    const index = this.#indexOf(fingerprint);
    this.#last.set(index, LAST_SAVED);
    this.#lastOffset.set(index, offset);
    this.#savedOffset.set(index, offset);
    this.#bytes.set(index, bytes);
    storePath(index);
  }

  #indexOf(fingerprint: Fingerprint): number {
    this.rows++;
    const index = this.#urls.add(fingerprint);
    return index < 0 ? -1 - index : index;
  }
}
