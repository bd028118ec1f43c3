// Owns one request: its permit, its exchange, and the verdict on what came, which ends the permit. What follows from it (a
// redirect, another attempt) is decided by download.ts.
import { checkDocument } from '../check/document-check.ts';
import { hostKeyOf, isSecHost } from '../edgar/fair-access.ts';
import { discardBody, sourceOf, type Body, type ByteSource } from '../model/body.ts';
import type { DocumentRequest, Validators } from '../model/document.ts';
import { transientFailure } from '../model/failure.ts';
import { verdictOnBroken, verdictOnShort } from './broken-exchange.ts';
import type { HttpContext } from './context.ts';
import { redirectionOf } from './redirect.ts';
import { Reply } from './reply.ts';
import { fieldOf, isEntityTag, md5OfEtag, type ReplyHead } from './reply-head.ts';
import { ANSWERED, verdictOnReply, type ReceivedDocument, type RequestEnd, type Verdict } from './verdict.ts';
import type { Listening, WireEnd } from './wire.ts';

/** The document is named by its canonical `url`, whichever address is asked. */
export type Asked = Pick<DocumentRequest, 'url' | 'fetchUrl' | 'validators'>;

export interface RequestManner {
  /** On a new connection. */
  readonly fresh: boolean;
  /** A document came, and only its connection is listened to from now on: another request may be sent meanwhile. */
  readonly onListening: () => void;
}

/** What was seen of the network on the way of a document; filled in as it goes. */
export interface Trace {
  requests: number;
  httpStatus: number | undefined;
  wireBytes: number | undefined;
  /** Of the bodies of all replies. */
  receivedBytes: number;
  finalUrl: string | undefined;
  /** Time of this attempt in which a request was in flight; waiting for permits is not counted. */
  activeMs: number;
  /** Time spent waiting for permits. */
  waitedMs: number;
}

/** Nothing was sent yet. */
export function emptyTrace(): Trace {
  return {
    requests: 0,
    httpStatus: undefined,
    wireBytes: undefined,
    receivedBytes: 0,
    finalUrl: undefined,
    activeMs: 0,
    waitedMs: 0,
  };
}

/** Enough of a body to know a refusal page by. */
const PAGE_BYTES = 65 * 1024;

const DOUBTED: Verdict = { end: { kind: 'again', madeWay: false }, report: ANSWERED };
const DOUBTED_LATE: Verdict = { end: { kind: 'again', madeWay: true }, report: ANSWERED };

/** Sends one request as soon as it may start. Rejects only with CannotWriteError. */
export async function request(
  url: URL,
  asked: Asked,
  context: HttpContext,
  trace: Trace,
  manner: RequestManner,
): Promise<RequestEnd> {
  const answer = await context.permits.acquire(hostKeyOf(url));
  if (answer.kind === 'refused') {
    if (answer.because === 'drain') return { kind: 'left' };
    return { kind: 'failed', failure: transientFailure('http-status', answer.message), final: true };
  }
  trace.requests++;
  trace.waitedMs += answer.waitedMs;
  const { openTemporary, settings } = context;
  const reply = new Reply({ fromSec: isSecHost(url.hostname), maxBytes: settings.maxBytes, openTemporary });
  let listening: Listening | undefined;
  let verdict = DOUBTED;
  try {
    const wireEnd = await send(url, asked.validators, context, trace, manner.fresh, reply);
    if (wireEnd.kind === 'complete') listening = wireEnd.listening;
    // A document waits as it came, which takes less memory.
    const waits = reply.head?.status === 200 ? listening : undefined;
    if (waits?.takesTime === true) {
      verdict = DOUBTED_LATE;
      manner.onListening();
    }
    if (waits !== undefined && !(await waits.isOwn)) reply.discard();
    else verdict = await judge(url, asked, context, reply, wireEnd);
  } finally {
    answer.permit.ended(verdict.report);
  }
  const { end, report } = verdict;
  // The run ends with it, and nothing is known about the document.
  if (report.kind === 'untrusted' && answer.permit.isFirst === true) return { kind: 'left' };
  // What asks for silence is believed at once, whoever it was for.
  if (listening === undefined || end.kind === 'held' || end.kind === 'again') return end;
  return (await listening.isOwn) ? end : DOUBTED.end;
}

async function send(
  url: URL,
  validators: Validators | undefined,
  { settings, nowMs, wire }: HttpContext,
  trace: Trace,
  fresh: boolean,
  reply: Reply,
): Promise<WireEnd> {
  const headers: Record<string, string> = {
    'user-agent': settings.userAgent,
    accept: '*/*',
    'accept-encoding': 'gzip, deflate',
  };
  if (validators?.etag !== undefined && isEntityTag(validators.etag)) headers['if-none-match'] = validators.etag;
  if (validators?.lastModified !== undefined) headers['if-modified-since'] = validators.lastModified;
  const startedMs = nowMs();
  const wholeMs = Math.max(1, settings.maxTimeMs - trace.activeMs);
  const end = await wire.send({ url, headers, wholeMs, fresh }, reply);
  trace.activeMs += nowMs() - startedMs;
  trace.httpStatus = reply.head?.status;
  trace.wireBytes = reply.head !== undefined && 'wireBytes' in end ? end.wireBytes : undefined;
  trace.receivedBytes += trace.wireBytes ?? 0;
  return end;
}

async function judge(
  url: URL,
  asked: Asked,
  { settings, nowMs }: HttpContext,
  reply: Reply,
  wireEnd: WireEnd,
): Promise<Verdict> {
  if (wireEnd.kind !== 'complete' && wireEnd.kind !== 'abandoned')
    return unread(verdictOnBroken(wireEnd, settings), reply, nowMs());
  const { head, wireBytes } = wireEnd;
  const { announcedBytes = wireBytes } = reply;
  if (wireEnd.kind === 'complete' && wireBytes !== announcedBytes)
    return unread(verdictOnShort(wireBytes, announcedBytes), reply, nowMs());
  const redirection = redirectionOf(url, head, settings.mayContactSec);
  if (redirection !== undefined) {
    reply.discard();
    return { end: redirection, report: ANSWERED };
  }
  const conditional = (asked.validators?.etag ?? asked.validators?.lastModified) !== undefined;
  const proxy = wireEnd.kind === 'complete' ? wireEnd.proxy : undefined;
  const facts = { head, fromSec: reply.fromSec, conditional, proxy, nowMs: nowMs() };
  const result = await reply.finish();
  if ('failure' in result) {
    const end: RequestEnd = { kind: 'failed', failure: result.failure };
    return verdictOnReply(facts, undefined) ?? { end, report: ANSWERED };
  }
  const { body } = result;
  const source = sourceOf(body);
  const refusal = verdictOnReply(facts, source.read(0, PAGE_BYTES));
  if (refusal !== undefined) {
    discardBody(body);
    return refusal;
  }
  const isFollowed = wireEnd.kind === 'complete' && wireEnd.isFollowed;
  const end = await accept(body, source, asked.url, reply, head, isFollowed, settings.check);
  return { end, report: ANSWERED };
}

/** A 403 or 429 of the SEC whose page came to no end may well have asked for silence. */
function unread(verdict: Verdict, reply: Reply, nowMs: number): Verdict {
  reply.discard();
  const { fromSec, head } = reply;
  if (head === undefined || verdict.end.kind !== 'failed' || (head.status !== 403 && head.status !== 429))
    return verdict;
  if (!fromSec) return verdict;
  return verdictOnReply({ head, fromSec, conditional: false, nowMs }, undefined) ?? verdict;
}

/** The body of a 200 that is no refusal page: is it whole, and is it the document? */
async function accept(
  body: Body,
  source: ByteSource,
  documentUrl: string,
  { framing, coding }: Reply,
  head: ReplyHead,
  isFollowed: boolean,
  check: 'document' | 'wire',
): Promise<RequestEnd> {
  const verdict = await checkDocument(source, documentUrl);
  // The checksum of a coding shows the end.
  const proven = coding !== 'identity' || (verdict.genuine && verdict.proven);
  const isRefused = !verdict.genuine && check === 'document';
  // An HTML page is refused for what it is.
  if (framing?.kind === 'until-close' && !proven && !(isRefused && verdict.rule === 'not-html'))
    return unproven(body, 'the reply has neither Content-Length nor chunking');
  if (isRefused) {
    const failure = transientFailure('unexpected-content', verdict.message);
    return { kind: 'failed', failure, refused: { body, rule: verdict.rule } };
  }
  if (isFollowed && !proven) return unproven(body, 'more bytes came than the reply announced');
  const root = verdict.genuine ? verdict.root : undefined;
  return { kind: 'document', document: describe(body, source.size, head, root) };
}

function unproven(body: Body, reason: string): RequestEnd {
  discardBody(body);
  const message = `${reason}, and the document does not show its own end`;
  return { kind: 'failed', failure: transientFailure('truncated', message) };
}

function describe(body: Body, bytes: number, head: ReplyHead, root: string | undefined): ReceivedDocument {
  const given = fieldOf(head, 'etag');
  const etag = given !== undefined && isEntityTag(given) ? given : undefined;
  const announcedMd5 = md5OfEtag(etag);
  const md5Differs = body.md5 !== undefined && announcedMd5 !== undefined && body.md5 !== announcedMd5;
  return { body, bytes, etag, lastModified: fieldOf(head, 'last-modified'), root, md5Differs };
}
