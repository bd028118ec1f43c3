// Owns the doubt about "missing": on a day in August 2022 the SEC answered 404 to good URLs. Rows of missing documents are
// held back until the run ends; if nearly everything was missing, none is marked so. Held rows beyond a bound lie in a file.
import { appendFileSync, createReadStream, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { ManifestRow } from '../model/manifest-row.ts';
import { cannotWrite } from '../storage/disk-error.ts';
import { parseRow } from '../storage/manifest/manifest-parse.ts';

const MIN_DOCUMENTS = 20;
const SUSPICIOUS_SHARE = 0.9;
const MAX_HELD_IN_MEMORY = 2_000;

/** True if a run in which `missing` of `fetched` documents were missing says more about us than about the documents. */
export function isMassMissing(missing: number, fetched: number): boolean {
  return fetched >= MIN_DOCUMENTS && missing >= fetched * SUSPICIOUS_SHARE;
}

export class HeldMissing {
  readonly #spillPath: string;
  #rows: ManifestRow[] = [];
  #spilled = false;
  count = 0;

  constructor(spillPath: string) {
    this.#spillPath = spillPath;
  }

  /** Throws CannotWriteError. */
  hold(row: ManifestRow): void {
    this.count++;
    this.#rows.push(row);
    if (this.#rows.length < MAX_HELD_IN_MEMORY) return;
    const lines = this.#rows.map((held) => `${JSON.stringify(held)}\n`).join('');
    try {
      appendFileSync(this.#spillPath, lines);
    } catch (error) {
      throw cannotWrite(this.#spillPath, error);
    }
    this.#rows = [];
    this.#spilled = true;
  }

  /** Gives the held rows back, once, in the order they came. */
  async *release(): AsyncGenerator<ManifestRow> {
    if (this.#spilled) {
      for await (const line of createInterface({ input: createReadStream(this.#spillPath) })) {
        const row = parseRow(line);
        if (row !== undefined) yield row;
      }
      rmSync(this.#spillPath, { force: true });
    }
    const rows = this.#rows;
    this.#rows = [];
    yield* rows;
  }
}

/** A missing row as a failed one. */
export function asFailed(row: ManifestRow): ManifestRow {
  return { ...row, status: 'failed' };
}
