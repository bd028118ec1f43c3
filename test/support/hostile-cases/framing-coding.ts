// Content codings: whole ones in every legal form, bombs, and codings that nobody asked for.
import { brotliCompressSync, constants } from 'node:zlib';
import { permanent, saved, transient, type Draft } from './define.ts';
import { cut } from './documents.ts';
import {
  deflated,
  deflatedRaw,
  fullHeader,
  growingBlock,
  gzipMember,
  gzipped,
  incompressibleBlock,
  multiMember,
  PLAIN_HEADER,
} from './gzip.ts';
import { CHUNKED, chunks, coded, flood, head, inTurn, LAST_CHUNK, whole } from './replies.ts';
import type { Serve } from './types.ts';

const GROWING = growingBlock();
const BOMB_FIELDS = ['Content-Type: application/xml', 'Content-Encoding: gzip'];

/** 300 MiB out of 300 KB, in a body that ends with the connection. */
const bomb = flood(Buffer.concat([head('200 OK', ...BOMB_FIELDS, 'Connection: close'), PLAIN_HEADER]), GROWING, 300);

/** The same in chunks that end rightly, after an opening that does not compress. */
const chunkedBomb = (opening: Buffer): Serve =>
  flood(
    Buffer.concat([head('200 OK', ...BOMB_FIELDS, CHUNKED), chunks(Buffer.concat([PLAIN_HEADER, opening]))]),
    chunks(GROWING),
    300,
    LAST_CHUNK,
    'keep',
  );

export const codingCases = (): readonly Draft[] => [
  {
    id: 'gzip-good',
    name: 'Gzip',
    source: 'RFC 9110 section 8.4.1.3',
    expect: saved(),
    serve: (genuine) => coded('gzip', gzipped(genuine)),
  },
  {
    id: 'gzip-x',
    name: 'Gzip under its old name x-gzip',
    source: 'RFC 9110 section 8.4.1.3',
    expect: saved(),
    serve: (genuine) => coded('x-gzip', gzipped(genuine)),
  },
  {
    id: 'gzip-capitals',
    name: 'Gzip written GZip',
    source: 'RFC 9110 section 8.4.1 (case-insensitive)',
    expect: saved(),
    serve: (genuine) => coded('GZip', gzipped(genuine)),
  },
  {
    id: 'gzip-members',
    name: 'Gzip of several members',
    source: 'RFC 1952 section 2.2; curl/curl#22156',
    expect: saved(),
    serve: (genuine) => coded('gzip', multiMember(genuine, 3)),
  },
  {
    id: 'gzip-empty-member',
    name: 'Gzip with an empty member at its end',
    source: 'RFC 1952 section 2.2; curl/curl#3796',
    expect: saved(),
    serve: (genuine) => coded('gzip', Buffer.concat([gzipped(genuine), gzipped(Buffer.alloc(0))])),
  },
  {
    id: 'gzip-full-header',
    name: 'Gzip with every optional field in its header',
    source: 'RFC 1952 section 2.3',
    expect: saved(),
    serve: (genuine) => coded('gzip', gzipMember(genuine, { header: fullHeader() })),
  },
  {
    id: 'gzip-stored',
    name: 'Gzip without any compression, larger than the document',
    source: 'RFC 1951 section 3.2.4',
    expect: saved(),
    serve: (genuine) => coded('gzip', gzipMember(genuine, { level: 0 })),
  },
  {
    id: 'deflate-zlib',
    name: 'Deflate as the RFC means it: in a zlib wrapper',
    source: 'RFC 9110 section 8.4.1.2; RFC 1950',
    expect: saved(),
    serve: (genuine) => coded('deflate', deflated(genuine)),
  },
  {
    id: 'deflate-raw',
    name: 'Deflate as some servers mean it: without a wrapper',
    source: 'RFC 9110 section 8.4.1.2, note',
    expect: saved(),
    serve: (genuine) => coded('deflate', deflatedRaw(genuine)),
  },
  {
    id: 'coding-identity',
    name: 'Content-Encoding: identity',
    source: 'RFC 9110 section 8.4 (should not be sent), seen in the wild',
    expect: saved(),
    serve: (genuine) => coded('identity', genuine),
  },
  {
    id: 'coding-empty',
    name: 'An empty Content-Encoding',
    source: 'RFC 9110 section 5.6.1 (an empty list)',
    expect: saved(),
    serve: (genuine) => coded('', genuine),
  },
  {
    id: 'coding-brotli',
    name: 'Brotli, which nobody asked for',
    source: 'RFC 9110 section 12.5.3; RFC 7932',
    expect: permanent('corrupt'),
    lenient: 'This tool knows the coding.',
    serve: (genuine) => coded('br', brotliCompressSync(genuine, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })),
  },
  {
    id: 'coding-zstd',
    name: 'A coding called zstd, which nobody asked for',
    source: 'RFC 9110 section 12.5.3; RFC 8878',
    expect: permanent('corrupt'),
    serve: (genuine) => coded('zstd', Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), gzipped(genuine)])),
  },
  {
    id: 'coding-unknown',
    name: 'A coding that does not exist',
    source: 'RFC 9110 section 8.4',
    expect: permanent('corrupt'),
    lenient: 'The body happens to be the plain document.',
    serve: (genuine) => coded('foo', genuine),
  },
  {
    id: 'coding-compress',
    name: 'The old coding compress over bytes of another kind',
    source: 'RFC 9110 section 8.4.1.1',
    expect: permanent('corrupt'),
    serve: (genuine) => coded('compress', gzipped(genuine)),
  },
  {
    id: 'coding-stacked',
    name: 'Gzip in gzip, and it says so',
    source: 'RFC 9110 section 8.4 (a list of codings)',
    expect: permanent('corrupt'),
    lenient: 'This tool undoes both codings.',
    serve: (genuine) => coded('gzip, gzip', gzipped(gzipped(genuine))),
  },
  {
    id: 'coding-stacked-deep',
    name: 'Gzip, said twelve times over',
    source: 'CVE-2022-32206 (curl, chains of codings)',
    expect: permanent('corrupt'),
    serve: (genuine) => coded(Array.from({ length: 12 }, () => 'gzip').join(', '), gzipped(genuine)),
  },
  {
    id: 'coding-two-fields',
    name: 'Two Content-Encoding fields over one gzip',
    source: 'RFC 9110 section 5.3 (fields combine to a list)',
    expect: permanent('corrupt'),
    lenient: 'This tool reads one of the two fields, and the body is coded once.',
    serve: (genuine) => whole(gzipped(genuine), { fields: ['Content-Encoding: gzip', 'Content-Encoding: gzip'] }),
  },
  {
    id: 'gzip-twice-said-once',
    name: 'Gzip in gzip, said once: what comes out is gzip and no XML',
    source: 'bazel-contrib/rules_img#703 (compressed again on the way)',
    expect: transient('unexpected-content'),
    serve: (genuine) => coded('gzip', gzipped(gzipped(genuine))),
  },
  {
    id: 'gzip-unsaid',
    name: 'Gzip bytes for an .xml without any Content-Encoding',
    source: 'EDGAR error bodies come gzipped unasked; yt-dlp/yt-dlp#1936',
    expect: transient('unexpected-content'),
    serve: (genuine) => whole(gzipped(genuine)),
  },
  {
    id: 'gzip-of-cut-document',
    name: 'A whole gzip of half a document: the server lost the rest before it compressed',
    source: 'XML 1.0 section 2.1',
    expect: transient('unexpected-content'),
    serve: (genuine) => coded('gzip', gzipped(cut(genuine))),
  },
  {
    id: 'gzip-bomb',
    onlySmall: 'its body has a size of its own',
    name: 'Gzip that grows a thousand times, to 300 MiB',
    source: 'RFC 1951; a limit on decoded bytes must hold while they come',
    expect: permanent('too-large'),
    serve: () => bomb,
  },
  {
    id: 'gzip-bomb-chunked',
    onlySmall: 'its body has a size of its own',
    name: 'The same in chunks',
    source: 'RFC 1951; a limit on decoded bytes must hold while they come',
    expect: permanent('too-large'),
    serve: () => chunkedBomb(Buffer.alloc(0)),
  },
  {
    id: 'gzip-bomb-late',
    onlySmall: 'its body has a size of its own',
    name: 'Gzip that begins like any other for more than a MB and only then grows',
    source: 'RFC 1951; a limit on decoded bytes must hold while they come',
    expect: permanent('too-large'),
    serve: () => chunkedBomb(incompressibleBlock(1_300_000)),
  },
  {
    id: 'gzip-bad-then-good',
    name: 'Gzip cut at the first attempt, whole at the second',
    source: 'notatallshaw/nab#467',
    expect: saved(2),
    serve: (genuine) => inTurn(coded('gzip', cut(gzipped(genuine))), coded('gzip', gzipped(genuine))),
  },
];
