// Owns failures that may turn out to be an outage: while a host fails in a row, the rows of its documents wait. Its next
// success makes them failures; an outage makes them documents that were never tried.
import type { Outcome } from '../model/outcome.ts';

type FailedOutcome = Extract<Outcome, { kind: 'failed' }>;

export interface HeldFailure {
  readonly sequence: number;
  readonly outcome: FailedOutcome;
}

/** Codes of failures that say nothing about the document. */
const TRANSPORT_CODES: ReadonlySet<string> = new Set(['connection', 'timeout', 'truncated', 'http-status']);

export class HeldFailures {
  #held: (HeldFailure & { readonly host: string })[] = [];

  /** True if this failure is of the kind that an outage causes. */
  static isTransport(outcome: Outcome): outcome is FailedOutcome {
    if (outcome.kind !== 'failed' || !outcome.failure.transient || !TRANSPORT_CODES.has(outcome.failure.code))
      return false;
    return outcome.failure.code !== 'http-status' || outcome.exchange.httpStatus === 503;
  }

  hold(host: string, failure: HeldFailure): void {
    this.#held.push({ host, ...failure });
  }

  /** Gives back what is held of the hosts that `applies` to, once. */
  release(applies: (host: string) => boolean): HeldFailure[] {
    const released = this.#held.filter(({ host }) => applies(host));
    if (released.length > 0) this.#held = this.#held.filter(({ host }) => !applies(host));
    return released;
  }
}
