// Owns one run from its first line to its exit code: destination, lock, manifest, provisioner, worker pool, hosts, ledger.
// It prints nothing and touches no global; what it has to say goes to `emit`, what it is told comes through `interrupt`.
import { randomUUID } from 'node:crypto';
import { exitCodeOf, strongerEnd, type RunEnd } from '../model/run-end.ts';
import { CannotWriteError, UsageError } from '../model/errors.ts';
import type { RunEvent } from '../model/run-event.ts';
import { emptyCounts, type RunCounts } from '../model/summary.ts';
import { SEC_HOST_KEY } from '../edgar/fair-access.ts';
import { WorkerPool, type PoolWorker } from '../worker/pool.ts';
import type { WorkerEvent, WorkerSettings } from '../worker/protocol.ts';
import { systemClock } from './clock.ts';
import { Hosts } from './hosts.ts';
import { Ledger } from './ledger.ts';
import { HeldMissing } from './mass-missing.ts';
import { openDestination, readIndex, type OpenDestination } from './open-destination.ts';
import { EvenPace } from './pace.ts';
import { Planner } from './planner.ts';
import { Provisioner } from './provisioner.ts';
import type { RunSettings } from './settings.ts';
import { readUrlList } from './url-list.ts';

/** Requests in flight get so long when a run drains. */
const DRAIN_MS = 30_000;

/** A document is given 10 minutes; a Retry-After beyond that is not waited for. */
const PATIENCE_MS = 10 * 60_000;

export interface RunPorts {
  readonly source: AsyncIterable<Uint8Array>;
  /** How messages call the source. */
  readonly sourceName: string;
  readonly workerEntry: URL;
  readonly version: string;
  readonly pid: number;
  /** Options without secrets, for `runs.jsonl`. */
  readonly optionsForLog: Readonly<Record<string, unknown>>;
  readonly emit: (event: RunEvent) => void;
}

export interface RunResult {
  readonly end: RunEnd;
  readonly exitCode: number;
  readonly counts: RunCounts;
  readonly elapsedMs: number;
  /** The list had no URL at all: nothing was created. */
  readonly emptyList: boolean;
}

export class Run {
  readonly #settings: RunSettings;
  readonly #ports: RunPorts;
  readonly #id = randomUUID();
  readonly #startedAtMs = systemClock.nowMs();
  readonly #provisioner: Provisioner;
  #end: RunEnd = { kind: 'completed' };
  #draining = false;
  /** Permits are spaced for some of the URLs. */
  #limited: boolean;
  #pool: WorkerPool | undefined;
  #hosts: Hosts | undefined;
  #ledger: Ledger | undefined;

  constructor(settings: RunSettings, ports: RunPorts) {
    this.#settings = settings;
    this.#ports = ports;
    this.#limited = settings.otherRate !== undefined;
    this.#provisioner = new Provisioner(readUrlList(ports.source, ports.sourceName), settings.batchSize);
  }

  /** Runs to the end. Rejects with UsageError, DestinationHeldError or CannotWriteError before anything was fetched. */
  async complete(): Promise<RunResult> {
    const first = await this.#provisioner.peek();
    if (first.length === 0) return this.#result(emptyCounts(), true);
    this.#refuseIfSecIsBarred(first);
    const open = openDestination(this.#settings, this.#ports.pid, systemClock.nowMs());
    try {
      return await this.#inDestination(open);
    } finally {
      open.release();
    }
  }

  /** The first call drains; the second ends at once, and what is in flight is left. */
  interrupt(signal: Extract<RunEnd, { kind: 'interrupted' }>['signal']): void {
    const again = this.#draining;
    this.#stop({ kind: 'interrupted', signal });
    const what = again ? 'ending at once' : 'finishing what is in flight; a second signal ends at once';
    this.#ports.emit({ kind: 'warning', message: `${signal}: ${what}` });
    if (again) void this.#pool?.terminate().then(() => this.#pool?.wake());
  }

  async #inDestination(open: OpenDestination): Promise<RunResult> {
    const { emit } = this.#ports;
    if (open.index.unreadable > 0) {
      emit({
        kind: 'warning',
        message: `${open.index.unreadable} lines of the manifest cannot be read and are passed over`,
      });
    }
    const ledger = this.#openLedger(open);
    this.#ledger = ledger;
    const calledOff = this.#limitTime();
    try {
      await this.#download(open, ledger);
    } finally {
      calledOff();
    }
    await ledger.finish();
    await open.writer.close();
    open.removeTemporary();
    if (this.#end.kind === 'cannot-write') await ledger.mend(() => open.reopenWriter());
    const result = this.#result(ledger.counts, false);
    await this.#closeFiles(open, result);
    return result;
  }

  async #download(open: OpenDestination, ledger: Ledger): Promise<void> {
    const pool = this.#openPool(open);
    const hosts = this.#openHosts(pool);
    this.#pool = pool;
    this.#hosts = hosts;
    const validatorsAt = (offset: number): { etag?: string; lastModified?: string } | undefined => {
      const row = open.rows.at(offset);
      if (row?.etag === undefined && row?.lastModified === undefined) return undefined;
      const { etag, lastModified } = row;
      return { ...(etag === undefined ? {} : { etag }), ...(lastModified === undefined ? {} : { lastModified }) };
    };
    const planner = new Planner(this.#settings, open.index, systemClock.nowMs, validatorsAt);
    try {
      await this.#feed(pool, planner, ledger);
      await pool.settled();
      hosts.close();
      await pool.close();
    } finally {
      await pool.terminate();
    }
  }

  async #feed(pool: WorkerPool, planner: Planner, ledger: Ledger): Promise<void> {
    const listener = {
      onSettled: ledger.settlePlan.bind(ledger),
      onFetch: (sequence: number, plan: Parameters<Ledger['open']>[1]): boolean => {
        if (plan.target.contactsSec && this.#settings.secProblem !== undefined) {
          ledger.leave();
          this.#stop({ kind: 'usage', message: this.#settings.secProblem });
          return false;
        }
        if (plan.target.collides) {
          const path = plan.target.paths[0] ?? '';
          this.#ports.emit({
            kind: 'detail',
            level: 'info',
            message: `${plan.entry.url}: its name is taken; saved as ${path}`,
          });
        }
        this.#limited ||= plan.target.contactsSec;
        ledger.open(sequence, plan);
        return true;
      },
    };
    while (await pool.ready(() => this.#draining)) {
      const batch = await this.#nextBatch(planner, listener);
      if (batch === undefined) return;
      if (!this.#draining) pool.assign(batch);
    }
  }

  async #nextBatch(planner: Planner, listener: Parameters<Provisioner['next']>[1]): ReturnType<Provisioner['next']> {
    try {
      return await this.#provisioner.next(planner, listener);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      this.#stop({ kind: 'usage', message: error.message });
      return undefined;
    }
  }

  #openPool(open: OpenDestination): WorkerPool {
    const { workers, connections } = this.#settings;
    const maxWorkers = Math.min(workers, connections);
    let started = 0;
    return new WorkerPool(
      {
        entry: this.#ports.workerEntry,
        maxWorkers,
        settingsOf: (name) => this.#workerSettings(name, open, share(connections, maxWorkers, started++ % maxWorkers)),
        mayGrow: () => this.#mayGrow(),
      },
      {
        onEvent: (worker, event) => this.#onWorkerEvent(worker, event),
        onGone: (worker) => this.#hosts?.forget(worker),
      },
    );
  }

  /** Where permits are scarce another thread would only wait for them too. */
  #mayGrow(): boolean {
    if (this.#hosts === undefined || this.#pool === undefined) return false;
    return !this.#limited || (this.#pool.allSpoke && !this.#hosts.anyWaiting);
  }

  #workerSettings(name: string, open: OpenDestination, connections: number): WorkerSettings {
    const { http, proxies, connectTimeoutMs, fsync, otherRate } = this.#settings;
    const guardedHosts = otherRate === undefined ? [SEC_HOST_KEY, ...(this.#hosts?.guardedHosts ?? [])] : ['*'];
    const { destination } = open;
    return { name, destination, connections, connectTimeoutMs, fsync, proxies, http, guardedHosts, drainMs: DRAIN_MS };
  }

  #openHosts(pool: WorkerPool): Hosts {
    const { blockPauseMs, giveUpMs, secRate, otherRate } = this.#settings;
    return new Hosts({
      gate: { blockPauseMs, giveUpMs, patienceMs: PATIENCE_MS },
      clock: systemClock,
      paceOf: (host) => {
        const rate = host === SEC_HOST_KEY ? secRate : otherRate;
        return rate === undefined ? undefined : new EvenPace(rate);
      },
      broadcast: (message) => pool.broadcast(message),
      emit: this.#ports.emit,
      end: (end) => this.#stop(end),
    });
  }

  #openLedger(open: OpenDestination): Ledger {
    const { mirror, reportUnchanged } = this.#settings;
    return new Ledger({
      run: this.#id,
      destination: open.destination,
      ...(mirror === undefined ? {} : { mirror }),
      index: open.index,
      rows: open.rows,
      writer: open.writer,
      held: new HeldMissing(open.heldMissingPath),
      nowMs: systemClock.nowMs,
      emit: this.#ports.emit,
      reportUnchanged,
      onCannotWrite: (error) => this.#stop({ kind: 'cannot-write', message: error.message }),
    });
  }

  #onWorkerEvent(worker: PoolWorker, event: WorkerEvent): void {
    switch (event.kind) {
      case 'settled':
        if (event.outcome.kind === 'saved') this.#hosts?.succeed(this.#ledger?.addressOf(event.sequence) ?? '');
        this.#ledger?.settle(event.sequence, event.outcome);
        return;
      case 'permit-request':
        return this.#hosts?.request(worker, event);
      case 'request-ended':
        return this.#hosts?.ended(worker, event);
      case 'warning':
        return this.#ports.emit({ kind: 'warning', message: event.message });
      case 'fatal':
        return this.#stop({ kind: 'cannot-write', message: event.message });
      case 'hungry':
        return;
    }
  }

  /** Notes why the run ends and drains it; the strongest reason counts. */
  #stop(end: RunEnd): void {
    this.#end = strongerEnd(this.#end, end);
    const cancel = end.kind === 'cannot-write' || end.kind === 'user-agent-refused';
    if (!this.#draining) {
      this.#draining = true;
      this.#provisioner.stop();
      this.#hosts?.close();
      for (const { sequence } of this.#pool?.takeQuarantine() ?? []) this.#ledger?.settle(sequence, { kind: 'left' });
      this.#pool?.broadcast({ kind: 'drain' });
    }
    if (cancel) this.#pool?.broadcast({ kind: 'cancel' });
    this.#pool?.wake();
  }

  #limitTime(): () => void {
    const { stopAfterMs } = this.#settings;
    if (stopAfterMs === undefined) return () => undefined;
    return systemClock.after(stopAfterMs, () => this.#stop({ kind: 'stopped-after' }));
  }

  /** Nothing is created for a run that could not fetch its first documents. */
  #refuseIfSecIsBarred(first: Awaited<ReturnType<Provisioner['peek']>>): void {
    const { secProblem } = this.#settings;
    if (secProblem === undefined) return;
    const planner = new Planner(
      this.#settings,
      readIndex(this.#settings.destination),
      systemClock.nowMs,
      () => undefined,
    );
    const blocked = first.some((line) => {
      const plan = planner.plan(line);
      return plan.kind === 'fetch' && plan.target.contactsSec;
    });
    if (blocked) throw new UsageError(secProblem);
  }

  async #closeFiles(open: OpenDestination, result: RunResult): Promise<void> {
    try {
      await open.writeClosingFiles({
        id: this.#id,
        version: this.#ports.version,
        startedAt: new Date(this.#startedAtMs).toISOString(),
        endedAt: new Date(systemClock.nowMs()).toISOString(),
        exitCode: result.exitCode,
        end: result.end.kind,
        counts: result.counts,
        options: this.#ports.optionsForLog,
      });
    } catch (error) {
      // A disk that is full was said already; only a first occurrence is news.
      if (!(error instanceof CannotWriteError) || this.#end.kind !== 'cannot-write') throw error;
    }
  }

  #result(counts: RunCounts, emptyList: boolean): RunResult {
    const end = this.#end;
    return {
      end,
      exitCode: exitCodeOf(end, counts),
      counts,
      elapsedMs: systemClock.nowMs() - this.#startedAtMs,
      emptyList,
    };
  }
}

/** The part of `total` that the `rank`th of `parts` gets, as evenly as whole numbers allow. */
function share(total: number, parts: number, rank: number): number {
  return Math.floor(total / parts) + (rank < total % parts ? 1 : 0);
}
