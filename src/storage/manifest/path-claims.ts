// Owns which paths the URLs of a manifest claim, letter case ignored: a new URL must not get one of them, and where several
// URLs claim one (a manifest that was edited, or joined from two) none may replace what stands there. Asking must cost next
// to nothing: hashes are compared (*no-op*: 0.1 s a million), and only paths whose hash comes twice are looked at.
import { foldCase } from '../../edgar/layout.ts';
import { hashOfPath, type PathColumn } from './column.ts';

export class PathClaims {
  readonly #paths: PathColumn;
  /** For each hash the first URL that has it, plus 1, in the first free place from the hash on. */
  readonly #slots: Int32Array;
  /** Paths of the hashes that came more than once, letter case folded. */
  readonly #ofRepeated = new Map<number, Set<string>>();
  /** Paths that several URLs have, letter case folded, and the number of the URL whose saved row came last. */
  readonly shared: ReadonlyMap<string, number>;

  /** Of the paths of so many URLs, whose saved rows lie at these offsets. */
  constructor(paths: PathColumn, urls: number, savedOffset: (url: number) => number) {
    this.#paths = paths;
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(urls * 2 + 1)));
    for (let url = 0; url < urls; url++) this.#add(url, paths.hashAt(url));
    this.shared = this.#ofRepeated.size === 0 ? new Map() : this.#findShared(urls, savedOffset);
  }

  /** True if a URL has this path. */
  has(path: string): boolean {
    const hash = hashOfPath(path);
    const ofHash = this.#ofRepeated.get(hash);
    if (ofHash !== undefined) return ofHash.has(foldCase(path));
    const url = (this.#slots[this.#slotOf(hash)] ?? 0) - 1;
    return url >= 0 && foldCase(this.#paths.get(url) ?? '') === foldCase(path);
  }

  #add(url: number, hash: number): void {
    if (hash === 0) return;
    const slot = this.#slotOf(hash);
    if (this.#slots[slot] === 0) this.#slots[slot] = url + 1;
    else this.#ofRepeated.set(hash, new Set());
  }

  #slotOf(hash: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const found = this.#slots[slot] ?? 0;
      if (found === 0 || this.#paths.hashAt(found - 1) === hash) return slot;
    }
  }

  #findShared(urls: number, savedOffset: (url: number) => number): ReadonlyMap<string, number> {
    const lastOf = new Map<string, number>();
    const shared = new Map<string, number>();
    for (let url = 0; url < urls; url++) {
      const ofHash = this.#ofRepeated.get(this.#paths.hashAt(url));
      if (ofHash === undefined) continue;
      const path = foldCase(this.#paths.get(url) ?? '');
      ofHash.add(path);
      const other = lastOf.get(path);
      const last = other !== undefined && savedOffset(other) > savedOffset(url) ? other : url;
      lastOf.set(path, last);
      if (other !== undefined) shared.set(path, last);
    }
    return shared;
  }
}
