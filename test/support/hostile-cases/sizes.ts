// Owns the two sizes in which the framing cases come: small documents, and the same with so much text in them that more than
// 1 MiB is on the wire, under a coding and cut in half too. There a downloader no longer collects a body, it streams it.
import { createHash } from 'node:crypto';
import { bulkyText, MIB } from '../bulky-documents.ts';
import {
  instanceDocument,
  instanceInside,
  jsonDocument,
  largeInstance,
  submissionDocument,
  zipDocument,
  type InstanceOptions,
} from './documents.ts';

export interface Size {
  readonly large: boolean;
  /** Of the ids and names of its cases. */
  readonly suffix: string;
  readonly remark: string;
  readonly instance: (seed: string, options?: InstanceOptions) => Buffer;
  /** More than one read also where documents are small. */
  readonly longer: (seed: string) => Buffer;
  readonly submission: (seed: string) => Buffer;
  readonly json: (seed: string) => Buffer;
  readonly zip: (seed: string) => Buffer;
}

export const SMALL: Size = {
  large: false,
  suffix: '',
  remark: '',
  instance: instanceDocument,
  longer: largeInstance,
  submission: (seed) => submissionDocument(seed),
  json: (seed) => jsonDocument(seed),
  zip: (seed) => zipDocument(seed),
};

/** Decoded; a coding leaves three quarters of it. */
const TEXT_BYTES = 3 * MIB;

let text: string | undefined;

/** The same text for every case, made once, begun at another place for each, so that no two documents are alike anywhere. */
function textFor(seed: string): string {
  text ??= bulkyText('hostile cases', TEXT_BYTES);
  const start = createHash('sha256').update(seed).digest().readUInt32LE(0) % text.length;
  return text.slice(start) + text.slice(0, start);
}

const bulkyInside = (seed: string): string =>
  `${instanceInside(seed)}\n  <text>${textFor(seed)}</text>\n  <!-- case ${seed} -->`;

const largeInstanceOf = (seed: string, options: InstanceOptions = {}): Buffer =>
  instanceDocument(seed, { inside: bulkyInside(seed), ...options });

export const TWO_MIB: Size = {
  large: true,
  suffix: '-2m',
  remark: ', with 2 MiB on the wire',
  instance: largeInstanceOf,
  longer: largeInstanceOf,
  submission: (seed) => submissionDocument(seed, textFor(seed)),
  json: (seed) => jsonDocument(seed, textFor(seed)),
  zip: (seed) => zipDocument(seed, '', largeInstanceOf(seed)),
};
