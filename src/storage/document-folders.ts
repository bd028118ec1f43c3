// Owns the folders below the destination: made when a document needs them, and never followed out of the destination
// through a symbolic link.
import { lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { dirname, sep } from 'node:path';
import { errorCode } from './disk-error.ts';

/** Something that is not a folder stands where a folder is needed, or a link leads out. */
export class FolderBlockedError extends Error {
  override readonly name = 'FolderBlockedError';
}

export class DocumentFolders {
  readonly #destination: string;
  readonly #known = new Set<string>();
  /** Folders whose own names are known to be on the device. */
  readonly #durable = new Set<string>();

  /** `destination` exists and is absolute. */
  constructor(destination: string) {
    this.#destination = realpathSync(destination);
    this.#known.add(this.#destination);
  }

  get destination(): string {
    return this.#destination;
  }

  /** Absolute path of a relative one, which is plain: no empty or dotted segments. */
  fileAt(path: string): string {
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
      if (errorCode(error) !== 'EEXIST') throw error;
      this.#accept(folder);
    }
    this.#remember(folder);
  }

  #accept(folder: string): void {
    const status = lstatSync(folder);
    if (status.isDirectory()) return;
    if (!status.isSymbolicLink()) throw new FolderBlockedError(`${folder} is a file where a folder is needed`);
    const target = targetOf(folder);
    if (!(target + sep).startsWith(this.#destination + sep)) {
      throw new FolderBlockedError(`${folder} is a link that leads out of the destination`);
    }
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

/** Where a link leads; a link to nothing leads nowhere inside. */
function targetOf(link: string): string {
  try {
    return realpathSync(link);
  } catch (error) {
    throw new FolderBlockedError(`${link} is a link that leads to no folder`, { cause: error });
  }
}
