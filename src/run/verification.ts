// Owns `verify`: is what the manifest says to be there really there, byte for byte? It hashes every file anew, takes no lock,
// changes nothing, and can be asked about a list only.
import { readdirSync, type Dirent } from 'node:fs';
import { lstat, readFile } from 'node:fs/promises';
import { hash } from 'node:crypto';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { foldCase } from '../edgar/layout.ts';
import { digestOfText } from '../storage/manifest/digest.ts';
import { DigestTable } from '../storage/manifest/digest-table.ts';
import { errorCode } from '../storage/disk-error.ts';
import { sha256OfFile } from '../storage/file-digest.ts';
import type { ManifestIndex } from '../storage/manifest/manifest-index.ts';
import { ManifestRows } from '../storage/manifest/manifest-rows.ts';
import { STATE_FOLDER, statePaths } from '../storage/state-folder.ts';
import { readIndex } from './open-destination.ts';
import { judgeLine } from '../plan/list-line.ts';
import type { ListLine } from '../plan/url-list.ts';

/** What was found of a URL: with its line of the list that was asked about, and its tag there or in its row. */
interface OfUrl {
  readonly url: string;
  readonly line?: number;
  readonly tag?: string;
}

export type Finding =
  /** A row says that it is there, and it is not. */
  | ({ readonly status: 'missing'; readonly path: string } & OfUrl)
  /** It is there, with other bytes than its row says, or with bytes that cannot be read (`reason`). */
  | ({ readonly status: 'changed'; readonly path: string; readonly reason?: string } & OfUrl)
  /** It is there without a row; or it is a folder that cannot be read (`reason`). */
  | { readonly status: 'unknown'; readonly path: string; readonly reason?: string }
  /** A URL of the list that was never saved here; or a line that is not a URL (`reason`). */
  | ({ readonly status: 'absent'; readonly line: number; readonly reason?: string } & OfUrl);

/** A row that is to be checked, and what the list says of its URL. */
interface Question {
  readonly rowOffset: number;
  readonly line?: number;
  readonly tag?: string;
}

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
  /** Lines of the manifest that are no rows. */
  unreadableRows: number;
  readonly counts: Verification = { whole: 0, missing: 0, changed: 0, unknown: 0, absent: 0 };

  constructor(folder: string, report: (finding: Finding) => void) {
    this.#folder = folder;
    this.#report = report;
    const { manifest } = statePaths(folder);
    this.#index = readIndex(folder);
    this.unreadableRows = this.#index.unreadable;
    this.#rows = new ManifestRows(manifest);
  }

  /** Checks every saved document, and looks for files that no row knows. */
  async verifyAll(): Promise<void> {
    const known = new DigestTable();
    await this.#checkAll(this.#allRows(known));
    const unreadable = (path: string, reason: string): void => this.#note({ status: 'unknown', path, reason });
    for (const path of documentPaths(this.#folder, '', unreadable)) {
      if (!known.has(digestOfText(path))) this.#note({ status: 'unknown', path });
    }
  }

  /** Checks the documents of a list only. */
  async verifyList(blocks: AsyncIterable<readonly ListLine[]>): Promise<void> {
    for await (const lines of blocks) await this.#checkAll(this.#listedRows(lines));
  }

  close(): void {
    this.#rows.close();
  }

  *#allRows(known: DigestTable): Generator<Question> {
    for (const { path, rowOffset } of this.#index.savedDocuments()) {
      known.add(digestOfText(path));
      yield { rowOffset };
    }
  }

  *#listedRows(lines: readonly ListLine[]): Generator<Question> {
    for (const line of lines) {
      const verdict = judgeLine(line);
      const url = verdict.valid ? verdict.url : line.text;
      const tag = verdict.valid ? verdict.tag : undefined;
      const reason = verdict.valid ? {} : { reason: verdict.reason };
      const about = { line: line.number, ...(tag === undefined ? {} : { tag }) };
      if (this.#listed.add(digestOfText(url)) < 0) continue;
      const document = this.#index.lookUp(url);
      if (document.kind === 'saved') yield { rowOffset: document.rowOffset, ...about };
      else this.#note({ status: 'absent', url, ...about, ...reason });
    }
  }

  /** Never more files under way than are read at a time: the list of all would not fit in memory. */
  async #checkAll(questions: Iterable<Question>): Promise<void> {
    const underWay = new Set<Promise<void>>();
    for (const question of questions) {
      const check = this.#files(() => this.#check(question)).finally(() => underWay.delete(check));
      underWay.add(check);
      if (underWay.size >= CONCURRENT_FILES * 2) await Promise.race(underWay);
    }
    await Promise.all(underWay);
  }

  async #check({ rowOffset, ...about }: Question): Promise<void> {
    const row = this.#rows.at(rowOffset);
    if (row?.path === undefined) {
      this.unreadableRows++;
      return;
    }
    const { path, url, tag, sha256 } = row;
    const of = { path, url, ...(tag === undefined ? {} : { tag }), ...about };
    try {
      const found = await this.#hash(join(this.#folder, path), row.bytes);
      if (found === undefined) this.#note({ status: 'missing', ...of });
      else if (sha256 === undefined) this.#note({ status: 'changed', ...of, reason: 'its row has no SHA-256' });
      else if (found === sha256) this.counts.whole++;
      else this.#note({ status: 'changed', ...of, ...this.#claimedBy(path) });
    } catch (error) {
      // A bad sector is what a check like this one is for.
      this.#note({ status: 'changed', ...of, reason: `cannot be read: ${errorCode(error)}` });
    }
  }

  /** One file cannot be what two URLs' rows say, unless both say the same. */
  #claimedBy(path: string): { readonly reason?: string } {
    if (!this.#index.sharedPaths.has(foldCase(path))) return {};
    return { reason: 'the row of another URL names this file too; --repair gives each its own' };
  }

  /** SHA-256 of a file; undefined if it is not there, '' if its size alone says that it changed. */
  async #hash(path: string, bytes: number | undefined): Promise<string | undefined> {
    const status = await lstat(path).catch((error: unknown) => {
      if (['ENOENT', 'ENOTDIR'].includes(errorCode(error))) return undefined;
      throw error;
    });
    if (status === undefined) return undefined;
    if (!status.isFile() || status.size !== bytes) return '';
    return status.size <= READ_WHOLE_BYTES ? hash('sha256', await readFile(path), 'hex') : sha256OfFile(path);
  }

  #note(finding: Finding): void {
    this.counts[finding.status]++;
    this.#report(finding);
  }
}

function* documentPaths(
  folder: string,
  below: string,
  onUnreadable: (path: string, reason: string) => void,
): Generator<string> {
  for (const entry of entriesOf(folder, below, onUnreadable)) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (path === STATE_FOLDER) continue;
    if (entry.isDirectory()) yield* documentPaths(folder, path, onUnreadable);
    else yield path;
  }
}

function entriesOf(folder: string, below: string, onUnreadable: (path: string, reason: string) => void): Dirent[] {
  try {
    return readdirSync(join(folder, below), { withFileTypes: true });
  } catch (error) {
    onUnreadable(`${below}/`, `cannot be read: ${errorCode(error)}`);
    return [];
  }
}
