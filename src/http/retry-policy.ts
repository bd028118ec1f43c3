// Owns whether and when a document is tried again. It decides and never waits; clock and randomness are arguments.
// Full jitter as in https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ (Brooker, 2015).
import type { Failure } from '../model/failure.ts';

const FIRST_DELAY_MS = 1_000;
const MAX_DELAY_MS = 60_000;

/** A document is tried for so long at most; pauses (blocks and outages) are not counted. */
export const DOCUMENT_BUDGET_MS = 10 * 60_000;

export type RetryDecision = { readonly kind: 'settle' } | { readonly kind: 'retry'; readonly delayMs: number };

export interface RetryFacts {
  readonly failure: Failure;
  /** Attempts charged so far, the failed one included. */
  readonly attempts: number;
  readonly maxRetries: number;
  /** Time spent on the document so far, pauses not counted. */
  readonly spentMs: number;
  /** From [0, 1). */
  readonly random: number;
}

export function decideRetry(facts: RetryFacts): RetryDecision {
  const { code, transient } = facts.failure;
  // A mirror's or another host's "too fast" page fails this URL; asking again at once would prove it right.
  if (!transient || code === 'blocked' || facts.attempts > facts.maxRetries) return { kind: 'settle' };
  const ceilingMs = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (facts.attempts - 1));
  const delayMs = Math.round(facts.random * ceilingMs);
  return facts.spentMs + delayMs >= DOCUMENT_BUDGET_MS ? { kind: 'settle' } : { kind: 'retry', delayMs };
}
