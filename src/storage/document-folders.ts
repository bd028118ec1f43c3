// Owns the folders below the destination: made when a document needs them, and never followed out of the destination
// through a symbolic link.
import { lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { errorCode } from './disk-error.ts';

/** Something that is not a folder stands where a folder is needed, or a link leads out. */
export class FolderBlockedError extends Error {
  override readonly name = 'FolderBlockedError';
}

export class DocumentFolders {
  readonly #destination: string;
  readonly #known = new Set<string>();

  /** `destination` exists and is absolute. */
  constructor(destination: string) {
    this.#destination = realpathSync(destination);
    this.#known.add(this.#destination);
  }

  get destination(): string {
    return this.#destination;
  }

  /** Makes the folder of a relative path; returns those that are new, outermost first, and the folder itself. */
  prepare(path: string): { readonly folder: string; readonly created: readonly string[] } {
    const folder = dirname(join(this.#destination, path));
    const created: string[] = [];
    if (!this.#known.has(folder)) this.#make(folder, created);
    return { folder, created };
  }

  #make(folder: string, created: string[]): void {
    const parent = dirname(folder);
    if (!this.#known.has(parent)) this.#make(parent, created);
    try {
      mkdirSync(folder);
      created.push(folder);
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
