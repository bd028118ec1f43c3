// What Retry-After asks for: seconds and three forms of dates, all UTC; anything else asks for nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryAfterMs } from '../../src/http/retry-after.ts';

const NOW = Date.parse('2026-01-12T00:00:00Z');
const FOR_EVER = 2 ** 31 * 1000;

const WAITS: readonly (readonly [string | string[] | undefined, number | undefined])[] = [
  [undefined, undefined],
  ['0', 0],
  ['120', 120_000],
  [' 120 ', 120_000],
  ['0120', 120_000],
  ['9999999999', FOR_EVER],
  ['9'.repeat(100), FOR_EVER],
  ['9'.repeat(101), undefined],
  ['2.5', undefined],
  ['-5', undefined],
  ['+2', undefined],
  ['1e3', undefined],
  ['soon', undefined],
  ['soon 5', undefined],
  ['', undefined],
  // An unreadable one beside a readable one, and two: the longest counts.
  [['5', '7'], 7_000],
  [['7', '5'], 7_000],
  [['never', '5'], 5_000],
  ['5, 7', 7_000],
  [['5', 'Mon, 12 Jan 2026 00:01:00 GMT'], 60_000],
  ['Mon, 12 Jan 2026 00:01:00 GMT', 60_000],
  ['Sun, 11 Jan 2026 00:00:00 GMT', 0],
  ['Monday, 12-Jan-26 00:01:00 GMT', 60_000],
  ['Sunday, 11-Jan-98 00:00:00 GMT', 0],
  ['Mon Jan 12 00:01:00 2026', 60_000],
  ['Fri Jan  9 00:01:00 2026', 0],
  ['Mon, 12 Jan 2026 00:01:60 GMT', 120_000],
  ['Mon, 12 Jan 2026 00:01:00 EST', undefined],
  ['Mon, 12 Jan 2026 24:01:00 GMT', undefined],
  ['Mon, 31 Feb 2026 00:01:00 GMT', undefined],
  ['2026-01-12T00:01:00Z', undefined],
  ['Mon, 12 Jan 2026 00:01:00', undefined],
];

for (const [field, ms] of WAITS) {
  test(`Retry-After ${field === undefined ? 'absent' : JSON.stringify(field).slice(0, 60)} asks for ${ms ?? 'no'} ms, in any time zone`, (context) => {
    const zone = process.env['TZ'];
    context.after(() => {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    });
    for (const there of ['America/New_York', 'Asia/Kolkata', 'UTC']) {
      process.env['TZ'] = there;
      assert.equal(retryAfterMs({ status: 503, fields: { 'retry-after': field } }, NOW), ms, there);
    }
  });
}
