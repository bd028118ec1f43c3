// The index says what replaying every row would say: the last saved row of a URL stands, whatever came after it.
import assert from 'node:assert/strict';
import { appendFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ManifestRow } from '../../../src/model/manifest-row.ts';
import { Manifest } from '../../../src/storage/manifest/manifest.ts';
import { MAX_LINE_BYTES, parseRow } from '../../../src/storage/manifest/manifest-parse.ts';
import { LoadedIndex, type Found } from '../../support/loaded-index.ts';
import { withFolder } from '../../support/test-folder.ts';

/** Every row with its offset, as a reader with all the memory of the world would keep them. */
class NaiveManifest {
  readonly rows: { readonly row: ManifestRow; readonly offset: number }[] = [];

  of(url: string): NaiveManifest['rows'] {
    return this.rows.filter(({ row }) => row.url === url);
  }

  /** Offsets of the saved rows that say today that a document is at this path, letter case ignored. */
  #claims(path: string): number[] {
    const lasts = URLS.map((url) => this.of(url).findLast(({ row }) => row.status === 'saved'));
    return lasts.flatMap((saved) => (saved?.row.path?.toLowerCase() === path.toLowerCase() ? [saved.offset] : []));
  }

  lookUp(url: string): Found {
    const rows = this.of(url);
    const last = rows.at(-1);
    if (last === undefined) return { kind: 'unknown' };
    const saved = rows.findLast(({ row }) => row.status === 'saved');
    if (saved !== undefined) {
      const { path, bytes } = saved.row as { path: string; bytes: number };
      const known = { kind: 'saved', path, bytes, rowOffset: saved.offset } as const;
      const claims = this.#claims(path);
      if (claims.length === 1) return known;
      return { ...known, claim: Math.max(...claims) === saved.offset ? 'last' : 'earlier' };
    }
    if (last.row.status === 'missing')
      return { kind: 'missing', sinceMs: Date.parse(last.row.settledAt!), rowOffset: last.offset };
    return { kind: 'failed' };
  }

  /** Offsets of the last row of each URL and of its last saved row. */
  current(): Set<number> {
    const urls = new Set(this.rows.map(({ row }) => row.url));
    const current = new Set<number>();
    for (const url of urls) {
      const rows = this.of(url);
      current.add(rows.at(-1)!.offset);
      const saved = rows.findLast(({ row }) => row.status === 'saved');
      if (saved !== undefined) current.add(saved.offset);
    }
    return current;
  }

  failed(isThere: (path: string) => boolean): Set<number> {
    const lasts = [...new Set(this.rows.map(({ row }) => row.url))].map((url) => this.of(url).at(-1)!);
    return new Set(
      lasts
        .filter(({ row }) => {
          const known = this.lookUp(row.url);
          return row.status === 'failed' && !(known.kind === 'saved' && isThere(known.path));
        })
        .map(({ offset }) => offset),
    );
  }
}

const URLS = [
  'https://a.example/1',
  'https://a.example/"2"',
  'https://a.example/\\3',
  'https://a.example/ü',
  'bad line é "x"',
];
const url = fc.constantFrom(...URLS);
const settledAt = fc
  .date({ min: new Date(1e12), max: new Date(2e12), noInvalidDate: true })
  .map((date) => date.toISOString());
const row = fc.oneof(
  fc.record({
    url,
    status: fc.constant('saved' as const),
    path: fc.constantFrom('a.xml', 'A.xml', 'b/"c".xml', 'b%5Cd', 'ü€\u{1f600}.xml', 'a b', 'index'),
    bytes: fc.oneof(fc.nat(), fc.constant(0), fc.constant(2 ** 40)),
    sha256: fc.constant('0'.repeat(64)),
    settledAt,
  }),
  fc.record({ url, status: fc.constant('missing' as const), settledAt }),
  fc.record({ url, status: fc.constant('failed' as const), settledAt }),
) as fc.Arbitrary<ManifestRow>;

/** A line as we write it, with its fields the other way round, or one that cannot be read. */
const line = fc.oneof(
  { weight: 6, arbitrary: row.map((one) => ({ row: one, text: JSON.stringify(one) })) },
  {
    weight: 2,
    arbitrary: row.map((one) => ({
      row: one,
      text: JSON.stringify(Object.fromEntries(Object.entries(one).reverse()), undefined, ' ').replaceAll('\n', ''),
    })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(
        'garbage',
        '{"url":"https://a.example/1"',
        '{}',
        'null',
        '[]',
        '{"url":1,"status":"saved"}',
        '\0\0',
        '{"url":"x","status":"other"}',
      )
      .map((text) => ({ row: undefined, text })),
  },
  { weight: 1, arbitrary: fc.constant({ row: undefined, text: '' }) },
);

function assertSame(index: LoadedIndex, model: NaiveManifest): void {
  for (const one of URLS) assert.deepEqual(index.of(one), model.lookUp(one), one);
}

test('loading any sequence of rows says what a naive replay says', () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 30 }), fc.constantFrom('', '{"url":"torn'), (lines, torn) =>
      withFolder((folder) => {
        const path = join(folder, 'manifest.jsonl');
        const model = new NaiveManifest();
        let offset = 0;
        for (const one of lines) {
          if (one.row !== undefined) model.rows.push({ row: one.row, offset });
          offset += Buffer.byteLength(one.text) + 1;
        }
        writeFileSync(path, lines.map(({ text }) => `${text}\n`).join('') + torn);
        const index = new LoadedIndex(path);
        assertSame(index, model);
        assert.equal(index.of('https://a.example/other').kind, 'unknown');
        assert.equal(index.rows, model.rows.length);
        assert.equal(index.unreadable, lines.filter((one) => one.row === undefined && one.text !== '').length);
        assert.equal(index.superseded, model.rows.length - model.current().size);
        assert.deepEqual(new Set(index.currentRows()), model.current());
        const isThere = (place: string): boolean => place === 'a.xml';
        assert.deepEqual(new Set(index.failedRows(isThere)), model.failed(isThere));
        const paths = URLS.map((one) => model.lookUp(one)).flatMap((known) =>
          known.kind === 'saved' ? [known.path] : [],
        );
        assert.deepEqual([...index.savedDocuments()].map((one) => one.path).sort(), paths.sort());
      }),
    ),
    { numRuns: 100 },
  );
});

test('rows that the run appends count as a naive replay of both counts them', () => {
  fc.assert(
    fc.property(
      fc.array(row, { maxLength: 12 }),
      fc.uniqueArray(row, { maxLength: 5, selector: (one) => one.url }),
      (old, fresh) =>
        withFolder((folder) => {
          const path = join(folder, 'manifest.jsonl');
          const model = new NaiveManifest();
          let offset = 0;
          const write = (one: ManifestRow): number => {
            const text = `${JSON.stringify(one)}\n`;
            appendFileSync(path, text);
            model.rows.push({ row: one, offset });
            offset += Buffer.byteLength(text);
            return offset - Buffer.byteLength(text);
          };
          for (const one of old) write(one);
          const index = new LoadedIndex(path);
          const known = new Set(old.map((one) => one.url));
          // A run has one row for each URL.
          for (const one of fresh) index.record(one, write(one));
          const places = (one: Found): object => ({ ...one, claim: undefined });
          for (const one of known) assert.deepEqual(places(index.of(one)), places(model.lookUp(one)));
          assert.equal(index.rows, model.rows.length);
          assert.equal(index.superseded, model.rows.length - model.current().size);
          assert.deepEqual(
            new Set(index.failedRows(() => false)),
            model.failed(() => false),
          );
          assert.deepEqual(
            new Set(index.failedRows(() => true)),
            model.failed(() => true),
          );
        }),
    ),
    { numRuns: 100 },
  );
});

test('a manifest that is absent or empty knows nothing', () => {
  withFolder((folder) => {
    const path = join(folder, 'manifest.jsonl');
    for (let round = 0; round < 2; round++) {
      const index = new LoadedIndex(path);
      assert.deepEqual([index.urls, index.rows, index.unreadable, index.superseded], [0, 0, 0, 0]);
      assert.deepEqual(index.of('https://a.example/1'), { kind: 'unknown' });
      writeFileSync(path, '');
    }
  });
});

test('lines that cross the read buffer, and one that fills it, are read whole', () => {
  withFolder((folder) => {
    const path = join(folder, 'manifest.jsonl');
    const saved = (number: number, tag: string): ManifestRow => ({
      url: `https://a.example/${number}`,
      status: 'saved',
      path: `${number}.xml`,
      bytes: number,
      tag,
    });
    const rows = Array.from({ length: 700 }, (_, number) => saved(number, 'x'.repeat(10_000 + number)));
    const longest = saved(9_999, '');
    rows.splice(350, 0, { ...longest, tag: 'y'.repeat(MAX_LINE_BYTES - 1 - JSON.stringify(longest).length) });
    writeFileSync(path, rows.map((one) => `${JSON.stringify(one)}\n`).join(''));
    const index = new LoadedIndex(path);
    assert.deepEqual([index.rows, index.unreadable], [701, 0]);
    const reader = Manifest.read(path);
    for (const one of rows) {
      const known = index.of(one.url);
      assert.ok(known.kind === 'saved');
      assert.deepEqual([known.path, known.bytes], [one.path, one.bytes]);
      if (one.bytes! % 50 === 0 || one.bytes === 9_999) assert.deepEqual(reader.rowOf(one.url, 'saved'), one);
    }
    void reader.close();
  });
});

test('a line that is too long for a row is passed over, wherever it lies, and nothing of it is held in memory', () => {
  withFolder((folder) => {
    const path = join(folder, 'manifest.jsonl');
    const rowAt = (number: number): string =>
      `{"url":"https://a.example/${number}","status":"saved","path":"${number}.xml","bytes":${number}}\n`;
    const tooLong = MAX_LINE_BYTES - rowAt(1).length + 1;
    for (const lengths of [[0], [tooLong], [MAX_LINE_BYTES], [0, 3 * MAX_LINE_BYTES, 7 * MAX_LINE_BYTES + 1]]) {
      for (const last of ['', 'z'.repeat(2 * MAX_LINE_BYTES)]) {
        const long = lengths.map((length) => (length === 0 ? '' : `${rowAt(1).trimEnd()}${' '.repeat(length)}\n`));
        writeFileSync(path, `${rowAt(2)}${long.join(rowAt(3))}${rowAt(4)}${last}`);
        const index = new LoadedIndex(path);
        const others = lengths.length;
        assert.deepEqual([index.rows, index.unreadable], [1 + others, lengths.filter((length) => length > 0).length]);
        assert.equal(index.of('https://a.example/1').kind, 'unknown');
        const reader = Manifest.read(path);
        for (const number of others === 1 ? [2, 4] : [2, 3, 4]) {
          const known = index.of(`https://a.example/${number}`);
          assert.ok(known.kind === 'saved');
          assert.equal(reader.rowOf(`https://a.example/${number}`, 'saved')?.bytes, number);
        }
        void reader.close();
      }
    }
  });
});

test('a line that is longer than any text can be is passed over in little memory', () => {
  withFolder((folder) => {
    const path = join(folder, 'manifest.jsonl');
    const row = '{"url":"https://a.example/1","status":"saved","path":"1.xml","bytes":1}\n';
    writeFileSync(path, row);
    truncateSync(path, 600 * 1024 * 1024);
    appendFileSync(path, `\n${row.replaceAll('1', '2')}`);
    const before = process.memoryUsage.rss();
    const index = new LoadedIndex(path);
    assert.deepEqual([index.rows, index.unreadable], [2, 1]);
    assert.ok(process.memoryUsage.rss() - before < 100 * 1024 * 1024);
  });
});

test('a row whose fields have other types than ours is passed over as unreadable', () => {
  for (const text of [
    '{"url":"https://a.example/1","status":"saved","path":5,"bytes":3}',
    '{"url":"https://a.example/1","status":"saved","path":null,"bytes":3}',
    '{"url":"https://a.example/1","status":"saved","path":{},"bytes":3}',
    '{"url":"https://a.example/1","status":"saved","path":"a","bytes":"many"}',
  ]) {
    assert.equal(parseRow(text), undefined, text);
    withFolder((folder) => {
      const path = join(folder, 'manifest.jsonl');
      writeFileSync(path, `${text}\n`);
      const index = new LoadedIndex(path);
      assert.equal(index.unreadable, 1, text);
    });
  }
});
