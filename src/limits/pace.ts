// Owns when the next request to a host with a rate of its own may start, evenly spaced: a clockwork, the caller waits. Small
// lateness is caught up with the next start, so that timers that fire late do not waste the budget; an idle time is never
// saved up for a burst. (The SEC's pace is shared between runs: sec-budget.ts.)

/** Part of an interval that a late start may be made up for. */
const CATCH_UP = 0.25;

export class EvenPace {
  readonly #intervalMs: number;
  #freeAtMs = -Infinity;

  constructor(permitsPerSecond: number) {
    this.#intervalMs = 1000 / permitsPerSecond;
  }

  /** Takes the next start, which may lie a moment in the past; not to be used after `latestMs`. */
  reserve(nowMs: number): { readonly atMs: number; readonly latestMs: number } {
    const atMs = Math.max(this.#freeAtMs, nowMs - CATCH_UP * this.#intervalMs);
    this.#freeAtMs = atMs + this.#intervalMs;
    return { atMs, latestMs: atMs + CATCH_UP * this.#intervalMs };
  }
}
