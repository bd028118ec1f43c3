// Owns what a simulated run meets: seeded random numbers, a clock that moves only when everything at rest waits for it, and
// hosts that answer, fail, fall silent and ask for silence. It keeps the record that the test judges.
import type { Clock } from '../../src/model/clock.ts';
import { SEC_HOST_KEY } from '../../src/edgar/fair-access.ts';
import {
  DEAD_CONNECTION,
  goodReply,
  noReply,
  spoiledReply,
  strayReply,
  throttled,
  whole,
  type Answer,
  type Sign,
} from './simulated-replies.ts';

/** Random numbers from a seed (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed + 1, 0x9e3779b1);
  }

  /** From [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let word = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    word = (word + Math.imul(word ^ (word >>> 7), 61 | word)) ^ word;
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** A whole number from `low` to `high`, both included. */
  within(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }
}

interface Timer {
  readonly atMs: number;
  readonly callback: () => void;
}

export class VirtualClock implements Clock {
  readonly #random: Random;
  #timers = new Set<Timer>();
  #nowMs = 1_700_000_000_000;

  constructor(random: Random) {
    this.#random = random;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  /** Whole milliseconds, and sometimes late, as timers of a busy process are. */
  after(delayMs: number, callback: () => void): () => void {
    const lateMs = this.#random.chance(0.1) ? this.#random.within(0, 20) : 0;
    return this.exactly(Math.max(1, Math.trunc(delayMs)) + lateMs, callback);
  }

  exactly(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Fires what is due next; false if nobody waits for anything. */
  step(): boolean {
    let first: Timer | undefined;
    for (const timer of this.#timers) if (first === undefined || timer.atMs < first.atMs) first = timer;
    if (first === undefined) return false;
    this.#timers.delete(first);
    this.#nowMs = Math.max(this.#nowMs, first.atMs);
    first.callback();
    return true;
  }

  /** The process is gone, and with it whatever waited; the next one starts later. */
  restart(laterMs: number): void {
    this.#timers = new Set();
    this.#nowMs += laterMs;
  }
}

/** Resolves when nothing moves but by the clock: no promise, no file operation. */
export async function rest(): Promise<void> {
  for (let quiet = 0; quiet < 2;) {
    await new Promise((resolve) => setImmediate(resolve));
    quiet = process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq')) ? 0 : quiet + 1;
  }
}

export interface SentRequest {
  readonly url: string;
  readonly host: string;
  readonly thread: string;
  readonly atMs: number;
  /** On a new connection. */
  readonly fresh: boolean;
}

export interface Fate {
  readonly kind: 'good' | 'missing' | 'forbidden' | 'poison';
  /** Attempts that fail before it is answered so. */
  troubles: number;
}

interface Window {
  readonly host: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

export class World {
  readonly fates = new Map<string, Fate>();
  readonly requested = new Set<string>();
  readonly violations: string[] = [];
  /** Which requests of each document met an outage, in this run, and in which thread. */
  readonly hits = new Map<string, { readonly thread: string; readonly atMs: number }[]>();
  /** The outages that threads declared in this run, each from the first failure that it consists of. */
  readonly declared: { readonly thread: string; readonly host: string; readonly sinceMs: number; untilMs: number }[] =
    [];
  /** When each thread's requests to each host began to fail, with no success since. */
  readonly #failingSinceMs = new Map<string, number>();
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #blockPauseMs: number;
  readonly #outages: Window[] = [];
  readonly #blocks: Window[] = [];
  #secStarts: number[] = [];
  /** The silence that the run was told of. */
  #pause: { fromMs: number; untilMs: number } = { fromMs: 0, untilMs: 0 };
  /** Faults are few: at last everything goes well. */
  #retryAfters: number;
  readonly asksForPatience: boolean;
  /** Requests that were sent, and threads that died with what they knew, in this run. */
  requests = 0;
  crashes = 0;
  outageFailures = 0;
  throttlePages = 0;

  constructor(clock: VirtualClock, random: Random, blockPauseMs: number) {
    this.#clock = clock;
    this.#random = random;
    this.#blockPauseMs = blockPauseMs;
    this.#retryAfters = random.chance(0.3) ? random.within(1, 3) : 0;
    this.asksForPatience = this.#retryAfters > 0;
  }

  /** From `inMs` on the host answers nobody (or, the SEC, with its page) for `lastsMs`. */
  silence(kind: 'outage' | 'block', host: string, inMs: number, lastsMs: number): void {
    const fromMs = this.#clock.nowMs() + inMs;
    (kind === 'outage' ? this.#outages : this.#blocks).push({ host, fromMs, untilMs: fromMs + lastsMs });
  }

  started(url: string, host: string): void {
    this.requested.add(url);
    this.requests++;
    if (host !== SEC_HOST_KEY) return;
    const nowMs = this.#clock.nowMs();
    this.#secStarts = [...this.#secStarts.filter((atMs) => atMs > nowMs - 1000), nowMs];
    if (this.#secStarts.length > 10) this.violations.push(`${this.#secStarts.length} SEC starts within a second`);
    // Permits that were on their way when the page came are used.
    if (nowMs > this.#pause.fromMs + 60 && nowMs < this.#pause.untilMs)
      this.violations.push(`${url} was requested ${this.#pause.untilMs - nowMs} ms before the end of the SEC's pause`);
  }

  outageBegan(thread: string, host: string): void {
    const lasts = this.declared.some((outage) => isOf(outage, thread, host) && outage.untilMs === Infinity);
    if (lasts) return;
    const sinceMs = this.#failingSinceMs.get(`${thread} ${host}`) ?? this.#clock.nowMs();
    this.declared.push({ thread, host, sinceMs, untilMs: Infinity });
  }

  outageEnded(thread: string, host: string): void {
    for (const outage of this.declared) {
      if (isOf(outage, thread, host)) outage.untilMs = Math.min(outage.untilMs, this.#clock.nowMs());
    }
  }

  /** Forgets what concerns one run only. */
  beginRun(): void {
    this.requested.clear();
    this.hits.clear();
    this.declared.length = 0;
    this.#failingSinceMs.clear();
    this.requests = 0;
    this.crashes = 0;
  }

  /** The run heard that the SEC wants silence. */
  heardThrottled(sentAtMs: number, retryAfterMs: number): void {
    if (sentAtMs <= this.#pause.fromMs) return;
    const nowMs = this.#clock.nowMs();
    this.#pause = { fromMs: nowMs, untilMs: nowMs + Math.max(this.#blockPauseMs, retryAfterMs) };
  }

  /** What a request gets. */
  answer({ url, host, fresh }: SentRequest): Answer {
    const random = this.#random;
    if (!fresh && random.chance(0.03)) return DEAD_CONNECTION;
    if (this.#isIn(this.#outages, host)) return noReply(random);
    if (host === SEC_HOST_KEY && this.#isIn(this.#blocks, host)) {
      this.throttlePages++;
      return throttled(random);
    }
    if (host !== SEC_HOST_KEY && this.#retryAfters > 0 && random.chance(0.05)) {
      this.#retryAfters--;
      const seconds = random.chance(0.8) ? random.within(1, 90) : 1_200;
      const status = random.chance(0.5) ? 429 : 503;
      return { reply: whole(status, '', { 'retry-after': String(seconds) }), sign: 'neutral' };
    }
    if (!fresh && random.chance(0.03)) return { reply: strayReply(this.#anyUrl(), random), sign: 'answered' };
    return this.#ownAnswer(url);
  }

  /** The answer is here. */
  arrived({ url, host, thread, atMs }: SentRequest, sign: Sign): void {
    const nowMs = this.#clock.nowMs();
    const key = `${thread} ${host}`;
    const sinceMs = this.#failingSinceMs.get(key);
    if (sign === 'unreachable') {
      this.outageFailures++;
      this.hits.set(url, [...(this.hits.get(url) ?? []), { thread, atMs: nowMs }]);
      this.#failingSinceMs.set(key, sinceMs ?? nowMs);
    } else if (sign === 'throttled' || (sign === 'answered' && atMs > (sinceMs ?? Infinity)))
      this.#failingSinceMs.delete(key);
  }

  #ownAnswer(url: string): Answer {
    const fate = this.fates.get(url);
    if (fate === undefined) throw new Error(`${url} is not on the list`);
    if (fate.troubles > 0) {
      fate.troubles--;
      return spoiledReply(url, this.#random);
    }
    if (fate.kind === 'missing') return { reply: whole(404, ''), sign: 'answered' };
    if (fate.kind === 'forbidden') return { reply: whole(403, ''), sign: 'answered' };
    return { reply: goodReply(url, this.#random), sign: 'answered' };
  }

  #anyUrl(): string {
    return [...this.fates.keys()][this.#random.within(0, this.fates.size - 1)] ?? '';
  }

  #isIn(windows: readonly Window[], host: string): boolean {
    const nowMs = this.#clock.nowMs();
    return windows.some((window) => window.host === host && nowMs >= window.fromMs && nowMs < window.untilMs);
  }
}

function isOf(outage: { readonly thread: string; readonly host: string }, thread: string, host: string): boolean {
  return outage.thread === thread && outage.host === host;
}
