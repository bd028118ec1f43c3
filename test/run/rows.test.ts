// The fields of a row come in the order of the contract, and absent ones are left out.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Effort, SavedDocument } from '../../src/model/outcome.ts';
import * as rows from '../../src/run/rows.ts';

/** A row as it is written: what is undefined is left out. */
function written<R extends object>(row: R): R {
  return JSON.parse(JSON.stringify(row)) as R;
}

const rowOf = (...args: Parameters<typeof rows.rowOf>) => written(rows.rowOf(...args));
const badLineRow = (...args: Parameters<typeof rows.badLineRow>) => written(rows.badLineRow(...args));
const unchangedRow = (...args: Parameters<typeof rows.unchangedRow>) => written(rows.unchangedRow(...args));

/** The order of DESIGN.md and docs/format.md. */
const ORDER = [
  ...[
    'url',
    'status',
    'path',
    'bytes',
    'sha256',
    'httpStatus',
    'wireBytes',
    'etag',
    'lastModified',
    'root',
    'attempts',
  ],
  ...[
    'requests',
    'startedAt',
    'settledAt',
    'run',
    'line',
    'given',
    'tag',
    'via',
    'finalUrl',
    'previousSha256',
    'error',
  ],
];

const ENTRY = { url: 'https://a.example/a.xml', line: 3 };
const FULL_ENTRY = { ...ENTRY, given: 'HTTPS://a.example/a.xml', tag: 'key' };
const EXCHANGE: Effort = { attempts: 1, requests: 2, startedAtMs: 0, settledAtMs: 1234 };
const FULL_EXCHANGE: Effort = { ...EXCHANGE, httpStatus: 200, wireBytes: 9, finalUrl: 'https://b.example/' };
const DOCUMENT: SavedDocument = { path: 'a.xml', bytes: 4, sha256: 'x' };
const FULL_DOCUMENT: SavedDocument = {
  ...DOCUMENT,
  etag: '"e"',
  lastModified: 'then',
  root: 'xbrl',
  previousSha256: 'y',
  warning: 'not for the row',
};
const FAILURE = { code: 'timeout', message: 'slow', transient: true } as const;

function assertOrdered(row: object): void {
  const keys = Object.keys(row);
  assert.deepEqual(
    keys,
    ORDER.filter((name) => keys.includes(name)),
  );
}

test('a full saved row has every field but the error, in order', () => {
  const outcome = { kind: 'saved', effort: FULL_EXCHANGE, document: FULL_DOCUMENT } as const;
  const row = rowOf(FULL_ENTRY, outcome, { run: 'r', via: 'http://m.example' });
  assert.deepEqual(
    Object.keys(row),
    ORDER.filter((name) => name !== 'error'),
  );
  assert.deepEqual([row.startedAt, row.settledAt], ['1970-01-01T00:00:00.000Z', '1970-01-01T00:00:01.234Z']);
  assert.equal(JSON.stringify(row).includes('not for the row'), false);
});

test('a bare saved row has no field that says nothing', () => {
  const row = rowOf(ENTRY, { kind: 'saved', effort: EXCHANGE, document: DOCUMENT }, { run: 'r' });
  assertOrdered(row);
  assert.deepEqual(Object.keys(row), [
    'url',
    'status',
    'path',
    'bytes',
    'sha256',
    'attempts',
    'requests',
    'startedAt',
    'settledAt',
    'run',
    'line',
  ]);
});

test('missing and failed rows have their error last, and nothing about transience', () => {
  for (const kind of ['missing', 'failed'] as const) {
    const row = rowOf(FULL_ENTRY, { kind, effort: FULL_EXCHANGE, failure: FAILURE }, { run: 'r', via: 'm' });
    assertOrdered(row);
    assert.equal(row.status, kind);
    assert.deepEqual(row.error, { code: 'timeout', message: 'slow' });
  }
});

test('the row of a bad line names its line, and that nothing was sent', () => {
  const row = badLineRow(ENTRY, 'no URL', 'r', 5);
  assertOrdered(row);
  assert.deepEqual([row.status, row.attempts, row.requests, row.line], ['failed', 0, 0, 3]);
  assert.deepEqual(row.error, { code: 'invalid-url', message: 'no URL' });
});

test('an unchanged row is the saved one under the present line, in order', () => {
  const outcome = { kind: 'saved', effort: EXCHANGE, document: FULL_DOCUMENT } as const;
  const saved = rowOf(ENTRY, outcome, { run: 'r' });
  const row = unchangedRow({ ...FULL_ENTRY, line: 9 }, saved, 'a.xml');
  assertOrdered(row);
  assert.deepEqual(
    [row.status, row.line, row.given, row.tag, row.sha256],
    ['unchanged', 9, FULL_ENTRY.given, 'key', 'x'],
  );
  const bare = unchangedRow(ENTRY, undefined, 'a.xml');
  assertOrdered(bare);
  assert.deepEqual([bare.status, bare.path], ['unchanged', 'a.xml']);
});

test('an unchanged row does not keep the tag and the form of an earlier list', () => {
  const outcome = { kind: 'saved', effort: EXCHANGE, document: DOCUMENT } as const;
  const row = unchangedRow(ENTRY, rowOf(FULL_ENTRY, outcome, { run: 'r' }), 'a.xml');
  assert.deepEqual([row.given, row.tag], [undefined, undefined]);
});
