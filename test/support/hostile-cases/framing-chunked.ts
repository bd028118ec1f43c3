// Framing by chunks: cut ones, broken sizes, and the legal forms that a strict reader might refuse.
import { gzipSync } from 'node:zlib';
import { fails, inGroup, saved, transient } from './define.ts';
import { cut, largeInstance, submissionDocument } from './documents.ts';
import { CHUNKED, chunked, chunks, head, inTurn, LAST_CHUNK, raw, whole, type Ending } from './replies.ts';
import type { HostileCase, Serve } from './types.ts';

const framing = inGroup('framing');
const XML = 'Content-Type: application/xml';

/** A chunked head, then this instead of proper chunks. */
const after = (parts: readonly (Buffer | string)[], ending: Ending = 'fin', ...fields: string[]): Serve =>
  raw([head('200 OK', XML, ...fields, CHUNKED), ...parts], ending);

/** A document whose first chunk has this size line. */
const firstSizeLine = (genuine: Buffer, sizeLine: string): Serve =>
  after([`${sizeLine}\r\n`, genuine, '\r\n', LAST_CHUNK]);

const broken = fails('connection', 'truncated', 'http-status');

export const chunkedCases: readonly HostileCase[] = [
  framing({
    id: 'chunked-no-last-fin',
    name: 'All chunks but the last one, then the connection closes; the document looks complete',
    source: 'RFC 9112 section 8; nodejs/undici#5273',
    expect: transient('truncated'),
    lenient: 'All bytes of the document came; only the mark that nothing follows is missing.',
    serve: (genuine) => after([chunks(genuine)]),
  }),
  framing({
    id: 'chunked-cut-fin',
    name: 'Chunks that stop between two, then the connection closes',
    source: 'RFC 9112 section 8; h2o/h2o#1031',
    expect: transient('truncated'),
    serve: (genuine) => after([chunks(cut(genuine), { size: 500 })]),
  }),
  framing({
    id: 'chunked-cut-rst',
    name: 'Chunks that stop between two, then a reset',
    source: 'RFC 9112 section 8',
    expect: transient('truncated', 'connection'),
    serve: (genuine) => after([chunks(cut(genuine), { size: 500 })], 'rst'),
  }),
  framing({
    id: 'chunked-cut-connection-close',
    name: 'Chunks that stop between two, under Connection: close',
    source: 'undici before 7.26 accepts it; nodejs/undici#5273',
    expect: transient('truncated'),
    serve: (genuine) => after([chunks(cut(genuine), { size: 500 })], 'fin', 'Connection: close'),
  }),
  framing({
    id: 'chunked-cut-in-chunk',
    name: 'The connection closes inside a chunk',
    source: 'RFC 9112 section 8; scrapy/scrapy#2413',
    expect: transient('truncated'),
    serve: (genuine) => after([`${genuine.length.toString(16)}\r\n`, cut(genuine, 0.6)]),
  }),
  framing({
    id: 'chunked-cut-in-size',
    name: 'The connection closes inside the line of a chunk size',
    source: 'RFC 9112 section 7.1; scrapy/scrapy#2413',
    expect: transient('truncated'),
    serve: (genuine) => after([chunks(cut(genuine)), '1f']),
  }),
  framing({
    id: 'chunked-cut-text',
    name: 'A complete submission (.txt) whose chunks stop half way',
    source: 'RFC 9112 section 8',
    file: '0001000045-26-000002.txt',
    genuine: submissionDocument('chunked-cut-text'),
    expect: transient('truncated'),
    serve: (genuine) => raw([head('200 OK', CHUNKED, 'Connection: close'), chunks(cut(genuine), { size: 300 })]),
  }),
  framing({
    id: 'chunked-gzip-whole-no-last',
    name: 'A gzip body that is whole, the last chunk missing',
    source: 'RFC 9112 section 8; RFC 1952 section 2.2 (a further member could follow)',
    expect: transient('truncated'),
    lenient: 'All bytes of the document came; only the mark that nothing follows is missing.',
    serve: (genuine) => after([chunks(gzipSync(genuine))], 'fin', 'Content-Encoding: gzip'),
  }),
  framing({
    id: 'chunked-gzip-cut',
    name: 'A gzip body of which half the chunks came',
    source: 'RFC 9112 section 8; notatallshaw/nab#467',
    expect: transient('truncated'),
    serve: (genuine) => after([chunks(cut(gzipSync(genuine)), { size: 200 })], 'fin', 'Content-Encoding: gzip'),
  }),
  framing({
    id: 'chunked-last-without-end',
    name: 'The last chunk comes, the empty line after it does not',
    source: 'RFC 9112 section 7.1; oven-sh/bun#36068',
    expect: transient('truncated', 'connection'),
    lenient:
      'RFC 9112 section 8 counts the zero-sized chunk as the end; the empty line after it holds no bytes of the document.',
    serve: (genuine) => after([chunks(genuine), '0\r\n']),
  }),
  framing({
    id: 'chunked-cut-in-trailer',
    name: 'The connection closes inside the trailer section',
    source: 'RFC 9112 section 7.1.2; oven-sh/bun#36068',
    expect: transient('truncated', 'connection'),
    lenient: 'RFC 9112 section 8 counts the zero-sized chunk as the end; trailers hold no bytes of the document.',
    serve: (genuine) => after([chunks(genuine), '0\r\nX-Checksum: 12']),
  }),
  framing({
    id: 'chunked-size-too-large',
    name: 'A chunk size above the data: the next size line is swallowed as document',
    source: 'RFC 9112 section 7.1',
    expect: broken,
    serve: (genuine) =>
      after([`${(genuine.length + 9).toString(16)}\r\n`, genuine, '\r\n', chunks(genuine), LAST_CHUNK]),
  }),
  framing({
    id: 'chunked-size-too-small',
    name: 'A chunk size below the data: document bytes stand where a size should',
    source: 'RFC 9112 section 7.1',
    expect: broken,
    serve: (genuine) => after([`${(genuine.length - 50).toString(16)}\r\n`, genuine, '\r\n', LAST_CHUNK]),
  }),
  framing({
    id: 'chunked-size-garbage',
    name: 'A chunk size that is no number',
    source: 'RFC 9112 section 7.1',
    expect: broken,
    serve: (genuine) => firstSizeLine(genuine, 'zz'),
  }),
  framing({
    id: 'chunked-size-negative',
    name: 'A negative chunk size',
    source: 'RFC 9112 section 7.1',
    expect: broken,
    serve: (genuine) => firstSizeLine(genuine, '-1'),
  }),
  framing({
    id: 'chunked-size-prefixed',
    name: 'A chunk size with 0x before it',
    source: 'RFC 9112 section 7.1 (readers built on strtol take it)',
    expect: broken,
    lenient: 'The number is readable once 0x is let pass, and the rest is right.',
    serve: (genuine) => firstSizeLine(genuine, `0x${genuine.length.toString(16)}`),
  }),
  framing({
    id: 'chunked-size-overflow',
    name: 'A chunk size that overflows 64 bits to the right number',
    source: 'RFC 9112 section 7.1 (recipients must anticipate large numbers); apache/trafficserver#8452',
    expect: broken,
    lenient: 'The overflow happens to give the right number.',
    serve: (genuine) => firstSizeLine(genuine, `1${genuine.length.toString(16).padStart(16, '0')}`),
  }),
  framing({
    id: 'chunked-size-empty',
    name: 'An empty line where a chunk size should be',
    source: 'RFC 9112 section 7.1',
    expect: broken,
    serve: (genuine) =>
      after([chunks(cut(genuine)), '\r\n', chunks(genuine.subarray(genuine.length >> 1)), LAST_CHUNK]),
  }),
  framing({
    id: 'chunked-no-line-end-after-data',
    name: 'Chunk data without the line end after it',
    source: 'RFC 9112 section 7.1',
    expect: broken,
    lenient: 'The sizes are right, so the data can be found without the line ends.',
    serve: (genuine) => after([`${genuine.length.toString(16)}\r\n`, genuine, LAST_CHUNK]),
  }),
  framing({
    id: 'chunked-but-plain',
    name: 'Transfer-Encoding: chunked over a body that is not chunked at all',
    source: 'RFC 9112 section 7.1',
    expect: broken,
    lenient: 'The reader falls back to taking the body as it is; the document happens to be whole.',
    serve: (genuine) => after([genuine]),
  }),
  framing({
    id: 'chunked-trailers-flood',
    name: 'Two MB of trailer fields after the last chunk',
    source: 'RFC 9112 section 7.1.2 (a recipient may limit and discard)',
    expect: fails('connection', 'truncated', 'timeout'),
    lenient: 'The document was complete before the trailers.',
    serve: (genuine) => after([chunks(genuine), '0\r\n', `X-Filler: ${'f'.repeat(1000)}\r\n`.repeat(2000), '\r\n']),
  }),
  framing({
    id: 'chunked-good',
    name: 'Chunks of several sizes',
    source: 'RFC 9112 section 7.1; EDGAR recordings without Content-Length',
    genuine: largeInstance('chunked-good'),
    expect: saved(),
    serve: (genuine) => chunked(genuine, [XML], { size: 10_007 }),
  }),
  framing({
    id: 'chunked-gzip-good',
    name: 'Gzip in chunks, as EDGAR makes it on the fly',
    source: 'EDGAR recordings without Content-Length',
    expect: saved(),
    serve: (genuine) => chunked(gzipSync(genuine), [XML, 'Content-Encoding: gzip'], { size: 333 }),
  }),
  framing({
    id: 'chunked-one-byte-each',
    name: 'Every chunk one byte',
    source: 'RFC 9112 section 7.1',
    expect: saved(),
    serve: (genuine) => chunked(genuine, [XML], { size: 1 }),
  }),
  framing({
    id: 'chunked-extensions',
    name: 'Chunk extensions, quoted strings among them',
    source: 'RFC 9112 section 7.1.1',
    expect: saved(),
    serve: (genuine) => chunked(genuine, [XML], { extension: ';name=value;other="a;b"' }),
  }),
  framing({
    id: 'chunked-trailers',
    name: 'Trailer fields after the last chunk',
    source: 'RFC 9112 section 7.1.2',
    expect: saved(),
    serve: (genuine) =>
      after(
        [chunks(genuine), '0\r\nX-Checksum: abc\r\nExpires: Tue, 31 Mar 2026 10:00:00 GMT\r\n\r\n'],
        'keep',
        'Trailer: X-Checksum',
      ),
  }),
  framing({
    id: 'chunked-leading-zeros',
    name: 'Chunk sizes with leading zeros and capital digits',
    source: 'RFC 9112 section 7.1',
    expect: saved(),
    serve: (genuine) =>
      chunked(genuine, [XML], { size: 0xabc, writeSize: (bytes) => bytes.toString(16).toUpperCase().padStart(8, '0') }),
  }),
  framing({
    id: 'chunked-cut-then-good',
    name: 'Chunks cut at the first attempt, whole at the second',
    source: 'RFC 9112 section 8',
    expect: saved(2),
    serve: (genuine) => inTurn(after([chunks(cut(genuine))]), whole(genuine)),
  }),
];
