// Owns the accounts of a run: every URL line ends here exactly once, as a count and, where the contract wants one, as a
// manifest row. A document counts as saved only when its row is durable.
import type { Batch, DocumentRequest } from '../model/document.ts';
import { CannotWriteError } from '../model/errors.ts';
import type { Failure } from '../model/failure.ts';
import type { ManifestRow, ReportedRow } from '../model/manifest-row.ts';
import type { Outcome } from '../model/outcome.ts';
import type { RunEvent } from '../model/run-event.ts';
import type { Standing } from '../model/standing.ts';
import { emptyCounts, type RunCounts } from '../model/summary.ts';
import type { Destination } from '../storage/destination.ts';
import type { Manifest } from '../storage/manifest/manifest.ts';
import type { SpilledRows } from '../storage/spilled-rows.ts';
import { asFailed, isMassMissing } from './mass-missing.ts';
import type { ListEntry } from '../plan/planner.ts';
import type { FetchPlan, SettledPlan } from '../plan/provisioner.ts';
import { badLineRow, knownMissingRow, rowOf, unchangedRow } from './rows.ts';

export interface LedgerOptions {
  readonly run: string;
  readonly destination: Pick<Destination, 'undo'>;
  /** Origin of the mirror, if any. */
  readonly mirror?: string | undefined;
  readonly manifest: Manifest;
  /** Rows of what was answered as missing, until the end decides on them. */
  readonly held: SpilledRows;
  readonly nowMs: () => number;
  readonly emit: (event: RunEvent) => void;
  /** Whether the rows of unchanged documents are wanted: each costs a read of the manifest. */
  readonly reportUnchanged: boolean;
  readonly onCannotWrite: (error: CannotWriteError) => void;
}

export class Ledger {
  readonly counts: RunCounts = emptyCounts();
  readonly #options: LedgerOptions;
  readonly #inFlight = new Map<number, FetchPlan>();
  readonly #appending = new Set<Promise<void>>();
  #opened = 0;
  #asked = 0;

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  /** Lines that are answered (the missing before the end decides on them), and those that a server was asked for. */
  get standing(): Pick<Standing, 'done' | 'asked' | 'inFlight' | 'missing'> {
    const inFlight = this.#inFlight.size;
    const missing = this.counts.missingKnown + this.#options.held.count;
    return { done: this.counts.lines - this.counts.left - inFlight, asked: this.#asked, inFlight, missing };
  }

  /** Lines that are fetched, as a worker is told of them: each will settle through `settle`. */
  open(plans: readonly FetchPlan[]): Batch {
    const documents = plans.map((plan) => {
      const sequence = this.#opened++;
      this.counts.lines++;
      this.#inFlight.set(sequence, plan);
      return requestOf(sequence, plan);
    });
    return { documents };
  }

  /** A line that needs no request. */
  settlePlan(plan: SettledPlan): void {
    this.counts.lines++;
    switch (plan.kind) {
      case 'duplicate':
        this.counts.duplicates++;
        return;
      case 'there':
        return this.#unchanged(plan.entry, plan.path);
      case 'known-missing':
        return this.#knownMissing(plan.entry);
      case 'bad': {
        const { run, nowMs } = this.#options;
        const row = badLineRow(plan.entry, plan.message, run, nowMs());
        return this.#append(row, { code: 'invalid-url', message: plan.message, transient: false });
      }
    }
  }

  /** A document that was in flight has settled. */
  settle(sequence: number, outcome: Outcome): void {
    const plan = this.#inFlight.get(sequence);
    if (plan === undefined) throw new Error(`document ${sequence} settled twice, or was never in flight`);
    this.#inFlight.delete(sequence);
    if (outcome.kind === 'left') {
      this.counts.left++;
      this.counts.requests += outcome.requests ?? 0;
      this.counts.wireBytes += outcome.receivedBytes ?? 0;
      return;
    }
    this.#asked++;
    this.counts.requests += outcome.effort.requests;
    this.counts.wireBytes += outcome.effort.receivedBytes ?? outcome.effort.wireBytes ?? 0;
    this.#settleAsked(plan, outcome);
  }

  #settleAsked({ entry, target }: FetchPlan, outcome: AskedOutcome): void {
    const { run, mirror, held } = this.#options;
    const mirrored = mirror !== undefined && target.fetchUrl !== entry.url;
    const context = { run, via: mirrored ? mirror : undefined };
    switch (outcome.kind) {
      case 'confirmed':
        return this.#unchanged(entry, target.paths[0] ?? '');
      case 'saved':
        if (outcome.document.warning !== undefined) this.#warn(`${entry.url}: ${outcome.document.warning}`);
        return this.#append(rowOf(entry, outcome, context), undefined, outcome.document.wasThere);
      case 'missing':
        return this.#guard(() => held.hold(rowOf(entry, outcome, context)));
      case 'failed':
        return this.#append(rowOf(entry, outcome, context), outcome.failure);
    }
  }

  /** Everything has settled: decides on the missing, and waits until every row is durable. */
  async finish(): Promise<void> {
    const { held } = this.#options;
    const suspicious = isMassMissing(held.count, this.#asked);
    if (suspicious) {
      this.#warn(
        `${held.count} of ${this.#asked} documents were answered as missing, so none is marked missing: ` +
          'the SEC has answered 404 to good URLs before; check the User-Agent and run the same command again',
      );
    }
    for await (const row of held.release()) {
      this.#append(suspicious ? asFailed(row) : row, failureOf(row));
      if (this.#appending.size > 1000) await Promise.all(this.#appending);
    }
    await Promise.all(this.#appending);
    for (const sequence of [...this.#inFlight.keys()]) this.settle(sequence, { kind: 'left' });
  }

  #append(row: ManifestRow, failure: Failure | undefined, wasThere = false): void {
    const { manifest } = this.#options;
    // Asked for again after --recheck-missing and missing still: that is no news.
    const isKnown = row.status === 'missing' && manifest.lookUp(row.url).kind === 'missing';
    const appended = manifest.append(row).then(
      () => {
        if (isKnown) this.counts.missingKnown++;
        this.#count(row, failure);
        this.#report(row, failure?.transient ?? false);
      },
      (error: unknown) => this.#notWritten(row, wasThere, error),
    );
    this.#appending.add(appended);
    void appended.finally(() => this.#appending.delete(appended));
  }

  /** What has no row must not stay, but for what stood there before this run. */
  #notWritten({ path, previousSha256 }: ManifestRow, wasThere: boolean, error: unknown): void {
    if (!(error instanceof CannotWriteError)) throw error;
    this.counts.left++;
    if (path !== undefined && !wasThere) this.#options.destination.undo({ path, previousSha256 });
    this.#options.onCannotWrite(error);
  }

  #count(row: ManifestRow, failure: Failure | undefined): void {
    const { counts } = this;
    switch (row.status) {
      case 'saved':
        counts.saved++;
        counts.savedBytes += row.bytes ?? 0;
        if (row.previousSha256 !== undefined) counts.replaced++;
        return;
      case 'missing':
        counts.missing++;
        return;
      case 'failed': {
        counts.failed++;
        if (failure?.transient === true) counts.failedTransient++;
        const code = row.error?.code ?? 'connection';
        counts.failedByCode[code] = (counts.failedByCode[code] ?? 0) + 1;
      }
    }
  }

  #unchanged(entry: ListEntry, path: string): void {
    const { url, line } = entry;
    const { manifest, reportUnchanged } = this.#options;
    this.counts.unchanged++;
    if (reportUnchanged) return this.#report(unchangedRow(entry, manifest.rowOf(url, 'saved'), path), false);
    this.#report({ url, status: 'unchanged', path, line }, false);
  }

  #knownMissing(entry: ListEntry): void {
    const { manifest, reportUnchanged } = this.#options;
    this.counts.missing++;
    this.counts.missingKnown++;
    this.#report(knownMissingRow(entry, reportUnchanged ? manifest.rowOf(entry.url, 'last') : undefined), false);
  }

  #report(row: ReportedRow, transient: boolean): void {
    this.#options.emit({ kind: 'settled', row, transient });
  }

  #warn(message: string): void {
    this.#options.emit({ kind: 'warning', message });
  }

  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (!(error instanceof CannotWriteError)) throw error;
      this.counts.left++;
      this.#options.onCannotWrite(error);
    }
  }
}

function requestOf(sequence: number, { entry, target }: FetchPlan): DocumentRequest {
  const { fetchUrl, paths, owned, existing, validators } = target;
  return { sequence, url: entry.url, fetchUrl, paths, owned, existing, validators };
}

type AskedOutcome = Exclude<Outcome, { kind: 'left' }>;

function failureOf(row: ManifestRow): Failure {
  return { code: 'not-found', message: row.error?.message ?? '', transient: false };
}
