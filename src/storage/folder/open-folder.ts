// Owns a destination while a run holds it: folders made, lock taken, leftovers of a dead run removed, manifest read and open
// for appending; and, at the end, everything put away so that only the documented files remain.
import { lstatSync, mkdirSync, realpathSync, rmSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { CannotWriteError, UsageError, errorCode } from '../../model/errors.ts';
import { appendRunRow, writeFailedList } from '../closing-files.ts';
import { cannotRead, cannotWrite, WrongKindError } from '../disk-error.ts';
import { makeFolder } from '../make-folder.ts';
import { Manifest } from '../manifest/manifest.ts';
import { expectKind, kindAt } from '../plain-file.ts';
import { takeRunLock, type RunLock } from '../run-lock.ts';
import { leaveStanding, type LeftStanding } from '../standing-file.ts';
import { SpilledRows } from '../spilled-rows.ts';
import { refuseWrongKinds, statePaths, type StatePaths } from '../state-folder.ts';
import { isThere } from './presence.ts';

/** A row of `runs.jsonl`. */
export type RunRow = { readonly id: string } & Readonly<Record<string, unknown>>;

export class OpenFolder {
  /** Absolute, with links resolved. */
  readonly path: string;
  readonly manifest: Manifest;
  /** Rows that wait for the end of the run. */
  readonly held: SpilledRows;
  readonly #paths: StatePaths;
  readonly #fsync: boolean;
  readonly #lock: RunLock;
  /** Folders that were made for this run, the outermost first. */
  readonly #made: readonly string[];
  #leavesNothing = false;
  #stopStanding: () => void = () => undefined;

  constructor(path: string, fsync: boolean, lock: RunLock, made: readonly string[]) {
    this.path = path;
    this.#paths = statePaths(path);
    this.#fsync = fsync;
    this.#lock = lock;
    this.#made = made;
    this.held = new SpilledRows(join(this.#paths.temporary, 'missing.jsonl'));
    this.#clearTemporary();
    this.manifest = Manifest.open(this.#paths.manifest, fsync);
  }

  /** From now on leaves word of how far the run is. */
  leaveStanding(look: () => LeftStanding | undefined): void {
    this.#stopStanding = leaveStanding(this.#paths.standing, look);
  }

  /** Removes the run's temporary files; may be called more than once. */
  removeTemporary(): void {
    this.#stopStanding();
    try {
      rmSync(this.#paths.temporary, { recursive: true, force: true });
    } catch {
      // A file system that became read-only: the next run removes them.
    }
  }

  /**
   * Writes `failed.txt` and `runs.jsonl`, and compacts the manifest where that is due. What stands in the way of one is no
   * reason not to write the others. Rejects with CannotWriteError.
   */
  async writeClosingFiles(runRow: RunRow): Promise<void> {
    const there = (path: string, bytes: number): boolean => isThere(this.path, path, bytes);
    const notListed = await errorOf(() => writeFailedList(this.#paths, this.manifest, there, this.#fsync, runRow.id));
    const error = (await errorOf(() => this.manifest.compact(this.#fsync))) ?? notListed;
    // The row says how the run ends for whoever started it.
    appendRunRow(this.#paths, error === undefined ? runRow : { ...runRow, exitCode: 4, end: 'cannot-write' });
    if (error !== undefined) throw error;
  }

  /** Nothing was fetched, and the run ends as if it had not begun: `release` takes away what it made for itself. */
  leaveAsFound(): void {
    this.#leavesNothing = true;
  }

  /** Gives the destination free; may be called more than once. */
  async release(): Promise<void> {
    await this.manifest.close();
    this.removeTemporary();
    if (this.#leavesNothing) removeIfEmpty(this.#paths.manifest);
    this.#lock.release();
    if (this.#leavesNothing) for (const folder of [...this.#made].reverse()) removeIfEmpty(folder);
  }

  #clearTemporary(): void {
    try {
      rmSync(this.#paths.temporary, { recursive: true, force: true });
      mkdirSync(this.#paths.temporary);
    } catch (error) {
      throw cannotWrite(this.#paths.temporary, error);
    }
  }
}

/** What is not empty, or cannot be removed, stays. */
function removeIfEmpty(path: string): void {
  try {
    const status = lstatSync(path);
    if (status.isDirectory()) rmdirSync(path);
    else if (status.size === 0) rmSync(path);
  } catch {
    // It is in nobody's way.
  }
}

async function errorOf(step: () => Promise<unknown>): Promise<Error | undefined> {
  try {
    await step();
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

interface FolderSettings {
  readonly destination: string;
  readonly fsync: boolean;
}

/** Opens a destination for a run. Throws UsageError, DestinationHeldError or CannotWriteError. */
export function openFolder(settings: FolderSettings, pid: number, nowMs: number): OpenFolder {
  const made = makeFolders(settings.destination);
  const destination = realpathSync(settings.destination);
  const paths = statePaths(destination);
  let lock: RunLock | undefined;
  try {
    refuseWrongKinds(paths);
    lock = takeRunLock(paths.lock, settings.destination, pid, nowMs);
    return new OpenFolder(destination, settings.fsync, lock, made);
  } catch (error) {
    lock?.release();
    const denied = error instanceof CannotWriteError && ['EACCES', 'EPERM'].includes(errorCode(error.cause));
    if (!denied) throw error;
    // Who could take the lock may write there: it is a single file that is not permitted.
    throw lock === undefined ? destinationError(settings.destination, error.cause) : new UsageError(error.message);
  }
}

/** False if the destination has no manifest, so that nothing of a list can be there. */
export function hasManifest(destination: string): boolean {
  try {
    return kindAt(statePaths(destination).manifest) !== undefined;
  } catch {
    // Opening it will say what is wrong.
    return true;
  }
}

/** What a destination's manifest says, without holding or creating anything. Throws UsageError or CannotWriteError. */
export function readManifest(destination: string): Manifest {
  const { manifest } = statePaths(destination);
  try {
    refuseNoFolder(destination);
    return Manifest.read(manifest);
  } catch (error) {
    throw readError(manifest, error);
  }
}

function readError(path: string, error: unknown): unknown {
  const reason = error instanceof WrongKindError ? error.what : errorCode(error);
  const isMistake = error instanceof WrongKindError || ['EACCES', 'EPERM', 'ENAMETOOLONG', 'ELOOP'].includes(reason);
  if (isMistake)
    return new UsageError(`${path} cannot be read (${reason}); give yourself read permission, or restore it`);
  return reason === '' ? error : cannotRead(path, error);
}

/** Returns those that were not there. */
function makeFolders(destination: string): string[] {
  const { folder } = statePaths(destination);
  try {
    refuseNoFolder(destination);
    const made = makeFolder(destination);
    expectKind(folder, 'folder');
    return [...made, ...makeFolder(folder)];
  } catch (error) {
    if (error instanceof WrongKindError) throw new UsageError(`${folder} cannot be used: ${error.message}`);
    throw error instanceof UsageError ? error : destinationError(destination, error);
  }
}

/** Throws UsageError if something that is no folder stands at the destination. */
function refuseNoFolder(destination: string): void {
  const found = kindAt(destination);
  if (found === 'file') throw new UsageError(belowFile(destination));
  if (found !== undefined && found !== 'folder')
    throw new UsageError(`--out ${destination} is a ${found}; choose a folder`);
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
      return new UsageError(
        `--out ${destination} is not permitted; check permissions, or choose a folder that you may write to`,
      );
    case 'ENAMETOOLONG':
    case 'ELOOP':
    case 'EINVAL':
    case 'ENOENT': // A place that takes no names of ours, such as /proc.
      return new UsageError(`--out ${destination} is not a possible path; choose another folder`);
    default:
      return cannotWrite(destination, error);
  }
}
