// Of ours only ordinary files are opened: nothing that may wait for ever, have no end, or be somebody else's.
import assert from 'node:assert/strict';
import { constants, lstatSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { cannotWrite, WrongKindError } from '../../src/storage/disk-error.ts';
import { expectKind, kindAt, openPlainFile, readBeginning, sha256OfFile } from '../../src/storage/plain-file.ts';
import { put, THINGS } from '../support/things.ts';
import { withFolder } from '../support/test-folder.ts';

const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT;

for (const thing of THINGS) {
  test(`a ${thing} is neither read nor written in place of a file, and stays what it is`, () =>
    withFolder(async (folder) => {
      const path = join(folder, 'thing');
      const letGo = await put(thing, path);
      const before = lstatSync(path);
      try {
        assert.equal(kindAt(path), thing);
        assert.throws(() => expectKind(path, 'file'), WrongKindError);
        if (thing === 'folder') expectKind(path, 'folder');
        else assert.throws(() => expectKind(path, 'folder'), WrongKindError);
        // What a link leads to is made on demand; expectKind says that it is not there.
        if (thing !== 'link to nothing') assert.throws(() => openPlainFile(path, APPEND), WrongKindError);
        assert.throws(() => openPlainFile(path), WrongKindError);
        assert.throws(() => readBeginning(path, 10), WrongKindError);
        await assert.rejects(sha256OfFile(path), WrongKindError);
        assert.deepEqual([lstatSync(path).ino, lstatSync(path).mode], [before.ino, before.mode]);
      } finally {
        letGo();
      }
    }));
}

test('nothing is not of the wrong kind; a link to a file is a file', () =>
  withFolder((folder) => {
    const path = join(folder, 'file');
    assert.equal(kindAt(path), undefined);
    assert.equal(kindAt(join(folder, 'no/folder')), undefined);
    expectKind(path, 'file');
    assert.throws(() => openPlainFile(path), { code: 'ENOENT' });
    writeFileSync(path, 'text');
    symlinkSync('file', join(folder, 'link'));
    assert.equal(kindAt(join(folder, 'link')), 'file');
    assert.equal(readBeginning(join(folder, 'link'), 100).toString(), 'text');
    assert.equal(readBeginning(path, 3).toString(), 'tex');
    assert.equal(readFileSync(path, 'utf8'), 'text');
  }));

test('what stands in the way is one sentence that names it and says what to do', () => {
  const { message } = cannotWrite('/d/x', new WrongKindError('named pipe', 'file'));
  assert.equal(
    message,
    'cannot write /d/x: it is a named pipe where a file belongs; restore it or move it away, and run the same command again',
  );
});
