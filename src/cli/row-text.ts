// Owns how a settled URL is told in a log line: a sentence for people, fields for programs. Pure.
import type { ReportedRow } from '../model/manifest-row.ts';
import { counted, readableBytes } from '../model/units.ts';

export function describeRow(row: ReportedRow): string {
  const { url, path = '', bytes = 0, requests = 0, error } = row;
  switch (row.status) {
    case 'saved':
      return `saved ${path} (${readableBytes(bytes)}, got with ${counted(requests, 'request')}) from ${url}`;
    case 'unchanged':
      return `unchanged ${path} from ${url}`;
    case 'missing':
    case 'failed':
      return `${row.status} ${url}${error === undefined ? '' : ` (${error.code}: ${error.message})`}`;
  }
}

export function fieldsOfRow({ url, status, path, bytes, requests, line, error }: ReportedRow): object {
  return { event: 'settled', url, status, path, bytes, requests, line, code: error?.code };
}
