// A destination as it looks after years of nightly runs: so many documents in filing layout (files of the right size
// without content, which costs tmpfs next to nothing) and the manifest that says so.
import {
  closeSync,
  copyFileSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { archivePath } from './corpus.ts';

const SEC = 'https://www.sec.gov';
const ROWS_A_WRITE = 2_000;
const DAY_MS = 86_400_000;
const FIRST_DAY = Date.parse('2024-01-02T06:00:00.000Z');

export interface Folder {
  readonly directory: string;
  readonly list: string;
  /** Puts everything back as it was made, after a run that may have added to it. */
  restore(): void;
}

function documentPath(serial: number): string {
  return archivePath(serial, `c${serial % 9_000}-20231231_htm.xml`);
}

function documentBytes(serial: number): number {
  return 20_000 + ((serial * 7_919) % 400_000);
}

/** In the order of the fields in the manifest's description. */
function row(serial: number): string {
  const path = documentPath(serial);
  const bytes = documentBytes(serial);
  const startedAt = new Date(FIRST_DAY + Math.floor(serial / 3_000) * DAY_MS + (serial % 3_000) * 125);
  return JSON.stringify({
    url: SEC + path,
    status: 'saved',
    path: path.split('/').slice(-3).join('/'),
    bytes,
    sha256: createHash('sha256').update(path).digest('hex'),
    httpStatus: 200,
    wireBytes: Math.floor(bytes / 11),
    etag: `"${bytes.toString(16)}-${serial.toString(16)}"`,
    lastModified: 'Mon, 01 Jan 2024 21:30:00 GMT',
    root: 'xbrl',
    attempts: 1,
    requests: 1,
    startedAt: startedAt.toISOString(),
    settledAt: new Date(startedAt.getTime() + 90).toISOString(),
    run: `bench-${Math.floor(serial / 3_000)}`,
    line: 1 + (serial % 3_000),
  });
}

function writeLines(file: string, count: number, lineOf: (serial: number) => string): void {
  const descriptor = openSync(file, 'w');
  for (let start = 0; start < count; start += ROWS_A_WRITE) {
    const size = Math.min(ROWS_A_WRITE, count - start);
    writeSync(descriptor, Array.from({ length: size }, (_, offset) => `${lineOf(start + offset)}\n`).join(''));
  }
  closeSync(descriptor);
}

function makeFile(directory: string, serial: number): void {
  const file = join(directory, documentPath(serial).split('/').slice(-3).join('/'));
  mkdirSync(dirname(file), { recursive: true });
  const descriptor = openSync(file, 'w');
  ftruncateSync(descriptor, documentBytes(serial));
  closeSync(descriptor);
}

function make(directory: string, rows: number, list: string, pristine: string): void {
  mkdirSync(directory, { recursive: true });
  writeLines(pristine, rows, row);
  for (let serial = 0; serial < rows; serial++) makeFile(directory, serial);
  writeLines(list, rows, (serial) => SEC + documentPath(serial));
}

function removeAdded(directory: string, firstAddedCompany: number): void {
  for (const company of readdirSync(directory)) {
    if (Number(company) >= firstAddedCompany) rmSync(join(directory, company), { recursive: true, force: true });
  }
}

/** Companies from this number on are not in any folder made here; a run may add them. */
export const FIRST_NEW_COMPANY = 5_000_000;

/** Made the first time, found again in a kept workspace. */
export function openFolder(workspace: string, rows: number): Folder {
  const root = join(workspace, `folder-${rows}`);
  const [directory, list, pristine] = [join(root, 'documents'), join(root, 'urls.txt'), join(root, 'manifest.jsonl')];
  if (!existsSync(list)) make(directory, rows, list, pristine);
  const restore = (): void => {
    const state = join(directory, '.edgar-fetch');
    rmSync(state, { recursive: true, force: true });
    removeAdded(directory, FIRST_NEW_COMPANY);
    mkdirSync(state);
    copyFileSync(pristine, join(state, 'manifest.jsonl'));
  };
  return { directory, list, restore };
}
