// Owns where a document may be put below the destination: under a path of the layout only, in folders that are made when
// they are needed, and never through a link or another name into the state folder or out of the destination.
import { existsSync, lstatSync, mkdirSync, realpathSync, statSync, type Stats } from 'node:fs';
import { dirname, sep } from 'node:path';
import { isDocumentPath } from '../../edgar/layout.ts';
import { errorCode } from '../../model/errors.ts';
import { statePaths } from '../state-folder.ts';

const MAX_SHOWN = 200;

/** This path is closed to the document: something stands in the way, or no document may or can have it. */
export class FolderBlockedError extends Error {
  override readonly name = 'FolderBlockedError';
}

export class DocumentFolders {
  readonly #destination: string;
  readonly #state: { readonly path: string; readonly status: Stats | undefined };
  readonly #known = new Set<string>();
  /** Folders whose own names are known to be on the device. */
  readonly #durable = new Set<string>();

  /** `destination` exists and is absolute. */
  constructor(destination: string) {
    this.#destination = realpathSync(destination);
    this.#known.add(this.#destination);
    const { folder } = statePaths(this.#destination);
    const status = statSync(folder, { throwIfNoEntry: false });
    this.#state = { path: status === undefined ? folder : realpathSync(folder), status };
  }

  get destination(): string {
    return this.#destination;
  }

  /** Absolute path of a relative one. Every path that is written to comes from here. Throws FolderBlockedError. */
  fileAt(path: string): string {
    if (!isDocumentPath(path)) throw new FolderBlockedError(`${shown(path)} is too long, or no path for a document`);
    return `${this.#destination}/${path}`;
  }

  /** Makes the folder of a relative path. `fresh`: it and those above it whose names may not be on the device yet. */
  prepare(path: string): { readonly folder: string; readonly fresh: readonly string[] } {
    const slash = path.lastIndexOf('/');
    const folder = slash < 0 ? this.#destination : this.fileAt(path.slice(0, slash));
    if (!this.#known.has(folder)) this.#make(folder);
    const fresh: string[] = [];
    for (let at = folder; at !== this.#destination && !this.#durable.has(at); at = dirname(at)) fresh.push(at);
    return { folder, fresh };
  }

  /** The folders above these have been synced, by this thread: that another made them is no proof of it. */
  settle(fresh: readonly string[]): void {
    if (this.#durable.size > 4096) this.#durable.clear();
    for (const folder of fresh) this.#durable.add(folder);
  }

  #make(folder: string): void {
    const parent = dirname(folder);
    if (!this.#known.has(parent)) this.#make(parent);
    try {
      mkdirSync(folder);
    } catch (error) {
      // What exFAT says of a name that it cannot hold.
      if (errorCode(error) === 'ENOENT' && existsSync(parent)) throw impossibleName(folder, error);
      if (errorCode(error) !== 'EEXIST') throw error;
      this.#accept(folder);
    }
    this.#remember(folder);
  }

  #accept(folder: string): void {
    const status = lstatSync(folder);
    const target = status.isSymbolicLink() ? targetOf(folder) : folder;
    if (target === folder && !status.isDirectory())
      throw new FolderBlockedError(`${folder} is a file where a folder is needed`);
    if (!isWithin(target, this.#destination))
      throw new FolderBlockedError(`${folder} is a link that leads out of the destination`);
    if (this.#isState(target)) throw new FolderBlockedError(`${folder} leads to the program's own files`);
  }

  /** By its identity: a file system may know the state folder by other names too (letter case, short names). */
  #isState(folder: string): boolean {
    const { path, status } = this.#state;
    if (isWithin(folder, path)) return true;
    const found = statSync(folder);
    return found.ino === status?.ino && found.dev === status.dev;
  }

  /** Bounded: a million filings are a million folders. */
  #remember(folder: string): void {
    if (this.#known.size > 4096) {
      this.#known.clear();
      this.#known.add(this.#destination);
    }
    this.#known.add(folder);
  }
}

/** The failure of a document whose name this file system cannot hold. */
export function impossibleName(name: string, error: unknown): FolderBlockedError {
  return new FolderBlockedError(`this file system cannot hold the name ${name} (${errorCode(error)})`, {
    cause: error,
  });
}

function shown(path: string): string {
  return JSON.stringify(path.length > MAX_SHOWN ? `${path.slice(0, MAX_SHOWN)}...` : path);
}

function isWithin(path: string, folder: string): boolean {
  return (path + sep).startsWith(folder + sep);
}

/** Where a link leads; a link to nothing leads nowhere inside. */
function targetOf(link: string): string {
  try {
    return realpathSync(link);
  } catch (error) {
    throw new FolderBlockedError(`${link} is a link that leads to no folder`, { cause: error });
  }
}
