// Owns what the summary and the next step are told. Pure.
import type { FailureCode } from '../model/failure.ts';
import type { RunResult } from '../run/run-ports.ts';

export interface NotableFailure {
  readonly url: string;
  readonly line?: number;
  readonly message: string;
}

export interface SummaryFacts {
  readonly result: RunResult;
  readonly destination: string;
  /** How messages call the list. */
  readonly listName: string;
  /** URL lines of the whole list, where that is known. */
  readonly total: number | undefined;
  /** The first failures of each code. */
  readonly examples: ReadonlyMap<FailureCode, readonly NotableFailure[]>;
  /** Options to repeat in the next command, as the shell reads them. */
  readonly sameOptions: string;
}

/** How many URLs failed for each reason in a way that is news, the most frequent first. */
export function failedByCode({ counts }: RunResult): readonly (readonly [FailureCode, number])[] {
  const newlyMissing = counts.missing - counts.missingKnown;
  const codes = { ...counts.failedByCode };
  if (newlyMissing > 0) codes['not-found'] = (codes['not-found'] ?? 0) + newlyMissing;
  const entries = Object.entries(codes) as [FailureCode, number][];
  return entries.sort(([one, first], [other, second]) => second - first || (one < other ? -1 : 1));
}
