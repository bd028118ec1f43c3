// Rows are held until they are asked for, however many, and come back in order.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ManifestRow } from '../../src/model/manifest-row.ts';
import { SpilledRows } from '../../src/storage/spilled-rows.ts';
import { withFolder } from '../support/test-folder.ts';

function row(number: number): ManifestRow {
  return { url: `https://a.example/${number}`, status: 'missing', tag: '\u2028 "x"' };
}

for (const count of [0, 1, 1999, 2000, 2001, 6500]) {
  test(`${count} held rows come back in order, and leave no file behind`, () =>
    withFolder(async (folder) => {
      const spill = join(folder, 'missing.jsonl');
      const held = new SpilledRows(spill);
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
