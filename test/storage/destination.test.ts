// What every destination promises, told by what can be asked of it: one suite for each of them.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { DocumentRequest } from '../../src/model/document.ts';
import type { Destination, SaveEnd } from '../../src/storage/destination.ts';
import { FolderDestination } from '../../src/storage/folder/folder-destination.ts';
import { MemoryDestination } from '../support/memory-destination.ts';
import { makeState, withFolder } from '../support/test-folder.ts';

interface Subject {
  readonly destination: Destination;
  /** Puts a file there that no row names. */
  readonly put: (path: string, text: string) => void;
}

const SUBJECTS: Readonly<Record<string, (folder: string) => Subject>> = {
  folder: (folder) => {
    makeState(folder);
    return {
      destination: new FolderDestination(folder, { fsync: false }),
      put: (path, text) => {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), text);
      },
    };
  },
  memory: () => {
    const destination = new MemoryDestination();
    return { destination, put: (path, text) => destination.files.set(path, Buffer.from(text)) };
  },
};

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function request(paths: readonly string[], more: Partial<DocumentRequest> = {}): DocumentRequest {
  const url = 'https://a.example/a.xml';
  return { sequence: 0, url, fetchUrl: url, paths, owned: false, existing: 'skip', ...more };
}

for (const [kind, open] of Object.entries(SUBJECTS)) {
  const promise = (name: string, check: (subject: Subject, save: Save) => Promise<void>): void => {
    test(`a ${kind}: ${name}`, () =>
      withFolder(async (folder) => {
        const subject = open(folder);
        await check(subject, (wanted, text) =>
          subject.destination.save(wanted, { kind: 'memory', bytes: Buffer.from(text), sha256: sha256(text) }),
        );
        subject.destination.close();
      }));
  };
  type Save = (wanted: DocumentRequest, text: string) => Promise<SaveEnd>;

  promise('what is saved is there, with its bytes, in the list, and nothing else is', async ({ destination }, save) => {
    assert.deepEqual([...destination.list()], []);
    const end = await save(request(['1/2/a.xml']), '<a/>');
    assert.deepEqual(end, { kind: 'saved', path: '1/2/a.xml', previousSha256: undefined, warning: undefined });
    const files = [
      { path: '1/2/a.xml', bytes: 4 },
      { path: '1/2/a.xml', bytes: 5 },
      { path: '1/2/b.xml', bytes: 4 },
      { path: '1/2', bytes: 4 },
    ];
    assert.deepEqual(await destination.areThere(files), [true, false, false, false]);
    assert.deepEqual([...destination.list()], [{ path: '1/2/a.xml' }]);
    assert.equal(await destination.sha256Of('1/2/a.xml', 4), sha256('<a/>'));
    assert.equal(await destination.sha256Of('1/2/a.xml', 5), '');
    assert.equal(await destination.sha256Of('1/2/b.xml', 4), undefined);
    assert.equal(await destination.matches('1/2/a.xml', sha256('<a/>')), true);
    assert.equal(await destination.matches('1/2/a.xml', sha256('<b/>')), false);
    assert.equal(await destination.matches('1/2/b.xml', sha256('<a/>')), false);
  });

  promise('what no row names is never written over: equal bytes are adopted', async ({ destination, put }, save) => {
    put('a.xml', '<other/>');
    assert.deepEqual([destination.isTaken('a.xml'), destination.isTaken('b.xml')], [true, false]);
    const later = await save(request(['a.xml', 'b.xml', 'c.xml']), '<a/>');
    assert.ok(later.kind === 'saved' && later.path === 'b.xml' && later.warning !== undefined);
    assert.deepEqual(await save(request(['a.xml', 'b.xml']), '<a/>'), { kind: 'same', path: 'b.xml', adopted: true });
    const none = await save(request(['a.xml', 'b.xml']), '<new/>');
    assert.ok(none.kind === 'failed' && none.failure.code === 'disk' && !none.failure.transient);
    assert.equal(await destination.sha256Of('a.xml', 8), sha256('<other/>'));
    assert.equal(await destination.sha256Of('b.xml', 4), sha256('<a/>'));
  });

  promise('what is its own is replaced, and equal bytes are left', async ({ destination }, save) => {
    await save(request(['a.xml']), '<old/>');
    const own = request(['a.xml'], { owned: true });
    assert.deepEqual(await save(own, '<old/>'), { kind: 'same', path: 'a.xml', adopted: false });
    const end = await save(own, '<new/>');
    assert.deepEqual(end, { kind: 'saved', path: 'a.xml', previousSha256: undefined, warning: undefined });
    assert.equal(await destination.sha256Of('a.xml', 6), sha256('<new/>'));
  });

  promise('a save that is undone leaves what was there before', async ({ destination }, save) => {
    const path = 'f/a.xml';
    await save(request([path]), '<a/>');
    destination.undo({ path, previousSha256: undefined });
    assert.deepEqual([...destination.list()], []);
    destination.undo({ path, previousSha256: undefined });
    await save(request([path]), '<old/>');
    const end = await save(request([path], { owned: true, existing: 'replace' }), '<new/>');
    assert.ok(end.kind === 'saved' && end.previousSha256 === sha256('<old/>'));
    destination.undo(end);
    assert.equal(await destination.sha256Of(path, 6), sha256('<old/>'));
    destination.undo({ path: 'none/b.xml', previousSha256: sha256('never seen') });
  });

  promise('a body that is refused is no document', async ({ destination }) => {
    const bytes = Buffer.from('<html>');
    const said = await destination.refuse(request(['a.xml']), { kind: 'memory', bytes, sha256: sha256('<html>') });
    assert.match(said, /kept/);
    assert.deepEqual([...destination.list()], []);
  });
}
