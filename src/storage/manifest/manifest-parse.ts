// Owns what a line of the manifest is worth. The file may have been edited, cut or made by somebody else: a line that does
// not say which URL it is of, or names a place where no document can be, is no row; of a row, a field that cannot be what
// it should be costs that field alone. Nothing is changed in the file.
import { isDocumentPath } from '../../edgar/layout.ts';
import type { ManifestRow } from '../../model/manifest-row.ts';

/** Longer lines are no rows and are never held in memory. The longest that we write (two lines of a list and a reply's head) are a sixth of it. */
export const MAX_LINE_BYTES = 1024 * 1024;

const BYTE_ORDER_MARK = '\ufeff';

/** What a field must be to be read. A map: no name in a line finds anything else in it. */
const FIELDS: ReadonlyMap<string, (value: unknown) => boolean> = new Map<
  keyof ManifestRow,
  (value: unknown) => boolean
>([
  ['url', isLine],
  ['status', isStatus],
  ['path', isPath],
  ['bytes', isCount],
  ['sha256', (value) => isText(value) && /^[0-9a-f]{64}$/.test(value)],
  ['httpStatus', isCount],
  ['wireBytes', isCount],
  ['etag', isText],
  ['lastModified', isText],
  ['root', isText],
  ['attempts', isCount],
  ['requests', isCount],
  ['startedAt', isText],
  ['settledAt', isText],
  ['run', isText],
  ['line', isCount],
  ['given', isLine],
  ['tag', isLine],
  ['via', isText],
  ['finalUrl', isText],
  ['previousSha256', isText],
  ['error', isError],
]);

/** All of a row's fields, in the order of docs/format.md. */
export const ROW_FIELDS = [...FIELDS.keys()] as readonly (keyof ManifestRow)[];

type Fields = Readonly<Record<string, unknown>>;

/** A manifest line as a row, or undefined if it is none. */
export function parseRow(line: string): ManifestRow | undefined {
  const fields = parseObject(line);
  if (fields === undefined || !isLine(fields['url']) || !isStatus(fields['status'])) return undefined;
  if (fields['status'] === 'saved' && !(isPath(fields['path']) && isCount(fields['bytes']))) return undefined;
  const names = Object.keys(fields);
  const fitting = names.filter((name) => FIELDS.get(name)?.(fields[name]) === true);
  const row =
    fitting.length === names.length ? fields : Object.fromEntries(fitting.map((name) => [name, fields[name]]));
  return row as unknown as ManifestRow;
}

function parseObject(line: string): Fields | undefined {
  try {
    // Editors put the mark before the first row.
    const value: unknown = JSON.parse(line.startsWith(BYTE_ORDER_MARK) ? line.slice(1) : line);
    return typeof value === 'object' && value !== null ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** It goes into `failed.txt`, where it must not become two lines. */
function isLine(value: unknown): value is string {
  return isText(value) && !/[\r\n]/.test(value);
}

function isStatus(value: unknown): boolean {
  return value === 'saved' || value === 'missing' || value === 'failed';
}

function isPath(value: unknown): boolean {
  return isText(value) && isDocumentPath(value);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isError(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 2) return false;
  const { code, message } = value as Fields;
  return isText(code) && isText(message);
}
