// Owns what is known of a run while it goes on: it asks the run how far it is, hears of pauses, and keeps the estimate of the
// time left. Writes nothing.
import { SEC_HOST_KEY } from '../edgar/fair-access.ts';
import type { Standing } from '../model/standing.ts';
import type { ListLength } from './list-length.ts';
import type { Pause } from './pause-text.ts';
import type { ProgressFacts } from './progress-text.ts';
import { TimeLeft } from './time-left.ts';

export class RunWatch {
  readonly #standing: () => Standing | undefined;
  readonly #length: ListLength;
  readonly #timeLeft = new TimeLeft();
  readonly #pauses = new Map<string, Pause>();

  constructor(standing: () => Standing | undefined, length: ListLength) {
    this.#standing = standing;
    this.#length = length;
  }

  pause(pause: Pause): void {
    // A host that asks for too much patience holds nobody up: its URLs fail.
    if (pause.cause !== 'impatience') this.#pauses.set(pause.host, pause);
  }

  resume(host: string): void {
    this.#pauses.delete(host);
  }

  /** Undefined before the run has opened its destination. */
  look(nowMs: number): ProgressFacts | undefined {
    const standing = this.#standing();
    if (standing === undefined) return undefined;
    const { done, asked, pace, lines } = standing;
    const pause = this.#pauses.get(SEC_HOST_KEY) ?? [...this.#pauses.values()].at(-1);
    this.#timeLeft.observe({ nowMs, done, asked, pace, pausedUntilMs: pause?.untilMs });
    const length = lines ?? this.#length.lines;
    // A list that grows while it is read.
    const total = length === undefined ? undefined : Math.max(length, done);
    const leftMs = total === undefined ? undefined : this.#timeLeft.leftMs(total, nowMs);
    return { standing, total, perSecond: this.#timeLeft.documentsPerSecond(), leftMs, pause, nowMs };
  }
}
