// Owns what a run writes when it ends: the list of what is failed now, the row of the run, and a manifest without
// superseded rows. Each file is replaced by a rename, so that a reader never sees half of it.
import { closeSync, constants, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { cannotWrite } from '../disk-error.ts';
import { syncFolder } from '../folder/folder-sync.ts';
import { ManifestIndex } from './manifest-index.ts';
import { ManifestRows } from './manifest-rows.ts';
import type { ManifestRow } from '../../model/manifest-row.ts';
import { expectKind, openPlainFile } from '../plain-file.ts';
import type { StatePaths } from '../state-folder.ts';
import { freeBytes } from '../folder/temporary-file.ts';
import { writeFully } from '../write-fully.ts';

const WRITE_CHARACTERS = 1024 * 1024;

/**
 * Writes `failed.txt` from the manifest's failed rows, in a form that is a list again; removes it when nothing is failed.
 * A document that was saved before and `isThere` is not failed, whatever a later check of it came to.
 * Rejects with CannotWriteError.
 */
export async function writeFailedList(
  paths: StatePaths,
  index: ManifestIndex,
  isThere: (path: string, bytes: number) => boolean,
  fsync: boolean,
  run: string,
): Promise<void> {
  const rows = new ManifestRows(paths.manifest);
  try {
    for (const path of [paths.failedList, paths.manifest]) expectKind(path, 'file');
    const lines = failedLines(index, rows, run, isThere);
    const first = lines.next();
    if (first.done === true) rmSync(paths.failedList, { force: true });
    else await replaceFile(paths.failedList, chain(first.value, lines), fsync);
  } catch (error) {
    throw cannotWrite(paths.failedList, error, freeBytes(paths.failedList));
  } finally {
    rows.close();
  }
}

function* failedLines(
  index: ManifestIndex,
  rows: ManifestRows,
  run: string,
  isThere: (path: string, bytes: number) => boolean,
): Generator<string, void> {
  const badLines: number[] = [];
  for (const offset of index.failedRows(isThere)) {
    const row = rows.at(offset);
    if (row?.status !== 'failed') continue;
    if (row.error?.code !== 'invalid-url') yield failedText(row);
    // A bad line belongs to the list of its run; once that is fixed nothing would ever supersede it.
    else if (row.run === run) badLines.push(offset);
  }
  // They come last: a list that begins with a batch of them is taken for no list.
  for (const offset of badLines) {
    const row = rows.at(offset);
    if (row !== undefined) yield failedText(row);
  }
}

function failedText({ url, tag, error }: ManifestRow): string {
  const reason = `${error?.code ?? 'failed'}: ${error?.message ?? ''}`.replace(/\s+/g, ' ');
  return `# ${reason}\n${url}${tag === undefined ? '' : ` ${tag}`}\n`;
}

function* chain(first: string, rest: Iterable<string>): Generator<string, void> {
  yield first;
  yield* rest;
}

/**
 * Rewrites the manifest with current rows only, if over half of its rows are superseded. True if it did.
 * Rejects with CannotWriteError.
 */
export async function compactManifest(paths: StatePaths, index: ManifestIndex, fsync: boolean): Promise<boolean> {
  if (index.superseded * 2 <= index.rows) return false;
  const rows = new ManifestRows(paths.manifest);
  try {
    expectKind(paths.manifest, 'file');
    const fresh = new ManifestIndex(paths.manifest);
    fresh.load();
    await replaceFile(paths.manifest, currentLines(fresh, rows), fsync);
  } catch (error) {
    throw cannotWrite(paths.manifest, error, freeBytes(paths.manifest));
  } finally {
    rows.close();
  }
  return true;
}

/** In the order of the file: which of two rows came later may matter. */
function* currentLines(index: ManifestIndex, rows: ManifestRows): Generator<string, void> {
  const offsets = Float64Array.from(index.currentRows()).sort();
  for (const offset of offsets) yield `${rows.lineAt(offset)}\n`;
}

/** Appends the row of a run to `runs.jsonl`. Throws CannotWriteError. */
export function appendRunRow(paths: StatePaths, row: object): void {
  try {
    expectKind(paths.runs, 'file');
    const { O_WRONLY, O_APPEND, O_CREAT } = constants;
    const descriptor = openPlainFile(paths.runs, O_WRONLY | O_APPEND | O_CREAT);
    try {
      writeFully(descriptor, Buffer.from(`${JSON.stringify(row)}\n`));
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw cannotWrite(paths.runs, error, freeBytes(paths.runs));
  }
}

async function replaceFile(path: string, texts: Iterable<string>, fsync: boolean): Promise<void> {
  const aside = `${path}.new`;
  try {
    clear(aside);
    const descriptor = openSync(aside, 'wx', 0o666);
    try {
      for (const text of inPieces(texts)) writeFully(descriptor, Buffer.from(text));
      if (fsync) fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(aside, path);
    if (fsync) await syncFolder(dirname(path));
  } catch (error) {
    discard(aside);
    throw error;
  }
}

/** Removes what a run that was killed left: it may be a link, which is not to be written through. */
function clear(aside: string): void {
  try {
    expectKind(aside, 'file');
    rmSync(aside, { force: true });
  } catch (error) {
    throw cannotWrite(aside, error, freeBytes(aside));
  }
}

/** A file system that became read-only keeps it: the next run removes it. */
function discard(aside: string): void {
  try {
    rmSync(aside, { force: true });
  } catch {
    // What made it fail is what is told.
  }
}

function* inPieces(texts: Iterable<string>): Generator<string, void> {
  let piece = '';
  for (const text of texts) {
    piece += text;
    if (piece.length < WRITE_CHARACTERS) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}
