// The fast way into a manifest line says what JSON says, or nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isDocumentPath } from '../../../src/edgar/layout.ts';
import { BlockOfRows, headOfRow } from '../../../src/storage/manifest/manifest-line.ts';

interface Beginning {
  readonly url: unknown;
  readonly path: unknown;
  readonly bytes: unknown;
}

function fast(line: string, before = 0): Beginning | undefined {
  const bytes = Buffer.concat([Buffer.alloc(before, 'y'), Buffer.from(line), Buffer.from('\n{"url":"z"}')]);
  const end = before + Buffer.byteLength(line);
  const beginning = new BlockOfRows(bytes).beginning(before, end);
  if (beginning === undefined) return undefined;
  const { urlStart, urlEnd, pathStart, pathEnd } = beginning;
  return {
    url: bytes.toString('utf8', urlStart, urlEnd),
    path: bytes.toString('utf8', pathStart, pathEnd),
    bytes: beginning.bytes,
  };
}

const path = fc.oneof(
  fc.string(),
  fc.webPath(),
  fc
    .array(fc.constantFrom('a', 'b.xml', '.', '..', '', '.edgar-fetch', '.hidden', '%2E', 'ü'), { maxLength: 4 })
    .map((names) => names.join('/')),
);
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc.webUrl(),
  fc.constantFrom('"', '\\', '\n', '","bytes":7'),
);
const saved = fc.record({
  url: text,
  status: fc.constantFrom('saved', 'missing', 'failed'),
  path,
  bytes: fc.oneof(fc.nat(), fc.maxSafeNat(), fc.constantFrom(0, 1e15, -1, 1.5, 2 ** 53, 1e20)),
  tag: text,
});

test('of any row it tells what JSON.parse tells, or nothing', () => {
  fc.assert(
    fc.property(saved, fc.nat(50), (row, before) => {
      const found = fast(JSON.stringify(row), before);
      if (found !== undefined) assert.deepEqual(found, { url: row.url, path: row.path, bytes: row.bytes });
      const plain = JSON.stringify(row.url + row.path).length === row.url.length + row.path.length + 2;
      const usual = plain && row.status === 'saved' && Number.isSafeInteger(row.bytes) && row.bytes >= 0;
      const plainPath = /^(?:[ !#-\x2d0-[\]-~][ !#-.0-[\]-~]*\/)*[ !#-\x2d0-[\]-~][ !#-.0-[\]-~]*$/.test(row.path);
      assert.equal(found !== undefined, usual && plainPath, 'rows of the usual form take the fast way, others do not');
      if (found !== undefined) assert.ok(isDocumentPath(row.path), 'and their paths are what a document may have');
    }),
    { numRuns: 500 },
  );
});

test('of a row with other orders of fields, other types or more fields it tells what JSON.parse tells, or nothing', () => {
  const field = fc.constantFrom('url', 'status', 'path', 'bytes', 'sha256', 'tag');
  const value = fc.oneof(text, fc.constant('saved'), fc.nat(), fc.constant(null), fc.constant({ url: 'x' }));
  fc.assert(
    fc.property(fc.array(fc.tuple(field, value), { maxLength: 6 }), (fields) => {
      const row = Object.fromEntries(fields) as Record<string, unknown>;
      const found = fast(JSON.stringify(row));
      if (found !== undefined) assert.deepEqual(found, { url: row['url'], path: row['path'], bytes: row['bytes'] });
    }),
    { numRuns: 500 },
  );
});

test('a line that is cut, or has bytes changed, is told as JSON.parse tells it, if both can read it', () => {
  const line = JSON.stringify({ url: 'https://a.example/b', status: 'saved', path: 'b', bytes: 12, sha256: 'c' });
  fc.assert(
    fc.property(fc.nat(line.length), fc.string({ maxLength: 3 }), fc.nat(3), (at, inserted, removed) => {
      const changed = (line.slice(0, at) + inserted + line.slice(at + removed)).replaceAll('\n', ' ');
      const found = fast(changed);
      let row: Record<string, unknown>;
      try {
        row = JSON.parse(changed) as Record<string, unknown>;
      } catch {
        return;
      }
      if (found !== undefined) assert.deepEqual(found, { url: row['url'], path: row['path'], bytes: row['bytes'] });
    }),
    { numRuns: 1000 },
  );
});

test('rows of one block, some with escapes, are told as each alone would be', () => {
  fc.assert(
    fc.property(fc.array(saved, { maxLength: 8 }), (rows) => {
      const lines = rows.map((row) => JSON.stringify(row));
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
      const block = new BlockOfRows(bytes);
      let start = 0;
      for (const line of lines) {
        const end = start + Buffer.byteLength(line);
        const found = block.beginning(start, end);
        const alone = new BlockOfRows(Buffer.from(line)).beginning(0, end - start);
        assert.equal(found?.bytes, alone?.bytes);
        if (found !== undefined) assert.equal(found.pathEnd - start, alone?.pathEnd);
        start = end + 1;
      }
    }),
  );
});

test('a torn line is never read the fast way', () => {
  const line = JSON.stringify({ url: 'https://a.example/b', status: 'saved', path: 'b', bytes: 12, sha256: 'c' });
  for (let length = 0; length < line.length; length++) assert.equal(fast(line.slice(0, length)), undefined);
});

test('of a row that is damaged behind its beginning the beginning can be read', () => {
  const line = '{"url":"https://a.example/1","status":"saved","path":"1/a.xml","bytes":7,"sha256":"\0\0}';
  assert.deepEqual(headOfRow(line), { url: 'https://a.example/1', status: 'saved', path: '1/a.xml', bytes: 7 });
  for (const other of [
    '',
    '{',
    line.slice(0, 60),
    line.replace('1/a.xml', '../a.xml'),
    line.replace('saved', 'failed'),
  ])
    assert.equal(headOfRow(other), undefined, other);
});
