// Owns the budget of a host that is not the SEC and has a rate: spacing only, for this run alone.
import type { Clock } from '../model/clock.ts';
import type { HostBudget } from './gate-ports.ts';
import { EvenPace } from './pace.ts';
import type { Block, Reservation } from './sec-state.ts';

export class OwnBudget implements HostBudget {
  readonly #clock: Clock;
  readonly #pace: EvenPace;

  constructor(clock: Clock, permitsPerSecond: number) {
    this.#clock = clock;
    this.#pace = new EvenPace(permitsPerSecond);
  }

  reserve(): Promise<Reservation> {
    return Promise.resolve({ kind: 'start', ...this.#pace.reserve(this.#clock.nowMs()), probe: false });
  }

  isOpen(): boolean {
    return true;
  }

  probeSent(): void {
    // Only the SEC's blocks are probed.
  }

  probeEnded(): Promise<void> {
    return Promise.resolve();
  }

  throttled(): Promise<{ fresh: boolean; block: Block | undefined }> {
    return Promise.resolve({ fresh: false, block: undefined });
  }

  close(): void {
    // Holds nothing.
  }
}
