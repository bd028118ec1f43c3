// Framing by Content-Length, or by nothing but the end of the connection.
import { gzipSync } from 'node:zlib';
import { fails, inGroup, saved, transient } from './define.ts';
import { cut, instanceDocument, jsonDocument, largeInstance, submissionDocument, zipDocument } from './documents.ts';
import { head, inTurn, raw, underFields, whole } from './replies.ts';
import type { HostileCase } from './types.ts';

const framing = inGroup('framing');
const XML = 'Content-Type: application/xml';
const CLOSE = 'Connection: close';
const lengthOf = (body: Buffer): string => `Content-Length: ${body.length}`;

const ACCENTS = '  <!-- Société Générale, Zürich, Ørsted, naïve façade, 価格, ± 1 € -->\n'.repeat(6);

export const lengthCases: readonly HostileCase[] = [
  framing({
    id: 'length-too-long-fin',
    name: 'Content-Length promises more than comes, then the connection closes',
    source: 'RFC 9112 section 8; psf/requests#4956',
    expect: transient('truncated'),
    serve: (genuine) => underFields([XML, lengthOf(genuine)], cut(genuine)),
  }),
  framing({
    id: 'length-too-long-fin-close',
    name: 'The same under Connection: close',
    source: 'RFC 9112 section 8; scrapy/scrapy#2590',
    expect: transient('truncated'),
    serve: (genuine) => underFields([XML, CLOSE, lengthOf(genuine)], cut(genuine, 0.9)),
  }),
  framing({
    id: 'length-too-long-rst',
    name: 'Content-Length promises more than comes, then the connection is reset',
    source: 'RFC 9112 section 8; psf/requests#2275',
    expect: transient('truncated', 'connection'),
    serve: (genuine) => underFields([XML, lengthOf(genuine)], cut(genuine), 'rst'),
  }),
  framing({
    id: 'length-one-byte-short',
    name: 'The very last byte (a line end after the root end tag) never comes',
    source: 'RFC 9112 section 8',
    expect: transient('truncated'),
    serve: (genuine) => underFields([XML, lengthOf(genuine)], genuine.subarray(0, -1)),
  }),
  framing({
    id: 'length-and-no-body',
    name: 'Content-Length, then not one byte of the body',
    source: 'RFC 9112 section 8',
    expect: transient('truncated'),
    serve: (genuine) => underFields([XML, lengthOf(genuine)], ''),
  }),
  framing({
    id: 'length-short-text',
    name: 'A complete submission (.txt) cut by the closing of the connection',
    source: 'RFC 9112 section 8; scrapy/scrapy#2586',
    file: '0001000045-26-000001.txt',
    genuine: submissionDocument('length-short-text'),
    expect: transient('truncated'),
    serve: (genuine) => underFields(['Content-Type: text/plain', lengthOf(genuine)], cut(genuine, 0.7)),
  }),
  framing({
    id: 'length-large-cut',
    name: 'A document of some hundred KB, cut by a reset after nine tenths',
    source: 'RFC 9112 section 8',
    genuine: largeInstance('length-large-cut'),
    expect: transient('truncated', 'connection'),
    serve: (genuine) => underFields([XML, lengthOf(genuine)], cut(genuine, 0.9), 'rst'),
  }),
  framing({
    id: 'length-in-characters',
    name: 'Content-Length counts characters, not bytes: the end of the document is cut off',
    source: 'RFC 9110 section 8.6 (octets)',
    listener: 'own',
    genuine: instanceDocument('length-in-characters', {
      epilog: `\n${ACCENTS.slice(0, -1)}`,
      close: `${ACCENTS}</xbrl>`,
    }),
    expect: transient('unexpected-content'),
    lenient: 'This tool reads past the announced length.',
    serve: (genuine) => underFields([XML, `Content-Length: ${genuine.toString('utf8').length}`], genuine, 'keep'),
  }),
  framing({
    id: 'length-of-decoded-bytes',
    name: 'Content-Length counts the decoded bytes of a gzip body',
    source: 'scrapy/scrapy#2586; denoland/deno#25992',
    expect: transient('truncated'),
    lenient: 'The gzip body is whole to its trailer; only the announced length is wrong.',
    serve: (genuine) => underFields([XML, 'Content-Encoding: gzip', lengthOf(genuine)], gzipSync(genuine)),
  }),
  framing({
    id: 'length-below-gzip',
    name: 'Content-Length cuts a gzip body short',
    source: 'RFC 9110 section 8.6; RFC 1952 section 2.3',
    listener: 'own',
    expect: transient('corrupt', 'truncated'),
    lenient: 'This tool reads past the announced length.',
    serve: (genuine) => {
      const body = gzipSync(genuine);
      return underFields([XML, 'Content-Encoding: gzip', `Content-Length: ${body.length - 20}`], body, 'keep');
    },
  }),
  framing({
    id: 'length-cut-then-good',
    name: 'Cut at the first attempt, whole at the second',
    source: 'RFC 9112 section 8',
    expect: saved(2),
    serve: (genuine) => inTurn(underFields([XML, lengthOf(genuine)], cut(genuine)), whole(genuine)),
  }),
  framing({
    id: 'length-range-offered-after-cut',
    name: 'Cut, with Accept-Ranges; a request for the rest would get the whole again',
    source: 'RFC 9110 section 14.2 (a server may ignore Range)',
    expect: saved(2),
    serve: (genuine) =>
      inTurn(underFields([XML, 'Accept-Ranges: bytes', lengthOf(genuine)], cut(genuine)), whole(genuine)),
  }),
  framing({
    id: 'length-right-then-rst',
    name: 'The whole document with its length, then a reset',
    source: 'RFC 9112 section 9.6',
    listener: 'own',
    expect: saved(),
    serve: (genuine) => whole(genuine, { fields: [CLOSE], ending: 'rst' }),
  }),
  framing({
    id: 'length-right-then-fin',
    name: 'The whole document with its length, closed at once without saying so',
    source: 'RFC 9112 section 9.6',
    listener: 'own',
    expect: saved(),
    serve: (genuine) => whole(genuine, { ending: 'fin' }),
  }),
  framing({
    id: 'eof-xml-whole',
    name: 'Neither length nor chunks, the XML is complete',
    source: 'RFC 9112 section 6.3, rule 8',
    expect: saved(),
    serve: (genuine) => underFields([XML, CLOSE], genuine),
  }),
  framing({
    id: 'eof-http10-xml-whole',
    name: 'An HTTP/1.0 reply without a length, the XML is complete',
    source: 'RFC 9112 section 6.3, rule 8',
    expect: saved(),
    serve: (genuine) => raw([`HTTP/1.0 200 OK\r\n${XML}\r\n\r\n`, genuine]),
  }),
  framing({
    id: 'eof-xml-cut',
    name: 'Neither length nor chunks, the XML is cut',
    source: 'RFC 9112 section 8; undici sees no error here',
    expect: transient('truncated'),
    serve: (genuine) => underFields([XML, CLOSE], cut(genuine)),
  }),
  framing({
    id: 'eof-xml-cut-rst',
    name: 'Neither length nor chunks, the XML is cut by a reset',
    source: 'RFC 9112 section 8; undici sees no error here',
    expect: transient('truncated', 'connection'),
    serve: (genuine) => underFields([XML, CLOSE], cut(genuine), 'rst'),
  }),
  framing({
    id: 'eof-xml-cut-before-end-tag',
    name: 'Neither length nor chunks, only the root end tag is missing',
    source: 'RFC 9112 section 8',
    expect: transient('truncated'),
    serve: (genuine) => underFields([XML], genuine.subarray(0, genuine.lastIndexOf('</xbrl>'))),
  }),
  framing({
    id: 'eof-text-whole',
    name: 'Neither length nor chunks, a text that cannot prove its end',
    source: 'RFC 9112 section 8; scrapy/scrapy#4120',
    file: 'notes.txt',
    genuine: submissionDocument('eof-text-whole').subarray(0, 900),
    expect: transient('truncated'),
    lenient: 'Nothing shows that this text is whole. It is, this time; the next case looks the same and is cut.',
    serve: (genuine) => underFields(['Content-Type: text/plain', CLOSE], genuine),
  }),
  framing({
    id: 'eof-text-cut',
    name: 'Neither length nor chunks, a text that is cut',
    source: 'RFC 9112 section 8; scrapy/scrapy#4120',
    file: 'notes.txt',
    genuine: submissionDocument('eof-text-cut'),
    expect: transient('truncated'),
    serve: (genuine) => underFields(['Content-Type: text/plain', CLOSE], cut(genuine)),
  }),
  framing({
    id: 'eof-json-whole',
    name: 'Neither length nor chunks, the JSON is complete',
    source: 'RFC 9112 section 6.3, rule 8',
    file: 'CIK0001000045.json',
    genuine: jsonDocument('eof-json-whole'),
    expect: saved(),
    serve: (genuine) => underFields(['Content-Type: application/json', CLOSE], genuine),
  }),
  framing({
    id: 'eof-json-cut',
    name: 'Neither length nor chunks, the JSON is cut',
    source: 'RFC 9112 section 8',
    file: 'CIK0001000045.json',
    genuine: jsonDocument('eof-json-cut'),
    expect: transient('truncated'),
    serve: (genuine) => underFields(['Content-Type: application/json', CLOSE], cut(genuine)),
  }),
  framing({
    id: 'eof-zip-whole',
    name: 'Neither length nor chunks, the zip is complete',
    source: 'RFC 9112 section 6.3, rule 8',
    file: '0001000045-26-000001-xbrl.zip',
    genuine: zipDocument('eof-zip-whole'),
    expect: saved(),
    serve: (genuine) => underFields(['Content-Type: application/zip', CLOSE], genuine),
  }),
  framing({
    id: 'eof-zip-cut',
    name: 'Neither length nor chunks, the zip is cut',
    source: 'RFC 9112 section 8',
    file: '0001000045-26-000001-xbrl.zip',
    genuine: zipDocument('eof-zip-cut'),
    expect: transient('truncated'),
    serve: (genuine) => underFields(['Content-Type: application/zip', CLOSE], cut(genuine, 0.8)),
  }),
  framing({
    id: 'eof-gzip-coded-whole',
    name: 'Neither length nor chunks, a gzip coding that is whole to its trailer',
    source: 'RFC 9112 section 6.3, rule 8; RFC 1952 section 2.3',
    expect: saved(),
    serve: (genuine) => underFields([XML, CLOSE, 'Content-Encoding: gzip'], gzipSync(genuine)),
  }),
  framing({
    id: 'eof-gzip-coded-cut',
    name: 'Neither length nor chunks, a gzip coding that is cut',
    source: 'oven-sh/bun#34922 (a fetch that accepted it)',
    expect: transient('truncated', 'corrupt'),
    serve: (genuine) => underFields([XML, CLOSE, 'Content-Encoding: gzip'], cut(gzipSync(genuine))),
  }),
  framing({
    id: 'eof-empty',
    name: 'A head that is whole, then the end: neither length nor body',
    source: 'RFC 9112 section 6.3, rule 8',
    expect: fails('unexpected-content', 'truncated'),
    serve: () => raw(head('200 OK', XML, CLOSE)),
  }),
];
