// Owns when requests to one host may start: evenly spaced where there is a rate, not at all during a block, an outage or a
// Retry-After, and one alone to probe whether it is over. It is the only place that decides this for all workers.
import type { HostReport } from '../model/permits.ts';
import { BlockNotice } from './block-notice.ts';
import { FailureStreak, OUTAGE_FIRST_PAUSE_MS, OUTAGE_MAX_PAUSE_MS } from './failure-streak.ts';
import type { GateListener, GateOptions, HostBudget, Silence, Ticket } from './gate-ports.ts';
import type { Reservation } from './sec-state.ts';

const IMPATIENCE = 'asked for more patience (Retry-After) than a document has';
const TIMER_GRAIN_MS = 2; // Timers fire a little late at the best of times.

export class HostGate {
  readonly #options: GateOptions;
  readonly #listener: GateListener;
  #queue: Ticket[] = [];
  /** A start is being reserved, or waited for: one at a time. */
  #reserving = false;
  /** Changes of the shared state under way: nothing is granted before they are written. */
  #writing = 0;
  #silence: Silence | undefined;
  /** Whether one request is to go alone, or is under way. */
  #probe: 'none' | 'wanted' | 'sent' = 'none';
  #probeSentAtMs = 0;
  /** The probe in flight is for a block that all runs share. */
  #blockProbe = false;
  #first: boolean;
  readonly #block = new BlockNotice();
  readonly #streak = new FailureStreak();
  #outageEndedAtMs = -Infinity;
  #refusingUntilMs = 0;
  #closed = false;

  constructor(options: GateOptions, listener: GateListener) {
    this.#options = options;
    this.#listener = listener;
    this.#first = options.firstAlone;
    if (options.firstAlone) this.#probe = 'wanted';
  }

  /** True while requests to this host must ask. */
  get guarded(): boolean {
    return this.#options.budget !== undefined || this.#silence !== undefined || this.#nowMs() < this.#refusingUntilMs;
  }

  get hasWaiting(): boolean {
    return this.#queue.length > 0;
  }

  /** True while failures of this host may turn out to be an outage. */
  get doubtful(): boolean {
    return this.#streak.open || this.#silence?.kind === 'outage';
  }

  /** True if an outage lasts, or ended later than `sinceMs`. */
  wasInOutage(sinceMs: number): boolean {
    return this.#silence?.kind === 'outage' || sinceMs <= this.#outageEndedAtMs;
  }

  request(ticket: Ticket): void {
    if (this.#nowMs() < this.#refusingUntilMs) return ticket.refuse(`${this.#options.name} ${IMPATIENCE}`);
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
    this.#options.budget?.close();
  }

  /** A request to this host that began at `sentAtMs` has ended. */
  report(report: HostReport, sentAtMs: number): void {
    // A reply to an earlier request says nothing about the probe.
    const probed = this.#probe === 'sent' && sentAtMs >= this.#probeSentAtMs;
    const blockProbed = probed && this.#blockProbe;
    const first = this.#first;
    if (report.kind !== 'cancelled') this.#first = false;
    if (probed) {
      this.#probe = 'none';
      this.#blockProbe = false;
    }
    if (report.kind === 'throttled') return this.#throttled(report, sentAtMs, blockProbed, first);
    if (blockProbed) this.#endBlockProbe(report.kind === 'answered');
    switch (report.kind) {
      case 'answered':
        this.succeed(probed ? Infinity : sentAtMs);
        break;
      case 'cancelled':
        if (probed && !blockProbed) this.#probe = 'wanted';
        break;
      case 'broken-off':
        if (probed) this.succeed(Infinity);
        else this.#noteFailure(() => this.#streak.brokenOff(sentAtMs, this.#nowMs()));
        break;
      case 'unreachable':
        this.#unreachable(probed, sentAtMs);
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

  /** The host answered a request that was sent at `sentAtMs` or later. */
  succeed(sentAtMs: number): void {
    if (!this.#streak.answered(sentAtMs)) return;
    const silence = this.#silence;
    if (silence === undefined || this.#nowMs() < silence.untilMs) return;
    this.#silence = undefined;
    if (silence.kind === 'outage') {
      this.#outageEndedAtMs = this.#nowMs();
      this.#listener.onOutage(silence.sinceMs, this.#outageEndedAtMs);
    }
    this.#listener.onResume();
  }

  /** A slow worker may tell last what happened first: then the outage began earlier than was said. */
  #noteFailure(note: () => void): void {
    note();
    if (this.#silence?.kind !== 'outage' || this.#streak.sinceMs >= this.#silence.sinceMs) return;
    this.#silence = { ...this.#silence, sinceMs: this.#streak.sinceMs };
    this.#listener.onOutage(this.#streak.sinceMs, undefined);
  }

  #unreachable(probed: boolean, sentAtMs: number): void {
    const nowMs = this.#nowMs();
    this.#noteFailure(() => this.#streak.unanswered(sentAtMs, nowMs));
    if (this.#silence?.kind === 'retry-after') {
      // It asked for patience and then fell silent: from here on it is counted like any other.
      if (nowMs < this.#silence.untilMs) return;
      this.#silence = undefined;
    }
    if (this.#silence !== undefined) {
      if (probed) this.#beSilent(this.#silence.kind, Math.min(OUTAGE_MAX_PAUSE_MS, this.#silence.pauseMs * 2));
      return;
    }
    if (!this.#streak.isOutage) return;
    this.#listener.onOutage(this.#streak.sinceMs, undefined);
    this.#beSilent('outage', OUTAGE_FIRST_PAUSE_MS);
  }

  #retryAfter(retryAfterMs: number): void {
    if (retryAfterMs <= this.#options.settings.patienceMs) {
      // An outage that answers with Retry-After is still waited out, and still charges nobody.
      return this.#beSilent(this.#silence?.kind === 'outage' ? 'outage' : 'retry-after', retryAfterMs);
    }
    this.#refusingUntilMs = this.#nowMs() + retryAfterMs;
    const refused = this.#queue;
    this.#queue = [];
    for (const ticket of refused) ticket.refuse(`${this.#options.name} ${IMPATIENCE}`);
    this.#listener.onPause('impatience', this.#refusingUntilMs);
    this.#options.clock.after(retryAfterMs, () => this.#listener.onResume());
  }

  #beSilent(kind: Silence['kind'], pauseMs: number): void {
    const nowMs = this.#nowMs();
    const untilMs = Math.max(nowMs + pauseMs, this.#silence?.untilMs ?? 0);
    const sinceMs = kind === 'outage' ? this.#streak.sinceMs : (this.#silence?.sinceMs ?? nowMs);
    this.#silence = { kind, sinceMs, pauseMs, untilMs };
    if (kind === 'outage' && this.#givesUp('an outage', sinceMs, untilMs)) return;
    this.#listener.onPause(kind, untilMs);
    this.#probe = 'wanted';
    this.#pumpAt(untilMs);
  }

  /** Nothing is granted until the block is written down, so that no other run slips through either. */
  #throttled(
    report: Extract<HostReport, { kind: 'throttled' }>,
    sentAtMs: number,
    blockProbed: boolean,
    first: boolean,
  ): void {
    const { budget } = this.#options;
    if (budget === undefined) return this.#pump();
    this.#streak.end();
    const { retryAfterMs } = report;
    const event = { sentAtMs, probe: blockProbed, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
    this.#write(budget.throttled(event), ({ fresh, block }) => {
      // Before anything was answered, with no block in sight: the throttle title is what a refused User-Agent gets too.
      if (first && fresh && /^(?:throttle|automated)/.test(report.page)) return this.#listener.onUserAgentRefused();
      if (block !== undefined) this.#noteBlock(block.sinceMs, block.pausedAtMs + block.pauseMs);
    });
  }

  #endBlockProbe(answered: boolean): void {
    const ended = this.#options.budget?.probeEnded(answered) ?? Promise.resolve();
    this.#write(ended, () => {
      if (answered) this.#blockEnded();
    });
  }

  #write<T>(change: Promise<T>, then: (value: T) => void): void {
    this.#writing++;
    void change.then((value) => {
      this.#writing--;
      then(value);
      this.#pump();
    });
  }

  /** True if the run gives up over it. */
  #noteBlock(sinceMs: number, pauseEndMs: number): boolean {
    const { sinceMs: knownSinceMs, news } = this.#block.note(sinceMs, pauseEndMs, this.#nowMs());
    if (this.#givesUp('a block', knownSinceMs, pauseEndMs)) return true;
    if (news) this.#listener.onPause('block', pauseEndMs);
    return false;
  }

  #blockEnded(): void {
    if (this.#block.end()) this.#listener.onResume();
  }

  #givesUp(what: string, sinceMs: number, untilMs: number): boolean {
    const { settings, name } = this.#options;
    if (untilMs <= sinceMs + settings.giveUpMs) return false;
    this.#listener.onGiveUp(`gave up: ${what} of ${name} outlasts --give-up; run the same command again later`);
    return true;
  }

  /** Timers may fire a moment early: then the silence still lasts, and nobody else would end it. */
  #pumpAt(untilMs: number): void {
    this.#options.clock.after(Math.max(1, untilMs - this.#nowMs()), () => {
      if (this.#nowMs() < untilMs) this.#pumpAt(untilMs);
      else this.#pump();
    });
  }

  #pump(): void {
    while (this.#queue.length > 0 && this.#isOpen()) {
      const { budget } = this.#options;
      if (budget !== undefined) return this.#reserveFrom(budget);
      this.#grantNext(false);
    }
  }

  #isOpen(): boolean {
    if (this.#closed || this.#reserving || this.#writing > 0 || this.#probe === 'sent') return false;
    return this.#silence === undefined || this.#nowMs() >= this.#silence.untilMs;
  }

  #reserveFrom(budget: HostBudget): void {
    this.#reserving = true;
    void budget.reserve().then((reservation) => this.#take(reservation, budget));
  }

  #take(reservation: Reservation, budget: HostBudget): void {
    const nowMs = this.#nowMs();
    if (reservation.kind === 'wait') {
      if (this.#noteBlock(reservation.blockSinceMs, reservation.pauseEndMs)) return;
      return this.#later(reservation.untilMs - nowMs, () => this.#pump());
    }
    this.#later(reservation.atMs - nowMs, () => this.#use(reservation, budget));
  }

  #later(delayMs: number, action: () => void): void {
    const resume = (): void => {
      this.#reserving = false;
      action();
    };
    if (delayMs <= 0) resume();
    else this.#options.clock.after(delayMs, resume);
  }

  /** A silence may have begun while the start was waited for, or its time have passed: then the ticket keeps its place. */
  #use(start: Extract<Reservation, { kind: 'start' }>, budget: HostBudget): void {
    const { probe, latestMs } = start;
    const inTime = probe || this.#nowMs() <= latestMs + TIMER_GRAIN_MS;
    if (inTime && this.#isOpen() && this.#queue.length > 0 && budget.isOpen(probe)) {
      if (!probe) this.#blockEnded();
      this.#grantNext(probe);
    } else if (probe) return this.#endBlockProbe(false);
    this.#pump();
  }

  #grantNext(blockProbe: boolean): void {
    const ticket = this.#queue.shift();
    if (ticket === undefined) return;
    if (this.#probe === 'wanted' || blockProbe) {
      this.#probe = 'sent';
      this.#probeSentAtMs = this.#nowMs();
      this.#blockProbe = blockProbe;
    }
    if (blockProbe) this.#options.budget?.probeSent();
    ticket.grant();
  }

  #nowMs(): number {
    return this.#options.clock.nowMs();
  }
}
