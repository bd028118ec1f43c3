// Owns the audit of a destination against what was served: the promise, checked from outside at any moment, also right
// after a kill. It reads only, and believes nothing that it has not hashed.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ManifestRow } from '../../src/model/manifest-row.ts';
import { documentsIn, sha256OfFile } from './destination.ts';

export interface Audit {
  /** Rows of whole lines. */
  readonly rows: readonly ManifestRow[];
  /** URLs that have a saved row. */
  readonly savedUrls: ReadonlySet<string>;
  readonly files: readonly string[];
  /** Everything that breaks the promise, one sentence each. */
  readonly faults: readonly string[];
  /** The last line has no end, as a kill may leave it. */
  readonly torn: boolean;
}

/** Audits a flat destination; `expected` maps relative paths to the SHA-256 of the genuine bytes. */
export function audit(destination: string, expected: ReadonlyMap<string, string>): Audit {
  const faults: string[] = [];
  const files = existsSync(destination) ? documentsIn(destination) : [];
  const hashes = new Map(files.map((path) => [path, sha256OfFile(join(destination, path))]));
  for (const [path, hash] of hashes) {
    const genuine = expected.get(path);
    if (genuine === undefined) faults.push(`${path} is no document of the list`);
    else if (genuine !== hash) faults.push(`${path} has other bytes than were served`);
  }
  const { rows, torn, unreadable } = readManifest(destination);
  for (const line of unreadable) faults.push(`a line of the manifest that is not the last cannot be read: ${line}`);
  // The last saved row of a URL says what is on disk.
  const saved = new Map(rows.filter(({ status }) => status === 'saved').map((row) => [row.url, row]));
  for (const { url, path = '', sha256 } of saved.values()) {
    const hash = hashes.get(path);
    if (hash === undefined) faults.push(`${url} has a saved row and no file`);
    else if (hash !== sha256) faults.push(`${url} has a saved row of another hash than its file`);
  }
  return { rows, savedUrls: new Set(saved.keys()), files, faults, torn };
}

function readManifest(destination: string): { rows: ManifestRow[]; torn: boolean; unreadable: string[] } {
  const path = join(destination, '.edgar-fetch', 'manifest.jsonl');
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [''];
  const rest = lines.pop() ?? '';
  const rows: ManifestRow[] = [];
  const unreadable: string[] = [];
  for (const line of lines) {
    try {
      rows.push(JSON.parse(line) as ManifestRow);
    } catch {
      unreadable.push(line);
    }
  }
  return { rows, torn: rest !== '', unreadable };
}
