// Owns the workers of a run that are threads of this process: it joins the pool with the limits, so that a thread gets a permit
// for each request, and says what a thread's news mean for the run.
import { hostKeyOf, SEC_HOST_KEY } from '../edgar/fair-access.ts';
import type { Batch } from '../model/document.ts';
import type { RunEvent } from '../model/run-event.ts';
import type { Pace } from '../model/standing.ts';
import { fateOf, identityOf, type ProcessIdentity } from '../storage/process-identity.ts';
import { SEC_STATE_FILE, SharedFile } from '../storage/shared-file.ts';
import { WorkerPool, type StartThread } from '../worker/pool.ts';
import type { PoolWorker, ThreadNews } from '../worker/pooled-thread.ts';
import type { WorkerSettings } from '../worker/protocol.ts';
import { systemClock, type Clock } from '../model/clock.ts';
import { Limits } from '../limits/limits.ts';
import { RateLimiter, type RateLimiterOptions } from '../limits/rate-limiter.ts';
import { Outages } from './outages.ts';
import { PermitServer } from './permit-server.ts';
import type { RunSettings } from './settings.ts';
import type { Workers, WorkersListener } from './workers.ts';

/** Requests in flight get so long when a run drains. */
const DRAIN_MS = 30_000;

/** A document is tried for 10 minutes; a Retry-After beyond that is not waited for. */
const PATIENCE_MS = 10 * 60_000;

export interface LocalWorkersPorts {
  readonly workerEntry: URL;
  readonly pid: number;
  readonly emit: (event: RunEvent) => void;
  /** Time, threads and the state that runs share: the system's own unless a simulation puts others in their place. */
  readonly clock?: Clock;
  readonly startThread?: StartThread;
  readonly secStateFile?: RateLimiterOptions['file'];
}

export class LocalWorkers implements Workers {
  readonly #settings: RunSettings;
  readonly #destination: string;
  readonly #ports: LocalWorkersPorts;
  readonly #listener: WorkersListener;
  readonly #pool: WorkerPool;
  readonly #limits: Limits;
  readonly #permits: PermitServer;
  readonly #outages: Outages;
  readonly #clock: Clock;
  /** Permits are spaced for some of the URLs: more threads would only wait for them. */
  #permitsAreScarce: boolean;
  #started = 0;
  #draining = false;

  constructor(settings: RunSettings, destination: string, ports: LocalWorkersPorts, listener: WorkersListener) {
    this.#settings = settings;
    this.#destination = destination;
    this.#ports = ports;
    this.#clock = ports.clock ?? systemClock;
    this.#listener = listener;
    this.#permitsAreScarce = settings.otherRate !== undefined;
    this.#pool = this.#openPool();
    this.#limits = new Limits({
      gate: { giveUpMs: settings.giveUpMs, patienceMs: PATIENCE_MS },
      clock: this.#clock,
      limiterOf: (host) => this.#limiterOf(host),
      emit: ports.emit,
      end: (end) => listener.onEnd(end),
    });
    const pacedHosts = [settings.otherRate === undefined ? SEC_HOST_KEY : '*'];
    this.#permits = new PermitServer(this.#limits, pacedHosts, (message) => this.#pool.broadcast(message));
    this.#outages = new Outages(ports.emit);
  }

  get secPace(): Pace | undefined {
    return this.#limits.secPace;
  }

  ready(): Promise<boolean> {
    return this.#pool.ready(() => this.#draining);
  }

  give(batch: Batch): void {
    this.#permitsAreScarce ||= batch.documents.some(({ fetchUrl }) => hostKeyOf(new URL(fetchUrl)) === SEC_HOST_KEY);
    this.#pool.give(batch);
  }

  idle(): Promise<void> {
    return this.#pool.settled();
  }

  drain(): void {
    this.#draining = true;
    this.#limits.close();
    for (const document of this.#pool.drain()) this.#listener.onSettled(document, { kind: 'left' });
    this.#pool.wake();
  }

  cancel(): void {
    this.#pool.broadcast({ kind: 'cancel' });
    this.#pool.wake();
  }

  async close(): Promise<void> {
    this.#limits.close();
    await this.#pool.close();
  }

  async terminate(): Promise<void> {
    this.#limits.close();
    await this.#pool.terminate();
    this.#pool.wake();
  }

  #openPool(): WorkerPool {
    const { workers, connections } = this.#settings;
    const { workerEntry, startThread } = this.#ports;
    const maxWorkers = Math.min(workers, connections);
    return new WorkerPool(
      {
        entry: workerEntry,
        maxWorkers,
        settingsOf: (name) => this.#workerSettings(name, maxWorkers),
        nowMs: () => this.#clock.nowMs(),
        after: (delayMs, callback) => this.#clock.after(delayMs, callback),
        ...(startThread === undefined ? {} : { startThread }),
        mayGrow: () => !this.#permitsAreScarce || (!this.#pool.isStarting && !this.#anyoneWaits),
      },
      {
        onSettled: (document, outcome) => this.#listener.onSettled(document, outcome),
        onNews: (worker, news) => this.#onNews(worker, news),
        onGone: (worker) => {
          this.#permits.forget(worker);
          this.#outages.forget(worker);
        },
      },
    );
  }

  /** More threads would only wait too. */
  get #anyoneWaits(): boolean {
    return this.#limits.anyWaiting || this.#outages.any;
  }

  #workerSettings(name: string, threads: number): WorkerSettings {
    const { connections, http, proxies, connectTimeoutMs, fsync, giveUpMs } = this.#settings;
    return {
      name,
      destination: this.#destination,
      threads,
      connections: share(connections, threads, this.#started++ % threads),
      connectTimeoutMs,
      fsync,
      proxies,
      http,
      pacedHosts: this.#permits.pacedHosts,
      giveUpMs,
      drainMs: DRAIN_MS,
    };
  }

  #limiterOf(host: string): RateLimiter | undefined {
    const { otherRate } = this.#settings;
    if (host === SEC_HOST_KEY) return this.#secLimiter();
    return otherRate === undefined ? undefined : RateLimiter.ofOneRun(this.#clock, otherRate);
  }

  #secLimiter(): RateLimiter {
    const { pid, emit, secStateFile } = this.#ports;
    const { stateFolder, secRate, blockPauseMs } = this.#settings;
    return new RateLimiter({
      file: secStateFile ?? new SharedFile(stateFolder, SEC_STATE_FILE, pid),
      clock: this.#clock,
      permitsPerSecond: secRate,
      blockPauseMs,
      owner: JSON.stringify(identityOf(pid)),
      isGone: (owner) => fateOf(JSON.parse(owner) as ProcessIdentity) === 'gone',
      warn: (message) => emit({ kind: 'warning', message, always: true }),
    });
  }

  #onNews(worker: PoolWorker, news: ThreadNews): void {
    switch (news.kind) {
      case 'permit-request':
        return void this.#permits.request(worker, news);
      case 'request-ended':
        return this.#permits.ended(worker, news);
      case 'outage':
        return this.#outages.take(worker, news);
      case 'gave-up':
        return this.#listener.onEnd({ kind: 'gave-up', message: news.message });
      case 'warning':
        return this.#ports.emit({ kind: 'warning', message: news.message });
      case 'fatal':
        return this.#listener.onEnd({ kind: 'cannot-write', message: news.message });
    }
  }
}

/** The part of `total` that the `rank`th of `parts` gets, as evenly as whole numbers allow. */
function share(total: number, parts: number, rank: number): number {
  return Math.floor(total / parts) + (rank < total % parts ? 1 : 0);
}
