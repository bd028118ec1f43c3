// Owns what a run tells its listener while it goes on. The run prints nothing; cli/ turns these into lines and a bar.
import type { ReportedRow } from './manifest-row.ts';

export type RunEvent =
  /** A URL settled; `row` is durable in the manifest (or would be the row of a document that was there). */
  | { readonly kind: 'settled'; readonly row: ReportedRow; readonly transient: boolean }
  | { readonly kind: 'warning'; readonly message: string }
  /** Nothing is requested from `host` until `untilMs` (epoch), because of a block or an outage. */
  | { readonly kind: 'waiting'; readonly host: string; readonly reason: string; readonly untilMs: number }
  | { readonly kind: 'resumed'; readonly host: string }
  /** Something for those who ask for detail. */
  | { readonly kind: 'detail'; readonly level: 'info' | 'debug'; readonly message: string };
