// Owns a worker thread's side of protocol.ts without thread, network and time of its own: permits, outages, the retry
// policy are the real ones, the rest follows batch-runner.ts and download.ts against a simulated world. It may die.
import { createHash } from 'node:crypto';
import { EventEmitter, setMaxListeners } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { MessagePort } from 'node:worker_threads';
import pLimit from 'p-limit';
import { OutageBreaker } from '../../src/limits/outage-breaker.ts';
import type { Fault } from '../../src/model/permits.ts';
import { hostKeyOf } from '../../src/edgar/fair-access.ts';
import { decideRetry } from '../../src/http/retry-policy.ts';
import { transientFailure } from '../../src/model/failure.ts';
import type { DocumentRequest } from '../../src/model/document.ts';
import type { Exchange, Outcome } from '../../src/model/outcome.ts';
import { Outbox } from '../../src/worker/outbox.ts';
import type { ToWorker, WorkerEvent, WorkerSettings } from '../../src/worker/protocol.ts';
import { PacedPermits } from '../../src/worker/paced-permits.ts';
import type { Random, Reply, VirtualClock, World } from './virtual-world.ts';

/** Sends each event by itself, as soon as it happens. */
class DirectOutbox extends Outbox {
  readonly #deliver: (event: WorkerEvent) => void;

  constructor(deliver: (event: WorkerEvent) => void) {
    super({ postMessage: () => undefined } as unknown as MessagePort);
    this.#deliver = deliver;
  }

  override send(event: WorkerEvent): void {
    this.#deliver(event);
  }
}

export interface Surroundings {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly world: World;
  /** Chance that saving a document finds the disk full. */
  readonly fullDisk: number;
  /** Chance that a reply takes the thread down. */
  readonly crash: number;
}

export class SimulatedThread extends EventEmitter {
  readonly #settings: WorkerSettings;
  readonly #around: Surroundings;
  readonly #outbox = new DirectOutbox((event) => this.#deliver(event));
  readonly #paced: PacedPermits;
  readonly #breaker: OutageBreaker;
  readonly #draining = new AbortController();
  /** When the main thread granted each permit. */
  readonly #grantedAtMs = new Map<number, number>();
  readonly #downloads: ReturnType<typeof pLimit>;
  readonly #wakers = new Set<() => void>();
  #toUsAtMs = 0;
  #toThemAtMs = 0;
  #active = 0;
  #unjudged = 0;
  #alone = false;
  #hungry = true;
  #cancelled = false;
  #finishing = false;
  #dead = false;
  #lost = false;

  constructor(settings: WorkerSettings, around: Surroundings) {
    super();
    this.#settings = settings;
    this.#around = around;
    setMaxListeners(0, this.#draining.signal);
    const { clock, world } = around;
    const outbox = this.#outbox;
    this.#paced = new PacedPermits(outbox, settings.pacedHosts, () => clock.nowMs());
    this.#breaker = new OutageBreaker(this.#paced, {
      clock,
      giveUpMs: settings.giveUpMs,
      listener: {
        onPause: (host, untilMs) => {
          world.outageBegan(settings.name, host);
          outbox.onPause(host, untilMs);
        },
        onResume: (host) => {
          world.outageEnded(settings.name, host);
          outbox.onResume(host);
        },
        onGiveUp: (message) => outbox.onGiveUp(message),
      },
    });
    this.#downloads = pLimit(settings.connections);
  }

  postMessage(message: ToWorker): void {
    if (message.kind === 'permit') this.#grantedAtMs.set(message.id, this.#around.clock.nowMs());
    this.#toUsAtMs = this.#inOrder(this.#toUsAtMs, () => {
      if (!this.#dead) this.#take(message);
    });
  }

  terminate(): Promise<number> {
    return new Promise((resolve) => {
      if (this.#dead) return resolve(1);
      this.once('exit', () => resolve(1));
      this.#die(1);
    });
  }

  /** Asked anew after a wait, which the compiler does not see. */
  #isDead(): boolean {
    return this.#dead;
  }

  #isDraining(): boolean {
    return this.#draining.signal.aborted;
  }

  #isCancelled(): boolean {
    return this.#cancelled;
  }

  /** Messages take a moment and never overtake each other. */
  #inOrder(lastMs: number, action: () => void): number {
    const { clock, random } = this.#around;
    const atMs = Math.max(lastMs, clock.nowMs() + random.within(0, 3));
    clock.exactly(atMs - clock.nowMs(), action);
    return atMs;
  }

  #deliver(event: WorkerEvent): void {
    if (this.#dead) return;
    this.#toThemAtMs = this.#inOrder(this.#toThemAtMs, () => {
      if (this.#lost) return;
      if (event.kind === 'request-ended' && event.report.kind === 'throttled')
        this.#around.world.heardThrottled(this.#grantedAtMs.get(event.id ?? -1) ?? 0, event.report.retryAfterMs ?? 0);
      this.emit('message', { events: [event] });
    });
  }

  #die(code: number): void {
    if (this.#dead) return;
    this.#dead = true;
    if (code !== 0) this.#around.world.crashes++;
    this.#lost = code !== 0 && this.#around.random.chance(0.5);
    this.#toThemAtMs = this.#inOrder(this.#toThemAtMs, () => this.emit('exit', code));
  }

  #take(message: ToWorker): void {
    switch (message.kind) {
      case 'batch':
        this.#hungry = false;
        this.#alone = message.alone;
        for (const document of message.batch.documents) void this.#settle(document);
        return this.#tellHunger();
      case 'permit':
        return this.#paced.grant(message.id, message.isFirst);
      case 'permit-refused':
        return this.#paced.refuse(message.id, message.message);
      case 'paced':
        return this.#paced.pace(message.host);
      case 'ping':
        return this.#outbox.send({ kind: 'pong' });
      case 'drain':
        this.#draining.abort();
        for (const wake of this.#wakers) wake();
        return;
      case 'cancel':
        this.#cancelled = true;
        for (const wake of this.#wakers) wake();
        return;
      case 'finish':
        this.#finishing = true;
        return this.#judge();
      case 'close':
        return this.#die(0);
    }
  }

  async #settle(document: DocumentRequest): Promise<void> {
    this.#active++;
    const outcome = await this.#download(document);
    if (this.#dead) return;
    this.#outbox.send({ kind: 'settled', sequence: document.sequence, outcome });
    this.#active--;
    this.#tellHunger();
    this.#judge();
  }

  #tellHunger(): void {
    if (this.#hungry || this.#isDraining()) return;
    const free = this.#settings.connections - this.#downloads.activeCount;
    if (this.#downloads.pendingCount >= free) return;
    this.#hungry = true;
    this.#outbox.send({ kind: 'hungry' });
  }

  async #download(document: DocumentRequest): Promise<Outcome> {
    const { clock, random } = this.#around;
    const host = hostKeyOf(new URL(document.fetchUrl));
    const startedAtMs = clock.nowMs();
    const charged: (Fault | undefined)[] = [];
    const account = { requests: 0, waitedMs: 0 };
    const exchange = (): Exchange => ({
      attempts: charged.filter((fault) => fault?.whose !== 'host').length,
      requests: account.requests,
      startedAtMs,
      settledAtMs: clock.nowMs(),
    });
    for (;;) {
      const reply = await this.#downloads(() => this.#attempt(document, host, account));
      if (reply === undefined) return { kind: 'left', requests: account.requests };
      if (reply.kind === 'held') continue;
      const unanswered = reply.kind === 'failed' && ['connection', 'truncated'].includes(reply.failure.code);
      charged.push(unanswered ? this.#breaker.faultOf(host, reply.sentAtMs) : undefined);
      if (reply.kind === 'document') return this.#save(document, reply.body, exchange());
      if (reply.kind === 'missing') return { kind: 'missing', failure: reply.failure, exchange: exchange() };
      const decide = (): ReturnType<typeof decideRetry> =>
        decideRetry({
          failure: reply.failure,
          attempts: exchange().attempts,
          maxRetries: this.#settings.http.retries,
          spentMs: clock.nowMs() - startedAtMs - account.waitedMs,
          random: random.next(),
        });
      let decision = decide();
      for (const fault of charged) {
        if (decision.kind !== 'settle' || !unanswered || fault?.whose !== 'open') continue;
        const sinceMs = clock.nowMs();
        if (!(await this.#decided(fault))) return { kind: 'left', requests: account.requests };
        account.waitedMs += clock.nowMs() - sinceMs;
        decision = decide();
      }
      if (decision.kind === 'settle') return { kind: 'failed', failure: reply.failure, exchange: exchange() };
      await this.#sleep(decision.delayMs);
      if (this.#isDraining()) return { kind: 'left', requests: account.requests };
    }
  }

  async #decided(fault: Fault): Promise<boolean> {
    if (this.#isDraining()) return false;
    this.#unjudged++;
    this.#tellHunger();
    this.#judge();
    let wake: () => void = () => undefined;
    const drained = new Promise<void>((resolve) => (wake = resolve));
    this.#wakers.add(wake);
    await Promise.race([fault.decided, drained]);
    this.#wakers.delete(wake);
    this.#unjudged--;
    return !this.#isDraining();
  }

  #judge(): void {
    if ((this.#finishing || this.#alone) && this.#unjudged === this.#active) this.#breaker.blameDocuments();
  }

  /** Undefined if the document is left. */
  async #attempt(
    document: DocumentRequest,
    host: string,
    account: { requests: number; waitedMs: number },
  ): Promise<(Reply & { readonly sentAtMs: number }) | undefined> {
    const { world, random, clock } = this.#around;
    if (this.#isDraining() || this.#cancelled) return undefined;
    const answer = await this.#breaker.acquire(host, this.#draining.signal);
    if (answer.kind === 'refused') {
      if (answer.because === 'drain') return undefined;
      const failure = transientFailure('http-status', answer.message);
      return { kind: 'failed', failure, report: { kind: 'answered' }, sentAtMs: clock.nowMs() };
    }
    account.waitedMs += answer.waitedMs;
    if (this.#dead) return new Promise(() => undefined);
    account.requests++;
    const sentAtMs = clock.nowMs();
    world.started(document.url, host);
    await this.#sleep(random.chance(0.05) ? random.within(1_000, 20_000) : random.within(20, 600), true);
    if (this.#isDead()) return new Promise(() => undefined);
    if (this.#isCancelled()) {
      answer.permit.ended({ kind: 'cancelled' });
      return undefined;
    }
    if (world.fates.get(document.url)?.kind === 'poison' || random.chance(this.#around.crash)) {
      this.#die(7);
      return new Promise(() => undefined);
    }
    const reply = world.reply(document.url, host, this.#settings.name, sentAtMs);
    answer.permit.ended(reply.report);
    return { ...reply, sentAtMs };
  }

  #sleep(delayMs: number, untilCancelled = false): Promise<void> {
    if (this.#cancelled || (this.#isDraining() && !untilCancelled)) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        if (untilCancelled && !this.#cancelled) return;
        end();
      };
      const end = (): void => {
        callOff();
        this.#wakers.delete(wake);
        resolve();
      };
      const callOff = this.#around.clock.after(delayMs, end);
      this.#wakers.add(wake);
    });
  }

  #save(document: DocumentRequest, body: string, exchange: Exchange): Outcome {
    if (this.#around.random.chance(this.#around.fullDisk)) {
      this.#outbox.send({ kind: 'fatal', message: 'cannot write: the disk is full (simulated)' });
      return { kind: 'left', requests: exchange.requests };
    }
    const sha256 = createHash('sha256').update(body).digest('hex');
    const { destination } = this.#settings;
    for (const path of document.paths) {
      const full = join(destination, path);
      const there = existsSync(full);
      if (there && readFileSync(full, 'utf8') !== body) continue;
      if (!there) {
        mkdirSync(dirname(full), { recursive: true });
        writeFileSync(full, body);
      }
      const wasThere = there ? ({ wasThere: true } as const) : {};
      return { kind: 'saved', exchange, document: { path, bytes: Buffer.byteLength(body), sha256, ...wasThere } };
    }
    throw new Error(`no path is free for ${document.url}`);
  }
}
