// The head of a reply alone may refuse its document; what of the body is taken in is bounded by what it is for.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Body } from '../../src/model/body.ts';
import { Reply } from '../../src/http/reply.ts';
import type { HeaderFields } from '../../src/http/reply-head.ts';

const MAX_BYTES = 1_000_000;

function replyOf(status: number, fields: HeaderFields, fromSec = true): { reply: Reply; wanted: boolean } {
  const reply = new Reply({ fromSec, maxBytes: MAX_BYTES, openTemporary: () => assert.fail('the body is small') });
  return { reply, wanted: reply.onHead({ status, fields }) };
}

async function bodyOf(fields: HeaderFields, bytes: Buffer, fromSec?: boolean): Promise<Body> {
  const { reply, wanted } = replyOf(200, fields, fromSec);
  assert.ok(wanted && reply.onData(bytes));
  const result = await reply.finish();
  assert.ok('body' in result);
  return result.body;
}

const REFUSED: readonly (readonly [HeaderFields, string])[] = [
  [{ 'transfer-encoding': 'chunked, x' }, 'http-status'],
  [{ 'content-length': '1, 2' }, 'http-status'],
  [{ 'content-encoding': 'br' }, 'corrupt'],
  [{ 'content-range': 'bytes 0-3/9' }, 'http-status'],
];

for (const [fields, code] of REFUSED) {
  test(`${JSON.stringify(fields)} refuses the document before a byte of it came`, async () => {
    const { reply, wanted } = replyOf(200, fields);
    assert.equal(wanted, false);
    const result = await reply.finish();
    assert.ok('failure' in result);
    assert.equal(result.failure.code, code);
  });
}

test('a document may have the size that the user allows, a page no more than any of the SEC', async () => {
  const piece = Buffer.alloc(300 * 1024, 'x');
  for (const [status, taken] of [
    [200, true],
    [403, false],
  ] as const) {
    const { reply } = replyOf(status, {});
    assert.equal(reply.onData(piece), taken);
    assert.equal('body' in (await reply.finish()), taken);
  }
});

test('the body is decoded, and has an MD5 where the SEC gave an ETag', async () => {
  const gzip = await bodyOf({ 'content-encoding': 'gzip', etag: '"x"' }, gzipSync('<a/>'));
  assert.equal(gzip.kind === 'memory' && gzip.bytes.toString(), '<a/>');
  assert.match(gzip.md5 ?? '', /^[0-9a-f]{32}$/);
  assert.equal((await bodyOf({}, Buffer.from('<a/>'))).md5, undefined);
  assert.equal((await bodyOf({ etag: '"x"' }, Buffer.from('<a/>'), false)).md5, undefined);
});

test('a 304 has no body, whatever length it announces', () => {
  assert.equal(replyOf(304, { 'content-length': '1000' }).reply.announcedBytes, undefined);
  assert.equal(replyOf(200, { 'content-length': '1000' }).reply.announcedBytes, 1000);
  assert.equal(replyOf(200, {}).reply.announcedBytes, undefined);
});
