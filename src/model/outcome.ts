// Owns the closed union of how a document settled, as a worker reports it. Small records: bodies never travel.
import type { Failure } from './failure.ts';

/** What was seen on the way, whatever the end. Undefined where no reply came. */
export interface Effort {
  /** Attempts charged to the document. */
  readonly attempts: number;
  /** HTTP requests sent, redirect hops included. */
  readonly requests: number;
  readonly startedAtMs: number;
  readonly settledAtMs: number;
  readonly httpStatus?: number | undefined;
  /** Bytes of the last reply's body as received. */
  readonly wireBytes?: number | undefined;
  /** Bytes of the bodies of all replies. */
  readonly receivedBytes?: number | undefined;
  /** Where redirects led, if they did. */
  readonly finalUrl?: string | undefined;
}

export interface SavedDocument {
  readonly path: string;
  /** Size and SHA-256 (hex) of the decoded file. */
  readonly bytes: number;
  readonly sha256: string;
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
  /** Local name of the XML root element. */
  readonly root?: string | undefined;
  /** SHA-256 of the bytes that this save replaced. */
  readonly previousSha256?: string | undefined;
  /** The file had these bytes already and was not touched. */
  readonly wasThere?: boolean;
  /** Something a person should know although the document was saved. */
  readonly warning?: string | undefined;
}

export type Outcome =
  | { readonly kind: 'saved'; readonly effort: Effort; readonly document: SavedDocument }
  /** A conditional request was answered 304, or the bytes fetched again are those already there. */
  | { readonly kind: 'confirmed'; readonly effort: Effort }
  | { readonly kind: 'missing'; readonly effort: Effort; readonly failure: Failure }
  | { readonly kind: 'failed'; readonly effort: Effort; readonly failure: Failure }
  /** Given back untried or unfinished because the run ends: no row is written. `requests` were sent for it (none if absent). */
  | { readonly kind: 'left'; readonly requests?: number; readonly receivedBytes?: number };
