// Owns the shape of a manifest row (docs/format.md, version 1) and its field order: url, status, path and bytes come first
// because the reader of large manifests looks at the beginning of a line only.
import type { FailureCode } from './failure.ts';

export interface ManifestRow {
  readonly url: string;
  readonly status: 'saved' | 'missing' | 'failed';
  readonly path?: string;
  readonly bytes?: number;
  readonly sha256?: string;
  readonly httpStatus?: number;
  readonly wireBytes?: number;
  readonly etag?: string;
  readonly lastModified?: string;
  readonly root?: string;
  readonly attempts?: number;
  readonly requests?: number;
  readonly startedAt?: string;
  readonly settledAt?: string;
  readonly run?: string;
  readonly line?: number;
  readonly given?: string;
  readonly tag?: string;
  readonly via?: string;
  readonly finalUrl?: string;
  readonly previousSha256?: string;
  readonly error?: { readonly code: FailureCode; readonly message: string };
}

/** The row that `--json` prints: a manifest row, or the one of a document that was already there. */
export type ReportedRow = Omit<ManifestRow, 'status'> & { readonly status: ManifestRow['status'] | 'unchanged' };
