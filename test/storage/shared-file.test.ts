// The file that the runs of a machine share: whatever stands in its place is replaced or told, and never waited for.
import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { SharedFile } from '../../src/storage/shared-file.ts';
import { put, THINGS } from '../support/things.ts';
import { withFolder } from '../support/test-folder.ts';

const count = (content: unknown): { content: unknown; value: unknown } => ({ content: { n: 1 }, value: content });

const NO_JSON: readonly (readonly [name: string, bytes: string])[] = [
  ['an empty file', ''],
  ['no JSON', '{"n":'],
  ['NULs', '\0\0\0\0'],
  ['a giant', `{"n":1,"x":"${'x'.repeat(2_000_000)}"}`],
];

for (const [name, bytes] of NO_JSON) {
  test(`${name} in its place is null, and replaced by the next change`, () =>
    withFolder(async (folder) => {
      const path = join(folder, 'shared.json');
      writeFileSync(path, bytes);
      const file = new SharedFile(folder, 'shared.json', 7);
      assert.equal(file.read(), null);
      assert.equal(await file.update(count), null);
      assert.equal(readFileSync(path, 'utf8'), '{"n":1}');
      assert.deepEqual(file.read(), { n: 1 });
    }));
}

for (const thing of THINGS) {
  test(`a ${thing} in its place is ${thing === 'folder' ? 'told by its path' : 'replaced'}`, () =>
    withFolder(async (folder) => {
      const path = join(folder, 'shared.json');
      const letGo = await put(thing, path);
      const file = new SharedFile(folder, 'shared.json', 7);
      after(letGo);
      if (thing === 'folder') {
        await assert.rejects(file.update(count), /shared\.json: it is a folder where a file belongs/);
        assert.ok(lstatSync(path).isDirectory());
      } else {
        await file.update(count);
        assert.equal(readFileSync(path, 'utf8'), '{"n":1}');
        assert.ok(lstatSync(path).isFile());
      }
      // The lock is free again.
      await new SharedFile(folder, 'other.json', 7).update(count);
    }));
}

test('what will be wrong the next time too is told at once: a file in place of the lock, or of the folder', () =>
  withFolder(async (folder) => {
    const startedAtMs = performance.now();
    writeFileSync(join(folder, 'shared.json.lock'), '');
    utimesSync(join(folder, 'shared.json.lock'), 0, 0);
    await assert.rejects(new SharedFile(folder, 'shared.json', 7).update(count), { code: 'ENOTDIR' });
    writeFileSync(join(folder, 'file'), '');
    await assert.rejects(new SharedFile(join(folder, 'file/below'), 'shared.json', 7).update(count), {
      code: 'ENOTDIR',
    });
    assert.ok(performance.now() - startedAtMs < 2_000, 'it was asked for once');
  }));

test('changes of several runs come one after the other, and a dead holder delays them by two seconds at most', () =>
  withFolder(async (folder) => {
    mkdirSync(join(folder, 'shared.json.lock'));
    utimesSync(join(folder, 'shared.json.lock'), 0, 0);
    const add = (content: unknown): { content: unknown; value: undefined } => ({
      content: { n: ((content as { n: number } | undefined)?.n ?? 0) + 1 },
      value: undefined,
    });
    const files = [1, 2, 3, 4].map((pid) => new SharedFile(folder, 'shared.json', pid));
    await Promise.all(files.map((file) => file.update(add)));
    await Promise.all(files.map((file) => file.update(add)));
    assert.deepEqual(files[0]!.read(), { n: 8 });
  }));
