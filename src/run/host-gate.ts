// Owns when requests to one host may start: evenly spaced where there is a rate, not at all during a block or an outage, and
// one alone to probe whether it is over. It is the only place that decides this for all workers.
import type { HostReport } from '../worker/protocol.ts';
import type { Clock } from './clock.ts';
import type { Pace } from './pace.ts';

/** A worker's wish to send one request. */
export interface Ticket {
  grant(): void;
  refuse(message: string): void;
}

export interface GateSettings {
  /** First silence after "too fast"; doubled when the probe is refused again. */
  readonly blockPauseMs: number;
  /** How long a block or an outage is waited out, in a row. */
  readonly giveUpMs: number;
  /** Longest Retry-After that is worth waiting for; beyond it the host's URLs fail at once. */
  readonly patienceMs: number;
}

export interface GateListener {
  /** Nothing is sent until `untilMs`. */
  onPause(reason: string, untilMs: number): void;
  onResume(): void;
  /** The host answered nobody since `sinceMs`; `untilMs` once it answers again. */
  onOutage(sinceMs: number, untilMs: number | undefined): void;
  onGiveUp(message: string): void;
  onUserAgentRefused(): void;
}

/** Transport failures or 503s in a row, with no success between them, that are an outage and not the documents' failure. */
const OUTAGE_STREAK = 20;
const OUTAGE_FIRST_PAUSE_MS = 10_000;
const OUTAGE_MAX_PAUSE_MS = 5 * 60_000;

type Trouble = {
  readonly kind: 'block' | 'outage' | 'retry-after';
  readonly sinceMs: number;
  /** When the present pause began and how long it lasts. */
  readonly pausedAtMs: number;
  readonly pauseMs: number;
};

export class HostGate {
  readonly #name: string;
  readonly #settings: GateSettings;
  readonly #clock: Clock;
  readonly #pace: Pace | undefined;
  readonly #listener: GateListener;
  #queue: Ticket[] = [];
  /** A start is reserved, or a timer runs, for the head of the queue. */
  #busy = false;
  #trouble: Trouble | undefined;
  /** One request goes alone; nothing else is sent until it has ended. */
  #probe: 'none' | 'wanted' | 'sent' = 'none';
  #streak = 0;
  #streakSinceMs = 0;
  #refusingUntilMs = 0;
  #closed = false;

  constructor(
    name: string,
    settings: GateSettings,
    clock: Clock,
    pace: Pace | undefined,
    listener: GateListener,
    firstAlone: boolean,
  ) {
    this.#name = name;
    this.#settings = settings;
    this.#clock = clock;
    this.#pace = pace;
    this.#listener = listener;
    if (firstAlone) this.#probe = 'wanted';
  }

  /** True while requests to this host must ask, although it has no rate. */
  get guarded(): boolean {
    return this.#pace !== undefined || this.#trouble !== undefined || this.#clock.nowMs() < this.#refusingUntilMs;
  }

  get hasWaiting(): boolean {
    return this.#queue.length > 0;
  }

  request(ticket: Ticket): void {
    if (this.#clock.nowMs() < this.#refusingUntilMs) {
      return ticket.refuse(`${this.#name} asked for more patience (Retry-After) than a document has`);
    }
    this.#queue.push(ticket);
    this.#pump();
  }

  /** Withdraws tickets, of a worker that is gone. */
  withdraw(isGone: (ticket: Ticket) => boolean): void {
    this.#queue = this.#queue.filter((ticket) => !isGone(ticket));
  }

  /** Grants nothing any more. */
  close(): void {
    this.#closed = true;
    this.#queue = [];
  }

  /** A request to this host that began at `sentAtMs` has ended. */
  report(report: HostReport, sentAtMs: number): void {
    const probed = this.#probe === 'sent';
    if (probed) this.#probe = 'none';
    switch (report.kind) {
      case 'answered':
        this.succeed();
        break;
      case 'cancelled':
        if (probed) this.#probe = 'wanted';
        break;
      case 'unreachable':
        this.#unreachable(probed);
        break;
      case 'throttled':
        this.#throttled(report.retryAfterMs, sentAtMs, probed);
        break;
      case 'retry-after':
        this.#retryAfter(report.retryAfterMs);
        break;
      case 'user-agent-refused':
        this.#listener.onUserAgentRefused();
        break;
    }
    this.#pump();
  }

  /** The host answered somebody. */
  succeed(): void {
    this.#streak = 0;
    const trouble = this.#trouble;
    if (trouble === undefined || this.#clock.nowMs() < trouble.pausedAtMs + trouble.pauseMs) return;
    this.#trouble = undefined;
    if (trouble.kind === 'outage') this.#listener.onOutage(trouble.sinceMs, this.#clock.nowMs());
    this.#listener.onResume();
  }

  #unreachable(probed: boolean): void {
    const nowMs = this.#clock.nowMs();
    if (this.#streak === 0) this.#streakSinceMs = nowMs;
    this.#streak++;
    if (this.#trouble !== undefined) {
      if (probed) this.#pause(this.#trouble.kind, Math.min(OUTAGE_MAX_PAUSE_MS, this.#trouble.pauseMs * 2));
      return;
    }
    if (this.#streak < OUTAGE_STREAK) {
      if (probed && this.#pace !== undefined) this.#probe = 'none';
      return;
    }
    this.#trouble = { kind: 'outage', sinceMs: this.#streakSinceMs, pausedAtMs: nowMs, pauseMs: OUTAGE_FIRST_PAUSE_MS };
    this.#listener.onOutage(this.#streakSinceMs, undefined);
    this.#pause('outage', OUTAGE_FIRST_PAUSE_MS);
  }

  /** Replies to requests sent before the pause began never extend it. */
  #throttled(retryAfterMs: number | undefined, sentAtMs: number, probed: boolean): void {
    const trouble = this.#trouble;
    if (trouble?.kind === 'block' && sentAtMs <= trouble.pausedAtMs) return;
    const ownMs = probed && trouble?.kind === 'block' ? trouble.pauseMs * 2 : this.#settings.blockPauseMs;
    this.#pause('block', Math.max(ownMs, retryAfterMs ?? 0));
  }

  #retryAfter(retryAfterMs: number): void {
    const nowMs = this.#clock.nowMs();
    if (retryAfterMs <= this.#settings.patienceMs) return this.#pause('retry-after', retryAfterMs);
    this.#refusingUntilMs = nowMs + retryAfterMs;
    const refused = this.#queue;
    this.#queue = [];
    for (const ticket of refused)
      ticket.refuse(`${this.#name} asked for more patience (Retry-After) than a document has`);
    this.#listener.onPause('Retry-After', this.#refusingUntilMs);
  }

  #pause(kind: Trouble['kind'], pauseMs: number): void {
    const nowMs = this.#clock.nowMs();
    const sinceMs = this.#trouble?.kind === kind ? this.#trouble.sinceMs : nowMs;
    this.#trouble = { kind, sinceMs: kind === 'outage' ? this.#streakSinceMs : sinceMs, pausedAtMs: nowMs, pauseMs };
    const wokenMs = this.#trouble.sinceMs + this.#settings.giveUpMs;
    if (kind !== 'retry-after' && nowMs + pauseMs > wokenMs) {
      const what = kind === 'block' ? 'a block' : 'an outage';
      return this.#listener.onGiveUp(
        `gave up: ${what} of ${this.#name} outlasts --give-up; run the same command again later`,
      );
    }
    this.#listener.onPause(REASONS[kind], nowMs + pauseMs);
    this.#probe = 'wanted';
    this.#clock.after(pauseMs, () => this.#pump());
  }

  #pump(): void {
    while (this.#queue.length > 0 && !this.#busy && !this.#closed && this.#isOpen()) {
      if (this.#probe === 'wanted') this.#probe = 'sent';
      if (this.#pace === undefined) this.#grantNext();
      else this.#grantPaced(this.#pace);
    }
  }

  #isOpen(): boolean {
    if (this.#probe === 'sent') return false;
    const trouble = this.#trouble;
    return trouble === undefined || this.#clock.nowMs() >= trouble.pausedAtMs + trouble.pauseMs;
  }

  #grantPaced(pace: Pace): void {
    this.#busy = true;
    const reserved = pace.reserve(this.#clock.nowMs());
    if (typeof reserved === 'number') return this.#grantAt(reserved);
    reserved.then(
      (startMs) => this.#grantAt(startMs),
      (error: unknown) => this.#listener.onGiveUp(`the rate limiter failed: ${String(error)}`),
    );
  }

  #grantAt(startMs: number): void {
    const delayMs = startMs - this.#clock.nowMs();
    if (delayMs <= 0) return this.#grantReserved();
    this.#clock.after(delayMs, () => this.#grantReserved());
  }

  /** A pause may have begun while the start was waited for: then the ticket keeps its place. */
  #grantReserved(): void {
    this.#busy = false;
    const paused =
      this.#trouble !== undefined && this.#clock.nowMs() < this.#trouble.pausedAtMs + this.#trouble.pauseMs;
    if (paused || this.#closed) {
      if (this.#probe === 'sent') this.#probe = 'wanted';
    } else this.#grantNext();
    this.#pump();
  }

  #grantNext(): void {
    const ticket = this.#queue.shift();
    if (ticket !== undefined) ticket.grant();
    else if (this.#probe === 'sent') this.#probe = 'wanted';
  }
}

const REASONS: Readonly<Record<Trouble['kind'], string>> = {
  block: 'the SEC asked for silence ("too fast")',
  outage: 'no answer',
  'retry-after': 'Retry-After',
};
