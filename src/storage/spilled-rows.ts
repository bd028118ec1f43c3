// Owns rows that wait for the end of the run: a few in memory, more in a temporary file.
import { appendFileSync, createReadStream, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { ManifestRow } from '../model/manifest-row.ts';
import { cannotWrite } from './disk-error.ts';
import { parseRow } from './manifest/manifest-parse.ts';

const MAX_IN_MEMORY = 2_000;

export class SpilledRows {
  readonly #path: string;
  #rows: ManifestRow[] = [];
  #spilled = false;
  count = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Throws CannotWriteError. */
  hold(row: ManifestRow): void {
    this.count++;
    this.#rows.push(row);
    if (this.#rows.length < MAX_IN_MEMORY) return;
    const lines = this.#rows.map((held) => `${JSON.stringify(held)}\n`).join('');
    try {
      appendFileSync(this.#path, lines);
    } catch (error) {
      throw cannotWrite(this.#path, error);
    }
    this.#rows = [];
    this.#spilled = true;
  }

  /** Gives the held rows back, once, in the order they came. */
  async *release(): AsyncGenerator<ManifestRow> {
    if (this.#spilled) {
      for await (const line of createInterface({ input: createReadStream(this.#path) })) {
        const row = parseRow(line);
        if (row !== undefined) yield row;
      }
      rmSync(this.#path, { force: true });
    }
    const rows = this.#rows;
    this.#rows = [];
    yield* rows;
  }
}
