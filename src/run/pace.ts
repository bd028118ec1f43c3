// Owns when the next request may start, evenly spaced: a pure clockwork, the caller waits. Small lateness is caught up with
// the next start, so that timers that fire late do not waste the budget; an idle time is never saved up for a burst.

/** Part of an interval that a late start may be made up for: at 8/s no second ever sees more than 9 starts. */
const CATCH_UP = 0.25;

export interface Pace {
  /** Takes the next start, at or after `nowMs` (epoch). May take a moment where the budget is shared between processes. */
  reserve(nowMs: number): number | Promise<number>;
}

export class EvenPace implements Pace {
  readonly #intervalMs: number;
  #lastMs = -Infinity;

  constructor(permitsPerSecond: number) {
    this.#intervalMs = 1000 / permitsPerSecond;
  }

  reserve(nowMs: number): number {
    this.#lastMs = nextStart(this.#lastMs, this.#intervalMs, nowMs);
    return this.#lastMs;
  }
}

/** The start after `lastMs` at the given spacing. */
export function nextStart(lastMs: number, intervalMs: number, nowMs: number): number {
  return Math.max(lastMs + intervalMs, nowMs - CATCH_UP * intervalMs);
}
