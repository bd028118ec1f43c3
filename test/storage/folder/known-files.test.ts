// Files that have a row are looked at on disk, each once asked for; that a second thread helps, or fails to, changes nothing.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { KnownFiles } from '../../../src/storage/folder/known-files.ts';
import { withFolder } from '../../support/test-folder.ts';

const COUNT = 40_000;
const BLOCK = 700;
const BUILT = new URL('../../../dist/look-thread.js', import.meta.url);

const ENTRIES: readonly (readonly [string, URL | undefined])[] = [
  ['no second thread', undefined],
  ['a second thread', BUILT],
  ['a second thread that cannot start', new URL('file:///nowhere.js')],
];

for (const [name, entry] of ENTRIES) {
  test(`with ${name} every answer is what the disk says`, () =>
    withFolder(async (out) => {
      mkdirSync(join(out, 'f'));
      for (let size = 0; size < 50; size++) writeFileSync(join(out, 'f', String(size)), 'x'.repeat(size));
      const files = new KnownFiles(out, entry);
      for (let from = 0; from < COUNT; from += BLOCK) {
        const serials = Array.from({ length: BLOCK }, (_, at) => from + at);
        const questions = serials.map((serial) => files.ask(`f/${serial % 60}`, serial % 7 === 0 ? 1 : serial % 60));
        assert.deepEqual(
          questions.map((question) => files.isThere(question)),
          serials.map((serial) => (serial % 7 === 0 ? serial % 60 === 1 : serial % 60 < 50)),
        );
        // The thread starts, or fails, meanwhile.
        if (from % (10 * BLOCK) === 0) await sleep(10);
      }
      files.close();
      files.close();
    }));
}
