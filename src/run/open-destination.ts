// Owns a destination while a run holds it: folders made, lock taken, leftovers of a dead run removed, manifest read and open
// for appending; and, at the end, everything put away so that only the documented files remain.
import { mkdirSync, realpathSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CannotWriteError, UsageError } from '../model/errors.ts';
import { appendRunRow, compactManifest, writeFailedList } from '../storage/closing-files.ts';
import { cannotWrite, errorCode } from '../storage/disk-error.ts';
import { ManifestIndex } from '../storage/manifest-index.ts';
import { ManifestRows } from '../storage/manifest-rows.ts';
import { ManifestWriter } from '../storage/manifest-writer.ts';
import { takeRunLock, type RunLock } from '../storage/run-lock.ts';
import { statePaths, type StatePaths } from '../storage/state-folder.ts';
import { freeBytes } from '../storage/temporary-file.ts';
import type { RunSettings } from './settings.ts';

type DestinationSettings = Pick<RunSettings, 'destination' | 'fsync'>;

/** A row of `runs.jsonl`. */
export type RunRow = { readonly id: string } & Readonly<Record<string, unknown>>;

export class OpenDestination {
  /** Absolute, with links resolved. */
  readonly destination: string;
  readonly index: ManifestIndex;
  readonly rows: ManifestRows;
  readonly writer: ManifestWriter;
  readonly heldMissingPath: string;
  readonly #paths: StatePaths;
  readonly #fsync: boolean;
  readonly #lock: RunLock;

  constructor(destination: string, fsync: boolean, lock: RunLock) {
    this.destination = destination;
    this.#paths = statePaths(destination);
    this.#fsync = fsync;
    this.#lock = lock;
    this.heldMissingPath = join(this.#paths.temporary, 'missing.jsonl');
    this.#clearTemporary();
    this.writer = this.reopenWriter();
    this.index = new ManifestIndex(this.#paths.manifest);
    this.index.load();
    this.rows = new ManifestRows(this.#paths.manifest);
  }

  reopenWriter(): ManifestWriter {
    return new ManifestWriter(this.#paths.manifest, this.#fsync);
  }

  /** Removes the run's temporary files; may be called more than once. */
  removeTemporary(): void {
    try {
      rmSync(this.#paths.temporary, { recursive: true, force: true });
    } catch {
      // A file system that became read-only: the next run removes them.
    }
  }

  /** Writes `failed.txt` and `runs.jsonl`, and compacts the manifest where that is due. Rejects with CannotWriteError. */
  async writeClosingFiles(runRow: RunRow): Promise<void> {
    this.rows.close();
    await writeFailedList(this.#paths, this.index, (path, bytes) => this.#isThere(path, bytes), this.#fsync, runRow.id);
    await compactManifest(this.#paths, this.index, this.#fsync);
    appendRunRow(this.#paths, runRow);
  }

  /** Gives the destination free; may be called more than once. */
  release(): void {
    this.rows.close();
    this.removeTemporary();
    this.#lock.release();
  }

  #isThere(path: string, bytes: number): boolean {
    const status = statSync(join(this.destination, path), { throwIfNoEntry: false });
    return status?.size === bytes;
  }

  #clearTemporary(): void {
    try {
      rmSync(this.#paths.temporary, { recursive: true, force: true });
      mkdirSync(this.#paths.temporary);
    } catch (error) {
      throw cannotWrite(this.#paths.temporary, error, freeBytes(this.#paths.temporary));
    }
  }
}

/** Opens a destination for a run. Throws UsageError, DestinationHeldError or CannotWriteError. */
export function openDestination(settings: DestinationSettings, pid: number, nowMs: number): OpenDestination {
  makeFolders(settings.destination);
  const destination = realpathSync(settings.destination);
  let lock: RunLock | undefined;
  try {
    lock = takeRunLock(statePaths(destination).lock, settings.destination, pid, nowMs);
    return new OpenDestination(destination, settings.fsync, lock);
  } catch (error) {
    lock?.release();
    const notPermitted = error instanceof CannotWriteError && ['EACCES', 'EPERM'].includes(errorCode(error.cause));
    throw notPermitted ? destinationError(settings.destination, error.cause) : error;
  }
}

/** What a destination's manifest says, without holding or creating anything. Throws UsageError. */
export function readIndex(destination: string): ManifestIndex {
  if (statSync(destination, { throwIfNoEntry: false })?.isFile() === true) throw new UsageError(belowFile(destination));
  const { manifest } = statePaths(destination);
  const index = new ManifestIndex(manifest);
  try {
    index.load();
  } catch (error) {
    throw new UsageError(
      `${manifest} cannot be read (${errorCode(error)}); give yourself read permission, or restore it`,
    );
  }
  return index;
}

function makeFolders(destination: string): void {
  try {
    makeFolder(destination);
    makeFolder(statePaths(destination).folder);
  } catch (error) {
    throw destinationError(destination, error);
  }
}

/** As mkdir -p, whose errors in Node hide what is wrong (EROFS comes as ENOENT). */
function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return;
  try {
    mkdirSync(folder);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' || dirname(folder) === folder) throw error;
    makeFolder(dirname(folder));
    mkdirSync(folder);
  }
}

function belowFile(destination: string): string {
  return `--out ${destination} is, or lies below, a file; choose a folder`;
}

function destinationError(destination: string, error: unknown): Error {
  switch (errorCode(error)) {
    case 'EEXIST':
    case 'ENOTDIR':
      return new UsageError(belowFile(destination));
    case 'EACCES':
    case 'EPERM':
      return new UsageError(`--out ${destination} is not permitted; choose a folder that you may write to`);
    case 'ENAMETOOLONG':
    case 'ELOOP':
    case 'EINVAL':
      return new UsageError(`--out ${destination} is not a possible path; choose another folder`);
    default:
      return cannotWrite(destination, error, freeBytes(destination));
  }
}
