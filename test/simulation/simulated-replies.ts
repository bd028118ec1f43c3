// Owns what may come back on a simulated wire, whole or not, and what each says of its host: pure data.
import { gzipSync } from 'node:zlib';
import { throttlePage } from '../support/edgar-stand-in.ts';
import type { Random } from './virtual-world.ts';

export type WireReply =
  /** The connection ends. `after`: what of a reply had come. */
  | { readonly kind: 'reset'; readonly after?: WholeReply; readonly reused?: true }
  /** Nothing comes until a limit is reached. */
  | { readonly kind: 'silence'; readonly limit: 'connect' | 'idle' }
  | WholeReply;

export interface WholeReply {
  readonly kind: 'reply';
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** On a kept connection: what is heard behind it, and after how long. */
  readonly listening?: { readonly isOwn: boolean; readonly delayMs: number };
  readonly isFollowed?: boolean;
}

/** `neutral`: it neither ends a row of failures nor is one. */
export type Sign = 'answered' | 'unreachable' | 'throttled' | 'neutral';

export interface Answer {
  readonly reply: WireReply;
  readonly sign: Sign;
}

/** The only bytes that may get the name of this document. */
export function documentOf(url: string): string {
  return `<xbrl>${url}</xbrl>`;
}

export function whole(status: number, body: string | Buffer, fields: Record<string, string> = {}): WholeReply {
  const bytes = Buffer.from(body);
  return { kind: 'reply', status, fields: { 'content-length': String(bytes.length), ...fields }, body: bytes };
}

/** The document, framed and coded as servers like it, sometimes on a kept connection. */
export function goodReply(url: string, random: Random): WholeReply {
  const body = documentOf(url);
  const die = random.next();
  if (die < 0.6) return kept(whole(200, body), random);
  if (die < 0.8) return kept(whole(200, gzipSync(body), { 'content-encoding': 'gzip' }), random);
  if (die < 0.9) return kept({ ...unframed(body), fields: { 'transfer-encoding': 'chunked' } }, random);
  return unframed(body);
}

function kept(reply: WholeReply, random: Random): WholeReply {
  if (random.chance(0.5)) return reply;
  return { ...reply, listening: { isOwn: true, delayMs: random.chance(0.5) ? 0 : random.within(1, 500) } };
}

/** The answer to another request, well-formed: the own one comes behind it. */
export function strayReply(otherUrl: string, random: Random): WholeReply {
  return { ...whole(200, documentOf(otherUrl)), listening: { isOwn: false, delayMs: random.within(0, 500) } };
}

/** Ended by the end of the connection. */
function unframed(body: string): WholeReply {
  return { kind: 'reply', status: 200, fields: {}, body: Buffer.from(body) };
}

/** Ways in which a document fails by itself, to be tried again. */
export function spoiledReply(url: string, random: Random): Answer {
  const good = documentOf(url);
  const half = good.slice(0, random.within(1, good.length - 1));
  const announced = { 'content-length': String(good.length) };
  const zipped = gzipSync(good);
  const spoiled: readonly Answer[] = [
    { reply: { kind: 'reset', after: whole(200, half, announced) }, sign: 'neutral' },
    { reply: whole(200, half, announced), sign: 'neutral' },
    { reply: whole(200, half), sign: 'answered' },
    { reply: unframed(half), sign: 'answered' },
    { reply: { ...whole(200, half), isFollowed: true }, sign: 'answered' },
    { reply: whole(200, ''), sign: 'answered' },
    { reply: whole(200, '<html><body>Please wait</body></html>'), sign: 'answered' },
    { reply: whole(200, zipped.subarray(0, -random.within(1, 12)), { 'content-encoding': 'gzip' }), sign: 'answered' },
    { reply: whole(500, 'Oops'), sign: 'answered' },
  ];
  return spoiled[random.within(0, spoiled.length - 1)]!;
}

/** A host that answers nobody. */
export function noReply(random: Random): Answer {
  const ways: readonly WireReply[] = [
    { kind: 'reset' },
    { kind: 'reset' },
    { kind: 'silence', limit: 'connect' },
    { kind: 'silence', limit: 'idle' },
    whole(503, ''),
  ];
  return { reply: ways[random.within(0, ways.length - 1)]!, sign: 'unreachable' };
}

/** The SEC asks for silence. */
export function throttled(random: Random): Answer {
  const fields: Record<string, string> = random.chance(0.2) ? { 'retry-after': '900' } : {};
  const reply = random.chance(0.8) ? whole(429, '', fields) : whole(403, throttlePage(), fields);
  return { reply, sign: 'throttled' };
}

/** The kept connection was dead: nobody's failure, to be sent again on a new one. */
export const DEAD_CONNECTION: Answer = { reply: { kind: 'reset', reused: true }, sign: 'neutral' };
