// Owns how an outcome becomes a manifest row. Absent fields are left out; the order of fields is that of docs/format.md.
import type { Validators } from '../model/document.ts';
import type { Failure } from '../model/failure.ts';
import type { ManifestRow, ReportedRow } from '../model/manifest-row.ts';
import type { Exchange, Outcome, SavedDocument } from '../model/outcome.ts';
import type { ListEntry } from '../plan/planner.ts';

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
  const row: Draft = { url: entry.url, status: 'saved', path, bytes, sha256 };
  addReply(row, exchange);
  if (etag !== undefined) row.etag = etag;
  if (lastModified !== undefined) row.lastModified = lastModified;
  if (root !== undefined) row.root = root;
  addEffort(row, exchange);
  addEntry(row, entry, context);
  if (exchange.finalUrl !== undefined) row.finalUrl = exchange.finalUrl;
  if (previousSha256 !== undefined) row.previousSha256 = previousSha256;
  return row;
}

function failedRow(
  entry: ListEntry,
  status: 'missing' | 'failed',
  failure: Failure,
  exchange: Exchange,
  context: RowContext,
): ManifestRow {
  const row: Draft = { url: entry.url, status };
  addReply(row, exchange);
  addEffort(row, exchange);
  addEntry(row, entry, context);
  if (exchange.finalUrl !== undefined) row.finalUrl = exchange.finalUrl;
  row.error = { code: failure.code, message: failure.message };
  return row;
}

/** The row of a line that no request was made for. */
export function badLineRow(entry: ListEntry, message: string, run: string, nowMs: number): ManifestRow {
  const row: Draft = { url: entry.url, status: 'failed' };
  addEffort(row, { attempts: 0, requests: 0, startedAtMs: nowMs, settledAtMs: nowMs });
  addEntry(row, entry, { run });
  row.error = { code: 'invalid-url', message };
  return row;
}

/** What may stand in a header of a request. */
const HEADER_VALUE = /^[\x21-\x7e\x80-\xff](?:[\x20-\x7e\x80-\xff]{0,4096}[\x21-\x7e\x80-\xff])?$/;

/**
 * What makes a request for a saved document conditional. Undefined if its server sent nothing of the kind, if the row has
 * something that is no header's value, or if it does not say which bytes they are of.
 */
export function validatorsOf(row: ManifestRow | undefined): Validators | undefined {
  if (row?.sha256 === undefined) return undefined;
  const { etag, lastModified, sha256 } = row;
  const given = [etag, lastModified].filter((value) => value !== undefined);
  if (given.length === 0 || !given.every((value) => HEADER_VALUE.test(value))) return undefined;
  return { ...present('etag', etag), ...present('lastModified', lastModified), sha256 };
}

/** What `--json` prints of a document that was skipped or confirmed: its saved row, under the present line. */
export function unchangedRow(entry: ListEntry, saved: ManifestRow | undefined, path: string): ReportedRow {
  const { line, given, tag } = entry;
  if (saved === undefined)
    return { url: entry.url, status: 'unchanged', path, line, ...present('given', given), ...present('tag', tag) };
  return earlierRow(entry, saved, 'unchanged');
}

/** What `--json` prints of a URL that is known to be missing: its row, under the present line. */
export function knownMissingRow(entry: ListEntry, missing: ManifestRow | undefined): ReportedRow {
  return missing === undefined ? { ...entry, status: 'missing' } : earlierRow(entry, missing, 'missing');
}

function earlierRow(entry: ListEntry, earlier: ManifestRow, status: ReportedRow['status']): ReportedRow {
  const { line, given, tag } = entry;
  const { via, finalUrl, previousSha256, error } = earlier;
  const kept = Object.entries(earlier).filter(([field]) => !AFTER_LINE.has(field));
  return {
    ...(Object.fromEntries(kept) as unknown as ManifestRow),
    status,
    line,
    ...present('given', given),
    ...present('tag', tag),
    ...present('via', via),
    ...present('finalUrl', finalUrl),
    ...present('previousSha256', previousSha256),
    ...present('error', error),
  };
}

/** Fields that follow `line`, two of which are those of the present list. */
const AFTER_LINE: ReadonlySet<string> = new Set(['given', 'tag', 'via', 'finalUrl', 'previousSha256', 'error']);

/** A row on its way: fields are added in their order (spreading objects into one another cost 3 us more a row). */
type Draft = { -readonly [Field in keyof ManifestRow]: ManifestRow[Field] };

function addReply(row: Draft, { httpStatus, wireBytes }: Exchange): void {
  if (httpStatus !== undefined) row.httpStatus = httpStatus;
  if (wireBytes !== undefined) row.wireBytes = wireBytes;
}

function addEffort(row: Draft, { attempts, requests, startedAtMs, settledAtMs }: Exchange): void {
  row.attempts = attempts;
  row.requests = requests;
  row.startedAt = new Date(startedAtMs).toISOString();
  row.settledAt = new Date(settledAtMs).toISOString();
}

function addEntry(row: Draft, { line, given, tag }: ListEntry, { run, via }: RowContext): void {
  row.run = run;
  row.line = line;
  if (given !== undefined) row.given = given;
  if (tag !== undefined) row.tag = tag;
  if (via !== undefined) row.via = via;
}

function present<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}
