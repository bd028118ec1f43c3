// Owns why a run ended and the exit code that follows: one pure table, independent of the order in which documents finish.
import type { RunCounts } from './summary.ts';

/** What ended the run before its list did; `completed` if nothing. */
export type RunEnd =
  | { readonly kind: 'completed' }
  | { readonly kind: 'usage'; readonly message: string }
  | { readonly kind: 'interrupted'; readonly signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'closed-stdout' }
  | { readonly kind: 'cannot-write'; readonly message: string }
  | { readonly kind: 'user-agent-refused'; readonly message: string }
  | { readonly kind: 'gave-up'; readonly message: string }
  | { readonly kind: 'stopped-after' };

/** Strongest first: where several things end a run, the one that comes first here names its end. */
const STRENGTH: readonly RunEnd['kind'][] = [
  'usage',
  'interrupted',
  'cannot-write',
  'user-agent-refused',
  'gave-up',
  'stopped-after',
  'completed',
];

export function strongerEnd(one: RunEnd, other: RunEnd): RunEnd {
  return STRENGTH.indexOf(other.kind) < STRENGTH.indexOf(one.kind) ? other : one;
}

type ExitCounts = Pick<RunCounts, 'failed' | 'failedTransient' | 'missing' | 'missingKnown' | 'left'>;

/** The exit code of a run, by DESIGN's table from the strongest to 0. */
export function exitCodeOf(end: RunEnd, counts: ExitCounts): number {
  switch (end.kind) {
    case 'usage':
      return 2;
    case 'interrupted':
      return end.signal === 'SIGTERM' || end.signal === 'SIGHUP' ? 143 : 130;
    case 'cannot-write':
      return 4;
    case 'user-agent-refused':
      return 3;
    // Not all were tried, or even read: whatever failed, a rerun has work to do, and exit 1 would say that it has none.
    case 'gave-up':
    case 'stopped-after':
      return 75;
    case 'completed':
      return exitCodeOfOutcomes(counts);
  }
}

function exitCodeOfOutcomes(counts: ExitCounts): number {
  if (counts.left > 0) return 75;
  const newlyMissing = counts.missing - counts.missingKnown;
  if (counts.failed - counts.failedTransient > 0 || newlyMissing > 0) return 1;
  return counts.failedTransient > 0 ? 75 : 0;
}
