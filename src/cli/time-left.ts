// Owns the estimate of how long a run goes on, and of its pace. Pure: every observation carries its time. The pace is that of
// the last seconds in which work was done, so other runs of the machine are in it; after a block, which lowers the rate, it is
// the old pace in proportion until the new one shows. A lowered rate rises by 1/s an hour (limits/shared-state.ts), and so does the pace.
import type { Pace } from '../model/standing.ts';

export interface Observation {
  readonly nowMs: number;
  /** Lines that are answered, and those of them that a server was asked for. */
  readonly done: number;
  readonly asked: number;
  readonly pace?: Pace | undefined;
  /** Nothing is sent before; undefined if nothing pauses the run. */
  readonly pausedUntilMs?: number | undefined;
}

/** Working time, and what was answered by then. */
interface Sample {
  readonly atMs: number;
  readonly done: number;
  readonly asked: number;
}

/** The pace is measured over at least so long and so many lines, so that one line more or less does not matter. */
const WINDOW_MS = 20_000;
const WINDOW_LINES = 60;
const MAX_SAMPLES = 5_000;

/** Nothing is said before so much was seen. */
const LEAST_MS = 1_000;
const LEAST_LINES = 4;

/** A longer gap between observations is not working time: the process was stopped, or the machine asleep. */
const LONGEST_GAP_MS = 5_000;

/** An expected pace counts as so much observation, ever less as the real one shows. */
const EXPECTED_WEIGHT_MS = 10_000;

const HOUR_MS = 3_600_000;

export class TimeLeft {
  #samples: Sample[] = [];
  #last: Observation | undefined;
  #workedMs = 0;
  /** Working time when the last line was answered. */
  #answeredAtMs = 0;
  /** Lines a second that are expected after the rate has changed. */
  #expected: number | undefined;
  #pace: Pace | undefined;
  #paceSinceMs = 0;

  observe(seen: Observation): void {
    const last = this.#last;
    const gapMs = last === undefined ? 0 : Math.max(0, seen.nowMs - last.nowMs);
    const idle = gapMs > LONGEST_GAP_MS || (last?.pausedUntilMs !== undefined && seen.done === last.done);
    if (!idle) this.#workedMs += gapMs;
    if (seen.done !== last?.done) this.#answeredAtMs = this.#workedMs;
    // What is there already settles in no time, often all of it at the beginning: it says nothing of what must be fetched.
    if ((last?.asked ?? 0) === 0 && seen.asked > 0) this.#samples = [];
    this.#notePace(seen);
    this.#last = seen;
    this.#samples.push({ atMs: this.#workedMs, done: seen.done, asked: seen.asked });
    this.#forget();
  }

  /** Documents a second; lines a second while no server was asked. Undefined until it can be told. */
  documentsPerSecond(): number | undefined {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || !this.#suffices(first, last)) return undefined;
    const documents = last.asked > 0 ? last.asked - first.asked : last.done - first.done;
    return (documents / (last.atMs - first.atMs)) * 1000;
  }

  /** Time until all of `total` lines are answered. */
  leftMs(total: number, nowMs: number): number | undefined {
    const seen = this.#last;
    if (seen === undefined) return undefined;
    const lines = Math.max(0, total - seen.done);
    const pauseMs = Math.max(0, (seen.pausedUntilMs ?? 0) - nowMs);
    if (lines === 0) return 0;
    const linesPerSecond = this.#linesPerSecond();
    if (linesPerSecond === undefined) return undefined;
    // The next line is under way already: where they come slowly, that matters.
    const underWay = Math.min(0.99, ((this.#workedMs - this.#answeredAtMs) / 1000) * linesPerSecond);
    const { perSecond = 1, fullPerSecond = 1 } = this.#pace ?? {};
    const risesInMs = Math.max(0, this.#paceSinceMs + HOUR_MS - nowMs);
    return pauseMs + timeAtRisingPace(lines - underWay, linesPerSecond, { perSecond, fullPerSecond }, risesInMs);
  }

  #linesPerSecond(): number | undefined {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined) return undefined;
    const seenMs = last.atMs - first.atMs;
    const seen = last.done - first.done;
    if (this.#expected === undefined) return this.#suffices(first, last) ? (seen / seenMs) * 1000 : undefined;
    const weightMs = EXPECTED_WEIGHT_MS * Math.max(0, 1 - seenMs / WINDOW_MS);
    if (weightMs === 0) this.#expected = undefined;
    const rate = ((seen + (this.#expected ?? 0) * (weightMs / 1000)) / (seenMs + weightMs)) * 1000;
    return rate > 0 ? rate : undefined;
  }

  #suffices(first: Sample, last: Sample): boolean {
    return last.atMs - first.atMs >= LEAST_MS && last.done - first.done >= LEAST_LINES;
  }

  #notePace({ pace, nowMs }: Observation): void {
    const before = this.#pace;
    if (pace?.perSecond === before?.perSecond) return;
    if (pace !== undefined && before !== undefined) {
      const rate = this.#linesPerSecond();
      if (rate !== undefined) this.#expected = (rate * pace.perSecond) / before.perSecond;
      this.#samples = [];
    }
    this.#pace = pace;
    this.#paceSinceMs = nowMs;
  }

  /** Keeps as many samples as the window needs. */
  #forget(): void {
    const last = this.#samples.at(-1);
    if (last === undefined) return;
    let old = 0;
    for (const [at, { atMs, done }] of this.#samples.entries()) {
      if (last.atMs - atMs < WINDOW_MS || last.done - done < WINDOW_LINES) break;
      old = at;
    }
    this.#samples.splice(0, Math.max(old, this.#samples.length - MAX_SAMPLES));
  }
}

/** Time for so many lines at a pace that rises by 1 request a second an hour, first in `risesInMs`, up to the full one. */
export function timeAtRisingPace(
  lines: number,
  linesPerSecond: number,
  { perSecond, fullPerSecond }: Pace,
  risesInMs: number,
): number {
  let rest = lines;
  let ms = 0;
  for (let rate = perSecond; rate < fullPerSecond; rate++) {
    const inTime = (linesPerSecond * rate * risesInMs) / perSecond / 1000;
    if (inTime >= rest) return ms + (rest / linesPerSecond / rate) * perSecond * 1000;
    rest -= inTime;
    ms += risesInMs;
    risesInMs = HOUR_MS;
  }
  return ms + (rest / linesPerSecond / Math.max(perSecond, fullPerSecond)) * perSecond * 1000;
}
