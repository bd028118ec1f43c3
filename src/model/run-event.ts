// Owns what a run tells its listener while it goes on. The run prints nothing; cli/ turns these into lines and a bar.
import type { ReportedRow } from './manifest-row.ts';

/** Why nothing is sent: the SEC said "too fast", nobody answers, the host asked for it, or asked for more than we wait. */
export type PauseCause = 'block' | 'outage' | 'retry-after' | 'impatience';

export type RunEvent =
  /** A URL settled; `row` is durable in the manifest (or would be the row of a document that was there). */
  | { readonly kind: 'settled'; readonly row: ReportedRow; readonly transient: boolean }
  /** `always`: to be shown whatever the exit code. */
  | { readonly kind: 'warning'; readonly message: string; readonly always?: true }
  /** Nothing is requested from `host` until `untilMs` (epoch). */
  | { readonly kind: 'waiting'; readonly host: string; readonly cause: PauseCause; readonly untilMs: number }
  | { readonly kind: 'resumed'; readonly host: string }
  /** Something for those who ask for detail. */
  | { readonly kind: 'detail'; readonly level: 'info' | 'debug'; readonly message: string };
