// Connections that die, keep silent, or never come to an end, and replies mixed up on a kept one.
import { setTimeout as sleep } from 'node:timers/promises';
import { fails, permanent, saved, savedWithin, transient, type Draft } from './define.ts';
import { cut, htmlPage } from './documents.ts';
import {
  CHUNKED,
  chunks,
  drip,
  finish,
  flood,
  head,
  inTurn,
  raw,
  redirecting,
  send,
  underFields,
  whole,
} from './replies.ts';
import type { Size } from './sizes.ts';
import { MAX_SIZE_BYTES, type Serve } from './types.ts';

const XML = 'Content-Type: application/xml';
const lengthOf = (body: Buffer): string => `Content-Length: ${body.length}`;

const close: Serve = (socket) => finish(socket, 'fin');
const reset: Serve = (socket) => {
  socket.resetAndDestroy();
};
const silence: Serve = () => undefined;

/** Dies on a connection that has carried a reply before; on a new one it answers. */
const diesOnReuse =
  (death: Serve, answer: Serve): Serve =>
  (socket, request, attempt) =>
    (request.requestsOnConnection > 1 ? death : answer)(socket, request, attempt);

const toSecondPath = (document: Serve): Serve =>
  redirecting((request) => (request.path.endsWith('second.xml') ? undefined : 'second.xml'), document);

/** Pieces with pauses: slow, but inside every limit. */
const slowly =
  (genuine: Buffer): Serve =>
  async (socket) => {
    await send(socket, head('200 OK', XML, lengthOf(genuine)));
    for (const share of [0, 1, 2, 3, 4]) {
      await sleep(200);
      await send(socket, genuine.subarray((share * genuine.length) / 5, ((share + 1) * genuine.length) / 5));
    }
  };

const sliceUp = (bytes: Buffer, size: number): Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );

const anotherReply = (): Buffer => {
  const body = htmlPage('Somebody else', 'This reply belongs to nobody.');
  return Buffer.concat([head('200 OK', `Content-Length: ${body.length}`), body]);
};

export const connectionCases = (size: Size): readonly Draft[] => [
  {
    id: 'refused',
    onlySmall: 'no byte of the document is sent',
    name: 'Nothing listens: connection refused',
    source: 'RFC 9110 section 4.2',
    listener: 'closed',
    expect: { status: 'failed', codes: ['connection'] },
    serve: () => silence,
  },
  {
    id: 'close-before-first-byte',
    onlySmall: 'no byte of the document is sent',
    name: 'The connection closes before the first byte',
    source: 'RFC 9112 section 9.5; scrapy and undici tests',
    expect: transient('connection'),
    serve: () => close,
  },
  {
    id: 'reset-before-first-byte',
    onlySmall: 'no byte of the document is sent',
    name: 'The connection is reset before the first byte',
    source: 'EDGAR blocks of 2020-21 looked like it',
    expect: transient('connection'),
    serve: () => reset,
  },
  {
    id: 'close-in-status-line',
    onlySmall: 'no byte of the document is sent',
    name: 'The connection closes inside the status line',
    source: 'RFC 9112 section 8',
    expect: transient('connection', 'truncated'),
    serve: () => raw('HTTP/1.1 20'),
  },
  {
    id: 'close-in-head',
    onlySmall: 'no byte of the document is sent',
    name: 'The connection closes inside the head',
    source: 'RFC 9112 section 8',
    expect: transient('connection', 'truncated'),
    serve: (genuine) => raw(`HTTP/1.1 200 OK\r\n${XML}\r\n${lengthOf(genuine)}`),
  },
  {
    id: 'reset-in-head',
    onlySmall: 'no byte of the document is sent',
    name: 'A reset inside the head',
    source: 'RFC 9112 section 8',
    expect: transient('connection', 'truncated'),
    serve: () => raw(`HTTP/1.1 200 OK\r\n${XML}\r\n`, 'rst'),
  },
  {
    id: 'close-before-end-of-head',
    onlySmall: 'no byte of the document is sent',
    name: 'All fields of the head, but not the empty line that ends it',
    source: 'RFC 9112 section 8',
    expect: transient('connection', 'truncated'),
    serve: () => raw(`HTTP/1.1 200 OK\r\n${XML}\r\nContent-Length: 0\r\n`),
  },
  {
    id: 'close-then-good',
    name: 'Closed before the first byte at the first attempt, whole at the second',
    source: 'RFC 9112 section 9.3.1',
    expect: savedWithin(2, 3),
    serve: (genuine) => inTurn(close, whole(genuine)),
  },
  {
    id: 'reset-then-good',
    name: 'Reset before the first byte at the first attempt, whole at the second',
    source: 'RFC 9112 section 9.3.1',
    expect: savedWithin(2, 3),
    serve: (genuine) => inTurn(reset, whole(genuine)),
  },
  {
    id: 'dies-on-reuse-fin',
    name: 'A kept connection closes when it is used again',
    source: 'RFC 9112 section 9.3.1; undici leaves err.socket.bytesRead',
    listener: 'own',
    expect: savedWithin(2, 3),
    serve: (genuine) => toSecondPath(diesOnReuse(close, whole(genuine))),
  },
  {
    id: 'dies-on-reuse-rst',
    name: 'A kept connection is reset when it is used again',
    source: 'RFC 9112 section 9.3.1; undici says a bare ECONNRESET',
    listener: 'own',
    expect: savedWithin(2, 3),
    serve: (genuine) => toSecondPath(diesOnReuse(reset, whole(genuine))),
  },
  {
    id: 'dies-on-reuse-uncharged',
    name: 'A 503, then the kept connection dies: with one retry left the document still comes',
    source: 'RFC 9112 section 9.3.1; RFC 9110 section 15.6.4',
    listener: 'own',
    expect: savedWithin(2, 3),
    serve: (genuine) =>
      inTurn(whole('busy', { status: '503 Service Unavailable' }), diesOnReuse(reset, whole(genuine)), whole(genuine)),
  },
  {
    id: 'silent-after-request',
    onlySmall: 'no byte of the document is sent',
    name: 'The server accepts, reads the request and keeps silent',
    source: 'RFC 9112 section 9.5; EDGAR blocks of 2020-21 looked like it',
    expect: transient('timeout'),
    serve: () => silence,
  },
  {
    id: 'head-drips',
    onlySmall: 'no byte of the document is sent',
    name: 'A head that never ends, one field at a time',
    source: 'slow replies that reset every idle limit',
    expect: transient('timeout'),
    serve: () => drip('HTTP/1.1 200 OK\r\n', 'X-Drip: 1\r\n'),
  },
  {
    id: 'body-drips',
    onlySmall: 'its body has a size of its own',
    name: 'A body with Content-Length that comes a byte at a time and would take hours',
    source: 'undici: the body timeout is an idle limit only',
    expect: transient('timeout'),
    serve: () => drip(head('200 OK', XML, 'Content-Length: 100000'), '<'),
  },
  {
    id: 'chunks-drip',
    onlySmall: 'its body has a size of its own',
    name: 'Chunks that never end, one byte each',
    source: 'undici: the body timeout is an idle limit only',
    expect: transient('timeout'),
    serve: () => drip(head('200 OK', XML, CHUNKED), '1\r\n \r\n'),
  },
  {
    id: 'chunk-extension-drips',
    onlySmall: 'no byte of the document is sent',
    name: 'A chunk extension that never ends',
    source: 'RFC 9112 section 7.1.1 (a recipient ought to limit it)',
    expect: transient('timeout'),
    serve: () => drip(Buffer.concat([head('200 OK', XML, CHUNKED), Buffer.from('5;')]), 'a'),
  },
  {
    id: 'early-replies-forever',
    onlySmall: 'no byte of the document is sent',
    name: 'Interim replies (102) without end, and never the final one',
    source: 'RFC 9110 section 15.2',
    expect: transient('timeout', 'connection'),
    serve: () => drip('', 'HTTP/1.1 102 Processing\r\n\r\n'),
  },
  {
    id: 'body-stalls',
    name: 'A body that stalls half way, the connection stays open',
    source: 'RFC 9112 section 9.5',
    expect: transient('timeout'),
    serve: (genuine) => underFields([XML, lengthOf(genuine)], cut(genuine), 'silence'),
  },
  {
    id: 'last-chunk-stalls',
    name: 'All data, then silence in place of the last chunk',
    source: 'RFC 9112 section 9.5',
    expect: transient('timeout'),
    lenient: 'All bytes of the document came before the silence.',
    serve: (genuine) => raw([head('200 OK', XML, CHUNKED), chunks(genuine)], 'silence'),
  },
  {
    id: 'eof-never-comes',
    name: 'Neither length nor chunks, and the connection is never closed',
    source: 'RFC 9112 section 6.3, rule 8',
    expect: transient('timeout'),
    lenient: 'All bytes of the document came before the silence.',
    serve: (genuine) => underFields([XML], genuine, 'silence'),
  },
  {
    id: 'stall-then-good',
    name: 'Stalls at the first attempt, whole at the second',
    source: 'RFC 9112 section 9.5',
    expect: saved(2),
    serve: (genuine) => inTurn(underFields([XML, lengthOf(genuine)], cut(genuine), 'silence'), whole(genuine)),
  },
  {
    id: 'slow-but-steady',
    name: 'Slow, with pauses below every limit',
    source: 'RFC 9112 section 9.5',
    expect: saved(),
    serve: slowly,
  },
  {
    id: 'endless-chunks',
    onlySmall: 'its body has a size of its own',
    name: 'Chunks without end, as fast as they are read',
    source: 'a size limit must hold without Content-Length',
    expect: permanent('too-large'),
    serve: () => flood(head('200 OK', XML, CHUNKED), chunks(Buffer.alloc(65_536, '<a/> ')), 2000),
  },
  {
    id: 'length-over-limit',
    onlySmall: 'its body has a size of its own',
    name: 'A document above the limit on its size, and it says so',
    source: 'curl --max-filesize',
    genuine: Buffer.concat([Buffer.from('<a>'), Buffer.alloc(MAX_SIZE_BYTES + 1000, 'big '), Buffer.from('</a>')]),
    expect: permanent('too-large'),
    lenient: 'The document is whole; this tool was not given a limit, or has none.',
    serve: (genuine) => whole(genuine),
  },
  {
    id: 'head-in-pieces',
    name: 'A head that comes in pieces of seven bytes, each in its own packet',
    source: 'RFC 9112 section 2.2',
    expect: saved(),
    serve: (genuine) => raw([...sliceUp(head('200 OK', XML, lengthOf(genuine)), 7), genuine], 'keep', 1),
  },
  {
    id: 'junk-after-length',
    name: 'More bytes than Content-Length on a kept connection',
    source: 'RFC 9112 section 9.3',
    listener: 'own',
    expect: saved(),
    serve: (genuine) =>
      underFields([XML, lengthOf(genuine)], Buffer.concat([genuine, Buffer.from('left over')]), 'keep'),
  },
  {
    id: 'reply-after-reply',
    name: 'A second reply that nobody asked for, right behind the first',
    source: 'RFC 9112 section 11.1 (response splitting)',
    listener: 'own',
    expect: saved(),
    serve: (genuine) => raw([head('200 OK', XML, lengthOf(genuine)), genuine, anotherReply()], 'keep'),
  },
  {
    id: 'reply-before-the-second-request',
    name: 'A redirect with a stray reply behind it, which a hasty client takes for its next one',
    source: 'RFC 9112 section 9.3 and 11.1; undici closes a connection with bytes that nobody asked for',
    listener: 'own',
    expect: savedWithin(2, 3),
    serve: (genuine) => (socket, request, attempt) => {
      const hop = Buffer.concat([head('302 Found', 'Location: second.xml', 'Content-Length: 0'), anotherReply()]);
      return (request.path.endsWith('second.xml') ? whole(genuine) : raw(hop, 'keep'))(socket, request, attempt);
    },
  },
  {
    id: 'many-packets',
    name: 'A longer document in many packets',
    source: 'RFC 9112 section 6',
    genuine: size.longer('many-packets'),
    expect: saved(),
    serve: (genuine) => raw([head('200 OK', XML, lengthOf(genuine)), ...sliceUp(genuine, 20_000)], 'keep', 2),
  },
  {
    id: 'timeout-or-nothing-http10',
    name: 'HTTP/1.0 reply with a length and Keep-Alive promised, then silence on it',
    source: 'RFC 9112 appendix C.2.2',
    listener: 'own',
    expect: saved(),
    serve: (genuine) =>
      raw([`HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n${lengthOf(genuine)}\r\n\r\n`, genuine], 'silence'),
  },
  {
    id: 'endless-junk-for-head',
    onlySmall: 'no byte of the document is sent',
    name: 'One header line without end, as fast as it is read',
    source: 'RFC 9110 section 5.4 (limits)',
    expect: fails('connection', 'timeout'),
    serve: () => flood('HTTP/1.1 200 OK\r\nX-Endless: ', 'e'.repeat(65_536), 2000),
  },
];
