// Owns running patterns through their hostile texts in a process that can be ended: an exponential pattern must fail its
// test by name, not hang the run.
import { join } from 'node:path';
import { runWatched } from '../watched-process.ts';
import type { SourcePattern } from './source-patterns.ts';

export interface ProbedPattern {
  readonly pattern: SourcePattern;
  /** Characters that the text has at most, where the code that uses the pattern sees to it. */
  readonly length?: number;
}

export interface ProbeWork {
  readonly patterns: readonly ProbedPattern[];
  readonly first: number;
  readonly textLength: number;
  readonly slowMs: number;
}

/** Without `ms`: the call that begins. With it: it took so long. */
export interface ProbeLine {
  readonly number: number;
  readonly textName: string;
  readonly ms?: number;
}

export interface SlowPattern {
  readonly number: number;
  readonly textName: string;
  /** Absent: it had to be ended. */
  readonly ms?: number;
}

const TEXT_LENGTH = 64 * 1024;

/** A linear pattern needs a millisecond or two for such a text, a quadratic one seconds. */
const SLOW_MS = 100;

/** A process that stays so long at one call is ended. */
export const HANGS_MS = 3_000;

const PROCESS = join(import.meta.dirname, 'probe-process.ts');

/** The slow ones among `patterns`: for each the first text on which it was. */
export async function slowPatterns(patterns: readonly ProbedPattern[]): Promise<SlowPattern[]> {
  const slow: SlowPattern[] = [];
  for (let first = 0; first < patterns.length;) {
    const work: ProbeWork = { patterns, first, textLength: TEXT_LENGTH, slowMs: SLOW_MS };
    let last: SlowPattern | undefined;
    const end = await runWatched(PROCESS, work, HANGS_MS, (line) => {
      last = JSON.parse(line) as ProbeLine;
      if (last.ms !== undefined) slow.push(last);
    });
    if (!end.hung) {
      if (end.exitCode !== 0) throw new Error(`the process that tries the patterns failed: ${end.stderr}`);
      return slow;
    }
    if (last === undefined) throw new Error('the process that tries the patterns never began');
    slow.push(last);
    first = last.number + 1;
  }
  return slow;
}
