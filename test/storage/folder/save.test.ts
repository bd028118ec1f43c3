// A body gets its final name only when it is complete on disk; nothing that is not ours is overwritten, and nothing leaves
// the destination.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import type { Body, BodyFile } from '../../../src/model/body.ts';
import type { DocumentRequest } from '../../../src/model/document.ts';
import type { SaveEnd } from '../../../src/storage/destination.ts';
import { DocumentSaver, isNameRefused } from '../../../src/storage/folder/save.ts';
import { TemporaryFolder } from '../../../src/storage/folder/temporary-file.ts';
import { put, THINGS } from '../../support/things.ts';
import { makeState, withFolder } from '../../support/test-folder.ts';

function request(paths: readonly string[], more: Partial<DocumentRequest> = {}): DocumentRequest {
  const url = 'https://a.example/a.xml';
  return { sequence: 0, url, fetchUrl: url, paths, owned: false, existing: 'skip', ...more };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function inMemory(text: string): Body {
  return { kind: 'memory', bytes: Buffer.from(text), sha256: sha256(text) };
}

class Place {
  readonly out: string;
  readonly #saver: DocumentSaver;
  readonly #temporary: TemporaryFolder;

  constructor(folder: string) {
    this.out = join(realpathSync(folder), 'out');
    const { temporary } = makeState(this.out);
    this.#temporary = new TemporaryFolder(temporary, 't');
    this.#saver = new DocumentSaver(this.out, this.#temporary, true);
  }

  save(wanted: DocumentRequest, body: Body): Promise<SaveEnd> {
    return this.#saver.save(wanted, body);
  }

  /** A body that came through a temporary file. */
  inFile(text: string): Extract<Body, { kind: 'file' }> {
    const file = this.#temporary.open();
    file.write(Buffer.from(text));
    return { kind: 'file', file, sha256: sha256(text) };
  }

  put(path: string, text: string): void {
    mkdirSync(dirname(join(this.out, path)), { recursive: true });
    writeFileSync(join(this.out, path), text);
  }

  read(path: string): string {
    return readFileSync(join(this.out, path), 'utf8');
  }

  assertNoTemporaryFiles(): void {
    assert.deepEqual(readdirSync(join(this.out, '.edgar-fetch', 'tmp')), []);
  }
}

/** Runs with bodies in memory and in files: what becomes of them must be the same. */
function saveTest(name: string, run: (place: Place, body: (text: string) => Body) => Promise<void>): void {
  for (const kind of ['memory', 'file'] as const) {
    test(`${name} (body in ${kind})`, () =>
      withFolder(async (folder) => {
        const place = new Place(folder);
        await run(place, (text) => (kind === 'memory' ? inMemory(text) : place.inFile(text)));
        place.assertNoTemporaryFiles();
      }));
  }
}

saveTest('a document is saved under its path, in folders that are made for it', async (place, body) => {
  const end = await place.save(request(['1/2/a.xml']), body('<a/>'));
  assert.deepEqual(end, { kind: 'saved', path: '1/2/a.xml', previousSha256: undefined, warning: undefined });
  assert.equal(place.read('1/2/a.xml'), '<a/>');
});

test('the final name appears only after the file is complete and synced', () =>
  withFolder(async (folder) => {
    const place = new Place(folder);
    const body = place.inFile('<a/>');
    const steps: string[] = [];
    const final = join(place.out, 'a.xml');
    const file: BodyFile = {
      path: body.file.path,
      size: body.file.size,
      read: () => assert.fail('nothing is read'),
      async complete(sync) {
        steps.push(`complete, sync ${sync}, final name there: ${existsSync(final)}`);
        await body.file.complete(sync);
        assert.equal(existsSync(final), false);
      },
      discard: () => body.file.discard(),
    };
    await place.save(request(['a.xml']), { ...body, file });
    assert.deepEqual(steps, ['complete, sync true, final name there: false']);
    assert.equal(place.read('a.xml'), '<a/>');
  }));

test('a body whose file cannot be completed leaves nothing under the final name', () =>
  withFolder(async (folder) => {
    const place = new Place(folder);
    const body = place.inFile('<a/>');
    const file: BodyFile = {
      path: body.file.path,
      size: body.file.size,
      read: () => assert.fail('nothing is read'),
      complete: () => Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' })),
      discard: () => body.file.discard(),
    };
    await assert.rejects(place.save(request(['a.xml']), { ...body, file }), /cannot write .*a\.xml.*the disk is full/);
    assert.equal(existsSync(join(place.out, 'a.xml')), false);
    place.assertNoTemporaryFiles();
  }));

saveTest("a stranger's file with the same bytes is adopted and left untouched", async (place, body) => {
  place.put('a.xml', '<a/>');
  const before = statSync(join(place.out, 'a.xml'));
  const end = await place.save(request(['a.xml', 'b-a.xml']), body('<a/>'));
  assert.deepEqual(end, { kind: 'same', path: 'a.xml', adopted: true });
  assert.equal(statSync(join(place.out, 'a.xml')).ino, before.ino);
  assert.equal(existsSync(join(place.out, 'b-a.xml')), false);
});

saveTest(
  "a stranger's file with other bytes is left alone, and the next name is taken with a warning",
  async (place, body) => {
    place.put('a.xml', '<b/>');
    const end = await place.save(request(['a.xml', 'b-a.xml', 'c-a.xml']), body('<a/>'));
    assert.ok(end.kind === 'saved' && end.path === 'b-a.xml');
    assert.match(end.warning ?? '', /a\.xml.*saved as b-a\.xml/);
    assert.deepEqual([place.read('a.xml'), place.read('b-a.xml')], ['<b/>', '<a/>']);
  },
);

saveTest("a later name's equal file is adopted too", async (place, body) => {
  place.put('a.xml', '<b/>');
  place.put('b-a.xml', '<a/>');
  assert.deepEqual(await place.save(request(['a.xml', 'b-a.xml']), body('<a/>')), {
    kind: 'same',
    path: 'b-a.xml',
    adopted: true,
  });
});

saveTest(
  "where strangers' files stand at every name, the document fails and nothing is overwritten",
  async (place, body) => {
    place.put('a.xml', '<b/>');
    place.put('b-a.xml', '<b/>');
    const end = await place.save(request(['a.xml', 'b-a.xml']), body('<a/>'));
    assert.ok(end.kind === 'failed');
    assert.deepEqual([end.failure.code, end.failure.transient], ['disk', false]);
    assert.deepEqual([place.read('a.xml'), place.read('b-a.xml')], ['<b/>', '<b/>']);
  },
);

saveTest('a folder at the name is passed by', async (place, body) => {
  place.put('a.xml/inside', 'x');
  const end = await place.save(request(['a.xml', 'b-a.xml']), body('<a/>'));
  assert.equal(end.kind === 'saved' && end.path, 'b-a.xml');
  assert.equal(place.read('a.xml/inside'), 'x');
});

saveTest('a file that is ours and was damaged is replaced, with nothing kept of it', async (place, body) => {
  place.put('a.xml', '<a');
  const end = await place.save(request(['a.xml'], { owned: true }), body('<a/>'));
  assert.deepEqual(end, { kind: 'saved', path: 'a.xml', previousSha256: undefined, warning: undefined });
  assert.equal(place.read('a.xml'), '<a/>');
  assert.equal(existsSync(join(place.out, '.edgar-fetch', 'replaced')), false);
});

for (const existing of ['check', 'replace'] as const) {
  saveTest(`changed bytes under --existing ${existing} keep the old ones by their hash`, async (place, body) => {
    place.put('a.xml', '<old/>');
    const end = await place.save(request(['a.xml'], { owned: true, existing }), body('<new/>'));
    assert.deepEqual(end, { kind: 'saved', path: 'a.xml', previousSha256: sha256('<old/>'), warning: undefined });
    assert.equal(place.read('a.xml'), '<new/>');
    assert.equal(place.read(`.edgar-fetch/replaced/${sha256('<old/>')}`), '<old/>');
    // Back and forth: what is kept already is no obstacle.
    await place.save(request(['a.xml'], { owned: true, existing }), body('<old/>'));
    await place.save(request(['a.xml'], { owned: true, existing }), body('<new/>'));
    assert.equal(place.read(`.edgar-fetch/replaced/${sha256('<old/>')}`), '<old/>');
    assert.equal(place.read(`.edgar-fetch/replaced/${sha256('<new/>')}`), '<new/>');
  });

  saveTest(`equal bytes under --existing ${existing} leave the file untouched`, async (place, body) => {
    place.put('a.xml', '<a/>');
    const before = statSync(join(place.out, 'a.xml'));
    const end = await place.save(request(['a.xml'], { owned: true, existing }), body('<a/>'));
    assert.deepEqual(end, { kind: 'same', path: 'a.xml', adopted: false });
    assert.equal(statSync(join(place.out, 'a.xml')).ino, before.ino);
  });
}

saveTest('a link at our own name is replaced, not followed', async (place, body) => {
  const outside = join(place.out, '..', 'outside.xml');
  writeFileSync(outside, 'precious');
  symlinkSync(outside, join(place.out, 'a.xml'));
  await place.save(request(['a.xml'], { owned: true }), body('<a/>'));
  assert.equal(readFileSync(outside, 'utf8'), 'precious');
  assert.ok(lstatSync(join(place.out, 'a.xml')).isFile());
});

saveTest('a link at a name that is not ours is passed by', async (place, body) => {
  symlinkSync(join(place.out, '..', 'outside.xml'), join(place.out, 'a.xml'));
  const end = await place.save(request(['a.xml', 'b-a.xml']), body('<a/>'));
  assert.equal(end.kind === 'saved' && end.path, 'b-a.xml');
  assert.equal(existsSync(join(place.out, '..', 'outside.xml')), false);
});

/** What may stand where the folder of `f/a.xml` is needed. */
const BLOCKED: readonly (readonly [string, (at: string) => void])[] = [
  ['a file', (at) => writeFileSync(at, 'x')],
  ['a link out of the destination', (at) => symlinkSync('..', at)],
  ['a link to nothing', (at) => symlinkSync('gone', at)],
  ['a link to itself', (at) => symlinkSync('f', at)],
];

for (const [name, block] of BLOCKED) {
  saveTest(`${name} where a folder is needed fails this document for good, and ends no run`, async (place, body) => {
    block(join(place.out, 'f'));
    for (const path of ['f/a.xml', 'f/g/a.xml']) {
      const end = await place.save(request([path]), body('<a/>'));
      assert.ok(end.kind === 'failed', JSON.stringify(end));
      assert.deepEqual([end.failure.code, end.failure.transient], ['disk', false]);
    }
    assert.equal(existsSync(join(place.out, '..', 'a.xml')), false);
  });
}

saveTest('an equal file behind a link that leads out of the destination is not adopted', async (place, body) => {
  const outside = join(place.out, '..', 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'a.xml'), '<a/>');
  symlinkSync(outside, join(place.out, 'f'));
  const end = await place.save(request(['f/a.xml']), body('<a/>'));
  assert.equal(end.kind, 'failed');
});

saveTest('a name that the file system cannot hold fails this document only', async (place, body) => {
  const end = await place.save(request([`${'x'.repeat(300)}.xml`]), body('<a/>'));
  assert.ok(end.kind === 'failed');
  assert.deepEqual([end.failure.code, end.failure.transient], ['disk', false]);
  assert.equal((await place.save(request(['a.xml']), body('<a/>'))).kind, 'saved');
});

test('many documents of one folder are saved at once', () =>
  withFolder(async (folder) => {
    const place = new Place(folder);
    const numbers = Array.from({ length: 50 }, (_, number) => number);
    await Promise.all(numbers.map((number) => place.save(request([`f/${number}.xml`]), inMemory(`<a>${number}</a>`))));
    for (const number of numbers) assert.equal(place.read(`f/${number}.xml`), `<a>${number}</a>`);
    renameSync(join(place.out, 'f'), join(place.out, 'g'));
    place.assertNoTemporaryFiles();
  }));

saveTest('a path that no document may have is a failed document, and nothing is written to it', async (place, body) => {
  place.put('.edgar-fetch/manifest.jsonl', 'rows');
  place.put('../beside.xml', 'x');
  for (const path of [
    './.edgar-fetch/manifest.jsonl',
    '.edgar-fetch/manifest.jsonl',
    '../beside.xml',
    'x'.repeat(256),
  ]) {
    for (const owned of [false, true]) {
      const end = await place.save(request([path], { owned, existing: 'replace' }), body('<a/>'));
      assert.equal(end.kind === 'failed' && end.failure.code, 'disk', path);
    }
  }
  assert.deepEqual([place.read('.edgar-fetch/manifest.jsonl'), place.read('../beside.xml')], ['rows', 'x']);
  assert.deepEqual(readdirSync(place.out), ['.edgar-fetch']);
});

test('a rename is refused for its name when that is what the error says, or when all else is there', () => {
  withFolder((folder) => {
    const failed = (code: string): Error => Object.assign(new Error(code), { code });
    const from = join(folder, 'temporary');
    writeFileSync(from, 'x');
    const verdict = (code: string, at = from, to = join(folder, 'a?.xml')): boolean =>
      isNameRefused(failed(code), at, to);
    // vfat, eCryptfs, a file system of another character set; exFAT.
    for (const code of ['EINVAL', 'ENAMETOOLONG', 'EILSEQ', 'ENOENT']) assert.equal(verdict(code), true, code);
    assert.equal(verdict('ENOENT', join(folder, 'gone')), false, 'the temporary file is gone');
    assert.equal(verdict('ENOENT', from, join(folder, 'gone', 'a.xml')), false, 'the folder is gone');
    for (const code of ['ENOSPC', 'EIO', 'EROFS', 'EMFILE', 'EACCES']) assert.equal(verdict(code), false, code);
  });
});

saveTest(
  "what is no file at a document's own path is a stranger's: never replaced, never waited for",
  async (place, body) => {
    for (const thing of THINGS.filter((one) => !one.startsWith('link'))) {
      const path = join(place.out, `${thing}.xml`);
      after(await put(thing, path));
      const before = lstatSync(path);
      for (const existing of ['skip', 'replace'] as const) {
        const end = await place.save(request([`${thing}.xml`], { owned: true, existing }), body('<a/>'));
        assert.ok(end.kind === 'failed' && end.failure.code === 'disk', thing);
        assert.match(end.failure.message, /^files that are not ours stand at .*; move them away$/);
        assert.deepEqual([lstatSync(path).ino, lstatSync(path).mode], [before.ino, before.mode]);
      }
    }
  },
);

saveTest(
  "a link that leads nowhere at a document's own path is replaced, and there is nothing to keep",
  async (place, body) => {
    for (const thing of ['link to nothing', 'link to itself'] as const) {
      after(await put(thing, join(place.out, `${thing}.xml`)));
      const end = await place.save(request([`${thing}.xml`], { owned: true, existing: 'replace' }), body('<a/>'));
      assert.ok(end.kind === 'saved' && end.previousSha256 === undefined, thing);
      assert.equal(place.read(`${thing}.xml`), '<a/>');
    }
  },
);
