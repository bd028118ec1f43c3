// Owns the shape of a manifest row (docs/format.md, version 1) and its field order: url, status, path and bytes come first
// because the reader of large manifests looks at the beginning of a line only.
import type { FailureCode } from './failure.ts';

export interface ManifestRow {
  readonly url: string;
  readonly status: 'saved' | 'missing' | 'failed';
  readonly path?: string | undefined;
  readonly bytes?: number | undefined;
  readonly sha256?: string | undefined;
  readonly httpStatus?: number | undefined;
  readonly wireBytes?: number | undefined;
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
  readonly root?: string | undefined;
  readonly attempts?: number | undefined;
  readonly requests?: number | undefined;
  readonly startedAt?: string | undefined;
  readonly settledAt?: string | undefined;
  readonly run?: string | undefined;
  readonly line?: number | undefined;
  readonly given?: string | undefined;
  readonly tag?: string | undefined;
  readonly via?: string | undefined;
  readonly finalUrl?: string | undefined;
  readonly previousSha256?: string | undefined;
  readonly error?: { readonly code: FailureCode; readonly message: string } | undefined;
}

/** The row that `--json` prints: a manifest row, or the one of a document that was already there. */
export type ReportedRow = Omit<ManifestRow, 'status'> & { readonly status: ManifestRow['status'] | 'unchanged' };
