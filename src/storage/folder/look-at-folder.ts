// Owns what can be told of a destination from its files alone, while nobody or somebody holds it: `status`. It takes no lock
// and writes nothing; a row that is being written is passed over.
import { closeSync } from 'node:fs';
import type { FailureCode } from '../../model/failure.ts';
import { WholeLines } from '../manifest/whole-lines.ts';
import { openPlainFile } from '../plain-file.ts';
import { holderOf, type LockHolder } from '../run-lock.ts';
import { readStanding, type LeftStanding } from '../standing-file.ts';
import { statePaths } from '../state-folder.ts';
import { readManifest } from './open-folder.ts';
import { isThere } from './presence.ts';

const MAX_RUN_ROW_BYTES = 1024 * 1024;

/** A row of `runs.jsonl`, as far as it is believed. */
export interface PastRun {
  readonly id: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly end: string;
  readonly exitCode: number;
  readonly saved: number;
  readonly options: Readonly<Record<string, unknown>>;
}

export interface FolderFacts {
  readonly documents: number;
  readonly bytes: number;
  readonly missing: number;
  readonly failedByCode: Partial<Record<FailureCode, number>>;
  /** Lines of the manifest that are no rows. */
  readonly unreadable: number;
  /** Runs that saved something: how many, and when the first began. */
  readonly runs: { readonly saving: number; readonly firstAt?: string; readonly last?: PastRun };
  readonly holder: LockHolder | undefined;
  /** What the run that holds it, or died holding it, said last. */
  readonly standing: LeftStanding | undefined;
}

/** Throws UsageError or CannotWriteError for a manifest that cannot be read. */
export async function lookAtFolder(destination: string, nowMs: number): Promise<FolderFacts> {
  const paths = statePaths(destination);
  // First who holds it: a run that ends meanwhile has written all that is read below.
  const holder = holderIn(paths.lock, nowMs);
  const standing = holder === undefined ? undefined : readStanding(paths.standing);
  const runs = readRuns(paths.runs);
  const manifest = readManifest(destination);
  try {
    const run = standing?.run ?? runs.last?.id;
    const failedByCode: Partial<Record<FailureCode, number>> = {};
    for (const row of manifest.failedRows((path, bytes) => isThere(destination, path, bytes))) {
      const code = row.error?.code ?? 'connection';
      // Nothing ever supersedes a bad line: it is that of its run's list.
      if (code === 'invalid-url' && row.run !== run) continue;
      failedByCode[code] = (failedByCode[code] ?? 0) + 1;
    }
    return { ...manifest.totals(), failedByCode, unreadable: manifest.unreadable, runs, holder, standing };
  } finally {
    await manifest.close();
  }
}

/** A lock that cannot be read is somebody's all the same. */
function holderIn(path: string, nowMs: number): LockHolder | undefined {
  try {
    return holderOf(path, nowMs);
  } catch {
    return { alive: true };
  }
}

function readRuns(path: string): FolderFacts['runs'] {
  let [saving, firstAt, last]: [number, string | undefined, PastRun | undefined] = [0, undefined, undefined];
  for (const line of linesOf(path)) {
    const run = pastRun(line);
    if (run === undefined) continue;
    last = run;
    if (run.saved === 0) continue;
    saving++;
    firstAt ??= run.startedAt;
  }
  return { saving, ...(firstAt === undefined ? {} : { firstAt }), ...(last === undefined ? {} : { last }) };
}

/** None where it cannot be read: what the manifest says is more than nothing. */
function* linesOf(path: string): Generator<string, void> {
  let descriptor: number;
  try {
    descriptor = openPlainFile(path);
  } catch {
    return;
  }
  try {
    for (const { buffer, start, end } of new WholeLines(descriptor, MAX_RUN_ROW_BYTES).blocks())
      yield* buffer.toString('utf8', start, end).split('\n');
  } finally {
    closeSync(descriptor);
  }
}

function pastRun(line: string): PastRun | undefined {
  try {
    const row = JSON.parse(line) as PastRun & { readonly counts?: { readonly saved?: unknown } };
    const { id, startedAt, endedAt, end, exitCode, options } = row;
    if (![startedAt, endedAt].every((time) => !Number.isNaN(Date.parse(time)))) return undefined;
    if (typeof id !== 'string' || !/^[a-z-]{1,40}$/.test(end) || !Number.isSafeInteger(exitCode)) return undefined;
    const saved = Number(row.counts?.saved);
    return { id, startedAt, endedAt, end, exitCode, saved: saved > 0 ? saved : 0, options: { ...options } };
  } catch {
    return undefined;
  }
}
