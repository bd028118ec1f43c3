// Owns looking at a destination as a check outside would: its files, its manifest rows, its leftovers.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { ManifestRow } from '../../src/model/manifest-row.ts';

/** Relative paths of all documents, sorted; the state folder is left out. */
export function documentsIn(destination: string): string[] {
  return filesBelow(destination)
    .map((path) => relative(destination, path))
    .filter((path) => !path.startsWith('.edgar-fetch'))
    .sort();
}

/** Names in the state folder, sorted. */
export function stateFilesIn(destination: string): string[] {
  return readdirSync(join(destination, '.edgar-fetch')).sort();
}

/** The whole rows; a run may be writing the next one. */
export function manifestRows(destination: string): ManifestRow[] {
  const path = join(destination, '.edgar-fetch', 'manifest.jsonl');
  if (!existsSync(path)) return [];
  const text = readFileSync(path, 'utf8');
  return rowsOf(text.slice(0, text.lastIndexOf('\n') + 1));
}

/** The rows in JSON lines. */
export function rowsOf(text: string): ManifestRow[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ManifestRow);
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function sha256OfFile(path: string): string {
  return sha256(readFileSync(path));
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}
