// Framing by chunks: cut ones, broken sizes, and the legal forms that a strict reader might refuse.
import { fails, saved, transient, type Draft } from './define.ts';
import { cut } from './documents.ts';
import { gzipped } from './gzip.ts';
import { CHUNKED, chunked, chunks, head, inTurn, LAST_CHUNK, raw, whole, type Ending } from './replies.ts';
import type { Size } from './sizes.ts';
import type { Serve } from './types.ts';

const XML = 'Content-Type: application/xml';

/** A chunked head, then this instead of proper chunks. */
const after = (parts: readonly (Buffer | string)[], ending: Ending = 'fin', ...fields: string[]): Serve =>
  raw([head('200 OK', XML, ...fields, CHUNKED), ...parts], ending);

/** A document whose first chunk has this size line. */
const firstSizeLine = (genuine: Buffer, sizeLine: string): Serve =>
  after([`${sizeLine}\r\n`, genuine, '\r\n', LAST_CHUNK]);

const broken = fails('connection', 'truncated', 'http-status');

export const chunkedCases = (size: Size): readonly Draft[] => [
  {
    id: 'chunked-no-last-fin',
    name: 'All chunks but the last one, then the connection closes; the document looks complete',
    source: 'RFC 9112 section 8; nodejs/undici#5273',
    expect: transient('truncated'),
    lenient: 'All bytes of the document came; only the mark that nothing follows is missing.',
    serve: (genuine) => after([chunks(genuine)]),
  },
  {
    id: 'chunked-cut-fin',
    name: 'Chunks that stop between two, then the connection closes',
    source: 'RFC 9112 section 8; h2o/h2o#1031',
    expect: transient('truncated'),
    serve: (genuine) => after([chunks(cut(genuine), { size: 500 })]),
  },
  {
    id: 'chunked-cut-rst',
    name: 'Chunks that stop between two, then a reset',
    source: 'RFC 9112 section 8',
    expect: transient('truncated', 'connection'),
    serve: (genuine) => after([chunks(cut(genuine), { size: 500 })], 'rst'),
  },
  {
    id: 'chunked-cut-connection-close',
    name: 'Chunks that stop between two, under Connection: close',
    source: 'undici before 7.26 accepts it; nodejs/undici#5273',
    expect: transient('truncated'),
    serve: (genuine) => after([chunks(cut(genuine), { size: 500 })], 'fin', 'Connection: close'),
  },
  {
    id: 'chunked-cut-in-chunk',
    name: 'The connection closes inside a chunk',
    source: 'RFC 9112 section 8; scrapy/scrapy#2413',
    expect: transient('truncated'),
    serve: (genuine) => after([`${genuine.length.toString(16)}\r\n`, cut(genuine, 0.6)]),
  },
  {
    id: 'chunked-cut-in-size',
    name: 'The connection closes inside the line of a chunk size',
    source: 'RFC 9112 section 7.1; scrapy/scrapy#2413',
    expect: transient('truncated'),
    serve: (genuine) => after([chunks(cut(genuine)), '1f']),
  },
  {
    id: 'chunked-cut-text',
    name: 'A complete submission (.txt) whose chunks stop half way',
    source: 'RFC 9112 section 8',
    file: '0001000045-26-000002.txt',
    genuine: size.submission('chunked-cut-text'),
    expect: transient('truncated'),
    serve: (genuine) => raw([head('200 OK', CHUNKED, 'Connection: close'), chunks(cut(genuine), { size: 300 })]),
  },
  {
    id: 'chunked-gzip-whole-no-last',
    name: 'A gzip body that is whole, the last chunk missing',
    source: 'RFC 9112 section 8; RFC 1952 section 2.2 (a further member could follow)',
    expect: transient('truncated'),
    lenient: 'All bytes of the document came; only the mark that nothing follows is missing.',
    serve: (genuine) => after([chunks(gzipped(genuine))], 'fin', 'Content-Encoding: gzip'),
  },
  {
    id: 'chunked-gzip-cut',
    name: 'A gzip body of which half the chunks came',
    source: 'RFC 9112 section 8; notatallshaw/nab#467',
    expect: transient('truncated'),
    serve: (genuine) => after([chunks(cut(gzipped(genuine)), { size: 200 })], 'fin', 'Content-Encoding: gzip'),
  },
  {
    id: 'chunked-last-without-end',
    name: 'The last chunk comes, the empty line after it does not',
    source: 'RFC 9112 section 7.1; oven-sh/bun#36068',
    expect: transient('truncated', 'connection'),
    lenient:
      'RFC 9112 section 8 counts the zero-sized chunk as the end; the empty line after it holds no bytes of the document.',
    serve: (genuine) => after([chunks(genuine), '0\r\n']),
  },
  {
    id: 'chunked-cut-in-trailer',
    name: 'The connection closes inside the trailer section',
    source: 'RFC 9112 section 7.1.2; oven-sh/bun#36068',
    expect: transient('truncated', 'connection'),
    lenient: 'RFC 9112 section 8 counts the zero-sized chunk as the end; trailers hold no bytes of the document.',
    serve: (genuine) => after([chunks(genuine), '0\r\nX-Checksum: 12']),
  },
  {
    id: 'chunked-size-too-large',
    name: 'A chunk size above the data: the next size line is swallowed as document',
    source: 'RFC 9112 section 7.1',
    expect: broken,
    serve: (genuine) =>
      after([`${(genuine.length + 9).toString(16)}\r\n`, genuine, '\r\n', chunks(genuine), LAST_CHUNK]),
  },
  {
    id: 'chunked-size-too-small',
    name: 'A chunk size below the data: document bytes stand where a size should',
    source: 'RFC 9112 section 7.1',
    expect: broken,
    serve: (genuine) => after([`${(genuine.length - 50).toString(16)}\r\n`, genuine, '\r\n', LAST_CHUNK]),
  },
  {
    id: 'chunked-size-garbage',
    name: 'A chunk size that is no number',
    source: 'RFC 9112 section 7.1',
    expect: broken,
    serve: (genuine) => firstSizeLine(genuine, 'zz'),
  },
  {
    id: 'chunked-size-negative',
    name: 'A negative chunk size',
    source: 'RFC 9112 section 7.1',
    expect: broken,
    serve: (genuine) => firstSizeLine(genuine, '-1'),
  },
  {
    id: 'chunked-size-prefixed',
    name: 'A chunk size with 0x before it',
    source: 'RFC 9112 section 7.1 (readers built on strtol take it)',
    expect: broken,
    lenient: 'The number is readable once 0x is let pass, and the rest is right.',
    serve: (genuine) => firstSizeLine(genuine, `0x${genuine.length.toString(16)}`),
  },
  {
    id: 'chunked-size-overflow',
    name: 'A chunk size that overflows 64 bits to the right number',
    source: 'RFC 9112 section 7.1 (recipients must anticipate large numbers); apache/trafficserver#8452',
    expect: broken,
    lenient: 'The overflow happens to give the right number.',
    serve: (genuine) => firstSizeLine(genuine, `1${genuine.length.toString(16).padStart(16, '0')}`),
  },
  {
    id: 'chunked-size-empty',
    name: 'An empty line where a chunk size should be',
    source: 'RFC 9112 section 7.1',
    expect: broken,
    serve: (genuine) =>
      after([chunks(cut(genuine)), '\r\n', chunks(genuine.subarray(genuine.length >> 1)), LAST_CHUNK]),
  },
  {
    id: 'chunked-no-line-end-after-data',
    name: 'Chunk data without the line end after it',
    source: 'RFC 9112 section 7.1',
    expect: broken,
    lenient: 'The sizes are right, so the data can be found without the line ends.',
    serve: (genuine) => after([`${genuine.length.toString(16)}\r\n`, genuine, LAST_CHUNK]),
  },
  {
    id: 'chunked-but-plain',
    name: 'Transfer-Encoding: chunked over a body that is not chunked at all',
    source: 'RFC 9112 section 7.1',
    expect: broken,
    lenient: 'The reader falls back to taking the body as it is; the document happens to be whole.',
    serve: (genuine) => after([genuine]),
  },
  {
    id: 'chunked-trailers-flood',
    name: 'Two MB of trailer fields after the last chunk',
    source: 'RFC 9112 section 7.1.2 (a recipient may limit and discard)',
    expect: fails('connection', 'truncated', 'timeout'),
    lenient: 'The document was complete before the trailers.',
    serve: (genuine) => after([chunks(genuine), '0\r\n', `X-Filler: ${'f'.repeat(1000)}\r\n`.repeat(2000), '\r\n']),
  },
  {
    id: 'chunked-good',
    name: 'Chunks of several sizes',
    source: 'RFC 9112 section 7.1; EDGAR recordings without Content-Length',
    genuine: size.longer('chunked-good'),
    expect: saved(),
    serve: (genuine) => chunked(genuine, [XML], { size: 10_007 }),
  },
  {
    id: 'chunked-gzip-good',
    name: 'Gzip in chunks, as EDGAR makes it on the fly',
    source: 'EDGAR recordings without Content-Length',
    expect: saved(),
    serve: (genuine) => chunked(gzipped(genuine), [XML, 'Content-Encoding: gzip'], { size: 333 }),
  },
  {
    id: 'chunked-one-byte-each',
    onlySmall: 'three million chunks take longer than the limits of the run',
    name: 'Every chunk one byte',
    source: 'RFC 9112 section 7.1',
    expect: saved(),
    serve: (genuine) => chunked(genuine, [XML], { size: 1 }),
  },
  {
    id: 'chunked-extensions',
    name: 'Chunk extensions, quoted strings among them',
    source: 'RFC 9112 section 7.1.1',
    expect: saved(),
    serve: (genuine) => chunked(genuine, [XML], { extension: ';name=value;other="a;b"' }),
  },
  {
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
  },
  {
    id: 'chunked-leading-zeros',
    name: 'Chunk sizes with leading zeros and capital digits',
    source: 'RFC 9112 section 7.1',
    expect: saved(),
    serve: (genuine) =>
      chunked(genuine, [XML], { size: 0xabc, writeSize: (bytes) => bytes.toString(16).toUpperCase().padStart(8, '0') }),
  },
  {
    id: 'chunked-cut-then-good',
    name: 'Chunks cut at the first attempt, whole at the second',
    source: 'RFC 9112 section 8',
    expect: saved(2),
    serve: (genuine) => inTurn(after([chunks(cut(genuine))]), whole(genuine)),
  },
];
