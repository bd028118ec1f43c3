// Owns a clock that tests turn by hand: timers fall due in order while it is moved on, what they set going is awaited, and
// they may be made to fire late as those of a busy process do.
import type { Clock } from '../../src/model/clock.ts';

interface Timer {
  readonly atMs: number;
  readonly callback: () => void;
}

/** Longer than any chain of promises that the code under test resolves without I/O. */
const TICKS = 24;

/** Lets resolved promises do their work. */
export async function promisesToSettle(): Promise<void> {
  for (let tick = 0; tick < TICKS; tick++) await Promise.resolve();
}

export class FakeClock implements Clock {
  readonly #latenessMs: () => number;
  readonly #timers = new Set<Timer>();
  #nowMs = 1_700_000_000_000;

  /** `latenessMs` is asked for each timer: how much later than wanted it fires. */
  constructor(latenessMs: () => number = () => 0) {
    this.#latenessMs = latenessMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs + this.#latenessMs(), callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Moves on by `ms`, firing what falls due on the way at its own time. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await promisesToSettle();
    for (let due = this.#due(endMs); due !== undefined; due = this.#due(endMs)) {
      this.#timers.delete(due);
      this.#nowMs = Math.max(this.#nowMs, due.atMs);
      due.callback();
      await promisesToSettle();
    }
    this.#nowMs = endMs;
  }

  #due(endMs: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.atMs <= endMs && (first === undefined || timer.atMs < first.atMs)) first = timer;
    }
    return first;
  }
}
