// The documents that the server has: made once a run (or once a kept workspace), each stored plain and gzipped under its
// base name. A served document is a stored one under a URL of its own; repeats are `x<n>-<stored name>`.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { seededRandom, syntheticInstance } from '../test/support/synthetic-xbrl.ts';
import type { DocumentRange, Size } from './options.ts';

const gzipAsync = promisify(gzip);
const GZIP_LEVEL = 6;
const CONCURRENT_GZIPS = 4;

interface StoredDocument {
  readonly name: string;
  readonly bytes: number;
}

export interface ServedDocument {
  /** Path of the URL, `/Archives/edgar/data/<cik>/<accession>/<name>`. */
  readonly path: string;
  readonly name: string;
  readonly bytes: number;
  /** The file that it must be equal to. */
  readonly storedFile: string;
}

export interface Corpora {
  readonly store: string;
  small(): Promise<readonly ServedDocument[]>;
  large(): Promise<readonly ServedDocument[]>;
  /** The real documents, repeated; undefined where there are none. */
  real(): Promise<readonly ServedDocument[] | undefined>;
  /** `count` small documents, repeated under distinct names if need be. */
  smallRepeated(count: number): Promise<readonly ServedDocument[]>;
}

/** EDGAR's path of the document with this serial number: a hundred filings a company, one document a filing. */
export function archivePath(serial: number, name: string, firstCompany = 1_000_000): string {
  const company = firstCompany + Math.floor(serial / 100);
  const accession = `${String(company).padStart(10, '0')}24${String(serial % 1_000_000).padStart(6, '0')}`;
  return `/Archives/edgar/data/${company}/${accession}/${name}`;
}

function serve(store: string, documents: readonly StoredDocument[], count = documents.length): ServedDocument[] {
  return Array.from({ length: count }, (_, serial) => {
    const stored = documents[serial % documents.length]!;
    const name = count === documents.length ? stored.name : `x${Math.floor(serial / documents.length)}-${stored.name}`;
    return { path: archivePath(serial, name), name, bytes: stored.bytes, storedFile: join(store, stored.name) };
  });
}

async function storeOne(store: string, name: string, content: Buffer): Promise<StoredDocument> {
  const packed = await gzipAsync(content, { level: GZIP_LEVEL });
  writeFileSync(join(store, name), content);
  writeFileSync(join(store, `${name}.gz`), packed);
  return { name, bytes: content.length };
}

async function storeAll(
  store: string,
  count: number,
  make: (serial: number) => [name: string, content: Buffer],
): Promise<StoredDocument[]> {
  const stored: StoredDocument[] = [];
  for (let next = 0; next < count; next += CONCURRENT_GZIPS) {
    const serials = Array.from({ length: Math.min(CONCURRENT_GZIPS, count - next) }, (_, offset) => next + offset);
    stored.push(...(await Promise.all(serials.map((serial) => storeOne(store, ...make(serial))))));
  }
  return stored;
}

/** Made the first time, read from its index afterwards. */
async function once(store: string, name: string, make: () => Promise<StoredDocument[]>): Promise<StoredDocument[]> {
  const index = join(store, `${name}.index.json`);
  if (existsSync(index)) return JSON.parse(readFileSync(index, 'utf8')) as StoredDocument[];
  mkdirSync(store, { recursive: true });
  const stored = await make();
  writeFileSync(index, JSON.stringify(stored));
  return stored;
}

/** `ticker` begins the names and tells one corpus from the other. */
function makeSynthetic(store: string, ticker: string, range: DocumentRange): Promise<StoredDocument[]> {
  const random = seededRandom(ticker);
  return storeAll(store, range.count, (serial) => {
    const targetBytes = range.minBytes + Math.floor(random() * (range.maxBytes - range.minBytes));
    const company = { ticker: `${ticker}${serial}`, cik: 1_000_000 + serial, periodEnd: '2009-12-31', targetBytes };
    return [`${ticker}${serial}-20091231.xml`, syntheticInstance({ ...company, seed: `${ticker}/${serial}` })];
  });
}

function findReal(directory: string, atMostBytes: number): string[] {
  if (!existsSync(directory)) return [];
  const files = readdirSync(directory).filter((name) => name.endsWith('.xml'));
  let total = 0;
  const sized = files.map((name) => ({
    file: join(directory, name),
    bytes: readFileSync(join(directory, name)).length,
  }));
  sized.sort((a, b) => a.bytes - b.bytes);
  return sized.filter(({ bytes }) => (total += bytes) <= atMostBytes).map(({ file }) => file);
}

async function repeatReal(store: string, files: readonly string[], wantedBytes: number): Promise<ServedDocument[]> {
  const make = () => storeAll(store, files.length, (n) => [basename(files[n]!), readFileSync(files[n]!)]);
  const stored = await once(store, 'real', make);
  const bytes = stored.reduce((sum, document) => sum + document.bytes, 0);
  return serve(store, stored, stored.length * Math.max(1, Math.round(wantedBytes / bytes)));
}

export function openCorpora(workspace: string, realDirectory: string, size: Size): Corpora {
  const store = join(workspace, `store-${size.name}`);
  mkdirSync(store, { recursive: true });
  const storedSmall = () => once(store, 'small', () => makeSynthetic(store, 'small', size.small));
  return {
    store,
    small: async () => serve(store, await storedSmall()),
    large: async () => serve(store, await once(store, 'large', () => makeSynthetic(store, 'large', size.large))),
    real: async () => {
      const files = findReal(realDirectory, size.realBytes);
      return files.length === 0 ? undefined : await repeatReal(store, files, size.realBytes);
    },
    smallRepeated: async (count) => serve(store, await storedSmall(), count),
  };
}
