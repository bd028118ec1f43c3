// Owns whether anything may stand at a path of the destination before this run puts it there. Asking the disk for each new
// URL costs 30 us while workers rename into the same folder; what is known of the folders above answers for most.
import { lstatSync, opendirSync } from 'node:fs';
import { join } from 'node:path';
import { STATE_FOLDER } from '../state-folder.ts';

/** A destination with more entries than this is not listed: only listed URLs are looked at on disk. */
const MAX_LISTED = 1_000;

export class Strangers {
  readonly #destination: string;
  /** Names at the top, letter case folded; undefined where there are too many. */
  readonly #top: ReadonlySet<string> | undefined;
  /** The top folder that was asked for last, and whether it was there. */
  #lastFolder = '';
  #lastFolderExists = false;

  constructor(destination: string) {
    this.#destination = destination;
    this.#top = namesIn(destination);
  }

  /** True if something stands at a relative path. */
  standAt(path: string): boolean {
    if (this.#top?.size === 0) return false;
    const slash = path.indexOf('/');
    const first = slash < 0 ? path : path.slice(0, slash);
    if (this.#top !== undefined && isPlain(first) && !this.#top.has(first.toLowerCase())) return false;
    if (slash >= 0 && !this.#folderExists(first)) return false;
    return this.#exists(path);
  }

  /** URLs of one company mostly follow each other. */
  #folderExists(folder: string): boolean {
    if (folder !== this.#lastFolder) {
      this.#lastFolder = folder;
      this.#lastFolderExists = this.#exists(folder);
    }
    return this.#lastFolderExists;
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

/** The names in a folder, none if it is not there; undefined if they are many, or any could stand for another. */
function namesIn(folder: string): ReadonlySet<string> | undefined {
  const names = new Set<string>();
  try {
    const listing = opendirSync(folder);
    try {
      for (let entry = listing.readSync(); entry !== null; entry = listing.readSync()) {
        // No URL gets the name of the state folder.
        if (entry.name === STATE_FOLDER) continue;
        if (names.size >= MAX_LISTED || !isPlain(entry.name)) return undefined;
        names.add(entry.name.toLowerCase());
      }
    } finally {
      listing.closeSync();
    }
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT' ? names : undefined;
  }
  return names;
}

/** File systems that fold letter case fold other alphabets in ways of their own. */
function isPlain(name: string): boolean {
  return /^[\x20-\x7e]*$/.test(name);
}
