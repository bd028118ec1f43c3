// Owns how an outcome becomes a manifest row. Absent fields are left out; the order of fields is that of docs/format.md.
import type { Validators } from '../model/document.ts';
import type { Failure } from '../model/failure.ts';
import type { ManifestRow, ReportedRow } from '../model/manifest-row.ts';
import type { Exchange, Outcome, SavedDocument } from '../model/outcome.ts';
import type { ListEntry } from './planner.ts';

export interface RowContext {
  readonly run: string;
  /** Origin of the mirror that was asked instead of the SEC. */
  readonly via?: string;
}

type RowOutcome = Extract<Outcome, { kind: 'saved' | 'missing' | 'failed' }>;

export function rowOf(entry: ListEntry, outcome: RowOutcome, context: RowContext): ManifestRow {
  switch (outcome.kind) {
    case 'saved':
      return savedRow(entry, outcome.document, outcome.exchange, context);
    case 'missing':
    case 'failed':
      return failedRow(entry, outcome.kind, outcome.failure, outcome.exchange, context);
  }
}

function savedRow(entry: ListEntry, document: SavedDocument, exchange: Exchange, context: RowContext): ManifestRow {
  const { path, bytes, sha256, etag, lastModified, root, previousSha256 } = document;
  return {
    url: entry.url,
    status: 'saved',
    path,
    bytes,
    sha256,
    ...replyFields(exchange),
    ...present('etag', etag),
    ...present('lastModified', lastModified),
    ...present('root', root),
    ...effortFields(exchange),
    ...entryFields(entry, context),
    ...present('finalUrl', exchange.finalUrl),
    ...present('previousSha256', previousSha256),
  };
}

function failedRow(
  entry: ListEntry,
  status: 'missing' | 'failed',
  failure: Failure,
  exchange: Exchange,
  context: RowContext,
): ManifestRow {
  return {
    url: entry.url,
    status,
    ...replyFields(exchange),
    ...effortFields(exchange),
    ...entryFields(entry, context),
    ...present('finalUrl', exchange.finalUrl),
    error: { code: failure.code, message: failure.message },
  };
}

/** The row of a line that no request was made for. */
export function badLineRow(entry: ListEntry, message: string, run: string, nowMs: number): ManifestRow {
  const at = new Date(nowMs).toISOString();
  return {
    url: entry.url,
    status: 'failed',
    attempts: 0,
    requests: 0,
    startedAt: at,
    settledAt: at,
    ...entryFields(entry, { run }),
    error: { code: 'invalid-url', message },
  };
}

/** What makes a request for a saved document conditional; undefined if its server sent nothing of the kind. */
export function validatorsOf(row: ManifestRow | undefined): Validators | undefined {
  if (row?.etag === undefined && row?.lastModified === undefined) return undefined;
  return {
    ...present('etag', row.etag),
    ...present('lastModified', row.lastModified),
    ...present('sha256', row.sha256),
  };
}

/** What `--json` prints of a document that was skipped or confirmed: its saved row, under the present line. */
export function unchangedRow(entry: ListEntry, saved: ManifestRow | undefined, path: string): ReportedRow {
  const { line, given, tag } = entry;
  if (saved === undefined)
    return { url: entry.url, status: 'unchanged', path, line, ...present('given', given), ...present('tag', tag) };
  const { via, finalUrl, previousSha256 } = saved;
  const kept = Object.entries(saved).filter(([field]) => !AFTER_LINE.has(field));
  return {
    ...(Object.fromEntries(kept) as unknown as ManifestRow),
    status: 'unchanged',
    line,
    ...present('given', given),
    ...present('tag', tag),
    ...present('via', via),
    ...present('finalUrl', finalUrl),
    ...present('previousSha256', previousSha256),
  };
}

/** Fields that follow `line`, two of which are those of the present list. */
const AFTER_LINE: ReadonlySet<string> = new Set(['given', 'tag', 'via', 'finalUrl', 'previousSha256']);

function replyFields(exchange: Exchange): Pick<ManifestRow, 'httpStatus' | 'wireBytes'> {
  return { ...present('httpStatus', exchange.httpStatus), ...present('wireBytes', exchange.wireBytes) };
}

function effortFields(exchange: Exchange): Pick<ManifestRow, 'attempts' | 'requests' | 'startedAt' | 'settledAt'> {
  return {
    attempts: exchange.attempts,
    requests: exchange.requests,
    startedAt: new Date(exchange.startedAtMs).toISOString(),
    settledAt: new Date(exchange.settledAtMs).toISOString(),
  };
}

function entryFields(
  entry: ListEntry,
  context: RowContext,
): Pick<ManifestRow, 'run' | 'line' | 'given' | 'tag' | 'via'> {
  const { line, given, tag } = entry;
  return { run: context.run, line, ...present('given', given), ...present('tag', tag), ...present('via', context.via) };
}

function present<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}
