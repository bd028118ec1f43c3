// gzip and deflate streams that are cut, damaged or followed by something, all under right framing.
import { fails, transient, type Draft } from './define.ts';
import { cut } from './documents.ts';
import { deflated, deflatedRaw, gzipMember, gzipped, multiMember, PLAIN_HEADER, withFlippedBit } from './gzip.ts';
import { coded } from './replies.ts';
import type { Size } from './sizes.ts';

const TRAILER = 'RFC 1952 section 2.3.1 (CRC32, ISIZE)';

const patched = (stream: Buffer, at: number, value: number): Buffer => {
  const copy = Buffer.from(stream);
  copy.writeUInt8(value, at < 0 ? copy.length + at : at);
  return copy;
};

export const brokenCodingCases = (size: Size): readonly Draft[] => [
  {
    id: 'gzip-half',
    name: 'Gzip cut in the middle, framing right',
    source: 'nodejs/undici#2126; psf/requests and curl accept it',
    expect: transient('corrupt'),
    serve: (genuine) => coded('gzip', cut(gzipped(genuine))),
  },
  {
    id: 'gzip-half-text',
    name: 'Gzip of a .txt cut in the middle, framing right',
    source: 'nodejs/undici#2126; notatallshaw/nab#467',
    file: '0001000045-26-000003.txt',
    genuine: size.submission('gzip-half-text'),
    expect: transient('corrupt'),
    serve: (genuine) => coded('gzip', cut(gzipped(genuine), 0.8)),
  },
  {
    id: 'gzip-no-trailer',
    name: 'Gzip without its trailer',
    source: 'nodejs/undici#2123 (browsers accept it)',
    expect: transient('corrupt'),
    lenient: 'All compressed bytes came; the checksum that would prove it did not.',
    serve: (genuine) => coded('gzip', gzipped(genuine).subarray(0, -8)),
  },
  {
    id: 'gzip-half-trailer',
    name: 'Gzip with its checksum and without its length',
    source: TRAILER,
    expect: transient('corrupt'),
    lenient: 'All compressed bytes came, and their checksum.',
    serve: (genuine) => coded('gzip', gzipped(genuine).subarray(0, -4)),
  },
  {
    id: 'gzip-header-only',
    onlySmall: 'no byte of the document is sent',
    name: 'Gzip that ends after its header',
    source: 'RFC 1952 section 2.3',
    expect: fails('corrupt', 'unexpected-content'),
    serve: () => coded('gzip', PLAIN_HEADER),
  },
  {
    id: 'gzip-of-nothing-sent',
    onlySmall: 'no byte of the document is sent',
    name: 'Content-Encoding: gzip over an empty body',
    source: 'RFC 1952 section 2.2',
    expect: transient('corrupt', 'unexpected-content'),
    serve: () => coded('gzip', Buffer.alloc(0)),
  },
  {
    id: 'gzip-bad-checksum',
    name: 'Gzip with a wrong checksum',
    source: TRAILER,
    expect: transient('corrupt'),
    lenient: 'It is the checksum that is wrong, not the document; nobody can know.',
    serve: (genuine) => coded('gzip', gzipMember(genuine, { checksum: 0x0bad_c0de })),
  },
  {
    id: 'gzip-bad-length',
    name: 'Gzip with a wrong length in its trailer',
    source: TRAILER,
    expect: transient('corrupt'),
    lenient: 'It is the length that is wrong, not the document; nobody can know.',
    serve: (genuine) => coded('gzip', gzipMember(genuine, { length: genuine.length + 1 })),
  },
  {
    id: 'gzip-other-bytes',
    name: 'Gzip that decodes, but to a text of which one letter differs: only the checksum tells',
    source: TRAILER,
    expect: transient('corrupt'),
    serve: (genuine) => {
      const swapped = Buffer.from(genuine.toString('utf8').replace('iso4217:USD', 'iso4217:USN'));
      const right = gzipped(genuine).subarray(-8);
      return coded('gzip', Buffer.concat([gzipped(swapped).subarray(0, -8), right]));
    },
  },
  {
    id: 'gzip-flipped-bit',
    name: 'Gzip with one bit turned over',
    source: TRAILER,
    expect: transient('corrupt'),
    serve: (genuine) => coded('gzip', withFlippedBit(gzipped(genuine))),
  },
  {
    id: 'gzip-trailing-junk',
    name: 'Junk after the gzip trailer',
    source: 'RFC 1952 section 2.2; gzip(1) warns; curl/curl#3796',
    expect: transient('corrupt'),
    lenient: 'The document is whole; what follows it is ignored.',
    serve: (genuine) => coded('gzip', Buffer.concat([gzipped(genuine), Buffer.from('junk after the end')])),
  },
  {
    id: 'gzip-trailing-nul',
    name: 'NUL bytes after the gzip trailer',
    source: 'zlib and gzip(1) pass over padding',
    expect: transient('corrupt'),
    lenient: 'The document is whole; padding is ignored, as on tapes.',
    serve: (genuine) => coded('gzip', Buffer.concat([gzipped(genuine), Buffer.alloc(512)])),
  },
  {
    id: 'gzip-trailing-html',
    name: 'An error page behind a whole gzip body',
    source: 'a server that fails after it has compressed its output',
    expect: transient('corrupt'),
    lenient: 'The document is whole; what follows it is ignored.',
    serve: (genuine) => coded('gzip', Buffer.concat([gzipped(genuine), Buffer.from('<html>Internal error</html>')])),
  },
  {
    id: 'gzip-second-member-cut',
    name: 'Gzip whose second member is cut: the first one alone looks whole',
    source: 'RFC 1952 section 2.2; pydantic/pydantic-ai#7159',
    expect: transient('corrupt'),
    serve: (genuine) => coded('gzip', cut(multiMember(genuine, 2), 0.8)),
  },
  {
    id: 'gzip-second-member-bad',
    name: 'Gzip whose second member has a wrong checksum',
    source: 'RFC 1952 section 2.2',
    expect: transient('corrupt'),
    lenient: 'It is the checksum that is wrong, not the document; nobody can know.',
    serve: (genuine) => coded('gzip', patched(multiMember(genuine, 2), -6, 0)),
  },
  {
    id: 'gzip-second-member-header-cut',
    name: 'Gzip of two members, of which the second stops inside its header',
    source: 'RFC 1952 section 2.2',
    genuine: size.instance('gzip-second-member-header-cut', { epilog: '\n<!-- end -->\n' }),
    expect: transient('corrupt'),
    serve: (genuine) => {
      const firstPart = gzipped(genuine.subarray(0, genuine.indexOf('<!-- end -->')));
      return coded('gzip', Buffer.concat([firstPart, PLAIN_HEADER.subarray(0, 5)]));
    },
  },
  {
    id: 'gzip-reserved-flags',
    name: 'Gzip with reserved flags set',
    source: 'RFC 1952 section 2.3.1.2 (must give an error)',
    expect: transient('corrupt'),
    lenient: 'The flags change nothing here; the RFC wants an error.',
    serve: (genuine) => coded('gzip', patched(gzipped(genuine), 3, 0xe0)),
  },
  {
    id: 'gzip-unknown-method',
    name: 'Gzip with an unknown compression method',
    source: 'RFC 1952 section 2.3.1',
    expect: transient('corrupt'),
    serve: (genuine) => coded('gzip', patched(gzipped(genuine), 2, 7)),
  },
  {
    id: 'gzip-said-but-plain',
    name: 'Content-Encoding: gzip over a plain document',
    source: 'r-lib/pak#589; wget2 and aria2 tests',
    expect: transient('corrupt'),
    lenient: 'The document came as it is; the coding was a false claim.',
    serve: (genuine) => coded('gzip', genuine),
  },
  {
    id: 'deflate-bad-checksum',
    name: 'Zlib with a wrong Adler-32',
    source: 'RFC 1950 section 2.2',
    expect: transient('corrupt'),
    lenient: 'It is the checksum that is wrong, not the document; nobody can know.',
    serve: (genuine) => coded('deflate', patched(deflated(genuine), -1, 0)),
  },
  {
    id: 'deflate-cut',
    name: 'Zlib cut in the middle, framing right',
    source: 'RFC 1950 section 2.2',
    expect: transient('corrupt'),
    serve: (genuine) => coded('deflate', cut(deflated(genuine))),
  },
  {
    id: 'deflate-trailing-junk',
    name: 'Junk after a zlib stream',
    source: 'RFC 1950 section 2.2; zlib stops reading without a word; curl/curl#2719',
    expect: transient('corrupt'),
    lenient: 'The document is whole; what follows it is ignored.',
    serve: (genuine) => coded('deflate', Buffer.concat([deflated(genuine), Buffer.from('junk after the end')])),
  },
  {
    id: 'deflate-raw-cut',
    name: 'Deflate without a wrapper, cut in the middle',
    source: 'RFC 1951 section 3.2.3 (BFINAL)',
    expect: transient('corrupt'),
    serve: (genuine) => coded('deflate', cut(deflatedRaw(genuine))),
  },
  {
    id: 'deflate-raw-trailing-junk',
    name: 'Junk after deflate without a wrapper',
    source: 'zlib stops reading without a word',
    expect: transient('corrupt'),
    lenient: 'The document is whole; what follows it is ignored.',
    serve: (genuine) => coded('deflate', Buffer.concat([deflatedRaw(genuine), Buffer.from('junk after the end')])),
  },
];
