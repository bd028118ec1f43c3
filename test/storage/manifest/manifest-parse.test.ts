// A line is a row or it is none; of a row, a field that cannot be what it should be costs that field alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ManifestRow } from '../../../src/model/manifest-row.ts';
import { parseRow } from '../../../src/storage/manifest/manifest-parse.ts';

const ROW: ManifestRow = {
  url: 'https://a.example/1.xml',
  status: 'saved',
  path: '1/000095012310017583/1.xml',
  bytes: 7,
  sha256: 'a1'.repeat(32),
  httpStatus: 200,
  wireBytes: 7,
  etag: '"x"',
  lastModified: 'Mon, 01 Jan 2024 21:30:00 GMT',
  root: 'xbrl',
  attempts: 1,
  requests: 2,
  startedAt: '2026-01-02T03:04:05.678Z',
  settledAt: '2026-01-02T03:04:06.789Z',
  run: '00000000-0000-4000-8000-000000000000',
  line: 1,
  given: 'https://a.example/1.xml#top',
  tag: 'my  key',
  via: 'http://mirror.example',
  finalUrl: 'https://b.example/1.xml',
  previousSha256: 'b2'.repeat(32),
  error: { code: 'timeout', message: 'for a reason' },
};

test('a row that we wrote is read as it was written, and so is one behind a byte order mark', () => {
  const text = JSON.stringify(ROW);
  assert.deepEqual(parseRow(text), ROW);
  assert.deepEqual(parseRow(`\ufeff${text}\r`), ROW);
  assert.equal(JSON.stringify(parseRow(text)), text, 'in the same order');
});

test('a line that does not say which URL it is of, how it settled, or where the document can be, is no row', () => {
  const spoiled: readonly Record<string, unknown>[] = [
    { url: undefined },
    { url: 5 },
    { url: null },
    { url: ['https://a.example/1.xml'] },
    { url: 'https://a.example/\nhttps://b.example/' },
    { url: 'https://a.example/\r' },
    { status: undefined },
    { status: [] },
    { status: 'other' },
    { status: ['saved'] },
    { path: undefined },
    { path: 5 },
    { path: {} },
    { path: '../a.xml' },
    { path: './.edgar-fetch/manifest.jsonl' },
    { bytes: undefined },
    { bytes: 'x' },
    { bytes: -1 },
    { bytes: 1.5 },
    { bytes: 1e99 },
    { bytes: null },
  ];
  for (const change of spoiled) {
    const text = JSON.stringify({ ...ROW, ...change });
    assert.equal(parseRow(text), undefined, text);
  }
  for (const text of ['', '[]', 'null', '1', '"x"', '{}', '\ufeff', '{"__proto__":{"url":"u","status":"failed"}}'])
    assert.equal(parseRow(text), undefined, text);
});

test('a field of another type than ours is left out, and so is one that we do not know', () => {
  const deep = 100_000;
  const others = ['5', '-1', '1e99', '"x"', '""', '[]', '{}', 'null', 'true', `${'['.repeat(deep)}${']'.repeat(deep)}`];
  const rightTypes = new Map<string, (value: unknown) => boolean>();
  for (const field of ['httpStatus', 'wireBytes', 'attempts', 'requests', 'line'])
    rightTypes.set(field, (value) => value === 5);
  for (const field of [
    'etag',
    'lastModified',
    'root',
    'startedAt',
    'settledAt',
    'run',
    'given',
    'tag',
    'via',
    'finalUrl',
  ])
    rightTypes.set(field, (value) => typeof value === 'string');
  for (const field of ['sha256', 'error', 'fieldOfTheFuture', '__proto__', 'constructor', 'toString'])
    rightTypes.set(field, () => false);
  for (const [field, fits] of rightTypes) {
    for (const other of others) {
      const row = parseRow(`{"url":"https://a.example/1","status":"failed","${field}":${other}}`);
      assert.ok(row !== undefined, field);
      const value: unknown = JSON.parse(other);
      const expected = fits(value) ? ['url', 'status', field] : ['url', 'status'];
      assert.deepEqual(Object.keys(row), expected, `${field} ${other.slice(0, 20)}`);
      // A report of it cannot overflow the stack.
      JSON.stringify(row);
    }
  }
  const inFailed = parseRow('{"url":"u","status":"failed","tag":"a\\nhttps://b.example/","path":"../x","bytes":-1}');
  assert.deepEqual(inFailed, { url: 'u', status: 'failed' });
  assert.deepEqual(parseRow('{"url":"u","status":"missing","error":{"code":"x","message":"y","more":[]}}'), {
    url: 'u',
    status: 'missing',
  });
});
