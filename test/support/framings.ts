// Owns every way in which a server may rightly frame one body: length, chunks or the end of the connection, on connections
// that are kept, announced to close, closed without a word, or of HTTP/1.0; plain or under each content coding.
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { quickDeflate, quickDeflateRaw, quickGzip } from './bulky-documents.ts';
import { chunks, LAST_CHUNK } from './hostile-cases/replies.ts';

export interface Framing {
  readonly name: string;
  readonly body: 'length' | 'chunks' | 'until close';
  /** Head fields that say what becomes of the connection. */
  readonly version?: '1.0';
  readonly connection?: 'close' | 'keep-alive';
  /** Which replies are followed by a FIN, right behind the last byte. */
  readonly fin: 'each' | 'every fourth' | 'none';
}

export const FRAMINGS: readonly Framing[] = [
  { name: 'length', body: 'length', fin: 'none' },
  { name: 'length, Connection: close', body: 'length', connection: 'close', fin: 'each' },
  { name: 'length, closed without a word', body: 'length', fin: 'each' },
  { name: 'length, every fourth reply closed without a word', body: 'length', fin: 'every fourth' },
  { name: 'length, HTTP/1.0', body: 'length', version: '1.0', fin: 'each' },
  { name: 'length, HTTP/1.0 kept alive', body: 'length', version: '1.0', connection: 'keep-alive', fin: 'none' },
  { name: 'chunks', body: 'chunks', fin: 'none' },
  { name: 'chunks, Connection: close', body: 'chunks', connection: 'close', fin: 'each' },
  { name: 'chunks, closed without a word', body: 'chunks', fin: 'each' },
  { name: 'chunks, every fourth reply closed without a word', body: 'chunks', fin: 'every fourth' },
  { name: 'until close, Connection: close', body: 'until close', connection: 'close', fin: 'each' },
  { name: 'until close, without a word', body: 'until close', fin: 'each' },
  { name: 'until close, HTTP/1.0', body: 'until close', version: '1.0', fin: 'each' },
];

export interface Coding {
  readonly name: string;
  /** Of Content-Encoding; absent for a plain body. */
  readonly token?: string;
  /** `thoroughly`: repetitions are looked for. */
  readonly encode: (body: Buffer, thoroughly: boolean) => Buffer;
}

export const CODINGS: readonly Coding[] = [
  { name: 'identity', encode: (body) => body },
  { name: 'gzip', token: 'gzip', encode: (body, thoroughly) => (thoroughly ? gzipSync(body) : quickGzip(body)) },
  {
    name: 'deflate',
    token: 'deflate',
    encode: (body, thoroughly) => (thoroughly ? deflateSync(body) : quickDeflate(body)),
  },
  {
    name: 'deflate without a wrapper',
    token: 'deflate',
    encode: (body, thoroughly) => (thoroughly ? deflateRawSync(body) : quickDeflateRaw(body)),
  },
];

const CHUNK_BYTES = 20_000;

/** The head of a reply whose body has so many bytes on the wire. */
export function headOf(framing: Framing, coding: Coding, wireBytes: number): Buffer {
  const fields = [
    ...(coding.token === undefined ? [] : [`Content-Encoding: ${coding.token}`]),
    ...(framing.connection === undefined ? [] : [`Connection: ${framing.connection}`]),
    ...(framing.body === 'length' ? [`Content-Length: ${wireBytes}`] : []),
    ...(framing.body === 'chunks' ? ['Transfer-Encoding: chunked'] : []),
  ];
  const line = `HTTP/${framing.version ?? '1.1'} 200 OK`;
  return Buffer.from([line, ...fields, '', ''].join('\r\n'));
}

/** The whole body as it travels. */
export function bodyOf(framing: Framing, wire: Buffer): Buffer {
  if (framing.body !== 'chunks') return wire;
  return Buffer.concat([chunks(wire, { size: CHUNK_BYTES }), Buffer.from(LAST_CHUNK)]);
}

/** Whether the reply with this number, from 1, is followed by a FIN. */
export function endsWithFin(framing: Framing, replyNumber: number): boolean {
  return framing.fin === 'each' || (framing.fin === 'every fourth' && replyNumber % 4 === 0);
}
