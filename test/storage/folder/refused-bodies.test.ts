// The last 100 bodies that were not accepted are kept for a person to look at, whatever their documents are called.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { usualPath } from '../../../src/edgar/layout.ts';
import type { DocumentRequest } from '../../../src/model/document.ts';
import { CannotWriteError } from '../../../src/model/errors.ts';
import { RefusedBodies } from '../../../src/storage/folder/refused-bodies.ts';
import type { Body } from '../../../src/model/body.ts';
import { TemporaryFolder } from '../../../src/storage/folder/temporary-file.ts';
import { mountSmallDisk, smallDiskSkip } from '../../support/small-disk.ts';
import { makeState, withFolder } from '../../support/test-folder.ts';

function request(path: string): DocumentRequest {
  const url = 'https://a.example/a.xml';
  return { sequence: 0, url, fetchUrl: url, paths: [path], owned: false, existing: 'skip' };
}

function inMemory(text: string): Body {
  return { kind: 'memory', bytes: Buffer.from(text), sha256: createHash('sha256').update(text).digest('hex') };
}

/** The path in what is said of a body that was kept. */
function pathIn(said: string): string {
  return /^kept as (\.edgar-fetch\/refused\/[^/]+)$/.exec(said)?.[1] ?? assert.fail(said);
}

test('a body is kept under the path that is returned, from memory and from a file', () =>
  withFolder(async (out) => {
    const paths = makeState(out);
    const refused = new RefusedBodies(paths.refused);
    const kept = pathIn(await refused.keep(request('1/2/a.xml'), inMemory('<html>')));
    assert.match(kept, /^\.edgar-fetch\/refused\/[0-9a-f]{8}-a\.xml$/);
    assert.equal(readFileSync(join(out, kept), 'utf8'), '<html>');
    const file = new TemporaryFolder(paths.temporary, 't').open();
    file.write(Buffer.from('<body>'));
    const moved = pathIn(await refused.keep(request('b.xml'), { kind: 'file', file, sha256: 'f'.repeat(64) }));
    assert.equal(readFileSync(join(out, moved), 'utf8'), '<body>');
    assert.deepEqual(readdirSync(paths.temporary), []);
  }));

test('of more than 100 the oldest are removed', () =>
  withFolder(async (out) => {
    const { refused: folder } = makeState(out);
    const refused = new RefusedBodies(folder);
    const kept: string[] = [];
    for (let number = 0; number < 130; number++) {
      const path = join(out, pathIn(await refused.keep(request(`${number}.xml`), inMemory(`body ${number}`))));
      kept.push(path);
      utimesSync(path, 1_700_000_000 + number, 1_700_000_000 + number);
    }
    assert.deepEqual(
      readdirSync(folder).sort(),
      kept
        .slice(30)
        .map((path) => path.slice(folder.length + 1))
        .sort(),
    );
  }));

test('a body can be kept whatever name its document has', () =>
  withFolder(async (out) => {
    const refused = new RefusedBodies(makeState(out).refused);
    for (const encoded of ['%E2%82%AC'.repeat(84), '%F0%9F%98%80'.repeat(62), 'a'.repeat(300), '%C3%A9'.repeat(126)]) {
      const path = usualPath(`https://a.example/${encoded}.xml`, 'flat');
      const kept = pathIn(await refused.keep(request(path), inMemory('<html>')));
      assert.equal(readFileSync(join(out, kept), 'utf8'), '<html>');
      assert.equal(Buffer.from(kept).toString(), kept, 'no half characters');
    }
  }));

test('a refused/ that is a file, or has a folder where the body goes, keeps nothing and says so', () =>
  withFolder(async (out) => {
    const { refused: folder, temporary } = makeState(out);
    const [, name = ''] =
      /refused\/(.*)$/.exec(await new RefusedBodies(folder).keep(request('a.xml'), inMemory('x'))) ?? [];
    const spoil: readonly (() => void)[] = [
      () => writeFileSync(folder, 'a file'),
      () => mkdirSync(join(folder, name, 'more'), { recursive: true }),
      () => symlinkSync('nowhere/at/all', folder),
    ];
    for (const make of spoil) {
      rmSync(folder, { recursive: true });
      make();
      const file = new TemporaryFolder(temporary, 't').open();
      file.write(Buffer.from('x'));
      const inFile = { kind: 'file', file, sha256: inMemory('x').sha256 } as const;
      for (const body of [inMemory('x'), inFile]) {
        const said = await new RefusedBodies(folder).keep(request('a.xml'), body);
        assert.match(said, /^not kept, because \S+\/refused cannot take it \(E[A-Z]+\)$/);
      }
      assert.deepEqual(readdirSync(temporary), [], 'and leaves no temporary file');
    }
  }));

test("folders in refused/ are somebody else's: they are not counted and not removed", () =>
  withFolder(async (out) => {
    const { refused: folder } = makeState(out);
    for (let number = 0; number < 130; number++) mkdirSync(join(folder, `folder-${number}`, 'x'), { recursive: true });
    const refused = new RefusedBodies(folder);
    const texts = Array.from({ length: 110 }, (_, number) => `body ${number}`);
    for (const text of texts) pathIn(await refused.keep(request('a.xml'), inMemory(text)));
    const names = readdirSync(folder);
    assert.equal(names.filter((name) => name.startsWith('folder-')).length, 130);
    assert.equal(names.length, 230);
  }));

test('a disk that is full ends the run here too', { skip: smallDiskSkip }, async (context) => {
  const { path } = mountSmallDisk(context, 64);
  const { refused } = makeState(path);
  const body = inMemory('x'.repeat(100_000));
  await assert.rejects(new RefusedBodies(refused).keep(request('a.xml'), body), CannotWriteError);
});
