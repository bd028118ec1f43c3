// How a reply's head is read: whatever leaves room to misread a length or a coding is refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  codingOf,
  fieldOf,
  framingOf,
  isEntityTag,
  md5OfEtag,
  partialFailure,
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
  ['none', 'identity'],
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

test('a 200 whose Content-Range names a part is not the whole', () => {
  const rangeOf = (range: string, status = 200): unknown =>
    partialFailure({ status, fields: { 'content-range': range } })?.code;
  for (const part of ['bytes 0-9/100', 'bytes 10-99/100', 'bytes 0-99/*', 'bytes */100', 'items 0-99/100', ''])
    assert.equal(rangeOf(part), 'http-status', part);
  assert.equal(rangeOf('bytes 0-99/100'), undefined, 'the whole');
  assert.equal(rangeOf('bytes */100', 416), undefined, 'other statuses are refused for what they are');
  assert.equal(partialFailure(head({})), undefined);
});

test('a condition names an entity tag, never the one that stands for any', () => {
  for (const tag of ['"abc"', 'W/"abc"', '""', '"a-gzip"', 'abc', '5f-61']) assert.equal(isEntityTag(tag), true, tag);
  for (const text of ['*', '"*", *', '"a", "b"', 'W/*', '', '"', '"a\nb"', ' "a"', 'a b'])
    assert.equal(isEntityTag(text), false, text);
});

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
