// Owns what the HTTP layer works with: settings and ports that a worker owns, the same for all its documents.
import type { TemporaryBody } from './body.ts';
import type { Permits } from '../model/permits.ts';
import type { Wire } from './wire.ts';

export interface HttpSettings {
  readonly userAgent: string;
  /** The User-Agent is one that *.sec.gov accepts; without it no redirect leads there. */
  readonly mayContactSec: boolean;
  readonly idleTimeoutMs: number;
  /** Per attempt; waiting for permits is not counted. */
  readonly maxTimeMs: number;
  /** Decoded size of one document. */
  readonly maxBytes: number;
  readonly check: 'document' | 'wire';
  /** Further attempts after the first. */
  readonly retries: number;
}

export interface HttpContext {
  readonly settings: HttpSettings;
  readonly wire: Wire;
  readonly permits: Permits;
  readonly openTemporary: () => TemporaryBody;
  readonly nowMs: () => number;
  /** From [0, 1). */
  readonly random: () => number;
}
