// Owns how an outcome becomes a manifest row: one literal in the order of docs/format.md. What is undefined is left out
// when it is written.
import type { ManifestRow, ReportedRow } from '../model/manifest-row.ts';
import type { Outcome } from '../model/outcome.ts';
import type { ListEntry } from '../plan/planner.ts';
import { ROW_FIELDS } from '../storage/manifest/manifest-parse.ts';

export interface RowContext {
  readonly run: string;
  /** Origin of the mirror that was asked instead of the SEC. */
  readonly via?: string | undefined;
}

type RowOutcome = Extract<Outcome, { kind: 'saved' | 'missing' | 'failed' }>;

export function rowOf(entry: ListEntry, outcome: RowOutcome, { run, via }: RowContext): ManifestRow {
  const { effort } = outcome;
  const document = outcome.kind === 'saved' ? outcome.document : undefined;
  const failure = outcome.kind === 'saved' ? undefined : outcome.failure;
  return {
    url: entry.url,
    status: outcome.kind,
    path: document?.path,
    bytes: document?.bytes,
    sha256: document?.sha256,
    httpStatus: effort.httpStatus,
    wireBytes: effort.wireBytes,
    etag: document?.etag,
    lastModified: document?.lastModified,
    root: document?.root,
    attempts: effort.attempts,
    requests: effort.requests,
    startedAt: new Date(effort.startedAtMs).toISOString(),
    settledAt: new Date(effort.settledAtMs).toISOString(),
    run,
    line: entry.line,
    given: entry.given,
    tag: entry.tag,
    via,
    finalUrl: effort.finalUrl,
    previousSha256: document?.previousSha256,
    error: failure && { code: failure.code, message: failure.message },
  };
}

/** The row of a line that no request was made for. */
export function badLineRow(entry: ListEntry, message: string, run: string, nowMs: number): ManifestRow {
  const effort = { attempts: 0, requests: 0, startedAtMs: nowMs, settledAtMs: nowMs };
  return rowOf(entry, { kind: 'failed', effort, failure: { code: 'invalid-url', message, transient: false } }, { run });
}

/** What `--json` prints of a document that was skipped or confirmed: its saved row, under the present line. */
export function unchangedRow(entry: ListEntry, saved: ManifestRow | undefined, path: string): ReportedRow {
  return earlierRow(entry, saved ?? { url: entry.url, status: 'saved', path }, 'unchanged');
}

/** What `--json` prints of a URL that is known to be missing: its row, under the present line. */
export function knownMissingRow(entry: ListEntry, missing: ManifestRow | undefined): ReportedRow {
  return earlierRow(entry, missing ?? { url: entry.url, status: 'missing' }, 'missing');
}

function earlierRow({ line, given, tag }: ListEntry, earlier: ManifestRow, status: ReportedRow['status']): ReportedRow {
  const row: ReportedRow = { ...earlier, status, line, given, tag };
  return Object.fromEntries(ROW_FIELDS.map((name) => [name, row[name]])) as unknown as ReportedRow;
}
