// Transfer-Encoding and Content-Length that contradict themselves, each other, or the grammar. The body is the document,
// so a tool that takes it is right by luck; the same fields are what request smuggling is made of.
import { gzipSync } from 'node:zlib';
import { fails, fine, inGroup, odd, permanent } from './define.ts';
import { submissionDocument } from './documents.ts';
import { CHUNKED, chunks, head, LAST_CHUNK, raw } from './replies.ts';
import type { HostileCase } from './types.ts';

const XML = 'Content-Type: application/xml';
const teRefused = permanent('http-status');

const lengthOf = (body: Buffer): string => `Content-Length: ${body.length}`;
const asChunks = (body: Buffer): Buffer => Buffer.concat([chunks(body), Buffer.from(LAST_CHUNK)]);

const codings = (
  id: string,
  value: string,
  source: string,
  body: (genuine: Buffer) => Buffer,
  expect = teRefused,
): HostileCase =>
  odd({
    id,
    name: `Transfer-Encoding: ${value === '' ? '(empty)' : value}`,
    source,
    expect,
    reply: (genuine) => raw([head('200 OK', XML, `Transfer-Encoding: ${value}`), body(genuine)]),
  });

const lengths = (
  id: string,
  name: string,
  fields: (length: number) => readonly string[],
  source = 'RFC 9110 section 8.6',
): HostileCase =>
  odd({ id, name, source, reply: (genuine) => raw([head('200 OK', XML, ...fields(genuine.length)), genuine]) });

export const framingFieldCases: readonly HostileCase[] = [
  codings('te-gzip-chunked', 'gzip, chunked', 'RFC 9112 section 7.2', (genuine) => asChunks(gzipSync(genuine))),
  codings(
    'te-chunked-x',
    'chunked, x',
    'RFC 9112 section 6.1 (chunked must be last); undici lets it through',
    asChunks,
  ),
  codings('te-x', 'x', 'RFC 9112 section 6.1', (genuine) => genuine),
  codings('te-identity', 'identity', 'RFC 2616 section 3.6, gone since RFC 7230', (genuine) => genuine),
  codings(
    'te-empty',
    '',
    'RFC 9112 section 6.1',
    (genuine) => genuine,
    fails('http-status', 'connection', 'truncated'),
  ),
  codings(
    'te-chunked-twice',
    'chunked, chunked',
    'RFC 9112 section 7.1 (once only)',
    asChunks,
    fails('http-status', 'connection'),
  ),
  codings('te-xchunked', 'xchunked', 'CVE-2020-8287 (Node)', asChunks),
  codings('te-quoted', '"chunked"', 'RFC 9112 section 6.1', asChunks),
  ...[
    { id: 'tab', name: 'a tab behind it', value: 'chunked\t' },
    { id: 'tab-space', name: 'a tab and a space behind it', value: 'chunked\t ' },
    { id: 'nbsp', name: 'a no-break space behind it', value: 'chunked\u00a0' },
    { id: 'nbsp-before', name: 'a no-break space before it', value: '\u00a0chunked' },
  ].map(({ id, name, value }) =>
    inGroup('strictness')({
      id: `te-chunked-${id}`,
      name: `Transfer-Encoding: chunked with ${name}, for a text`,
      source: 'RFC 9110 section 5.5; llhttp then hands over the chunks undecoded',
      expect: fails('http-status', 'connection'),
      lenient: 'White space around a field is no part of it, so the chunks can be read.',
      file: '0001000045-26-000007.txt',
      genuine: submissionDocument(`te-chunked-${id}`),
      serve: (genuine) =>
        raw([head('200 OK', 'Content-Type: text/plain', `Transfer-Encoding: ${value}`), asChunks(genuine)]),
    }),
  ),
  odd({
    id: 'te-two-fields',
    name: 'Two Transfer-Encoding fields: gzip and chunked',
    source: 'RFC 9110 section 5.3 (fields combine to a list); CVE-2020-8287 (Node)',
    expect: teRefused,
    reply: (genuine) => raw([head('200 OK', XML, 'Transfer-Encoding: gzip', CHUNKED), asChunks(gzipSync(genuine))]),
  }),
  odd({
    id: 'te-and-length',
    name: 'Both Transfer-Encoding and Content-Length',
    source: 'RFC 9112 section 6.3, rule 3 (ought to be handled as an error)',
    reply: (genuine) => raw([head('200 OK', XML, lengthOf(genuine), CHUNKED), asChunks(genuine)]),
  }),
  odd({
    id: 'te-and-length-plain-body',
    name: 'Both Transfer-Encoding and Content-Length, and the body is not chunked',
    source: 'RFC 9112 section 11.2 (request smuggling)',
    reply: (genuine) => raw([head('200 OK', XML, CHUNKED, lengthOf(genuine)), genuine]),
  }),
  fine({
    id: 'te-capitals',
    name: 'Transfer-Encoding: Chunked',
    source: 'RFC 9112 section 7 (case-insensitive)',
    reply: (genuine) => raw([head('200 OK', XML, 'TRANSFER-ENCODING:   Chunked  '), asChunks(genuine)], 'keep'),
  }),
  lengths(
    'length-differs',
    'Two Content-Length fields that differ',
    (length) => [`Content-Length: ${length}`, `Content-Length: ${length - 40}`],
    'RFC 9112 section 6.3, rule 5',
  ),
  lengths(
    'length-list-differs',
    'A list of lengths that differ',
    (length) => [`Content-Length: ${length}, ${length + 1}`],
    'RFC 9112 section 6.3, rule 5',
  ),
  lengths(
    'length-twice',
    'Two Content-Length fields that agree',
    (length) => [`Content-Length: ${length}`, `Content-Length: ${length}`],
    'RFC 9110 section 8.6 (reject or take as one)',
  ),
  lengths('length-negative', 'A negative Content-Length', () => ['Content-Length: -5']),
  lengths('length-word', 'A Content-Length that is no number', () => ['Content-Length: many']),
  lengths('length-empty', 'An empty Content-Length', () => ['Content-Length:']),
  lengths('length-plus', 'A Content-Length with a plus sign', (length) => [`Content-Length: +${length}`]),
  lengths('length-hex', 'A Content-Length in hex', (length) => [`Content-Length: 0x${length.toString(16)}`]),
  lengths('length-spaced', 'A Content-Length with a space inside', (length) => [
    `Content-Length: ${String(length).slice(0, 1)} ${String(length).slice(1)}`,
  ]),
  lengths(
    'length-overflow',
    'A Content-Length of 2^64 and the right number',
    (length) => [`Content-Length: ${(2n ** 64n + BigInt(length)).toString()}`],
    'RFC 9110 section 8.6 (anticipate large numbers)',
  ),
  fine({
    id: 'length-zeros-and-spaces',
    name: 'A Content-Length with leading zeros and spaces around',
    source: 'RFC 9110 section 8.6 (1*DIGIT) and 5.5 (OWS)',
    reply: (genuine) => raw([head('200 OK', XML, `content-length: \t 000${genuine.length}  `), genuine], 'keep'),
  }),
  odd({
    id: 'length-tab-behind',
    name: 'A Content-Length with a tab behind it',
    source: 'RFC 9110 section 5.5 (OWS may be a tab); llhttp does not take it',
    reply: (genuine) => raw([head('200 OK', XML, `Content-Length: ${genuine.length}\t`), genuine]),
  }),
];
