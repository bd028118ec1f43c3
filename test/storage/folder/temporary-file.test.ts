// A temporary file holds exactly what was written, and is gone when it is discarded.
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readFileSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { CannotWriteError } from '../../../src/model/errors.ts';
import { TemporaryFile, TemporaryFolder } from '../../../src/storage/folder/temporary-file.ts';
import { withFolder } from '../../support/test-folder.ts';

test('what was written in any pieces is read back at any place, before and after it is complete', async () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(pieces, fc.nat(2500), fc.nat(2500), (chunks, position, length) =>
      withFolder(async (folder) => {
        const file = new TemporaryFile(join(folder, 't'));
        for (const chunk of chunks) file.write(Buffer.from(chunk));
        const whole = Buffer.concat(chunks);
        assert.equal(file.size, whole.length);
        assert.ok(file.read(position, length).equals(whole.subarray(position, position + length)));
        await file.complete(false);
        assert.ok(readFileSync(file.path).equals(whole));
      }),
    ),
    { numRuns: 50 },
  );
});

test('discarding removes the file, may be repeated, and does not touch one that was moved away', async () => {
  await withFolder(async (folder) => {
    const file = new TemporaryFile(join(folder, 't'));
    file.write(Buffer.from('x'));
    file.discard();
    file.discard();
    assert.deepEqual(readdirSync(folder), []);
    const moved = new TemporaryFile(join(folder, 't'));
    moved.write(Buffer.from('x'));
    await moved.complete(true);
    renameSync(moved.path, join(folder, 'final'));
    moved.discard();
    assert.deepEqual(readdirSync(folder), ['final']);
  });
});

test('a file that has another length than was written is not complete', async () => {
  await withFolder(async (folder) => {
    const file = new TemporaryFile(join(folder, 't'));
    file.write(Buffer.from('x'));
    appendFileSync(file.path, 'y');
    await assert.rejects(file.complete(false), CannotWriteError);
    assert.equal(existsSync(file.path), false);
  });
});

test('a file that is there is never taken over', () => {
  withFolder((folder) => {
    writeFileSync(join(folder, 't'), 'x');
    assert.throws(() => new TemporaryFile(join(folder, 't')), CannotWriteError);
    assert.equal(readFileSync(join(folder, 't'), 'utf8'), 'x');
    assert.throws(() => new TemporaryFile(join(folder, 'absent', 't')), CannotWriteError);
  });
});

test('writing to a closed file is an error, not a write', async () => {
  await withFolder(async (folder) => {
    const file = new TemporaryFile(join(folder, 't'));
    await file.complete(false);
    assert.throws(() => file.write(Buffer.from('x')));
  });
});

test('names of one folder never repeat, and carry their prefix', () => {
  withFolder((folder) => {
    const temporary = new TemporaryFolder(folder, 'w1');
    const files = Array.from({ length: 50 }, () => temporary.open());
    for (const file of files) file.discard();
    const again = temporary.open();
    assert.equal(new Set([...files, again].map(({ path }) => path)).size, 51);
    assert.match(again.path, /w1-/);
    again.discard();
  });
});

test('files get the umask of the user, no more and no less', () => {
  withFolder((folder) => {
    const before = process.umask(0o027);
    try {
      const file = new TemporaryFile(join(folder, 't'));
      assert.equal(statSync(file.path).mode & 0o777, 0o640);
      file.discard();
    } finally {
      process.umask(before);
    }
  });
});
