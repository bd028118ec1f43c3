// Owns the way of events to the main thread: in order, those of the same moment in one message. What somebody waits for goes
// with the end of the turn; settled documents wait a little for company (a message costs both threads 50 us and a wake).
import type { OutageListener } from '../limits/outage-breaker.ts';
import type { Clock } from '../model/clock.ts';
import type { FromWorker, WorkerEvent } from './protocol.ts';

/** Longer and larger than 5 ms and 16, which cost 4% more CPU on small documents. */
const COMPANY_MS = 25;
const MAX_WAITING = 64;

export class EventBuffer implements OutageListener {
  readonly #post: (message: FromWorker) => void;
  readonly #clock: Clock;
  #events: WorkerEvent[] = [];
  #stopWaiting: (() => void) | undefined;
  #leaving = false;

  constructor(post: (message: FromWorker) => void, clock: Clock) {
    this.#post = post;
    this.#clock = clock;
  }

  send(event: WorkerEvent): void {
    this.#events.push(event);
    if (event.kind !== 'settled' || this.#events.length >= MAX_WAITING) this.#leave();
    else this.#stopWaiting ??= this.#clock.after(COMPANY_MS, () => this.flush());
  }

  onPause(host: string, untilMs: number): void {
    this.send({ kind: 'outage', host, untilMs });
  }

  onResume(host: string): void {
    this.send({ kind: 'outage', host });
  }

  onGiveUp(message: string): void {
    this.send({ kind: 'gave-up', message });
  }

  flush(): void {
    this.#stopWaiting?.();
    this.#stopWaiting = undefined;
    if (this.#events.length === 0) return;
    const message: FromWorker = { events: this.#events };
    this.#events = [];
    this.#post(message);
  }

  /** At the end of the turn. */
  #leave(): void {
    if (this.#leaving) return;
    this.#leaving = true;
    setImmediate(() => {
      this.#leaving = false;
      this.flush();
    });
  }
}
