// What is believed of the file in which a run says how far it is: only what a run would have written.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readStanding } from '../../src/storage/standing-file.ts';
import { withFolder } from '../support/test-folder.ts';

const TIME = '2026-11-24T18:41:12.373Z';
const LEFT = {
  run: '5f1c9f6e-0b0f-4f57-9a51-6d3f1f6d2a11',
  startedAt: TIME,
  at: TIME,
  done: 1,
  asked: 1,
  inFlight: 0,
  missing: 0,
  failed: 0,
  bytes: 9,
  draining: false,
};

test('what a run wrote is read', () =>
  withFolder((folder) => {
    const path = join(folder, 'standing.json');
    writeFileSync(path, `${JSON.stringify(LEFT)}\n`);
    assert.deepEqual(readStanding(path), LEFT);
    return Promise.resolve();
  }));

for (const [name, text] of [
  ['nothing', ''],
  ['half of it', JSON.stringify(LEFT).slice(0, 80)],
  ['a count that is text', JSON.stringify({ ...LEFT, done: '1' })],
  ['a negative count', JSON.stringify({ ...LEFT, bytes: -1 })],
  ['a time with what a terminal obeys', JSON.stringify({ ...LEFT, at: `${TIME} (\u001b[31m)` })],
  ['a run with a line end', JSON.stringify({ ...LEFT, run: 'a\nb' })],
  ['more than 64 KiB', JSON.stringify({ ...LEFT, more: 'x'.repeat(70_000) })],
] as const) {
  test(`${name} counts as absent`, () =>
    withFolder((folder) => {
      const path = join(folder, 'standing.json');
      writeFileSync(path, text);
      assert.equal(readStanding(path), undefined);
      return Promise.resolve();
    }));
}
