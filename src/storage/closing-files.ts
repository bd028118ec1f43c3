// Owns what a run writes beside the manifest when it ends: the list of what is failed now, and the row of the run.
import { closeSync, constants, rmSync } from 'node:fs';
import type { ManifestRow } from '../model/manifest-row.ts';
import { cannotWrite } from './disk-error.ts';
import type { Manifest } from './manifest/manifest.ts';
import { expectKind, openPlainFile, writeFully } from './plain-file.ts';
import { replaceFile } from './replace-file.ts';
import type { StatePaths } from './state-folder.ts';

/**
 * Writes `failed.txt` from the manifest's failed rows, in a form that is a list again; removes it when nothing is failed.
 * Rejects with CannotWriteError.
 */
export async function writeFailedList(
  { failedList }: StatePaths,
  manifest: Manifest,
  isThere: (path: string, bytes: number) => boolean,
  fsync: boolean,
  run: string,
): Promise<void> {
  try {
    expectKind(failedList, 'file');
    const entries = failedEntries(manifest.failedRows(isThere), run);
    const first = entries.next();
    if (first.done === true) rmSync(failedList, { force: true });
    else await replaceFile(failedList, chain(first.value, entries), fsync);
  } catch (error) {
    throw cannotWrite(failedList, error);
  }
}

function* failedEntries(rows: Iterable<ManifestRow>, run: string): Generator<string, void> {
  for (const row of rows) {
    // A bad line belongs to the list of its run; once that is mended nothing would ever supersede it.
    if (row.error?.code === 'invalid-url' && row.run !== run) continue;
    const reason = `${row.error?.code ?? 'failed'}: ${row.error?.message ?? ''}`.replace(/\s+/g, ' ');
    yield `# ${reason}\n${row.url}${row.tag === undefined ? '' : ` ${row.tag}`}\n`;
  }
}

function* chain(first: string, rest: Iterable<string>): Generator<string, void> {
  yield first;
  yield* rest;
}

/** Appends the row of a run to `runs.jsonl`. Throws CannotWriteError. */
export function appendRunRow({ runs }: StatePaths, row: object): void {
  try {
    expectKind(runs, 'file');
    const { O_WRONLY, O_APPEND, O_CREAT } = constants;
    const descriptor = openPlainFile(runs, O_WRONLY | O_APPEND | O_CREAT);
    try {
      writeFully(descriptor, Buffer.from(`${JSON.stringify(row)}\n`));
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw cannotWrite(runs, error);
  }
}
