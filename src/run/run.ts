// Owns one run from its first line to its exit code: it opens the destination, feeds the pool, hears what happens, decides
// why the run ends, and closes. It prints nothing and touches no global; what it has to say goes to `emit`.
import { randomUUID } from 'node:crypto';
import { CannotWriteError, UsageError } from '../model/errors.ts';
import { exitCodeOf, strongerEnd, type RunEnd } from '../model/run-end.ts';
import type { Standing } from '../model/standing.ts';
import { emptyCounts, type RunCounts } from '../model/summary.ts';
import { systemClock, type Clock } from '../model/clock.ts';
import { Ledger } from './ledger.ts';
import type { Destination } from '../storage/destination.ts';
import { FolderDestination } from '../storage/folder/folder-destination.ts';
import { openFolder, type OpenFolder } from '../storage/folder/open-folder.ts';
import { Planner } from '../plan/planner.ts';
import { ListReader } from '../plan/list-reader.ts';
import { provision, type FetchPlan, type Provision } from '../plan/provisioner.ts';
import type { LeftStanding } from '../storage/standing-file.ts';
import { refuseBarredList, whyBarred } from './sec-barrier.ts';
import type { RunSettings } from './settings.ts';
import type { RunPorts, RunResult } from './run-ports.ts';
import type { Workers } from './workers.ts';

type InterruptSignal = Extract<RunEnd, { kind: 'interrupted' }>['signal'];

export class Run {
  readonly #settings: RunSettings;
  readonly #ports: RunPorts;
  readonly #id = randomUUID();
  readonly #clock: Clock;
  readonly #startedAtMs: number;
  readonly #list: ListReader;
  #end: RunEnd = { kind: 'completed' };
  #draining = false;
  #interrupted = false;
  #outputLost = false;
  #workers: Workers | undefined;
  #ledger: Ledger | undefined;

  constructor(settings: RunSettings, ports: RunPorts) {
    this.#settings = settings;
    this.#ports = ports;
    this.#clock = ports.clock ?? systemClock;
    this.#startedAtMs = this.#clock.nowMs();
    this.#list = new ListReader(ports.lines);
  }

  /** Runs to the end. Rejects with UsageError, DestinationHeldError or CannotWriteError before anything was fetched. */
  async complete(): Promise<RunResult> {
    const callOff = this.#limitTime();
    try {
      const first = await this.#list.peek(this.#settings.batchSize);
      if (this.#draining) return this.#result(emptyCounts(), false);
      if (first.length === 0) return this.#result(emptyCounts(), true);
      refuseBarredList(first, this.#settings);
      const open = openFolder(this.#settings, this.#ports.pid, this.#clock.nowMs());
      try {
        const result = await this.#inDestination(open);
        return { ...result, elapsedMs: this.#clock.nowMs() - this.#startedAtMs };
      } catch (error) {
        if (error instanceof UsageError) open.leaveAsFound();
        throw error;
      } finally {
        await open.release();
      }
    } finally {
      callOff();
      this.#list.stop();
    }
  }

  /** How far it is; undefined before the destination is open. */
  standing(): Standing | undefined {
    if (this.#ledger === undefined) return undefined;
    const { failed, savedBytes: bytes } = this.#ledger.counts;
    const lines = this.#list.length;
    const pace = this.#workers?.secPace;
    return {
      ...this.#ledger.standing,
      failed,
      bytes,
      draining: this.#draining,
      ...(lines === undefined ? {} : { lines }),
      ...(pace === undefined ? {} : { pace }),
    };
  }

  #standingToLeave(): LeftStanding | undefined {
    const standing = this.standing();
    if (standing === undefined) return undefined;
    const lines = standing.lines ?? this.#ports.listLength?.();
    const startedAt = new Date(this.#startedAtMs).toISOString();
    const at = new Date(this.#clock.nowMs()).toISOString();
    return { run: this.#id, startedAt, at, ...standing, ...(lines === undefined ? {} : { lines }) };
  }

  /** The first signal drains; the second ends at once, and what is in flight is left. */
  interrupt(signal: Exclude<InterruptSignal, 'closed-stdout'>): void {
    const again = this.#interrupted;
    this.#interrupted = true;
    this.#stop({ kind: 'interrupted', signal });
    const what = again ? 'ending at once' : 'finishing what is in flight; a second signal ends at once';
    this.#ports.emit({ kind: 'warning', message: `${signal}: ${what}` });
    if (again) void this.#workers?.terminate();
  }

  /** Rows cannot be printed any more: nobody reads them (undefined), or for that reason. Drains; more calls change nothing. */
  loseOutput(reason: string | undefined): void {
    if (this.#outputLost) return;
    this.#outputLost = true;
    if (reason !== undefined) return this.#stop({ kind: 'cannot-write', message: reason });
    this.#stop({ kind: 'interrupted', signal: 'closed-stdout' });
    this.#warn('nobody reads stdout any more: finishing what is in flight');
  }

  async #inDestination(open: OpenFolder): Promise<RunResult> {
    const { unreadable } = open.manifest;
    if (unreadable > 0) this.#warn(`${unreadable} lines of the manifest cannot be read and are passed over`);
    const { lookEntry } = this.#ports;
    const destination = new FolderDestination(open.path, { lookEntry });
    const ledger = this.#openLedger(open, destination);
    this.#ledger = ledger;
    open.leaveStanding(() => this.#standingToLeave());
    try {
      await this.#download(open, destination, ledger);
    } finally {
      destination.close();
    }
    await ledger.finish();
    open.removeTemporary();
    const result = this.#result(ledger.counts, false);
    const { lines, left } = result.counts;
    if (result.end.kind === 'usage' && left === lines) throw new UsageError(result.end.message);
    await this.#closeFiles(open, result);
    return result;
  }

  async #download(open: OpenFolder, destination: Destination, ledger: Ledger): Promise<void> {
    const workers = this.#ports.openWorkers(open.path, {
      onSettled: (document, outcome) => ledger.settle(document.sequence, outcome),
      onEnd: (end) => this.#stop(end),
    });
    this.#workers = workers;
    if (this.#draining) workers.drain();
    const planner = new Planner(this.#settings, open.manifest, destination, () => this.#clock.nowMs());
    try {
      const batches = provision(this.#list, planner, this.#settings.batchSize);
      await this.#feed(workers, batches, ledger);
      await workers.idle();
      await workers.close();
    } finally {
      await workers.terminate();
    }
  }

  async #feed(workers: Workers, batches: ReturnType<typeof provision>, ledger: Ledger): Promise<void> {
    while (await workers.ready()) {
      const value = await this.#next(batches);
      if (value === undefined) return;
      const barred = whyBarred(value.batch, this.#settings);
      if (barred !== undefined && ledger.counts.lines === 0) throw new UsageError(barred);
      if (barred !== undefined) this.#stop({ kind: 'usage', message: barred });
      for (const plan of value.settled) ledger.settlePlan(plan);
      const batch = ledger.open(value.batch);
      if (value.batch.length === 0 || this.#draining) continue;
      this.#announce(value.batch);
      workers.give(batch);
    }
  }

  #announce(batch: readonly FetchPlan[]): void {
    for (const { entry, target } of batch) {
      if (!target.collides) continue;
      const message = `${entry.url}: its name is taken; saved as ${target.paths[0] ?? ''}`;
      this.#ports.emit({ kind: 'detail', level: 'info', message });
    }
  }

  /** The next provision; undefined at the end of the list, and where it cannot be read on. */
  async #next(batches: ReturnType<typeof provision>): Promise<Provision | undefined> {
    try {
      const { value } = await batches.next();
      return value ?? undefined;
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      this.#stop({ kind: 'usage', message: error.message });
      return undefined;
    }
  }

  #openLedger({ manifest, held }: OpenFolder, destination: Destination): Ledger {
    const { mirror, reportUnchanged } = this.#settings;
    return new Ledger({
      run: this.#id,
      destination,
      mirror,
      manifest,
      held,
      nowMs: () => this.#clock.nowMs(),
      emit: this.#ports.emit,
      reportUnchanged,
      onCannotWrite: (error) => this.#stop({ kind: 'cannot-write', message: error.message }),
    });
  }

  /** Notes why the run ends and drains it; the strongest reason counts. */
  #stop(end: RunEnd): void {
    this.#end = strongerEnd(this.#end, end);
    if (!this.#draining) {
      this.#draining = true;
      this.#list.stop();
      this.#workers?.drain();
    }
    if (end.kind === 'cannot-write' || end.kind === 'user-agent-refused') this.#workers?.cancel();
  }

  #limitTime(): () => void {
    const { stopAfterMs } = this.#settings;
    if (stopAfterMs === undefined) return () => undefined;
    return this.#clock.after(stopAfterMs, () => this.#stop({ kind: 'stopped-after' }));
  }

  async #closeFiles(open: OpenFolder, result: RunResult): Promise<void> {
    try {
      await open.writeClosingFiles({
        id: this.#id,
        version: this.#ports.version,
        startedAt: new Date(this.#startedAtMs).toISOString(),
        endedAt: new Date(this.#clock.nowMs()).toISOString(),
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

  #warn(message: string): void {
    this.#ports.emit({ kind: 'warning', message });
  }

  #result(counts: RunCounts, emptyList: boolean): RunResult {
    // --stop-after that came when all was done stopped nothing.
    const stopped = this.#end.kind !== 'stopped-after' || counts.left > 0 || counts.lines !== this.#list.length;
    const end: RunEnd = stopped ? this.#end : { kind: 'completed' };
    const elapsedMs = this.#clock.nowMs() - this.#startedAtMs;
    return { end, exitCode: exitCodeOf(end, counts), counts, elapsedMs, emptyList };
  }
}
