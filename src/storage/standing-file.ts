// Owns the file in which a run says how far it is, for whoever asks from another process (docs/format.md): temporary, and
// replaced by a rename every few seconds. Nothing depends on it: where it cannot be written nobody is told.
import { renameSync, writeFileSync } from 'node:fs';
import type { Standing } from '../model/standing.ts';
import { readBeginning } from './plain-file.ts';

const WRITE_EVERY_MS = 5_000;
const MAX_BYTES = 64 * 1024;

export interface LeftStanding extends Omit<Standing, 'pace'> {
  /** The run, when it began, and when it said this (ISO 8601). */
  readonly run: string;
  readonly startedAt: string;
  readonly at: string;
}

/** Leaves what `look` says every few seconds, until the function that it returns is called. */
export function leaveStanding(path: string, look: () => LeftStanding | undefined): () => void {
  const timer = setInterval(() => {
    try {
      writeFileSync(`${path}.new`, `${JSON.stringify(look())}\n`);
      renameSync(`${path}.new`, path);
    } catch {
      // A disk that is full is told by what is written for good.
    }
  }, WRITE_EVERY_MS).unref();
  return () => clearInterval(timer);
}

/** What a run left there; undefined if there is nothing, or nothing that a run would have written. */
export function readStanding(path: string): LeftStanding | undefined {
  try {
    const left = JSON.parse(readBeginning(path, MAX_BYTES).toString('utf8')) as LeftStanding;
    const { done, asked, inFlight, missing, failed, bytes, lines = 0 } = left;
    const areCounts = [done, asked, inFlight, missing, failed, bytes, lines].every(isCount);
    const areTimes = [left.at, left.startedAt].every(isTime);
    return areCounts && areTimes && isText(left.run, /^[\w-]{1,64}$/) ? left : undefined;
  } catch {
    return undefined;
  }
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && value >= 0;
}

/** As we write them: V8 takes a date with any words in brackets behind it. */
function isTime(value: unknown): boolean {
  return isText(value, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
}

/** People are told of it: no text that a terminal would obey. */
function isText(value: unknown, shape: RegExp): boolean {
  return typeof value === 'string' && shape.test(value);
}
