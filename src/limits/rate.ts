// Owns the arithmetic of even spacing: when the next request may start. Pure; the caller waits. Small lateness is caught up
// with the next start, so that timers that fire late do not waste the rate; an idle time is never saved up for a burst.

/** Part of an interval that a late start may be made up for: at 8/s no second ever sees more than 9 starts. */
const CATCH_UP = 0.25;

/** A next start further ahead than this, and than ten intervals, was written before the clock was set back. */
const MAX_AHEAD_MS = 60_000;
const MAX_AHEAD_INTERVALS = 10;

export interface NextStart {
  /** May lie a moment in the past. */
  readonly atMs: number;
  /** Not to be used later: the start after it would come too soon. */
  readonly latestMs: number;
  /** No other request starts before. */
  readonly freeAtMs: number;
}

/** Takes the next start where none was to begin before `freeAtMs`. */
export function nextStart(freeAtMs: number, permitsPerSecond: number, nowMs: number): NextStart {
  const intervalMs = 1000 / permitsPerSecond;
  const maxAheadMs = Math.max(MAX_AHEAD_MS, MAX_AHEAD_INTERVALS * intervalMs);
  const believedMs = freeAtMs - nowMs > maxAheadMs ? 0 : freeAtMs;
  const atMs = Math.max(believedMs, nowMs - CATCH_UP * intervalMs);
  return { atMs, latestMs: atMs + CATCH_UP * intervalMs, freeAtMs: atMs + intervalMs };
}
