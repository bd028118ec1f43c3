// Owns the question which paths of a manifest several URLs claim. The program gives a path to one URL only; a manifest that
// was edited or joined from two may not. Nearly always there are none, so the common way must cost next to nothing: hashes
// of all paths are sorted (1,000,000: 0.1 s), and only paths whose hash comes twice are looked at.
import { foldCase } from '../edgar/layout.ts';

interface ClaimedPaths {
  /** URLs, by number. */
  readonly urls: number;
  /** Where the saved row of a URL lies. */
  readonly savedOffset: (url: number) => number;
  /** Shows the UTF-8 bytes of a URL's path, if it has one. */
  readonly visit: (url: number, show: (bytes: Buffer, start: number, end: number) => void) => void;
}

/** Paths that several URLs have, letter case folded, and the number of the URL whose saved row came last. */
export type SharedPaths = ReadonlyMap<string, number>;

export function sharedPaths(paths: ClaimedPaths): SharedPaths {
  const hashes = new Int32Array(paths.urls);
  let url = 0;
  const note = (bytes: Buffer, start: number, end: number): void => {
    hashes[url] = hashOf(bytes, start, end);
  };
  for (; url < paths.urls; url++) paths.visit(url, note);
  const repeated = repeatedIn(hashes);
  return repeated.size === 0 ? NONE : claimedTwice(paths, hashes, repeated);
}

const NONE: SharedPaths = new Map();

function claimedTwice(paths: ClaimedPaths, hashes: Int32Array, repeated: ReadonlySet<number>): SharedPaths {
  const claims = new Map<string, { last: number; count: number }>();
  for (const [url, hash] of hashes.entries()) {
    if (!repeated.has(hash)) continue;
    paths.visit(url, (bytes, start, end) => {
      const path = foldCase(bytes.toString('utf8', start, end));
      const claim = claims.get(path);
      if (claim === undefined) claims.set(path, { last: url, count: 1 });
      else {
        claim.count++;
        if (paths.savedOffset(url) > paths.savedOffset(claim.last)) claim.last = url;
      }
    });
  }
  return new Map([...claims].filter(([, { count }]) => count > 1).map(([path, { last }]) => [path, last]));
}

function repeatedIn(hashes: Int32Array): ReadonlySet<number> {
  const sorted = hashes.slice().sort();
  const repeated = new Set<number>();
  for (let at = 1; at < sorted.length; at++) {
    const hash = sorted[at] ?? 0;
    if (hash === sorted[at - 1] && hash !== 0) repeated.add(hash);
  }
  return repeated;
}

/** The buffer that was hashed last: paths come many from one. */
let viewed: Buffer = Buffer.alloc(0);
let view = new DataView(viewed.buffer, viewed.byteOffset, 0);

/** Never 0. Equal for paths that fold to one; of ASCII letters by a bit that is set in every byte. */
function hashOf(bytes: Buffer, start: number, end: number): number {
  if (!isAscii(bytes, start, end)) {
    const folded = Buffer.from(foldCase(bytes.toString('utf8', start, end)));
    return hashOfBytes(folded, 0, folded.length);
  }
  return hashOfBytes(bytes, start, end);
}

function hashOfBytes(bytes: Buffer, start: number, end: number): number {
  look(bytes);
  let hash = end - start;
  let at = start;
  for (; at + 4 <= end; at += 4) hash = mix(hash, view.getInt32(at) | 0x20202020);
  for (; at < end; at++) hash = mix(hash, view.getUint8(at) | 0x20);
  return hash === 0 ? 1 : hash;
}

function isAscii(bytes: Buffer, start: number, end: number): boolean {
  look(bytes);
  let high = 0;
  let at = start;
  for (; at + 4 <= end; at += 4) high |= view.getInt32(at);
  for (; at < end; at++) high |= view.getUint8(at);
  return (high & 0x80808080) === 0;
}

function look(bytes: Buffer): void {
  if (bytes === viewed) return;
  viewed = bytes;
  view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function mix(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}
