// Rows of missing documents are held until the run ends, however many; nearly everything missing says more about us.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ManifestRow } from '../../src/model/manifest-row.ts';
import { asFailed, HeldMissing, isMassMissing } from '../../src/run/mass-missing.ts';
import { withFolder } from '../support/test-folder.ts';

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

for (const count of [0, 1, 1999, 2000, 2001, 6500]) {
  test(`${count} held rows come back in order, and leave no file behind`, () =>
    withFolder(async (folder) => {
      const spill = join(folder, 'missing.jsonl');
      const held = new HeldMissing(spill);
      for (let number = 0; number < count; number++) held.hold(row(number));
      assert.equal(held.count, count);
      assert.equal(existsSync(spill), count >= 2000, 'beyond a bound they lie in a file');
      const rows: ManifestRow[] = [];
      for await (const one of held.release()) rows.push(one);
      assert.deepEqual(
        rows,
        Array.from({ length: count }, (_, number) => row(number)),
      );
      assert.equal(existsSync(spill), false);
    }));
}

test('a missing row becomes a failed one with its error kept', () => {
  const error = { code: 'not-found', message: 'x' } as const;
  assert.deepEqual(asFailed({ ...row(1), error }), { ...row(1), status: 'failed', error });
});
