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
    const entries = failedEntries(() => manifest.failedRows(isThere), run);
    const first = entries.next();
    if (first.done === true) rmSync(failedList, { force: true });
    else await replaceFile(failedList, chain(first.value, entries), fsync);
  } catch (error) {
    throw cannotWrite(failedList, error);
  }
}

function* failedEntries(rows: () => Iterable<ManifestRow>, run: string): Generator<string, void> {
  for (const row of rows()) if (!isBadLine(row)) yield failedText(row);
  // They come last: a list that begins with a batch of them is taken for no list. A bad line belongs to the list of its run;
  // once that is fixed nothing would ever supersede it.
  for (const row of rows()) if (isBadLine(row) && row.run === run) yield failedText(row);
}

function isBadLine({ error }: ManifestRow): boolean {
  return error?.code === 'invalid-url';
}

function failedText({ url, tag, error }: ManifestRow): string {
  const reason = `${error?.code ?? 'failed'}: ${error?.message ?? ''}`.replace(/\s+/g, ' ');
  return `# ${reason}\n${url}${tag === undefined ? '' : ` ${tag}`}\n`;
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
