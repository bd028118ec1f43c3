// Owns XML documents made for tests of whole runs: different from each other, the same in every run of the tests, and as
// large on the wire as they are asked to be (their text hardly compresses).
import { createHash } from 'node:crypto';

export interface MadeDocument {
  /** Path on the server. */
  readonly path: string;
  /** Name in the flat layout. */
  readonly name: string;
  readonly body: Buffer;
  readonly sha256: string;
}

/** A document whose text has about `bytes` bytes, of which gzip leaves three quarters. */
export function madeDocument(name: string, bytes: number): MadeDocument {
  const blocks: string[] = [];
  for (let length = 0; length < bytes; length += 88)
    blocks.push(createHash('sha512').update(`${name}:${length}`).digest('base64'));
  const body = Buffer.from(`<?xml version="1.0"?>\n<xbrl name="${name}">${blocks.join('')}</xbrl>\n`);
  return { path: `/x/${name}`, name, body, sha256: createHash('sha256').update(body).digest('hex') };
}

/** `count` documents named `<prefix>-<number>.xml`. */
export function madeDocuments(count: number, bytes: number, prefix = 'doc'): MadeDocument[] {
  return Array.from({ length: count }, (_, number) => madeDocument(`${prefix}-${number}.xml`, bytes));
}

/** For the stand-in. */
export function served(documents: readonly MadeDocument[]): ReadonlyMap<string, { readonly body: Buffer }> {
  return new Map(documents.map(({ path, body }) => [path, { body }]));
}

/** A list of their URLs on `origin`. */
export function urlsOf(documents: readonly MadeDocument[], origin: string): string {
  return documents.map(({ path }) => `${origin}${path}\n`).join('');
}
