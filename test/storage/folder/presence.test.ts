// Files that have a row are looked at on disk, each once asked for; that a second thread helps, or fails to, changes nothing.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { answersTo, Presence } from '../../../src/storage/folder/presence.ts';
import { withFolder } from '../../support/test-folder.ts';

const COUNT = 40_000;
const BLOCK = 700;
const BUILT = new URL('../../../dist/look-thread.js', import.meta.url);

function make(out: string): void {
  mkdirSync(join(out, 'f'));
  for (let size = 0; size < 50; size++) writeFileSync(join(out, 'f', String(size)), 'x'.repeat(size));
}

const ENTRIES: readonly (readonly [string, URL | undefined])[] = [
  ['no second thread', undefined],
  ['a second thread', BUILT],
  ['a second thread that cannot start', new URL('file:///nowhere.js')],
  ['a second thread that ends at the first question', crashing('process.exit(1)')],
  ['a second thread that throws at the first question', crashing('throw new Error()')],
];

function crashing(code: string): URL {
  return new URL(
    `data:text/javascript,import{parentPort}from'node:worker_threads';parentPort.on('message',()=>{${code}})`,
  );
}

for (const [name, entry] of ENTRIES) {
  test(`with ${name} every answer is what the disk says`, () =>
    withFolder(async (out) => {
      make(out);
      const presence = new Presence(out, entry);
      for (let from = 0; from < COUNT; from += BLOCK) {
        const files = Array.from({ length: BLOCK }, (_, at) => {
          const serial = from + at;
          return { path: `f/${serial % 60}`, bytes: serial % 7 === 0 ? 1 : serial % 60 };
        });
        assert.deepEqual(
          await presence.areThere(files),
          files.map(({ path, bytes }) => Number(path.slice(2)) < 50 && path === `f/${bytes}`),
        );
        // The thread starts, or fails, meanwhile.
        if (from % (10 * BLOCK) === 0) await sleep(10);
      }
      presence.close();
      presence.close();
    }));
}

test('the other thread answers each line of a question, whatever is in a path', () => {
  withFolder((out) => {
    make(out);
    writeFileSync(join(out, 'a b  c\u00fc'), 'xyz');
    assert.equal(answersTo(out, '3 f/3\n3 f/4\n0 f/0\n3 a b  c\u00fc\n1 f\n1 f/1/x\n3 gone'), '1011000');
  });
});
