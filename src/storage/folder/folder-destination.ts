// Owns the destination that is a folder of the file system: each part of its work has a file of its own beside this one.
import { hash } from 'node:crypto';
import { linkSync, lstatSync, readdirSync, renameSync, rmSync, type Dirent } from 'node:fs';
import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDocumentPath } from '../../edgar/layout.ts';
import type { Body } from '../../model/body.ts';
import type { DocumentRequest } from '../../model/document.ts';
import type { Destination, KnownFile, SavedFile, SaveEnd } from '../destination.ts';
import { errorCode } from '../../model/errors.ts';
import { sha256OfFile } from '../plain-file.ts';
import { STATE_FOLDER, statePaths } from '../state-folder.ts';
import { Presence } from './presence.ts';
import { RefusedBodies } from './refused-bodies.ts';
import { DocumentSaver } from './save.ts';
import { TemporaryFolder, type TemporaryFile } from './temporary-file.ts';

const READ_WHOLE_BYTES = 4 * 1024 * 1024;

export interface FolderOptions {
  /** Begins the names of temporary files: no two threads have the same. */
  readonly thread?: string;
  readonly fsync?: boolean;
  /** Entry of the thread that helps to look at many files. */
  readonly lookEntry?: URL | undefined;
}

export class FolderDestination implements Destination {
  readonly #folder: string;
  readonly #fsync: boolean;
  readonly #temporary: TemporaryFolder;
  readonly #presence: Presence;
  #saver: DocumentSaver | undefined;
  #wasEmpty: boolean | undefined;

  /** It need not exist, but for `save`. */
  constructor(folder: string, { thread = 'main', fsync = true, lookEntry }: FolderOptions = {}) {
    this.#folder = folder;
    this.#fsync = fsync;
    this.#temporary = new TemporaryFolder(statePaths(folder).temporary, thread);
    this.#presence = new Presence(folder, lookEntry);
  }

  areThere(files: readonly KnownFile[]): Promise<readonly boolean[]> {
    return this.#presence.areThere(files);
  }

  isTaken(path: string): boolean {
    this.#wasEmpty ??= isEmpty(this.#folder);
    if (this.#wasEmpty) return false;
    try {
      return lstatSync(join(this.#folder, path), { throwIfNoEntry: false }) !== undefined;
    } catch {
      // A name that cannot even be asked for is not there; saving it will say why.
      return false;
    }
  }

  openTemporary(): TemporaryFile {
    return this.#temporary.open();
  }

  save(request: DocumentRequest, body: Body): Promise<SaveEnd> {
    this.#saver ??= new DocumentSaver(this.#folder, this.#temporary, this.#fsync);
    return this.#saver.save(request, body);
  }

  refuse(request: DocumentRequest, body: Body): Promise<string> {
    return new RefusedBodies(statePaths(this.#folder).refused).keep(request, body);
  }

  undo({ path, previousSha256 }: SavedFile): void {
    const final = join(this.#folder, path);
    const { folder, replaced } = statePaths(this.#folder);
    try {
      if (previousSha256 === undefined) return rmSync(final, { force: true });
      // A link needs no room, and the kept bytes stay for whoever else shares them.
      const aside = join(folder, 'taken-back');
      linkSync(join(replaced, previousSha256), aside);
      renameSync(aside, final);
    } catch {
      // The next run adopts the file, or fetches it again.
    }
  }

  async matches(path: string, sha256: string): Promise<boolean> {
    if (!isDocumentPath(path)) return false;
    return sha256 === (await sha256OfFile(join(this.#folder, path)).catch(() => undefined));
  }

  async sha256Of(path: string, bytes: number | undefined): Promise<string | undefined> {
    const file = join(this.#folder, path);
    const status = await lstat(file).catch((error: unknown) => {
      if (['ENOENT', 'ENOTDIR'].includes(errorCode(error))) return undefined;
      throw error;
    });
    if (status === undefined) return undefined;
    if (!status.isFile() || status.size !== bytes) return '';
    return status.size <= READ_WHOLE_BYTES ? hash('sha256', await readFile(file), 'hex') : sha256OfFile(file);
  }

  list(): Generator<{ path: string; unreadable?: string }> {
    return this.#list('');
  }

  close(): void {
    this.#presence.close();
  }

  *#list(below: string): Generator<{ path: string; unreadable?: string }> {
    let entries: Dirent[];
    try {
      entries = readdirSync(join(this.#folder, below), { withFileTypes: true });
    } catch (error) {
      yield { path: `${below}/`, unreadable: `cannot be read: ${errorCode(error)}` };
      return;
    }
    for (const entry of entries) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (path === STATE_FOLDER) continue;
      if (entry.isDirectory()) yield* this.#list(path);
      else yield { path };
    }
  }
}

/** True if a folder holds nothing but our own. */
function isEmpty(folder: string): boolean {
  try {
    return readdirSync(folder).every((name) => name === STATE_FOLDER);
  } catch (error) {
    return errorCode(error) === 'ENOENT';
  }
}
