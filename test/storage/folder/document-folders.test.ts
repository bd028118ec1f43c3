// Folders below the destination are made when they are needed, and a link never leads a document out of it.
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DocumentFolders, FolderBlockedError } from '../../../src/storage/folder/document-folders.ts';
import { withFolder } from '../../support/test-folder.ts';

/** A destination beside a folder that is none of its business. */
function withDestination(use: (destination: string, outside: string) => void): void {
  withFolder((folder) => {
    const destination = join(realpathSync(folder), 'out');
    const outside = join(realpathSync(folder), 'outside');
    mkdirSync(join(destination, '.edgar-fetch', 'refused'), { recursive: true });
    mkdirSync(outside);
    use(destination, outside);
  });
}

test('folders are made once, and are fresh for each thread until it has synced those above them', () => {
  withDestination((destination) => {
    const folders = new DocumentFolders(destination);
    const inner = join(destination, 'a', 'b');
    const fresh = [inner, join(destination, 'a')];
    assert.deepEqual(folders.prepare('a/b/c.xml'), { folder: inner, fresh });
    assert.deepEqual(folders.prepare('a/b/d.xml'), { folder: inner, fresh }, 'nobody has synced them yet');
    folders.settle(fresh);
    assert.deepEqual(folders.prepare('a/b/e.xml'), { folder: inner, fresh: [] });
    assert.deepEqual(folders.prepare('e.xml'), { folder: destination, fresh: [] });
    assert.deepEqual(new DocumentFolders(destination).prepare('a/b/c.xml'), { folder: inner, fresh });
    assert.ok(statSync(inner).isDirectory());
  });
});

test('a destination that is itself a link is followed', () => {
  withDestination((destination, outside) => {
    symlinkSync(outside, join(destination, 'link'));
    assert.equal(new DocumentFolders(join(destination, 'link')).destination, outside);
  });
});

test('a link that stays within the destination is followed', () => {
  withDestination((destination) => {
    mkdirSync(join(destination, 'real'));
    symlinkSync(join(destination, 'real'), join(destination, 'link'));
    assert.equal(new DocumentFolders(destination).prepare('link/a.xml').folder, join(destination, 'link'));
  });
});

const BLOCKING: readonly (readonly [string, (place: string, outside: string, destination: string) => void])[] = [
  ['a link out of the destination', (place, outside) => symlinkSync(outside, place)],
  ['a link to the folder above', (place) => symlinkSync('..', place)],
  [
    'a link to a folder whose name begins alike',
    (place, _, destination) => {
      mkdirSync(`${destination}-2`);
      symlinkSync(`${destination}-2`, place);
    },
  ],
  ['a link to nothing', (place) => symlinkSync('gone', place)],
  ['a file', (place) => writeFileSync(place, 'x')],
  ['a link to the state folder', (place) => symlinkSync('.edgar-fetch', place)],
  ['a link into the state folder', (place) => symlinkSync('.edgar-fetch/refused', place)],
];

for (const [name, block] of BLOCKING) {
  test(`${name} where a folder is needed blocks that document and makes nothing elsewhere`, () => {
    withDestination((destination, outside) => {
      block(join(destination, 'a'), outside, destination);
      const folders = new DocumentFolders(destination);
      for (const path of ['a/b.xml', 'a/b/c.xml']) {
        assert.throws(() => folders.prepare(path), FolderBlockedError, path);
      }
      assert.equal(existsSync(join(outside, 'b')), false);
      rmSync(`${destination}-2`, { recursive: true, force: true });
    });
  });
}

test('a state folder that is a link elsewhere is no folder for documents either', () => {
  withDestination((destination, outside) => {
    rmSync(join(destination, '.edgar-fetch'), { recursive: true });
    mkdirSync(join(destination, 'own-files'));
    symlinkSync('own-files', join(destination, '.edgar-fetch'));
    assert.throws(() => new DocumentFolders(destination).prepare('own-files/a.xml'), FolderBlockedError);
    assert.deepEqual(readdirSync(outside), []);
  });
});

test('a path that no document may have is refused before the disk is asked', () => {
  withDestination((destination) => {
    const folders = new DocumentFolders(destination);
    for (const path of [
      '',
      '../a.xml',
      '/a.xml',
      './.edgar-fetch/manifest.jsonl',
      '.edgar-fetch/lock',
      'a//b.xml',
      'a\0',
    ])
      assert.throws(() => folders.fileAt(path), FolderBlockedError, path);
    assert.throws(() => folders.prepare('../outside/new/a.xml'), FolderBlockedError);
    assert.throws(() => folders.prepare('.edgar-fetch/new/a.xml'), FolderBlockedError);
    assert.deepEqual(readdirSync(join(destination, '.edgar-fetch')), ['refused']);
  });
});
