// Owns `verify`: is what the manifest says to be there really there, byte for byte? It hashes every file anew, takes no lock,
// changes nothing, and can be asked about a list only.
import { readdirSync } from 'node:fs';
import { lstat, readFile } from 'node:fs/promises';
import { hash } from 'node:crypto';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { canonicalUrl } from '../edgar/canonical-url.ts';
import { digestOfText } from '../model/digest.ts';
import { DigestTable } from '../model/digest-table.ts';
import { sha256OfFile } from '../storage/file-digest.ts';
import { ManifestIndex } from '../storage/manifest-index.ts';
import { ManifestRows } from '../storage/manifest-rows.ts';
import { STATE_FOLDER, statePaths } from '../storage/state-folder.ts';
import { splitTag } from './planner.ts';
import type { ListLine } from './url-list.ts';

export type Finding =
  /** A row says that it is there, and it is not. */
  | { readonly status: 'missing'; readonly path: string; readonly url: string }
  /** It is there, with other bytes than its row says. */
  | { readonly status: 'changed'; readonly path: string; readonly url: string }
  /** It is there without a row. */
  | { readonly status: 'unknown'; readonly path: string }
  /** A URL of the list that was never saved here. */
  | { readonly status: 'absent'; readonly url: string; readonly line: number };

export interface Verification {
  whole: number;
  missing: number;
  changed: number;
  unknown: number;
  absent: number;
}

/** Files that are read and hashed at a time. */
const CONCURRENT_FILES = 16;
const READ_WHOLE_BYTES = 4 * 1024 * 1024;

export class Verifier {
  readonly #folder: string;
  readonly #index: ManifestIndex;
  readonly #rows: ManifestRows;
  readonly #report: (finding: Finding) => void;
  readonly #files = pLimit(CONCURRENT_FILES);
  /** URLs of the list, each looked at once. */
  readonly #listed = new DigestTable();
  readonly counts: Verification = { whole: 0, missing: 0, changed: 0, unknown: 0, absent: 0 };

  constructor(folder: string, report: (finding: Finding) => void) {
    this.#folder = folder;
    this.#report = report;
    const { manifest } = statePaths(folder);
    this.#index = new ManifestIndex(manifest);
    this.#index.load();
    this.#rows = new ManifestRows(manifest);
  }

  /** Checks every saved document, and looks for files that no row knows. */
  async verifyAll(): Promise<void> {
    const known = new DigestTable();
    await this.#checkAll(this.#savedOffsets(known));
    for (const path of documentPaths(this.#folder, '')) {
      if (!known.has(digestOfText(path))) this.#note({ status: 'unknown', path });
    }
  }

  /** Checks the documents of a list only. */
  async verifyList(blocks: AsyncIterable<readonly ListLine[]>): Promise<void> {
    for await (const lines of blocks) await this.#checkAll(this.#listedOffsets(lines));
  }

  close(): void {
    this.#rows.close();
  }

  *#savedOffsets(known: DigestTable): Generator<number> {
    for (const { path, rowOffset } of this.#index.savedDocuments()) {
      known.add(digestOfText(path));
      yield rowOffset;
    }
  }

  *#listedOffsets(lines: readonly ListLine[]): Generator<number> {
    for (const { text, number } of lines) {
      const verdict = canonicalUrl(splitTag(text).text);
      const url = verdict.valid ? verdict.url : text;
      if (this.#listed.add(digestOfText(url)) < 0) continue;
      const document = this.#index.lookUp(url);
      if (document.kind === 'saved') yield document.rowOffset;
      else this.#note({ status: 'absent', url, line: number });
    }
  }

  /** Never more files under way than are read at a time: the list of all would not fit in memory. */
  async #checkAll(offsets: Iterable<number>): Promise<void> {
    const underWay = new Set<Promise<void>>();
    for (const offset of offsets) {
      const check = this.#files(() => this.#check(offset)).finally(() => underWay.delete(check));
      underWay.add(check);
      if (underWay.size >= CONCURRENT_FILES * 2) await Promise.race(underWay);
    }
    await Promise.all(underWay);
  }

  async #check(offset: number): Promise<void> {
    const row = this.#rows.at(offset);
    if (row?.path === undefined || row.sha256 === undefined) return;
    const { path, url } = row;
    const found = await this.#hash(join(this.#folder, path), row.bytes);
    if (found === row.sha256) this.counts.whole++;
    else this.#note({ status: found === undefined ? 'missing' : 'changed', path, url });
  }

  /** SHA-256 of a file; undefined if it is not there, '' if its size alone says that it changed. */
  async #hash(path: string, bytes: number | undefined): Promise<string | undefined> {
    const status = await lstat(path).catch(() => undefined);
    if (status === undefined) return undefined;
    if (!status.isFile() || status.size !== bytes) return '';
    return status.size <= READ_WHOLE_BYTES ? hash('sha256', await readFile(path), 'hex') : sha256OfFile(path);
  }

  #note(finding: Finding): void {
    this.counts[finding.status]++;
    this.#report(finding);
  }
}

function* documentPaths(folder: string, below: string): Generator<string> {
  for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (path === STATE_FOLDER) continue;
    if (entry.isDirectory()) yield* documentPaths(folder, path);
    else yield path;
  }
}
