// Owns the joining of the worker pool with the hosts' gates and the ledger: who may send, what a worker's event means for
// the accounts, and which failures come back because they were an outage.
import { SEC_HOST_KEY, hostKeyOf } from '../edgar/fair-access.ts';
import type { Batch, DocumentRequest } from '../model/document.ts';
import type { Outcome } from '../model/outcome.ts';
import type { RunEnd } from '../model/run-end.ts';
import type { RunEvent } from '../model/run-event.ts';
import type { Pace } from '../model/standing.ts';
import { fateOf, identityOf, type ProcessIdentity } from '../storage/process-identity.ts';
import { SharedFile } from '../storage/shared-file.ts';
import { WorkerPool, type StartThread } from '../worker/pool.ts';
import type { PoolWorker, ThreadNews } from '../worker/pooled-thread.ts';
import type { WorkerSettings } from '../worker/protocol.ts';
import { systemClock, type Clock } from '../model/clock.ts';
import { HeldFailures, type HeldFailure } from './held-failures.ts';
import type { HostBudget } from '../limits/gate-ports.ts';
import { Hosts } from './hosts.ts';
import type { Ledger } from './ledger.ts';
import { OwnBudget } from '../limits/own-budget.ts';
import { SecBudget, type SecBudgetOptions } from '../limits/sec-budget.ts';
import type { RunSettings } from './settings.ts';

/** Requests in flight get so long when a run drains. */
const DRAIN_MS = 30_000;

/** A document is tried for 10 minutes; a Retry-After beyond that is not waited for. */
const PATIENCE_MS = 10 * 60_000;

export interface CrewPorts {
  readonly workerEntry: URL;
  readonly pid: number;
  readonly emit: (event: RunEvent) => void;
  /** Time, threads and the state that runs share: the system's own unless a simulation puts others in their place. */
  readonly clock?: Clock;
  readonly startThread?: StartThread;
  readonly secStateFile?: SecBudgetOptions['file'];
}

export class Crew {
  readonly #settings: RunSettings;
  readonly #destination: string;
  readonly #ports: CrewPorts;
  readonly #ledger: Ledger;
  readonly #end: (end: RunEnd) => void;
  readonly #pool: WorkerPool;
  readonly #hosts: Hosts;
  readonly #clock: Clock;
  readonly #held = new HeldFailures();
  #draining = false;
  #returned: DocumentRequest[] = [];
  /** Permits are spaced for some of the URLs: more threads would only wait for them. */
  #permitsAreScarce: boolean;
  #started = 0;

  constructor(
    settings: RunSettings,
    destination: string,
    ports: CrewPorts,
    ledger: Ledger,
    end: (end: RunEnd) => void,
  ) {
    this.#settings = settings;
    this.#destination = destination;
    this.#ports = ports;
    this.#clock = ports.clock ?? systemClock;
    this.#ledger = ledger;
    this.#end = end;
    this.#permitsAreScarce = settings.otherRate !== undefined;
    this.#pool = this.#openPool();
    this.#hosts = new Hosts({
      gate: { giveUpMs: settings.giveUpMs, patienceMs: PATIENCE_MS },
      clock: this.#clock,
      budgetOf: (host) => this.#budgetOf(host),
      broadcast: (message) => this.#pool.broadcast(message),
      emit: ports.emit,
      onOutage: (host) => this.#takeBack(host),
      end,
    });
  }

  get secPace(): Pace | undefined {
    return this.#hosts.secPace;
  }

  /** Documents that go to the SEC are on their way. */
  expectPermits(): void {
    this.#permitsAreScarce = true;
  }

  /** Resolves when somebody wants a batch; false when `stop` says so. */
  ready(stop: () => boolean): Promise<boolean> {
    return this.#pool.ready(stop);
  }

  assign(batch: Batch): void {
    this.#pool.give(batch);
  }

  /** Documents whose failures were an outage, as a batch. */
  takeReturned(): Batch | undefined {
    if (this.#returned.length === 0) return undefined;
    return { documents: this.#returned.splice(0, this.#settings.batchSize) };
  }

  /** Resolves when everything that was given out has settled; true if there is something to give out again. */
  async settled(): Promise<boolean> {
    await this.#pool.settled();
    if (this.#returned.length > 0) return true;
    this.#settleHeld(() => true);
    return false;
  }

  /** Starts nothing new; what waits is given back, what is in flight goes on. */
  drain(): void {
    this.#draining = true;
    this.#hosts.close();
    for (const { sequence } of [...this.#pool.drain(), ...this.#returned.splice(0)])
      this.#ledger.settle(sequence, { kind: 'left' });
    this.#pool.wake();
  }

  /** Aborts what is in flight too. */
  cancel(): void {
    this.#pool.broadcast({ kind: 'cancel' });
    this.#pool.wake();
  }

  /** Ends all threads in good order, when everything has settled. */
  async close(): Promise<void> {
    this.#hosts.close();
    await this.#pool.close();
  }

  /** Ends all threads at once; may be called more than once. */
  async terminate(): Promise<void> {
    this.#hosts.close();
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
        settingsOf: (name) => this.#workerSettings(name, share(connections, maxWorkers, this.#started++ % maxWorkers)),
        nowMs: () => this.#clock.nowMs(),
        after: (delayMs, callback) => this.#clock.after(delayMs, callback),
        ...(startThread === undefined ? {} : { startThread }),
        mayGrow: () => !this.#permitsAreScarce || (!this.#pool.isStarting && !this.#hosts.anyWaiting),
      },
      {
        onSettled: ({ sequence }, outcome) => this.#settle(sequence, outcome),
        onNews: (worker, news) => this.#onNews(worker, news),
        onGone: (worker) => this.#hosts.forget(worker),
      },
    );
  }

  #workerSettings(name: string, connections: number): WorkerSettings {
    const { http, proxies, connectTimeoutMs, fsync, otherRate } = this.#settings;
    const guardedHosts = otherRate === undefined ? [SEC_HOST_KEY, ...this.#hosts.guardedHosts] : ['*'];
    return {
      name,
      destination: this.#destination,
      connections,
      connectTimeoutMs,
      fsync,
      proxies,
      http,
      guardedHosts,
      outages: this.#hosts.outages,
      drainMs: DRAIN_MS,
    };
  }

  #budgetOf(host: string): HostBudget | undefined {
    const { otherRate } = this.#settings;
    if (host === SEC_HOST_KEY) return this.#secBudget();
    return otherRate === undefined ? undefined : new OwnBudget(this.#clock, otherRate);
  }

  #secBudget(): SecBudget {
    const { pid, emit, secStateFile } = this.#ports;
    const { stateFolder, secRate, blockPauseMs } = this.#settings;
    return new SecBudget({
      file: secStateFile ?? new SharedFile(stateFolder, 'sec-budget.json', pid),
      clock: this.#clock,
      permitsPerSecond: secRate,
      blockPauseMs,
      owner: JSON.stringify(identityOf(pid)),
      isGone: (owner) => fateOf(JSON.parse(owner) as ProcessIdentity) === 'gone',
      warn: (message) => emit({ kind: 'warning', message, always: true }),
    });
  }

  #onNews(worker: PoolWorker, event: ThreadNews): void {
    switch (event.kind) {
      case 'permit-request':
        return this.#hosts.request(worker, event);
      case 'request-ended':
        return this.#hosts.ended(worker, event);
      case 'warning':
        return this.#ports.emit({ kind: 'warning', message: event.message });
      case 'fatal':
        return this.#end({ kind: 'cannot-write', message: event.message });
    }
  }

  #settle(sequence: number, outcome: Outcome): void {
    const address = this.#ledger.addressOf(sequence);
    if (address !== undefined && HeldFailures.isTransport(outcome)) {
      if (this.#hosts.wasInOutage(address, outcome.exchange.startedAtMs)) return this.#giveBack(sequence, outcome);
      if (this.#hosts.isDoubtful(address)) return this.#held.hold(hostKeyOf(new URL(address)), { sequence, outcome });
    }
    if (address !== undefined && outcome.kind === 'saved') this.#hosts.succeed(address, outcome.exchange.startedAtMs);
    this.#settleHeld((host) => !this.#hosts.isDoubtfulHost(host));
    this.#ledger.settle(sequence, outcome);
  }

  #settleHeld(applies: (host: string) => boolean): void {
    for (const { sequence, outcome } of this.#held.release(applies)) this.#ledger.settle(sequence, outcome);
  }

  /** The host answered nobody: its failures are no failures of the documents, which are tried again. */
  #takeBack(host: string): void {
    for (const { sequence, outcome } of this.#held.release((held) => held === host)) this.#giveBack(sequence, outcome);
  }

  #giveBack(sequence: number, outcome: HeldFailure['outcome']): void {
    const { requests, receivedBytes = 0 } = outcome.exchange;
    if (this.#draining) return this.#ledger.settle(sequence, { kind: 'left', requests, receivedBytes });
    const request = this.#ledger.giveBack(sequence, requests, receivedBytes);
    if (request === undefined) return;
    this.#returned.push(request);
    this.#pool.wake();
  }
}

/** The part of `total` that the `rank`th of `parts` gets, as evenly as whole numbers allow. */
function share(total: number, parts: number, rank: number): number {
  return Math.floor(total / parts) + (rank < total % parts ? 1 : 0);
}
