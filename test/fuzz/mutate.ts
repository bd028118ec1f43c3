// Owns seeded chance and the ways in which genuine bytes are spoiled: what proxies, disks, editors and malice do to them.
// The same seed spoils the same bytes in the same way. Pure.

/** From [0, 1). */
export type Random = () => number;

/** mulberry32 (T. Ettinger, public domain). */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** From 0 to below `bound`. */
export const below = (random: Random, bound: number): number => Math.floor(random() * bound);

export function pick<T>(random: Random, choices: readonly T[]): T {
  const chosen = choices[below(random, choices.length)];
  if (chosen === undefined) throw new Error('nothing to choose from');
  return chosen;
}

/** What is inserted: the marks by which bodies, heads, lists and manifests are read. */
const FRAGMENTS: readonly string[] = [
  ' ', '\n', '\r\n', '\t', '\r', '\0', '"', "'", '<!--', '-->', '<!-- x -->', '<![CDATA[', ']]>', '<?', '?>', '<?xml version="1.0"?>',
  '<!DOCTYPE html>', '<!DOCTYPE x [', ']>', '<html', '<title>', '</title>', '</xbrl>', '<xbrl>', '</', '/>', '<', '>', '&', '[', ']',
  '{', '}', ',', ':', ';', '\\', '\\u0000', '/', '..', '/../', '%2e%2e', '%2f', '%00', '%', '%e4%bd', '#', '?', '@', '0', '-1', '1e9',
  '18446744073709551616', '<Error><Code>AccessDenied</Code></Error>', 'Request Rate Threshold Exceeded', '\ufeff', '\u00a0', '\u2028',
  'é', '\ud83d\ude00', 'PK\u0003\u0004', '.edgar-fetch', 'con', 'https://', 'http://www.sec.gov/', '//', 'ix?doc=', 'chunked', 'gzip',
]; // prettier-ignore

type Mutation = (bytes: Buffer, random: Random, another: Buffer) => Buffer;

const placeIn = (bytes: Buffer, random: Random): number => below(random, bytes.length + 1);

const insertAt = (bytes: Buffer, at: number, inserted: Buffer): Buffer =>
  Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at)]);

/** A stretch of the bytes, short more often than long. */
function stretchOf(bytes: Buffer, random: Random): readonly [start: number, end: number] {
  const start = placeIn(bytes, random);
  return [start, Math.min(bytes.length, start + 1 + Math.floor((bytes.length - start) * random() ** 4))];
}

const MAX_REPETITION_BYTES = 64 * 1024;

const MUTATIONS: readonly Mutation[] = [
  (bytes, random) => insertAt(bytes, placeIn(bytes, random), Buffer.from(pick(random, FRAGMENTS))),
  (bytes, random) => insertAt(bytes, placeIn(bytes, random), Buffer.from([below(random, 256)])),
  // At an end: there the checks look.
  (bytes, random) => Buffer.concat([Buffer.from(pick(random, FRAGMENTS)), bytes]),
  (bytes, random) => Buffer.concat([bytes, Buffer.from(pick(random, FRAGMENTS))]),
  // A huge repetition.
  (bytes, random) => {
    const unit = pick(random, FRAGMENTS) + (random() < 0.3 ? pick(random, FRAGMENTS) : '');
    const repeated = unit.repeat(1 + Math.floor((MAX_REPETITION_BYTES / unit.length) * random() ** 2));
    return insertAt(bytes, random() < 0.5 ? 0 : placeIn(bytes, random), Buffer.from(repeated));
  },
  (bytes, random) => bytes.subarray(0, placeIn(bytes, random)),
  (bytes, random) => bytes.subarray(placeIn(bytes, random)),
  // A stretch lost, doubled, zeroed, in the other case.
  (bytes, random) => {
    const [start, end] = stretchOf(bytes, random);
    return Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]);
  },
  (bytes, random) => {
    const [start, end] = stretchOf(bytes, random);
    return insertAt(bytes, end, bytes.subarray(start, end));
  },
  (bytes, random) => Buffer.from(bytes).fill(0, ...stretchOf(bytes, random)),
  (bytes, random) => {
    const [start, end] = stretchOf(bytes, random);
    const text = bytes.toString('latin1', start, end);
    const swapped = random() < 0.5 ? text.toUpperCase() : text.toLowerCase();
    return Buffer.concat([bytes.subarray(0, start), Buffer.from(swapped, 'latin1'), bytes.subarray(end)]);
  },
  // The beginning of one and the end of another.
  (bytes, random, another) =>
    Buffer.concat([bytes.subarray(0, placeIn(bytes, random)), another.subarray(placeIn(another, random))]),
  (bytes, random) => {
    const copy = Buffer.from(bytes);
    if (copy.length > 0) copy[below(random, copy.length)]! ^= 1 << below(random, 8);
    return copy;
  },
  // Another number for one that stands there.
  (bytes, random) => {
    const text = bytes.toString('latin1');
    const at = text.slice(below(random, text.length + 1)).search(/\d/);
    if (at < 0) return bytes;
    const number = pick(random, [
      '0',
      '-1',
      '00',
      '7',
      '99999999999999999999',
      '0x10',
      '1.5',
      String(below(random, 1e6)),
    ]);
    return Buffer.from(text.slice(0, at) + number + text.slice(at + 1), 'latin1');
  },
];

/** Spoils the bytes in one to four ways; `another` is what they may be spliced with. */
export function mutated(bytes: Buffer, random: Random, another: Buffer): Buffer {
  let result = bytes;
  for (let left = 1 + below(random, 4); left > 0; left--) result = pick(random, MUTATIONS)(result, random, another);
  return result;
}
