// Owns the right to write into a destination: one run at a time. The lock names its holder; it is taken over at once when
// that process is gone on this host and boot, and from elsewhere after 60 s without a heartbeat.
import { linkSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DestinationHeldError, errorCode } from '../model/errors.ts';
import { cannotWrite } from './disk-error.ts';
import { readBeginning } from './plain-file.ts';
import { fateOf, identityOf, type ProcessIdentity } from './process-identity.ts';

const HEARTBEAT_MS = 15_000;
const ABANDONED_AFTER_MS = 60_000;

/** Ours have some 300 bytes; of anything longer so much says that it is none. */
const MAX_BYTES = 64 * 1024;

interface LockRecord extends ProcessIdentity {
  readonly since: string;
}

export interface RunLock {
  /** Removes the lock; may be called more than once. */
  release(): void;
}

/** Who has the lock, as far as it can be read; `alive`: nobody else would get it. */
export interface LockHolder {
  readonly alive: boolean;
  readonly host?: string;
  readonly pid?: number;
  readonly since?: string;
}

/** Who has the lock at `path`; undefined if nobody has. Throws CannotWriteError if it cannot be read. */
export function holderOf(path: string, nowMs: number): LockHolder | undefined {
  const found = read(path);
  if (found === undefined) return undefined;
  const { record, heartbeatMs } = found;
  const alive = !isAbandoned(record, heartbeatMs, nowMs);
  return record === undefined ? { alive } : { alive, host: record.host, pid: record.pid, since: record.since };
}

/**
 * Takes the lock at `path` for the process `pid`, or throws DestinationHeldError that names the holder.
 * `nowMs` is the epoch time.
 */
export function takeRunLock(path: string, destination: string, pid: number, nowMs: number): RunLock {
  const record: LockRecord = { ...identityOf(pid), since: new Date(nowMs).toISOString() };
  const text = `${JSON.stringify(record)}\n`;
  for (let tries = 0; tries < 10; tries++) {
    if (create(path, text, pid)) {
      removeLeftovers(path, nowMs);
      return held(path, text);
    }
    const found = read(path);
    if (found === undefined) continue;
    if (!isAbandoned(found.record, found.heartbeatMs, nowMs)) throw heldError(destination, found.record);
    removeStale(path, found.text, pid);
  }
  throw new DestinationHeldError(`other runs compete for ${destination}; run the same command again`);
}

function held(path: string, text: string): RunLock {
  const heartbeat = setInterval(() => {
    const now = new Date();
    try {
      utimesSync(path, now, now);
    } catch {
      // The next run on this host still sees that the process lives; only one elsewhere would take over.
      clearInterval(heartbeat);
    }
  }, HEARTBEAT_MS);
  heartbeat.unref();
  return {
    release() {
      clearInterval(heartbeat);
      try {
        if (read(path)?.text === text) rmSync(path, { force: true });
      } catch {
        // A file system that became read-only: this process is gone soon, and then the lock is void.
      }
    },
  };
}

/** Appears with its content or not at all: written aside, then linked. */
function create(path: string, text: string, pid: number): boolean {
  // A pid alone may exist in several containers that share the destination.
  const aside = `${path}.new.${pid}.${Math.floor(performance.timeOrigin)}`;
  try {
    writeFileSync(aside, text, { flag: 'w' });
  } catch (error) {
    rmSync(aside, { force: true });
    throw cannotWrite(path, error);
  }
  try {
    linkSync(aside, path);
    return true;
  } catch (error) {
    // ENOENT: whoever took the lock meanwhile removed what lay beside it.
    if (errorCode(error) === 'EEXIST' || errorCode(error) === 'ENOENT') return false;
    if (['EPERM', 'ENOTSUP', 'ENOSYS'].includes(errorCode(error))) return createWithoutLinks(path, text);
    throw cannotWrite(path, error);
  } finally {
    rmSync(aside, { force: true });
  }
}

/** A run that was killed while it took the lock left files beside it; those of a run that lives stay. */
function removeLeftovers(path: string, nowMs: number): void {
  const folder = dirname(path);
  try {
    for (const name of readdirSync(folder)) {
      if (name.startsWith(`${basename(path)}.`)) removeLeftover(join(folder, name), nowMs);
    }
  } catch {
    // They are in nobody's way.
  }
}

function removeLeftover(path: string, nowMs: number): void {
  const found = read(path);
  if (found === undefined) return;
  if (found.record === undefined || isAbandoned(found.record, found.heartbeatMs, nowMs)) rmSync(path, { force: true });
}

function createWithoutLinks(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw cannotWrite(path, error);
  }
}

interface FoundLock {
  readonly text: string;
  readonly record: LockRecord | undefined;
  readonly heartbeatMs: number;
}

function read(path: string): FoundLock | undefined {
  try {
    const text = readText(path);
    return { text, record: parse(text), heartbeatMs: statSync(path).mtimeMs };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw cannotWrite(path, error);
  }
}

function readText(path: string): string {
  return readBeginning(path, MAX_BYTES).toString('utf8');
}

function parse(text: string): LockRecord | undefined {
  try {
    const record: unknown = JSON.parse(text);
    if (typeof record !== 'object' || record === null) return undefined;
    const { host, pid, since } = record as Partial<Record<keyof LockRecord, unknown>>;
    return isPlain(host) && Number.isSafeInteger(pid) && isPlain(since) ? (record as LockRecord) : undefined;
  } catch {
    return undefined;
  }
}

/** People are told it: no text that a terminal would obey, and none that has no end. */
function isPlain(text: unknown): boolean {
  return typeof text === 'string' && /^\P{C}{1,255}$/u.test(text);
}

function isAbandoned(record: LockRecord | undefined, heartbeatMs: number, nowMs: number): boolean {
  switch (record === undefined ? 'elsewhere' : fateOf(record)) {
    case 'running':
      return false;
    case 'gone':
      return true;
    case 'elsewhere':
      return nowMs - heartbeatMs > ABANDONED_AFTER_MS;
  }
}

/** Moves the stale lock aside; if another run has replaced it meanwhile, that one's lock is put back. */
function removeStale(path: string, staleText: string, pid: number): void {
  const aside = `${path}.stale.${pid}`;
  try {
    renameSync(path, aside);
    if (readText(aside) !== staleText) linkSync(aside, path);
    rmSync(aside, { force: true });
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' && errorCode(error) !== 'EEXIST') throw cannotWrite(path, error);
  }
}

function heldError(destination: string, record: LockRecord | undefined): DestinationHeldError {
  if (record === undefined)
    return new DestinationHeldError(`another run holds ${destination}; try again when it has ended`);
  const { host, pid, since } = record;
  return new DestinationHeldError(
    `another run holds ${destination} (host ${host}, process ${pid}, since ${since}); try again when it has ended`,
  );
}
