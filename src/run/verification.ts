// Owns `verify`: is what the manifest says to be there really there, byte for byte? It hashes every file anew, takes no lock,
// changes nothing, and can be asked about a list only.
import pLimit from 'p-limit';
import type { ManifestRow } from '../model/manifest-row.ts';
import { errorCode } from '../model/errors.ts';
import type { Destination } from '../storage/destination.ts';
import { fingerprintOf } from '../storage/manifest/fingerprint.ts';
import { FingerprintSet } from '../storage/manifest/fingerprint-set.ts';
import type { Manifest } from '../storage/manifest/manifest.ts';
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
  readonly row: ManifestRow | undefined;
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

export class Verifier {
  readonly #destination: Pick<Destination, 'list' | 'sha256Of'>;
  readonly #manifest: Manifest;
  readonly #report: (finding: Finding) => void;
  readonly #files = pLimit(CONCURRENT_FILES);
  /** URLs of the list, each looked at once. */
  readonly #listed = new FingerprintSet();
  /** Lines of the manifest that are no rows. */
  unreadableRows: number;
  readonly counts: Verification = { whole: 0, missing: 0, changed: 0, unknown: 0, absent: 0 };

  constructor(
    destination: Pick<Destination, 'list' | 'sha256Of'>,
    manifest: Manifest,
    report: (finding: Finding) => void,
  ) {
    this.#destination = destination;
    this.#manifest = manifest;
    this.#report = report;
    this.unreadableRows = manifest.unreadable;
  }

  /** Checks every saved document, and looks for files that no row knows. */
  async verifyAll(): Promise<void> {
    const known = new FingerprintSet();
    await this.#checkAll(this.#allRows(known));
    for (const { path, unreadable: reason } of this.#destination.list()) {
      if (reason !== undefined) this.#note({ status: 'unknown', path, reason });
      else if (!known.has(fingerprintOf(path))) this.#note({ status: 'unknown', path });
    }
  }

  /** Checks the documents of a list only. */
  async verifyList(blocks: AsyncIterable<readonly ListLine[]>): Promise<void> {
    for await (const lines of blocks) await this.#checkAll(this.#listedRows(lines));
  }

  *#allRows(known: FingerprintSet): Generator<Question> {
    for (const { path, row } of this.#manifest.savedDocuments()) {
      known.add(fingerprintOf(path));
      yield { row };
    }
  }

  *#listedRows(lines: readonly ListLine[]): Generator<Question> {
    for (const line of lines) {
      const verdict = judgeLine(line);
      const url = verdict.valid ? verdict.url : line.text;
      const tag = verdict.valid ? verdict.tag : undefined;
      const reason = verdict.valid ? {} : { reason: verdict.reason };
      const about = { line: line.number, ...(tag === undefined ? {} : { tag }) };
      if (this.#listed.add(fingerprintOf(url)) < 0) continue;
      const isSaved = this.#manifest.lookUp(url).kind === 'saved';
      if (isSaved) yield { row: this.#manifest.rowOf(url, 'saved'), ...about };
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

  async #check({ row, ...about }: Question): Promise<void> {
    if (row?.path === undefined) {
      this.unreadableRows++;
      return;
    }
    const { path, url, tag, sha256 } = row;
    const of = { path, url, ...(tag === undefined ? {} : { tag }), ...about };
    try {
      const found = await this.#destination.sha256Of(path, row.bytes);
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
    if (!this.#manifest.isShared(path)) return {};
    return { reason: 'the row of another URL names this file too; --repair gives each its own' };
  }

  #note(finding: Finding): void {
    this.counts[finding.status]++;
    this.#report(finding);
  }
}
