// Owns the atomic save: a checked body gets its final name only when it is complete on disk. Order: file written and
// synced, renamed, folder synced; the manifest row comes after, from the main thread. Nothing that is not ours is overwritten.
import { copyFileSync, existsSync, linkSync, lstatSync, renameSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { discardBody, type Body, type BodyFile } from '../../model/body.ts';
import { permanentFailure } from '../../model/failure.ts';
import type { DocumentRequest } from '../../model/document.ts';
import type { SaveEnd } from '../destination.ts';
import { DocumentFolders, FolderBlockedError, impossibleName } from './document-folders.ts';
import { errorCode } from '../../model/errors.ts';
import { cannotWrite, isImpossibleName } from '../disk-error.ts';
import { makeFolder } from '../make-folder.ts';
import { FolderSync } from './folder-sync.ts';
import { releaseMemory } from './release-memory.ts';
import { kindAt, sha256OfFile } from '../plain-file.ts';
import { statePaths } from '../state-folder.ts';
import type { TemporaryFolder } from './temporary-file.ts';

type Place =
  | { readonly kind: 'free'; readonly path: string; readonly warning?: string }
  | { readonly kind: 'ours'; readonly path: string }
  | { readonly kind: 'same'; readonly path: string; readonly adopted: boolean };

export class DocumentSaver {
  readonly #folders: DocumentFolders;
  readonly #temporary: TemporaryFolder;
  readonly #replaced: string;
  readonly #fsync: boolean;
  readonly #folderSync = new FolderSync();

  /** `destination` and its state folder exist. */
  constructor(destination: string, temporary: TemporaryFolder, fsync: boolean) {
    this.#folders = new DocumentFolders(destination);
    this.#replaced = statePaths(this.#folders.destination).replaced;
    this.#temporary = temporary;
    this.#fsync = fsync;
  }

  /** Saves a body under the document's path. Consumes the body. Rejects only with CannotWriteError. */
  async save(request: DocumentRequest, body: Body): Promise<SaveEnd> {
    try {
      const place = await this.#findPlace(request, body);
      if (place.kind === 'same') {
        discardBody(body);
        // It may have got its name from a run that died before the folder was on the device.
        if (this.#fsync && place.adopted)
          await this.#syncFolders(dirname(join(this.#folders.destination, place.path)), []);
        return place;
      }
      return await this.#put(place, request, body);
    } catch (error) {
      discardBody(body);
      const name = request.paths[0] ?? '';
      const closed = isImpossibleName(error) ? impossibleName(name, error) : error;
      if (closed instanceof FolderBlockedError)
        return { kind: 'failed', failure: permanentFailure('disk', closed.message) };
      const path = join(this.#folders.destination, name);
      throw cannotWrite(path, error);
    }
  }

  async #findPlace(request: DocumentRequest, body: Body): Promise<Place> {
    for (const [rank, path] of request.paths.entries()) {
      const file = this.#folders.fileAt(path);
      const status = statusOf(file);
      const owned = rank === 0 && request.owned;
      if (status === undefined) return freePlace(path, request, rank);
      // A link on the way may lead out of the destination: what stands there is none of ours.
      this.#folders.prepare(path);
      if (await hasBytes(file, status, body)) return { kind: 'same', path, adopted: !owned };
      if (owned && mayBeOurs(file)) return { kind: 'ours', path };
    }
    throw new FolderBlockedError(`files that are not ours stand at ${request.paths.join(' and ')}; move them away`);
  }

  async #put(place: Exclude<Place, { kind: 'same' }>, request: DocumentRequest, body: Body): Promise<SaveEnd> {
    const { folder, fresh } = this.#folders.prepare(place.path);
    const final = this.#folders.fileAt(place.path);
    const written = body.kind === 'file' ? body.file : this.#write(body.bytes);
    try {
      await written.complete(this.#fsync);
      const keep = place.kind === 'ours' && request.existing !== 'skip' && kindAt(final) === 'file';
      const previousSha256 = keep ? await this.#keep(final) : undefined;
      giveName(written.path, final, place.path);
      if (this.#fsync) await this.#syncFolders(folder, fresh);
      return { kind: 'saved', path: place.path, previousSha256, warning: warningOf(place) };
    } catch (error) {
      written.discard();
      throw error;
    }
  }

  #write(bytes: Buffer): BodyFile {
    const file = this.#temporary.open();
    file.write(bytes);
    releaseMemory(bytes);
    return file;
  }

  /** Keeps the bytes that are about to be replaced; the final name stays in place meanwhile. */
  async #keep(final: string): Promise<string> {
    const sha256 = await sha256OfFile(final);
    const kept = join(this.#replaced, sha256);
    makeFolder(this.#replaced);
    try {
      linkSync(final, kept);
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') copyFileSync(final, kept);
    }
    if (this.#fsync) await this.#folderSync.sync(this.#replaced);
    return sha256;
  }

  async #syncFolders(folder: string, fresh: readonly string[]): Promise<void> {
    const folders = new Set([folder, ...fresh.map((path) => dirname(path))]);
    await Promise.all([...folders].map((path) => this.#folderSync.sync(path)));
    this.#folders.settle(fresh);
  }
}

function giveName(from: string, final: string, path: string): void {
  try {
    renameSync(from, final);
  } catch (error) {
    throw isNameRefused(error, from, final) ? impossibleName(path, error) : error;
  }
}

/** True if a rename failed because of the new name. exFAT says ENOENT of `?*:|<>`, while all that it takes is there. */
export function isNameRefused(error: unknown, from: string, to: string): boolean {
  return isImpossibleName(error) || (errorCode(error) === 'ENOENT' && existsSync(from) && existsSync(dirname(to)));
}

function warningOf(place: Place): string | undefined {
  return place.kind === 'free' ? place.warning : undefined;
}

function freePlace(path: string, request: DocumentRequest, rank: number): Place {
  if (rank === 0) return { kind: 'free', path };
  const warning = `a file that is not of any row stands at ${request.paths[0] ?? ''}; saved as ${path}`;
  return { kind: 'free', path, warning };
}

function statusOf(file: string): Stats | undefined {
  try {
    return lstatSync(file, { throwIfNoEntry: false });
  } catch (error) {
    // A file stands where a folder is needed; making the folder will say so.
    if (errorCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** A file, or a link that took its place and is replaced itself. A pipe, a socket or a folder is a stranger's, links to one too. */
function mayBeOurs(file: string): boolean {
  return ['file', 'link to nothing', 'link to itself', undefined].includes(kindAt(file));
}

async function hasBytes(file: string, status: Stats, body: Body): Promise<boolean> {
  const size = body.kind === 'memory' ? body.bytes.length : body.file.size;
  return status.isFile() && status.size === size && (await sha256OfFile(file)) === body.sha256;
}
