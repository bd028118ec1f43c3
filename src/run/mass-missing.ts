// Owns the doubt about "missing": on a day in August 2022 the SEC answered 404 to good URLs. Rows of missing documents are
// held back until the run ends; if nearly everything was missing, none is marked so.
import type { ManifestRow } from '../model/manifest-row.ts';

const MIN_DOCUMENTS = 20;
const SUSPICIOUS_SHARE = 0.9;

/** True if a run in which `missing` of `fetched` documents were missing says more about us than about the documents. */
export function isMassMissing(missing: number, fetched: number): boolean {
  return fetched >= MIN_DOCUMENTS && missing >= fetched * SUSPICIOUS_SHARE;
}

/** A missing row as a failed one. */
export function asFailed(row: ManifestRow): ManifestRow {
  return { ...row, status: 'failed' };
}
