// Did a tool really fetch everything? Every file is there with its size, no other file is, and a sample is equal byte
// for byte to what the server has.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ServedDocument } from './corpus.ts';

const COMPARED_IN_FULL = 100;

export type PathOf = (document: ServedDocument) => string;

const flatPath: PathOf = (document) => document.name;

/** Path under `--layout filing`: company, accession, name. */
export const filingPath: PathOf = (document) => document.path.split('/').slice(-3).join('/');

function sizeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.size;
}

function countFiles(directory: string): number {
  return readdirSync(directory).filter((name) => name !== '.edgar-fetch').length;
}

/** Undefined when all is well, else what is wrong, in a few words. */
export function findFault(
  directory: string,
  documents: readonly ServedDocument[],
  pathOf: PathOf = flatPath,
): string | undefined {
  const sizes = documents.map((document) => sizeOf(join(directory, pathOf(document))));
  const missing = sizes.filter((size) => size === undefined).length;
  if (missing > 0) return `${missing} of ${documents.length} documents are missing`;
  const wrong = documents.filter((document, index) => document.bytes !== sizes[index]).length;
  if (wrong > 0) return `${wrong} of ${documents.length} documents have the wrong size`;
  const step = Math.ceil(documents.length / COMPARED_IN_FULL);
  const sample = documents.filter((_, index) => index % step === 0);
  const differing = sample.filter(
    (document) => !readFileSync(join(directory, pathOf(document))).equals(readFileSync(document.storedFile)),
  ).length;
  if (differing > 0) return `${differing} of ${sample.length} documents compared differ from the server's`;
  const extra = pathOf === flatPath ? countFiles(directory) - documents.length : 0;
  return extra === 0 ? undefined : `${extra} files too many`;
}
