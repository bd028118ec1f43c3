// Owns when requests to one host may start, for all threads: evenly spaced where there is a rate, not at all during a block or
// a Retry-After, and one alone where the first answer decides. A queue and timers around breaker.ts and the rate limiter.
import type { Clock } from '../model/clock.ts';
import { DRAINED, type HostReport, type PermitAnswer } from '../model/permits.ts';
import type { PauseCause } from '../model/run-event.ts';
import { afterReply, ask, CLOSED, UNTRIED, type Breaker, type EndedRequest } from './breaker.ts';
import { PermitQueue } from './permit-queue.ts';
import type { RateLimiter } from './rate-limiter.ts';
import type { Start } from './shared-state.ts';

export interface GateSettings {
  /** How long a block is waited out, in a row. */
  readonly giveUpMs: number;
  /** Longest Retry-After that is worth waiting for; beyond it the host's URLs fail at once. */
  readonly patienceMs: number;
}

export interface GateListener {
  /** Nothing is sent until `untilMs`. */
  onPause(cause: PauseCause, untilMs: number): void;
  onResume(): void;
  onGiveUp(message: string): void;
  /** `too-fast`: so said the first answer of the run, which a refused User-Agent gets too. */
  onRefused(why: 'user-agent' | 'too-fast'): void;
  /** The certificate of the first answer of the run is not trusted. */
  onUntrusted(message: string): void;
}

export interface GateOptions {
  readonly name: string;
  readonly settings: GateSettings;
  readonly clock: Clock;
  /** Undefined where nothing spaces the requests. */
  readonly limiter: RateLimiter | undefined;
  /** The first request of the run goes alone: it shows whether the User-Agent is accepted. */
  readonly firstAlone: boolean;
}

/** A request that was permitted. `probe`: it finds out for all runs whether a block is over. `isFirst`: of the run, alone. */
type Sent = Omit<EndedRequest, 'report'> & { readonly probe: boolean; readonly isFirst: boolean };

type Throttled = Extract<HostReport, { kind: 'throttled' }>;

const TIMER_GRAIN_MS = 2; // Timers fire a little late at the best of times.

export class Gate {
  readonly #options: GateOptions;
  readonly #listener: GateListener;
  readonly #queue = new PermitQueue();
  #breaker: Breaker;
  /** A start is being reserved, or waited for: one at a time. */
  #reserving = false;
  /** Changes of the shared state under way: nothing is granted before they are written. */
  #writing = 0;
  /** What people were told of a block that lasts: since when it does, and until when to wait. */
  #block: { readonly sinceMs: number; readonly untilMs: number } | undefined;
  #timer: (() => void) | undefined;
  #closed = false;

  constructor(options: GateOptions, listener: GateListener) {
    this.#options = options;
    this.#listener = listener;
    this.#breaker = options.firstAlone ? UNTRIED : CLOSED;
  }

  get hasWaiting(): boolean {
    return this.#queue.length > 0;
  }

  acquire(signal?: AbortSignal): Promise<PermitAnswer> {
    if (this.#closed || signal?.aborted === true) return Promise.resolve(DRAINED);
    const answer = this.#queue.wait(this.#nowMs(), signal);
    this.#pump();
    return answer;
  }

  /** Grants nothing any more. */
  close(): void {
    this.#closed = true;
    this.#timer?.();
    this.#queue.answerAll(DRAINED);
    this.#options.limiter?.close();
  }

  /** A request that needed no permit has ended. */
  heard(report: HostReport): void {
    this.#ended(report, { sentAtMs: this.#nowMs(), alone: false, probe: false, isFirst: false });
  }

  #ended(report: HostReport, sent: Sent): void {
    const before = this.#breaker;
    const { patienceMs } = this.#options.settings;
    this.#breaker = afterReply(before, { report, ...sent }, this.#nowMs(), patienceMs);
    if (report.kind === 'throttled') this.#throttled(report, sent);
    else if (sent.probe) this.#endProbe(report.kind === 'answered');
    if (report.kind === 'user-agent-refused') this.#listener.onRefused('user-agent');
    if (report.kind === 'untrusted' && sent.isFirst) this.#listener.onUntrusted(report.message);
    this.#tell(before);
    this.#pump();
  }

  #tell(before: Breaker): void {
    const after = this.#breaker;
    if (after === before) return;
    if (after.kind === 'refusing') {
      this.#listener.onPause('impatience', after.untilMs);
      this.#options.clock.after(after.untilMs - this.#nowMs(), () => this.#listener.onResume());
    } else if (after.kind === 'open' && after.untilMs > this.#nowMs()) {
      this.#listener.onPause('retry-after', after.untilMs);
    } else if (before.kind === 'half-open' && before.because === 'retry-after' && after.kind === 'closed') {
      this.#listener.onResume();
    }
  }

  /** Nothing is granted until the block is written down, so that no other run slips through either. */
  #throttled({ page, retryAfterMs }: Throttled, { sentAtMs, probe, isFirst }: Sent): void {
    const { limiter } = this.#options;
    if (limiter === undefined) return;
    const event = { sentAtMs, probe, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
    this.#write(limiter.throttled(event), ({ fresh, block }) => {
      // Before anything was answered, with no block in sight: the throttle title is what a refused User-Agent gets too.
      if (isFirst && fresh && /^(?:throttle|automated)/.test(page)) return this.#listener.onRefused('too-fast');
      if (block !== undefined) this.#noteBlock(block.sinceMs, block.pausedAtMs + block.pauseMs);
    });
  }

  #endProbe(answered: boolean): void {
    const ended = this.#options.limiter?.probeEnded(answered) ?? Promise.resolve();
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
  #noteBlock(blockSinceMs: number, untilMs: number): boolean {
    const { name, settings } = this.#options;
    const told = this.#block;
    const nowMs = this.#nowMs();
    const sinceMs = told?.sinceMs ?? Math.max(blockSinceMs, nowMs);
    this.#block = { sinceMs, untilMs: Math.max(told?.untilMs ?? 0, untilMs) };
    if (untilMs > sinceMs + settings.giveUpMs) {
      this.#listener.onGiveUp(`gave up: a block of ${name} outlasts --give-up; run the same command again later`);
      return true;
    }
    if (told === undefined || untilMs > Math.max(nowMs, told.untilMs)) this.#listener.onPause('block', untilMs);
    return false;
  }

  #blockEnded(): void {
    if (this.#block === undefined) return;
    this.#block = undefined;
    this.#listener.onResume();
  }

  #pump(): void {
    for (;;) {
      if (this.#closed || this.#queue.length === 0) return;
      const turn = ask(this.#breaker, this.#nowMs());
      if (turn.kind === 'refuse') return this.#refuseAll();
      if (this.#reserving || this.#writing > 0) return;
      if (turn.kind === 'wait') return this.#pumpAt(turn.untilMs);
      if (this.#options.limiter !== undefined) return void this.#reserveFrom(this.#options.limiter);
      this.#grant(false);
    }
  }

  /** Timers may fire a moment early: then the silence still lasts, and nobody else would end it. */
  #pumpAt(untilMs: number): void {
    // The end of a request that goes alone pumps by itself.
    if (untilMs === Infinity) return;
    this.#timer ??= this.#options.clock.after(Math.max(1, untilMs - this.#nowMs()), () => {
      this.#timer = undefined;
      this.#pump();
    });
  }

  #refuseAll(): void {
    const message = `${this.#options.name} asked for more patience (Retry-After) than a document has`;
    this.#queue.answerAll({ kind: 'refused', because: 'host-waits', message });
  }

  async #reserveFrom(limiter: RateLimiter): Promise<void> {
    this.#reserving = true;
    const start = await limiter.reserve();
    const isWait = start.kind === 'wait';
    if (isWait && this.#noteBlock(start.blockSinceMs, start.pauseEndMs)) return;
    await this.#until(isWait ? start.untilMs : start.atMs);
    this.#reserving = false;
    if (!isWait) this.#use(start, limiter);
    this.#pump();
  }

  async #until(atMs: number): Promise<void> {
    const delayMs = atMs - this.#nowMs();
    if (delayMs > 0) await new Promise<void>((resolve) => this.#options.clock.after(delayMs, resolve));
  }

  /** A silence may have begun while the start was waited for, or its time have passed: then the request keeps its place. */
  #use({ probe, latestMs }: Extract<Start, { kind: 'start' }>, limiter: RateLimiter): void {
    const inTime = probe || this.#nowMs() <= latestMs + TIMER_GRAIN_MS;
    if (inTime && this.#isOpen() && limiter.isOpen(probe)) {
      if (!probe) this.#blockEnded();
      this.#grant(probe);
    } else if (probe) this.#endProbe(false);
  }

  #isOpen(): boolean {
    if (this.#closed || this.#writing > 0 || this.#queue.length === 0) return false;
    const turn = ask(this.#breaker, this.#nowMs());
    return turn.kind === 'go' || turn.kind === 'alone';
  }

  #grant(probe: boolean): void {
    const waiting = this.#queue.next();
    if (waiting === undefined) return;
    const nowMs = this.#nowMs();
    const turn = ask(this.#breaker, nowMs);
    const alone = turn.kind === 'alone' || probe;
    const isFirst = this.#breaker.kind === 'open' && this.#breaker.because === 'first';
    if (turn.kind === 'alone') this.#breaker = turn.halfOpen;
    else if (probe) this.#breaker = { kind: 'half-open', because: 'block', sinceMs: nowMs, pauseMs: 0 };
    if (probe) this.#options.limiter?.probeSent();
    const sent = { sentAtMs: nowMs, alone, probe, isFirst };
    const permit = { isFirst, ended: (report: HostReport) => this.#ended(report, sent) };
    waiting.answer({ kind: 'granted', permit, waitedMs: nowMs - waiting.sinceMs });
  }

  #nowMs(): number {
    return this.#options.clock.nowMs();
  }
}
