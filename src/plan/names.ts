// Owns which name a URL gets in the destination: in list order, whether or not an earlier URL then succeeds. Two URLs never
// share a path, letter case ignored, and a stranger's file is never in the way: it is adopted if equal, else passed by.
import { candidatePaths, foldCase, usualPath, type Layout } from '../edgar/layout.ts';
import { digestOfFoldedBytes, digestOfFoldedText, digestOfText, type Digest } from '../storage/manifest/digest.ts';
import { DigestTable } from '../storage/manifest/digest-table.ts';
import { Strangers } from '../storage/folder/strangers.ts';

/** `<cik>/<accession>/<name>`: no folder of this shape is ever a file's name. */
const FILING_SHAPE = /^\d+\/\d{18}\/[^/]+$/;

export interface Naming {
  /** Best first; all but the last are held by files that have no row. */
  readonly paths: readonly string[];
  /** Another URL has the usual name. */
  readonly collides: boolean;
}

export class Names {
  readonly #strangers: Strangers;
  readonly #layout: Layout;
  readonly #files = new DigestTable();
  readonly #folders = new DigestTable();

  constructor(destination: string, layout: Layout) {
    this.#strangers = new Strangers(destination);
    this.#layout = layout;
  }

  /** Makes room at once for so many paths that will be held. */
  expect(paths: number): void {
    this.#files.reserve(paths);
  }

  /** As `hold`, for the UTF-8 bytes of many paths (a million: 0.4 s instead of 2). */
  holdBytes(bytes: Buffer, start: number, end: number): void {
    const digest = isSimpleShape(bytes, start, end) ? digestOfFoldedBytes(bytes, start, end) : undefined;
    if (digest === undefined) this.hold(bytes.toString('utf8', start, end));
    else this.#files.add(digest);
  }

  /** Marks a path as held: by a row of the manifest, or by a name given here. */
  hold(path: string): void {
    const key = foldCase(path);
    this.#files.add(digestOfText(key));
    if (FILING_SHAPE.test(path)) return;
    for (const folder of foldersOf(key)) this.#folders.add(digestOfText(folder));
  }

  /** Gives a URL without a row its path. */
  give(url: string): Naming {
    const usual = usualPath(url, this.#layout);
    if (!this.#takeSimple(usual)) return this.#giveFrom(url, usual, []);
    if (!this.#strangers.standAt(usual)) return { paths: [usual], collides: false };
    return this.#giveFrom(url, usual, [usual]);
  }

  /** Holds a path that needs no folder that could be a file's name; false if it is held, or is no such path. */
  #takeSimple(path: string): boolean {
    if (path.includes('/') && !FILING_SHAPE.test(path)) return false;
    return this.#files.add(digestOfPath(path)) >= 0;
  }

  /** Gives further names until one is free, after those that were given already. */
  #giveFrom(url: string, usual: string, paths: string[]): Naming {
    let collides = false;
    for (const path of candidatePaths(url, this.#layout)) {
      if (paths.includes(path)) continue;
      if (this.#isHeld(path)) {
        collides ||= path === usual;
        continue;
      }
      this.hold(path);
      paths.push(path);
      if (!this.#strangers.standAt(path)) break;
    }
    return { paths, collides };
  }

  #isHeld(path: string): boolean {
    const key = foldCase(path);
    if (this.#files.has(digestOfText(key))) return true;
    if (!path.includes('/') || FILING_SHAPE.test(path)) return false;
    return (
      this.#folders.has(digestOfText(key)) || foldersOf(key).some((folder) => this.#files.has(digestOfText(folder)))
    );
  }
}

/** Equals `digestOfText(foldCase(path))`: nearly every path is ASCII (a million: 0.1 s instead of 0.6). */
function digestOfPath(path: string): Digest {
  return digestOfFoldedText(path) ?? digestOfText(foldCase(path));
}

const SLASH = 0x2f;

/** True for `FILING_SHAPE` and for a name without a folder. */
function isSimpleShape(bytes: Buffer, start: number, end: number): boolean {
  const first = slashIn(bytes, start, end);
  if (first < 0) return true;
  const second = first + 19;
  if (first === start || second + 1 >= end || bytes[second] !== SLASH) return false;
  for (let at = start; at < second; at++) if (at !== first && !isDigit(bytes[at])) return false;
  return slashIn(bytes, second + 1, end) < 0;
}

/** Bounded, unlike `indexOf`: the bytes behind `end` are other paths. */
function slashIn(bytes: Buffer, start: number, end: number): number {
  for (let at = start; at < end; at++) if (bytes[at] === SLASH) return at;
  return -1;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function foldersOf(path: string): string[] {
  const folders: string[] = [];
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1))
    folders.push(path.slice(0, slash));
  return folders;
}
