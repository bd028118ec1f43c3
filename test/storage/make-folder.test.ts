// A folder is made with those above it, or the system's own reason is told; whoever makes it at the same moment is welcome.
import assert from 'node:assert/strict';
import fs, { statSync, symlinkSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeFolder } from '../../src/storage/make-folder.ts';
import { withFolder } from '../support/test-folder.ts';

const { mkdirSync } = fs;

/** Another process makes each folder a moment before us. */
function outrun(make: () => void): void {
  fs.mkdirSync = ((path: string) => {
    mkdirSync(path);
    return mkdirSync(path);
  }) as typeof mkdirSync;
  syncBuiltinESMExports();
  try {
    make();
  } finally {
    fs.mkdirSync = mkdirSync;
    syncBuiltinESMExports();
  }
}

test('a folder is made with those above it, and may be there', () =>
  withFolder((folder) => {
    makeFolder(join(folder, 'a/b/c'));
    makeFolder(join(folder, 'a/b/c'));
    assert.ok(statSync(join(folder, 'a/b/c')).isDirectory());
    symlinkSync('a', join(folder, 'link'));
    makeFolder(join(folder, 'link'));
    makeFolder(join(folder, 'link/d'));
    assert.ok(statSync(join(folder, 'a/d')).isDirectory());
  }));

test('a folder that another process makes at the same moment is as good', () =>
  withFolder((folder) => {
    outrun(() => assert.throws(() => fs.mkdirSync(join(folder, 'x')), { code: 'EEXIST' }));
    outrun(() => makeFolder(join(folder, 'a/b')));
    assert.ok(statSync(join(folder, 'a/b')).isDirectory());
  }));

test('what stands in the way is told by its code', () =>
  withFolder((folder) => {
    writeFileSync(join(folder, 'file'), '');
    symlinkSync('nowhere', join(folder, 'dangling'));
    assert.throws(() => makeFolder(join(folder, 'file')), { code: 'EEXIST' });
    assert.throws(() => makeFolder(join(folder, 'file/a/b')), { code: 'ENOTDIR' });
    assert.throws(() => makeFolder(join(folder, 'dangling/a')), { code: 'EEXIST' });
    assert.throws(() => makeFolder(join(folder, 'x'.repeat(300))), { code: 'ENAMETOOLONG' });
  }));
