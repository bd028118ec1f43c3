// Owns replacing a file of ours by a rename, so that a reader never sees half of it.
import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { cannotWrite } from './disk-error.ts';
import { syncFolder } from './folder/folder-sync.ts';
import { expectKind, writeFully } from './plain-file.ts';

const WRITE_CHARACTERS = 1024 * 1024;

/** Writes the texts beside the file, and gives that its name. Rejects with CannotWriteError or the system's error. */
export async function replaceFile(path: string, texts: Iterable<string>, fsync: boolean): Promise<void> {
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
    throw cannotWrite(aside, error);
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
