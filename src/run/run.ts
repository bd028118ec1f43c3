// Owns one run from its first line to its exit code: it opens the destination, feeds the pool, hears what happens, decides
// why the run ends, and closes. It prints nothing and touches no global; what it has to say goes to `emit`.
import { randomUUID } from 'node:crypto';
import { CannotWriteError, UsageError } from '../model/errors.ts';
import { exitCodeOf, strongerEnd, type RunEnd } from '../model/run-end.ts';
import type { Standing } from '../model/standing.ts';
import { emptyCounts, type RunCounts } from '../model/summary.ts';
import { systemClock, type Clock } from '../model/clock.ts';
import { Crew, type CrewPorts } from './crew.ts';
import { Ledger } from './ledger.ts';
import { HeldMissing } from './mass-missing.ts';
import { openDestination, readIndex, type OpenDestination } from './open-destination.ts';
import { judgeLine } from '../plan/list-line.ts';
import { Planner } from '../plan/planner.ts';
import { Provisioner, type FetchPlan } from '../plan/provisioner.ts';
import type { RunSettings } from './settings.ts';
import type { ListLine } from '../plan/url-list.ts';
import { validatorsOf } from './rows.ts';

export interface RunPorts extends CrewPorts {
  readonly lines: AsyncGenerator<ListLine[], void>;
  readonly version: string;
  /** Entry of the thread that helps with long lists, if there is one. */
  readonly lookEntry?: URL;
  /** Options without secrets, for `runs.jsonl`. */
  readonly optionsForLog: Readonly<Record<string, unknown>>;
}

export interface RunResult {
  readonly end: RunEnd;
  readonly exitCode: number;
  readonly counts: RunCounts;
  readonly elapsedMs: number;
  /** The list had no URL at all: nothing was created. */
  readonly emptyList: boolean;
}

type InterruptSignal = Extract<RunEnd, { kind: 'interrupted' }>['signal'];

export class Run {
  readonly #settings: RunSettings;
  readonly #ports: RunPorts;
  readonly #id = randomUUID();
  readonly #clock: Clock;
  readonly #startedAtMs: number;
  readonly #provisioner: Provisioner;
  #end: RunEnd = { kind: 'completed' };
  #draining = false;
  #interrupted = false;
  #outputLost = false;
  #crew: Crew | undefined;
  #ledger: Ledger | undefined;

  constructor(settings: RunSettings, ports: RunPorts) {
    this.#settings = settings;
    this.#ports = ports;
    this.#clock = ports.clock ?? systemClock;
    this.#startedAtMs = this.#clock.nowMs();
    this.#provisioner = new Provisioner(ports.lines, settings.batchSize);
  }

  /** Runs to the end. Rejects with UsageError, DestinationHeldError or CannotWriteError before anything was fetched. */
  async complete(): Promise<RunResult> {
    const callOff = this.#limitTime();
    try {
      const first = await this.#provisioner.peek();
      if (this.#draining) return this.#result(emptyCounts(), false);
      if (first.length === 0) return this.#result(emptyCounts(), true);
      this.#refuseIfSecIsBarred(first);
      const open = openDestination(this.#settings, this.#ports.pid, this.#clock.nowMs());
      try {
        const result = await this.#inDestination(open);
        return { ...result, elapsedMs: this.#clock.nowMs() - this.#startedAtMs };
      } finally {
        open.release();
      }
    } finally {
      callOff();
      this.#provisioner.stop();
    }
  }

  /** How far it is; undefined before the destination is open. */
  standing(): Standing | undefined {
    if (this.#ledger === undefined) return undefined;
    const { lines, failed, savedBytes: bytes } = this.#ledger.counts;
    const pace = this.#crew?.secPace;
    return {
      ...this.#ledger.standing,
      failed,
      bytes,
      draining: this.#draining,
      ...(this.#provisioner.exhausted ? { lines } : {}),
      ...(pace === undefined ? {} : { pace }),
    };
  }

  /** The first signal drains; the second ends at once, and what is in flight is left. */
  interrupt(signal: Exclude<InterruptSignal, 'closed-stdout'>): void {
    const again = this.#interrupted;
    this.#interrupted = true;
    this.#stop({ kind: 'interrupted', signal });
    const what = again ? 'ending at once' : 'finishing what is in flight; a second signal ends at once';
    this.#ports.emit({ kind: 'warning', message: `${signal}: ${what}` });
    if (again) void this.#crew?.terminate();
  }

  /** Rows cannot be printed any more: nobody reads them (undefined), or for that reason. Drains; more calls change nothing. */
  loseOutput(reason: string | undefined): void {
    if (this.#outputLost) return;
    this.#outputLost = true;
    if (reason !== undefined) return this.#stop({ kind: 'cannot-write', message: reason });
    this.#stop({ kind: 'interrupted', signal: 'closed-stdout' });
    this.#warn('nobody reads stdout any more: finishing what is in flight');
  }

  async #inDestination(open: OpenDestination): Promise<RunResult> {
    const { unreadable } = open.index;
    if (unreadable > 0) this.#warn(`${unreadable} lines of the manifest cannot be read and are passed over`);
    const ledger = this.#openLedger(open);
    this.#ledger = ledger;
    await this.#download(open, ledger);
    await ledger.finish();
    await open.writer.close();
    open.removeTemporary();
    await ledger.mend(() => open.reopenWriter());
    const result = this.#result(ledger.counts, false);
    await this.#closeFiles(open, result);
    return result;
  }

  async #download(open: OpenDestination, ledger: Ledger): Promise<void> {
    const crew = new Crew(this.#settings, open.destination, this.#ports, ledger, (end) => this.#stop(end));
    this.#crew = crew;
    const planner = new Planner(
      this.#settings,
      open.index,
      () => this.#clock.nowMs(),
      (offset) => validatorsOf(open.rows.at(offset)),
      this.#ports.lookEntry,
    );
    try {
      // Failures that turn out to be an outage come back and are given out again.
      do await this.#feed(crew, planner, ledger);
      while (await crew.settled());
      await crew.close();
    } finally {
      planner.close();
      await crew.terminate();
    }
  }

  async #feed(crew: Crew, planner: Planner, ledger: Ledger): Promise<void> {
    const listener = {
      onSettled: ledger.settlePlan.bind(ledger),
      onFetch: (sequence: number, plan: FetchPlan) => this.#mayFetch(sequence, plan, crew, ledger),
    };
    while (await crew.ready(() => this.#draining)) {
      const batch = crew.takeReturned() ?? (await this.#nextBatch(planner, listener));
      if (batch === undefined) return;
      if (!this.#draining) crew.assign(batch);
    }
  }

  #mayFetch(sequence: number, plan: FetchPlan, crew: Crew, ledger: Ledger): boolean {
    const { contactsSec, collides, paths } = plan.target;
    if (contactsSec && this.#settings.secProblem !== undefined) {
      ledger.leave();
      this.#stop({ kind: 'usage', message: this.#settings.secProblem });
      return false;
    }
    if (collides) {
      const message = `${plan.entry.url}: its name is taken; saved as ${paths[0] ?? ''}`;
      this.#ports.emit({ kind: 'detail', level: 'info', message });
    }
    if (contactsSec) crew.expectPermits();
    ledger.open(sequence, plan);
    return true;
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
      this.#provisioner.stop();
      this.#crew?.drain();
    }
    if (end.kind === 'cannot-write' || end.kind === 'user-agent-refused') this.#crew?.cancel();
  }

  #limitTime(): () => void {
    const { stopAfterMs } = this.#settings;
    if (stopAfterMs === undefined) return () => undefined;
    return this.#clock.after(stopAfterMs, () => this.#stop({ kind: 'stopped-after' }));
  }

  /** Nothing is created for a run that may not fetch its first documents. */
  #refuseIfSecIsBarred(first: Awaited<ReturnType<Provisioner['peek']>>): void {
    const { secProblem, destination, mirror } = this.#settings;
    if (secProblem === undefined || mirror !== undefined || !first.some(isOfSec)) return;
    const planner = new Planner(
      this.#settings,
      readIndex(destination),
      () => this.#clock.nowMs(),
      () => undefined,
    );
    const barred = first.some((line) => {
      const plan = planner.plan(line);
      return plan.kind === 'fetch' && plan.target.contactsSec;
    });
    if (barred) throw new UsageError(secProblem);
  }

  async #closeFiles(open: OpenDestination, result: RunResult): Promise<void> {
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
    const stopped = this.#end.kind !== 'stopped-after' || counts.left > 0 || !this.#provisioner.exhausted;
    const end: RunEnd = stopped ? this.#end : { kind: 'completed' };
    const elapsedMs = this.#clock.nowMs() - this.#startedAtMs;
    return { end, exitCode: exitCodeOf(end, counts), counts, elapsedMs, emptyList };
  }
}

function isOfSec(line: ListLine): boolean {
  const verdict = judgeLine(line);
  return verdict.valid && verdict.sec;
}
