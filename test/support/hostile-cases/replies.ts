// The vocabulary in which a case says what its server does: reply heads, chunked bodies, ways to end a connection,
// and sequences over several attempts. Everything writes raw bytes; nothing here tidies up a reply.
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestHead, Serve } from './types.ts';

/** How a connection goes on after the reply: kept, closed, reset, or left open in silence. */
export type Ending = 'keep' | 'fin' | 'rst' | 'silence';

type Bytes = Buffer | string;

const toBuffer = (bytes: Bytes): Buffer => (typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);

/** Long enough for what was written to reach the client before a reset overtakes it. */
const BEFORE_RESET_MS = 60;

/** Until the reader has caught up, or is gone. */
const drained = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    const settle = (): void => {
      socket.off('drain', settle).off('close', settle);
      resolve();
    };
    socket.on('drain', settle).on('close', settle);
  });

/** Writes, waiting for a slow reader; false when the client is gone. */
export const send = async (socket: Socket, bytes: Bytes): Promise<boolean> => {
  if (socket.destroyed || !socket.writable) return false;
  if (!socket.write(toBuffer(bytes))) await drained(socket);
  return isOpen(socket);
};

/** Read through a function, since it changes during every await. */
const isOpen = (socket: Socket): boolean => !socket.destroyed;

export const finish = async (socket: Socket, ending: Ending): Promise<void> => {
  if (ending === 'fin') socket.end();
  if (ending === 'rst') {
    await sleep(BEFORE_RESET_MS);
    socket.resetAndDestroy();
  }
};

/** Writes the parts one after the other, optionally with pauses, then ends. */
export const raw =
  (parts: Bytes | readonly Bytes[], ending: Ending = 'fin', pauseMs = 0): Serve =>
  async (socket) => {
    for (const part of Array.isArray(parts) ? (parts as readonly Bytes[]) : [parts as Bytes]) {
      if (!(await send(socket, part))) return;
      if (pauseMs > 0) await sleep(pauseMs);
    }
    await finish(socket, ending);
  };

/** A reply head: status line without the version, then fields as written, CRLF and all. */
export const head = (status: string, ...fields: readonly string[]): Buffer =>
  Buffer.from([`HTTP/1.1 ${status}`, ...fields, '', ''].join('\r\n'), 'latin1');

interface WholeReply {
  readonly status?: string;
  readonly fields?: readonly string[];
  readonly ending?: Ending;
}

/** A reply with right framing: exactly one Content-Length, exactly that body. */
export const whole = (body: Bytes, { status = '200 OK', fields = [], ending = 'keep' }: WholeReply = {}): Serve => {
  const bytes = toBuffer(body);
  return raw([head(status, ...fields, `Content-Length: ${bytes.length}`), bytes], ending);
};

/** The right document under a header that has these fields only, with nothing added. */
export const underFields = (fields: readonly string[], body: Bytes, ending: Ending = 'fin'): Serve =>
  raw([head('200 OK', ...fields), body], ending);

/** A body under a content coding, with the right Content-Length. */
export const coded = (coding: string, body: Buffer): Serve =>
  whole(body, { fields: [`Content-Encoding: ${coding}`, 'Content-Type: application/xml'] });

interface ChunkOptions {
  readonly size?: number;
  /** Written after each size: chunk extensions. */
  readonly extension?: string;
  readonly writeSize?: (size: number) => string;
}

/** Chunks without the last one. */
export const chunks = (body: Buffer, options: ChunkOptions = {}): Buffer => {
  const { size = 4096, extension = '', writeSize = (bytes: number) => bytes.toString(16) } = options;
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; at += size) {
    const piece = body.subarray(at, at + size);
    parts.push(Buffer.from(`${writeSize(piece.length)}${extension}\r\n`, 'latin1'), piece, Buffer.from('\r\n'));
  }
  return Buffer.concat(parts);
};

export const LAST_CHUNK = '0\r\n\r\n';
export const CHUNKED = 'Transfer-Encoding: chunked';

/** A reply with right chunked framing. */
export const chunked = (body: Buffer, fields: readonly string[] = [], options: ChunkOptions = {}): Serve =>
  raw([head('200 OK', ...fields, CHUNKED), chunks(body, options), LAST_CHUNK], 'keep');

/** The n-th request gets the n-th behaviour; the last one stays. */
export const inTurn =
  (...behaviours: readonly [Serve, ...Serve[]]): Serve =>
  (socket, request, attempt) => {
    const behaviour = behaviours[Math.min(attempt, behaviours.length) - 1] ?? behaviours[0];
    return behaviour(socket, request, attempt);
  };

/** Sends one piece after the other at the server's drip pace, for as long as the client bears it. */
export const drip =
  (before: Bytes, piece: Bytes): Serve =>
  async (socket, request) => {
    let open = await send(socket, before);
    while (open) {
      await sleep(request.dripMs);
      open = await send(socket, piece);
    }
  };

/** Sends one piece so many times as fast as the client reads, then the rest. */
export const flood =
  (before: Bytes, piece: Bytes, times: number, after: Bytes = '', ending: Ending = 'fin'): Serve =>
  async (socket) => {
    if (!(await send(socket, before))) return;
    for (let sent = 0; sent < times; sent += 1) if (!(await send(socket, piece))) return;
    if (await send(socket, after)) await finish(socket, ending);
  };

/** Each hop leads where `next` says: given the request, a Location or undefined to get the document. */
export const redirecting =
  (next: (request: RequestHead) => string | undefined, document: Serve, status = '302 Found'): Serve =>
  (socket, request, attempt) => {
    const location = next(request);
    if (location === undefined) return document(socket, request, attempt);
    return whole('', { status, fields: [`Location: ${location}`] })(socket, request, attempt);
  };
