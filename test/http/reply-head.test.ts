// How a reply's head is read: whatever leaves room to misread a length or a coding is refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  codingOf,
  fieldOf,
  framingOf,
  md5OfEtag,
  retryAfterMs,
  type HeaderFields,
  type ReplyHead,
} from '../../src/http/reply-head.ts';

function head(fields: HeaderFields): ReplyHead {
  return { status: 200, fields };
}

const FRAMINGS: readonly (readonly [HeaderFields, unknown])[] = [
  [{}, { kind: 'until-close' }],
  [{ 'content-length': '0' }, { kind: 'length', wireBytes: 0 }],
  [{ 'content-length': ' 12 ' }, { kind: 'length', wireBytes: 12 }],
  [{ 'content-length': '999999999999999' }, { kind: 'length', wireBytes: 999_999_999_999_999 }],
  [{ 'transfer-encoding': 'chunked' }, { kind: 'chunked' }],
  [{ 'transfer-encoding': ' Chunked ' }, { kind: 'chunked' }],
  [{ 'transfer-encoding': 'chunked', 'content-length': '5' }, { kind: 'chunked' }],
];

for (const [fields, value] of FRAMINGS) {
  test(`${JSON.stringify(fields)} frames a body`, () => assert.deepEqual(framingOf(head(fields)), { value }));
}

const UNFRAMED: readonly HeaderFields[] = [
  { 'transfer-encoding': 'gzip' },
  { 'transfer-encoding': 'gzip, chunked' },
  { 'transfer-encoding': 'chunked, x' },
  { 'transfer-encoding': ['chunked', 'chunked'] },
  { 'transfer-encoding': '' },
  { 'transfer-encoding': 'identity' },
  { 'content-length': '' },
  { 'content-length': '-1' },
  { 'content-length': '+1' },
  { 'content-length': '1.5' },
  { 'content-length': '0x10' },
  { 'content-length': '5 5' },
  { 'content-length': ['5', '6'] },
  { 'content-length': '1e3' },
  { 'content-length': '12345678901234567890' },
];

for (const fields of UNFRAMED) {
  test(`${JSON.stringify(fields)} is refused for good as a framing`, () => {
    const judged = framingOf(head(fields));
    assert.ok('failure' in judged);
    assert.deepEqual([judged.failure.code, judged.failure.transient], ['http-status', false]);
  });
}

const CODINGS: readonly (readonly [string | string[] | undefined, string | undefined])[] = [
  [undefined, 'identity'],
  ['', 'identity'],
  ['identity', 'identity'],
  ['gzip', 'gzip'],
  ['GZIP', 'gzip'],
  [' x-gzip ', 'gzip'],
  ['deflate', 'deflate'],
  ['br', undefined],
  ['zstd', undefined],
  ['gzip, gzip', undefined],
  [['gzip', 'deflate'], undefined],
  ['gzip, identity', undefined],
  ['none', undefined],
  ['utf-8', undefined],
];

for (const [field, value] of CODINGS) {
  test(`Content-Encoding ${field === undefined ? 'absent' : JSON.stringify(field)} is ${value ?? 'refused for good'}`, () => {
    const judged = codingOf(head({ 'content-encoding': field }));
    if ('value' in judged) return assert.equal(judged.value, value);
    assert.equal(value, undefined);
    assert.deepEqual([judged.failure.code, judged.failure.transient], ['corrupt', false]);
  });
}

test('a field that came several times is one list', () => {
  assert.equal(fieldOf(head({ via: ['a', 'b'] }), 'via'), 'a, b');
  assert.equal(fieldOf(head({}), 'via'), undefined);
});

const NOW = Date.parse('2026-01-12T00:00:00Z');
const RETRY_AFTER: readonly (readonly [string | undefined, number | undefined])[] = [
  [undefined, undefined],
  ['0', 0],
  ['120', 120_000],
  [' 120 ', 120_000],
  ['Mon, 12 Jan 2026 00:01:00 GMT', 60_000],
  ['Sun, 11 Jan 2026 00:00:00 GMT', 0],
  ['soon', undefined],
  ['', undefined],
];

for (const [field, ms] of RETRY_AFTER) {
  test(`Retry-After ${field === undefined ? 'absent' : JSON.stringify(field)} asks for ${ms ?? 'no'} ms`, () => {
    assert.equal(retryAfterMs(head({ 'retry-after': field }), NOW), ms);
  });
}

const MD5 = '2984d626f371dce4d5d525b0d13421ce';
const ETAGS: readonly (readonly [string | undefined, string | undefined])[] = [
  [`"${MD5}"`, MD5],
  [`"${MD5}-gzip"`, MD5],
  [`"${MD5.toUpperCase()}"`, MD5],
  [`W/"${MD5}"`, undefined],
  [`"${MD5}-2"`, undefined],
  [`"${MD5}0"`, undefined],
  [MD5, undefined],
  ['"abc"', undefined],
  [undefined, undefined],
];

for (const [etag, md5] of ETAGS) {
  test(`the ETag ${etag ?? 'absent'} carries ${md5 === undefined ? 'no MD5' : 'an MD5'}`, () => {
    assert.equal(md5OfEtag(etag), md5);
  });
}
