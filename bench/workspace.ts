// The benchmark's folder on tmpfs, and everything that must be undone when it ends, however it ends: child processes,
// the server, the folder itself.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { UsageError, type Options } from './options.ts';

export interface Workspace {
  readonly directory: string;
  /** Where the tools write; wiped between runs. */
  readonly output: string;
  /** HOME and state of every tool, so that nobody's settings are read or changed. */
  readonly home: string;
  /** Lists, reports and what the tools print. */
  readonly scratch: string;
  /** Is it a folder that the user wants to keep? */
  readonly kept: boolean;
}

/** Retries, since a process that was just killed may still be creating files. */
const REMOVE = { recursive: true, force: true, maxRetries: 5, retryDelay: 200 } as const;

type Undo = () => void;

const undoStack: Undo[] = [];

/** Runs `undo` when the benchmark ends, also on Ctrl-C. The last registered runs first. */
export function whenDone(undo: Undo): void {
  undoStack.push(undo);
}

/** Undoes everything, once; what fails to be undone does not keep the rest from it. */
export function undoAll(): void {
  for (let undo = undoStack.pop(); undo !== undefined; undo = undoStack.pop()) {
    try {
      undo();
    } catch (error) {
      console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

export function undoOnSignals(): void {
  for (const [signal, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
    ['SIGHUP', 1],
  ] as const) {
    process.once(signal, () => {
      undoAll();
      process.exit(128 + number);
    });
  }
  process.once('exit', undoAll);
}

function freeBytes(directory: string): number {
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize;
}

/** /dev/shm is in memory on every Linux, but small in some containers: the temporary folder has to do then. */
function temporaryRoot(neededBytes: number): string {
  return existsSync('/dev/shm') && freeBytes('/dev/shm') >= neededBytes ? '/dev/shm' : tmpdir();
}

function makeRoot(options: Options): string {
  if (options.workspace === undefined) {
    const made = mkdtempSync(join(temporaryRoot(options.size.neededBytes), 'edgar-fetch-bench-'));
    whenDone(() => rmSync(made, REMOVE));
    chmodSync(made, 0o755); // nginx started by root reads as another user
    return made;
  }
  mkdirSync(options.workspace, { recursive: true });
  return resolve(options.workspace);
}

function makeOutput(options: Options, directory: string): string {
  if (options.output === undefined) return join(directory, 'output');
  mkdirSync(options.output, { recursive: true });
  const made = mkdtempSync(join(resolve(options.output), 'edgar-fetch-bench-'));
  whenDone(() => rmSync(made, REMOVE));
  return join(made, 'output');
}

function requireRoom(directory: string, needed: number): void {
  const [has, wants] = [freeBytes(directory), needed].map((bytes) => (bytes / 1e9).toFixed(1)) as [string, string];
  if (freeBytes(directory) >= needed) return;
  throw new UsageError(
    `${directory} has ${has} GB free and the benchmark needs ${wants} GB: give another --workspace.`,
  );
}

export function makeWorkspace(options: Options): Workspace {
  const directory = makeRoot(options);
  const kept = options.workspace !== undefined;
  requireRoom(directory, options.size.neededBytes);
  const workspace: Workspace = {
    directory,
    output: makeOutput(options, directory),
    home: join(directory, 'home'),
    scratch: join(directory, 'scratch'),
    kept,
  };
  for (const part of [workspace.output, workspace.home, workspace.scratch]) {
    rmSync(part, REMOVE);
    mkdirSync(part, { recursive: true });
    if (kept) whenDone(() => rmSync(part, REMOVE));
  }
  return workspace;
}

/** An empty folder in place of whatever was there. */
export function wipe(directory: string): void {
  rmSync(directory, REMOVE);
  mkdirSync(directory, { recursive: true });
}
