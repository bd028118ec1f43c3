// Nearly everything missing says more about us than about the documents.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ManifestRow } from '../../src/model/manifest-row.ts';
import { asFailed, isMassMissing } from '../../src/run/mass-missing.ts';

const VERDICTS: readonly (readonly [number, number, boolean])[] = [
  [0, 0, false],
  [19, 19, false],
  [20, 20, true],
  [18, 20, true],
  [17, 20, false],
  [27, 30, true],
  [26, 30, false],
  [900, 1000, true],
  [899, 1000, false],
];

for (const [missing, fetched, suspicious] of VERDICTS) {
  test(`${missing} missing of ${fetched} documents is ${suspicious ? '' : 'not '}suspicious`, () => {
    assert.equal(isMassMissing(missing, fetched), suspicious);
  });
}

function row(number: number): ManifestRow {
  return { url: `https://a.example/${number}`, status: 'missing', tag: '\u2028 "x"' };
}

test('a missing row becomes a failed one with its error kept', () => {
  const error = { code: 'not-found', message: 'x' } as const;
  assert.deepEqual(asFailed({ ...row(1), error }), { ...row(1), status: 'failed', error });
});
