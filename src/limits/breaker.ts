// Owns what is known of a host that may want silence, as one union, and how it changes: a circuit breaker. Pure: state and
// event in, state out. A thread has one a host for outages, which it sees by itself; the main thread one for the silence that
// a host asks for, which holds for all threads.
import type { HostReport } from '../model/permits.ts';

export type Breaker =
  /** Requests start at once. `streak`: it failed lately and has not succeeded since. */
  | { readonly kind: 'closed'; readonly streak?: Streak }
  /** Nothing is sent before `untilMs`. */
  | Open
  /** One request is under way, alone: its end decides. */
  | (Omit<Open, 'kind' | 'untilMs'> & { readonly kind: 'half-open' })
  /** Whoever asks before `untilMs` is refused: nobody waits so long. */
  | { readonly kind: 'refusing'; readonly untilMs: number };

export interface Open {
  readonly kind: 'open';
  /** `first`: the first request of a run to the SEC goes alone. `block`: it finds out for all runs whether a block is over. */
  readonly because: 'first' | 'block' | 'retry-after' | 'outage';
  readonly sinceMs: number;
  readonly pauseMs: number;
  readonly untilMs: number;
}

/** Requests in a row that got no answer, with no success between them. */
interface Streak {
  readonly length: number;
  /** When the first of them was sent, and when it failed. */
  readonly sinceMs: number;
  readonly firstFailedAtMs: number;
}

/** A request that has ended. */
export interface EndedRequest {
  readonly report: HostReport;
  readonly sentAtMs: number;
  /** It was the one that went alone. */
  readonly alone: boolean;
}

export type Turn =
  | { readonly kind: 'go' }
  /** Alone: `halfOpen` says so to the others. */
  | { readonly kind: 'alone'; readonly halfOpen: Breaker }
  /** Infinity: until the one that went alone has ended. */
  | { readonly kind: 'wait'; readonly untilMs: number }
  | { readonly kind: 'refuse' };

/** Failures in a row, no connection, no reply or 503, with no success between them, that are an outage. */
const OUTAGE_LENGTH = 20;

/** So many are one even where others see some of them too: at the end of a list a thread has few documents. */
const MIN_OUTAGE_LENGTH = 10;

/** An outage is probed after so long, then after twice as long each time, up to the longest. */
const OUTAGE_FIRST_PAUSE_MS = 10_000;
const OUTAGE_MAX_PAUSE_MS = 5 * 60_000;

export const CLOSED: Breaker = { kind: 'closed' };

/** Where the first request goes alone. */
export const UNTRIED: Breaker = { kind: 'open', because: 'first', sinceMs: 0, pauseMs: 0, untilMs: 0 };

/** Whether a request may start now. */
export function ask(breaker: Breaker, nowMs: number): Turn {
  switch (breaker.kind) {
    case 'closed':
      return { kind: 'go' };
    case 'open': {
      const { because, sinceMs, pauseMs, untilMs } = breaker;
      if (nowMs < untilMs) return { kind: 'wait', untilMs };
      return { kind: 'alone', halfOpen: { kind: 'half-open', because, sinceMs, pauseMs } };
    }
    case 'half-open':
      return { kind: 'wait', untilMs: Infinity };
    case 'refusing':
      return nowMs < breaker.untilMs ? { kind: 'refuse' } : { kind: 'go' };
  }
}

/** Failures in a row that are an outage to one of so many threads. */
export function outageLength(threads: number): number {
  return Math.max(MIN_OUTAGE_LENGTH, Math.ceil(OUTAGE_LENGTH / threads));
}

/** What the end of a request says of an outage, which `length` failures in a row are. */
export function afterRequest(breaker: Breaker, ended: EndedRequest, nowMs: number, length: number): Breaker {
  switch (breaker.kind) {
    case 'closed':
      return streakAfter(breaker, ended, nowMs, length);
    case 'half-open':
      return ended.alone ? afterProbe(breaker, ended.report, nowMs) : breaker;
    // Requests from before it began prove nothing.
    case 'open':
    case 'refusing':
      return breaker;
  }
}

function streakAfter(
  breaker: Extract<Breaker, { kind: 'closed' }>,
  ended: EndedRequest,
  nowMs: number,
  outage: number,
): Breaker {
  const { streak } = breaker;
  const { report, sentAtMs } = ended;
  switch (report.kind) {
    case 'answered':
    case 'untrusted':
      // A reply that was on its way when the first request failed proves nothing.
      return streak === undefined || sentAtMs <= streak.firstFailedAtMs ? breaker : CLOSED;
    case 'throttled':
      return CLOSED;
    case 'unreachable':
    case 'broken-off': {
      // A reply that broke off is no outage, but it may be how one begins.
      const length = (streak?.length ?? 0) + (report.kind === 'unreachable' ? 1 : 0);
      const sinceMs = Math.min(streak?.sinceMs ?? Infinity, sentAtMs);
      if (length >= outage) return opened('outage', sinceMs, OUTAGE_FIRST_PAUSE_MS, nowMs);
      return { kind: 'closed', streak: { length, sinceMs, firstFailedAtMs: streak?.firstFailedAtMs ?? nowMs } };
    }
    case 'retry-after':
    case 'user-agent-refused':
    case 'cancelled':
      return breaker;
  }
}

function afterProbe(probed: Extract<Breaker, { kind: 'half-open' }>, report: HostReport, nowMs: number): Breaker {
  const { because, sinceMs, pauseMs } = probed;
  switch (report.kind) {
    case 'unreachable':
      return opened(because, sinceMs, Math.min(OUTAGE_MAX_PAUSE_MS, pauseMs * 2), nowMs);
    // A host that cannot serve and says for how long: the main thread holds everybody for so long.
    case 'retry-after':
    case 'cancelled':
      return { kind: 'open', because, sinceMs, pauseMs, untilMs: nowMs };
    case 'answered':
    case 'untrusted':
    case 'broken-off':
    case 'throttled':
    case 'user-agent-refused':
      return CLOSED;
  }
}

/** What the end of a request says of the silence that its host asked for; it is given up beyond `patienceMs`. */
export function afterReply(breaker: Breaker, ended: EndedRequest, nowMs: number, patienceMs: number): Breaker {
  const { report, alone } = ended;
  if (report.kind === 'retry-after') return silenced(breaker, report.retryAfterMs, nowMs, patienceMs);
  if (breaker.kind !== 'half-open' || !alone) return breaker;
  const { because, sinceMs, pauseMs } = breaker;
  // Of a block the state that all runs share knows whether another must go alone.
  if (report.kind === 'cancelled' && because !== 'block')
    return { kind: 'open', because, sinceMs, pauseMs, untilMs: nowMs };
  return CLOSED;
}

function silenced(breaker: Breaker, pauseMs: number, nowMs: number, patienceMs: number): Breaker {
  const knownMs = breaker.kind === 'open' || breaker.kind === 'refusing' ? breaker.untilMs : 0;
  const untilMs = Math.max(nowMs + pauseMs, knownMs);
  if (pauseMs > patienceMs) return { kind: 'refusing', untilMs };
  if (breaker.kind === 'refusing' && nowMs < breaker.untilMs) return breaker;
  return { kind: 'open', because: 'retry-after', sinceMs: nowMs, pauseMs, untilMs };
}

function opened(because: Open['because'], sinceMs: number, pauseMs: number, nowMs: number): Open {
  return { kind: 'open', because, sinceMs, pauseMs, untilMs: nowMs + pauseMs };
}
