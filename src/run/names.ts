// Owns which name a URL gets in the destination: in list order, whether or not an earlier URL then succeeds. Two URLs never
// share a path, letter case ignored, and a stranger's file is never in the way: it is adopted if equal, else passed by.
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { candidatePaths, usualPath, type Layout } from '../edgar/layout.ts';
import { digestOfText } from '../model/digest.ts';
import { DigestTable } from '../model/digest-table.ts';

/** `<cik>/<accession>/<name>`: no folder of this shape is ever a file's name. */
const FILING_SHAPE = /^\d+\/\d{18}\/[^/]+$/;

export interface Naming {
  /** Best first; all but the last are held by files that have no row. */
  readonly paths: readonly string[];
  /** Another URL has the usual name. */
  readonly collides: boolean;
}

export class Names {
  readonly #destination: string;
  readonly #layout: Layout;
  readonly #files = new DigestTable();
  readonly #folders = new DigestTable();

  constructor(destination: string, layout: Layout) {
    this.#destination = destination;
    this.#layout = layout;
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
    const paths: string[] = [];
    let collides = false;
    for (const path of candidatePaths(url, this.#layout)) {
      if (this.#isHeld(path)) {
        collides ||= path === usual;
        continue;
      }
      this.hold(path);
      paths.push(path);
      if (!this.#exists(path)) break;
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

  #exists(path: string): boolean {
    try {
      return lstatSync(join(this.#destination, path), { throwIfNoEntry: false }) !== undefined;
    } catch {
      // A name that cannot even be asked for is not there; saving it will say why.
      return false;
    }
  }
}

/** macOS and Windows fold letter case, and macOS also Unicode forms. */
function foldCase(path: string): string {
  return path.toLowerCase().normalize('NFC');
}

function foldersOf(path: string): string[] {
  const folders: string[] = [];
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1))
    folders.push(path.slice(0, slash));
  return folders;
}
