// Owns the settings with which tests of http/ ask: short limits, small documents.
import type { HttpSettings } from '../../src/http/context.ts';

export function httpSettings(more: Partial<HttpSettings> = {}): HttpSettings {
  return {
    userAgent: 'test',
    mayContactSec: false,
    idleTimeoutMs: 2_000,
    maxTimeMs: 5_000,
    maxBytes: 1_000,
    check: 'document',
    retries: 0,
    ...more,
  };
}
