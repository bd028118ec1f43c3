// Owns the counts of one run and the law that binds them:
// URL lines = saved + unchanged + missing + failed + duplicates + left.
import type { FailureCode } from './failure.ts';

export interface RunCounts {
  /** URL lines read, bad ones included. */
  lines: number;
  saved: number;
  unchanged: number;
  /** Missing now; `missingKnown` of them were known before and not asked for again. */
  missing: number;
  missingKnown: number;
  failed: number;
  /** Of the failed: those that a rerun may cure. */
  failedTransient: number;
  duplicates: number;
  left: number;
  /** Saved documents whose earlier bytes were different and are kept. */
  replaced: number;
  requests: number;
  wireBytes: number;
  savedBytes: number;
  readonly failedByCode: Partial<Record<FailureCode, number>>;
}

export function emptyCounts(): RunCounts {
  return {
    lines: 0,
    saved: 0,
    unchanged: 0,
    missing: 0,
    missingKnown: 0,
    failed: 0,
    failedTransient: 0,
    duplicates: 0,
    left: 0,
    replaced: 0,
    requests: 0,
    wireBytes: 0,
    savedBytes: 0,
    failedByCode: {},
  };
}
