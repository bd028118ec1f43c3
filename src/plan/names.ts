// Owns which name a URL gets in the destination: in list order, whether or not an earlier URL then succeeds. Two URLs
// never share a path, letter case ignored, and a file that no row names is not in the way: it is adopted if equal, else
// passed by.
import { candidatePaths, foldCase, usualPath, type Layout } from '../edgar/layout.ts';
import { fingerprintOf } from '../storage/manifest/fingerprint.ts';
import { FingerprintSet } from '../storage/manifest/fingerprint-set.ts';
import type { Manifest } from '../storage/manifest/manifest.ts';

/** `<cik>/<accession>/<name>`: no folder of this shape is ever a file's name. */
const FILING_SHAPE = /^\d+\/\d{18}\/[^/]+$/;

export interface Naming {
  /** Best first; all but the last are held by files that have no row. */
  readonly paths: readonly string[];
  /** Another URL has the usual name. */
  readonly collides: boolean;
}

/** The paths that rows hold. */
type HeldPaths = Pick<Manifest, 'holds' | 'savedPaths'>;

export class Names {
  readonly #layout: Layout;
  readonly #rows: HeldPaths;
  readonly #isTaken: (path: string) => boolean;
  /** What was given here. */
  readonly #given = new FingerprintSet();
  /** Folders of all paths that are held, made when the first path comes whose folder could be a file's name. */
  #folders: FingerprintSet | undefined;

  /** `isTaken`: whether a file stands there that no row names. */
  constructor(layout: Layout, rows: HeldPaths, isTaken: (path: string) => boolean) {
    this.#layout = layout;
    this.#rows = rows;
    this.#isTaken = isTaken;
  }

  /** Gives a URL without a row its path. */
  give(url: string): Naming {
    const usual = usualPath(url, this.#layout);
    const collides = !this.#hold(usual);
    const paths = collides ? [] : [usual];
    if (!collides && !this.#isTaken(usual)) return { paths, collides };
    for (const path of candidatePaths(url, this.#layout)) {
      if (path === usual || !this.#hold(path)) continue;
      paths.push(path);
      if (!this.#isTaken(path)) break;
    }
    return { paths, collides };
  }

  /** Holds a path; false if another URL holds it, or needs it as a folder, or holds a folder that it needs. */
  #hold(path: string): boolean {
    const key = foldCase(path);
    if (this.#rows.holds(path)) return false;
    if (!needsFolders(path)) return this.#given.add(fingerprintOf(key)) >= 0;
    this.#folders ??= this.#heldFolders();
    const needed = foldersOf(key);
    if (this.#folders.has(fingerprintOf(key)) || needed.some((folder) => this.#isFile(folder))) return false;
    if (this.#given.add(fingerprintOf(key)) < 0) return false;
    for (const folder of needed) this.#folders.add(fingerprintOf(folder));
    return true;
  }

  #isFile(path: string): boolean {
    return this.#given.has(fingerprintOf(path)) || this.#rows.holds(path);
  }

  #heldFolders(): FingerprintSet {
    const folders = new FingerprintSet();
    for (const path of this.#rows.savedPaths()) {
      if (!needsFolders(path)) continue;
      for (const folder of foldersOf(foldCase(path))) folders.add(fingerprintOf(folder));
    }
    return folders;
  }
}

/** True if a folder of the path could be a file's name. */
function needsFolders(path: string): boolean {
  return path.includes('/') && !FILING_SHAPE.test(path);
}

function foldersOf(path: string): string[] {
  const folders: string[] = [];
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1))
    folders.push(path.slice(0, slash));
  return folders;
}
