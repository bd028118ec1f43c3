// What a run writes at its end: a list of what is failed that is a list again, and a manifest that says the same in fewer rows.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import type { ManifestRow } from '../../src/model/manifest-row.ts';
import { CannotWriteError } from '../../src/model/errors.ts';
import { appendRunRow, writeFailedList } from '../../src/storage/closing-files.ts';
import { Manifest } from '../../src/storage/manifest/manifest.ts';
import { kindAt } from '../../src/storage/plain-file.ts';
import type { StatePaths } from '../../src/storage/state-folder.ts';
import { readUrlList } from '../../src/plan/url-list.ts';
import { judgeLine } from '../../src/plan/list-line.ts';
import { put, THINGS } from '../support/things.ts';
import { makeState, withFolder } from '../support/test-folder.ts';

/** The manifest of a run that finds these rows. */
async function write(paths: StatePaths, rows: readonly ManifestRow[]): Promise<Manifest> {
  const manifest = Manifest.open(paths.manifest, false);
  await Promise.all(rows.map((row) => manifest.append(row)));
  await manifest.close();
  return Manifest.open(paths.manifest, false);
}

/** The lines of a list file as a run reads them. */
async function listed(path: string): Promise<string[]> {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(readFileSync(path));
  }
  const lines: string[] = [];
  for await (const block of readUrlList(source(), path)) for (const { text } of block) lines.push(text);
  return lines;
}

const never = (): boolean => false;

function failed(url: string, message = 'no', more: Partial<ManifestRow> = {}): ManifestRow {
  return { url, status: 'failed', ...more, error: { code: 'timeout', message } };
}

function saved(url: string, path = 'a.xml', bytes = 3): ManifestRow {
  return { url, status: 'saved', path, bytes, sha256: '0'.repeat(64) };
}

test('the failed list names each URL with its reason as a comment, and its tag', () =>
  withFolder(async (out) => {
    const paths = makeState(out);
    const manifest = await write(paths, [
      failed('https://a.example/1', 'first line\nsecond  line'),
      saved('https://a.example/2'),
      failed('https://a.example/3', 'x', { tag: 'my key 7' }),
      { url: 'https://a.example/4', status: 'missing', settledAt: '2026-01-01T00:00:00.000Z' },
    ]);
    await writeFailedList(paths, manifest, never, true, 'run-1');
    assert.equal(
      readFileSync(paths.failedList, 'utf8'),
      '# timeout: first line second line\nhttps://a.example/1\n# timeout: x\nhttps://a.example/3 my key 7\n',
    );
    assert.deepEqual(readdirSync(paths.folder).sort(), ['failed.txt', 'manifest.jsonl', 'tmp']);
  }));

test('the failed list is removed when nothing is failed any more', () =>
  withFolder(async (out) => {
    const paths = makeState(out);
    await writeFailedList(paths, await write(paths, [failed('https://a.example/1')]), never, false, 'run-1');
    assert.ok(existsSync(paths.failedList));
    await writeFailedList(paths, await write(paths, [saved('https://a.example/1')]), never, false, 'run-1');
    assert.equal(existsSync(paths.failedList), false);
    await writeFailedList(paths, await write(paths, []), never, false, 'run-1');
    assert.equal(existsSync(paths.failedList), false);
  }));

test('a document that is still there is not failed, whatever its last check came to; one that is gone is', () =>
  withFolder(async (out) => {
    const paths = makeState(out);
    const manifest = await write(paths, [saved('https://a.example/1', 'one.xml', 5), failed('https://a.example/1')]);
    await writeFailedList(paths, manifest, (path, bytes) => path === 'one.xml' && bytes === 5, false, 'run-1');
    assert.equal(existsSync(paths.failedList), false);
    await writeFailedList(paths, manifest, never, false, 'run-1');
    assert.deepEqual(await listed(paths.failedList), ['https://a.example/1']);
  }));

test('the failed list is a list again: the same URLs, with the same tags', async () => {
  const tag = fc.option(fc.constantFrom('7', 'my key', '# 1', 'é'), { nil: undefined });
  const messages = fc.constantFrom('no', 'two\nlines', '\u2028', 'x'.repeat(20_000), '# x');
  const url = fc.webUrl({ withQueryParameters: true }).map((text) => new URL(text).href);
  const rows = fc.uniqueArray(fc.record({ url, tag, message: messages }), {
    maxLength: 12,
    selector: (row) => row.url,
  });
  await fc.assert(
    fc.asyncProperty(rows, (wanted) =>
      withFolder(async (out) => {
        const paths = makeState(out);
        const list = wanted.map((row) => failed(row.url, row.message, row.tag === undefined ? {} : { tag: row.tag }));
        await writeFailedList(paths, await write(paths, list), never, false, 'run-1');
        const lines = wanted.length === 0 ? [] : await listed(paths.failedList);
        const judged = lines.map((text) => judgeLine({ text, tooLong: false }));
        const found = judged.map((line) => (line.valid ? [line.url, line.tag] : line));
        const expected = wanted.map((row) => [row.url, row.tag]);
        assert.deepEqual(found, expected);
      }),
    ),
    { numRuns: 20 },
  );
});

test('a bad line that was too long does not come back from the failed list as another URL', () =>
  withFolder(async (out) => {
    const paths = makeState(out);
    // The row of a line that was too long has its first 8 KiB.
    const url = `https://a.example/${'x'.repeat(9000)}`.slice(0, 8192);
    const row: ManifestRow = { url, status: 'failed', error: { code: 'invalid-url', message: 'longer than 8 KiB' } };
    await writeFailedList(paths, await write(paths, [row]), never, false, 'run-1');
    const urls = existsSync(paths.failedList) ? await listed(paths.failedList) : [];
    assert.deepEqual(
      urls.filter((text) => URL.canParse(text)),
      [],
    );
  }));

const row = fc.oneof(
  fc
    .record({ url: fc.constantFrom('u1', 'u2', 'u3'), path: fc.constantFrom('a', 'b'), bytes: fc.nat() })
    .map((one) => saved(one.url, one.path, one.bytes)),
  fc.constantFrom('u1', 'u2', 'u3').map((url) => failed(url)),
  fc
    .constantFrom('u1', 'u2')
    .map((url): ManifestRow => ({ url, status: 'missing', settledAt: '2026-01-01T00:00:00.000Z' })),
);

test('compaction keeps what the manifest says, and current rows only, where over half are superseded', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 20 }), (rows) =>
      withFolder(async (out) => {
        const paths = makeState(out);
        const before = await write(paths, rows);
        const text = readFileSync(paths.manifest, 'utf8');
        const urls = ['u1', 'u2', 'u3'];
        const isCurrent = (one: ManifestRow, at: number): boolean => {
          const later = rows.slice(at + 1).filter(({ url }) => url === one.url);
          return later.length === 0 || (one.status === 'saved' && later.every(({ status }) => status !== 'saved'));
        };
        const current = rows.filter(isCurrent);
        const said = (manifest: Manifest): object[] => [
          ...urls.map((url) => manifest.lookUp(url)),
          ...urls.map((url) => manifest.rowOf(url, 'last') ?? {}),
          ...urls.map((url) => manifest.rowOf(url, 'saved') ?? {}),
          ...[...manifest.failedRows(never)].map(({ url }) => url).sort(),
        ];
        const saidBefore = said(before);
        const compacted = await before.compact(false);
        await before.close();
        assert.equal(compacted, (rows.length - current.length) * 2 > rows.length);
        const expected = compacted ? current.map((one) => `${JSON.stringify(one)}\n`).join('') : text;
        assert.equal(readFileSync(paths.manifest, 'utf8'), expected);
        const after = Manifest.open(paths.manifest, false);
        assert.deepEqual(said(after), saidBefore);
        assert.equal(after.unreadable, 0);
        await after.close();
        assert.deepEqual(readdirSync(paths.folder).sort(), ['manifest.jsonl', 'tmp']);
      }),
    ),
    { numRuns: 60 },
  );
});

test('whatever stands in place of a closing file is told by its path, stays, and is not waited for', () =>
  withFolder(async (folder) => {
    for (const thing of THINGS) {
      const paths = makeState(join(folder, thing));
      const manifest = await write(
        paths,
        [1, 2, 3].map(() => failed('https://a.example/1')),
      );
      const says = (path: string) => (error: unknown) =>
        error instanceof CannotWriteError &&
        error.message.startsWith(`cannot write ${path}: it is a ${thing} where a file belongs; `);
      const list = (): Promise<void> => writeFailedList(paths, manifest, never, true, 'run-1');
      after(await put(thing, paths.failedList));
      after(await put(thing, paths.runs));
      await assert.rejects(list(), says(paths.failedList), 'something is failed');
      const empty = Manifest.read(join(folder, 'none'));
      await assert.rejects(writeFailedList(paths, empty, never, true, 'run-1'), says(paths.failedList), 'nothing is');
      assert.throws(() => appendRunRow(paths, { id: 1 }), says(paths.runs));
      assert.equal(kindAt(paths.failedList), thing);
      rmSync(paths.failedList, { recursive: true });
      after(await put(thing, `${paths.failedList}.new`));
      await assert.rejects(list(), says(`${paths.failedList}.new`));
      rmSync(paths.manifest);
      after(await put(thing, paths.manifest));
      await assert.rejects(manifest.compact(true), says(paths.manifest));
      await manifest.close();
    }
  }));

test('rows of runs are appended, one a line', () => {
  withFolder((out) => {
    const paths = makeState(out);
    appendRunRow(paths, { id: 1 });
    appendRunRow(paths, { id: 2 });
    assert.equal(readFileSync(paths.runs, 'utf8'), '{"id":1}\n{"id":2}\n');
  });
});
