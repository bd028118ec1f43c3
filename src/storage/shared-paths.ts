// Owns the question which paths of a manifest several URLs claim. The program gives a path to one URL only; a manifest that
// was edited, or joined from two, may not. Nearly always there are none, so asking must cost next to nothing: hashes are
// compared (1,000,000: 0.1 s), and only paths whose hash comes twice are looked at.
import { foldCase } from '../edgar/layout.ts';
import type { PathColumn } from './manifest/column.ts';

/** Paths that several URLs have, letter case folded, and the number of the URL whose saved row came last. */
export type SharedPaths = ReadonlyMap<string, number>;

/** Of the paths of so many URLs, whose saved rows lie at these offsets. */
export function sharedPaths(paths: PathColumn, urls: number, savedOffset: (url: number) => number): SharedPaths {
  const repeated = repeatedHashes(paths, urls);
  const claims = new Map<string, { last: number; urls: number }>();
  for (let url = 0; repeated.size > 0 && url < urls; url++) {
    const path = repeated.has(paths.hashAt(url)) ? paths.get(url) : undefined;
    if (path === undefined) continue;
    const claim = claims.get(foldCase(path)) ?? { last: url, urls: 0 };
    const last = savedOffset(url) > savedOffset(claim.last) ? url : claim.last;
    claims.set(foldCase(path), { last, urls: claim.urls + 1 });
  }
  return new Map([...claims].filter(([, claim]) => claim.urls > 1).map(([path, claim]) => [path, claim.last]));
}

function repeatedHashes(paths: PathColumn, urls: number): ReadonlySet<number> {
  const repeated = new Set<number>();
  /** The hashes that came, each in the first free place from its own on. */
  const slots = new Int32Array(2 ** Math.ceil(Math.log2(urls * 2 + 1)));
  const mask = slots.length - 1;
  for (let url = 0; url < urls; url++) {
    const hash = paths.hashAt(url);
    if (hash === 0) continue;
    let slot = hash & mask;
    while (slots[slot] !== 0 && slots[slot] !== hash) slot = (slot + 1) & mask;
    if (slots[slot] === hash) repeated.add(hash);
    slots[slot] = hash;
  }
  return repeated;
}
