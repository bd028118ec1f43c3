// Owns one attempt at a document: the request, its redirect hops, and the verdict on the last reply. Every hop takes a
// permit of its own. Whether there is a next attempt is decided elsewhere.
import { permanentFailure, transientFailure, type Failure } from '../model/failure.ts';
import { addressOf, type Address } from './address.ts';
import type { ReceivedBody } from './body.ts';
import { classifyReply, type ReplyVerdict } from './classify.ts';
import type { HttpContext } from './context.ts';
import { checkDocument } from '../check/document-check.ts';
import type { HostReport } from '../model/permits.ts';
import { isRedirect, nextHop } from './redirect.ts';
import { codingOf, md5OfEtag, fieldOf, isEntityTag, type ReplyHead } from './reply-head.ts';
import { retryAfterMs } from './retry-after.ts';
import { requestReply, type AttemptTrace, type Reply, type Validators, type WholeReply } from './reply.ts';

export interface AttemptRequest {
  /** Canonical URL, which names the document and its kind; `fetchUrl` is the address that is asked. */
  readonly url: string;
  readonly fetchUrl: string;
  readonly validators?: Validators | undefined;
}

export type AttemptEnd =
  | { readonly kind: 'document'; readonly document: ReceivedDocument }
  | { readonly kind: 'not-modified' }
  | { readonly kind: 'missing'; readonly failure: Failure }
  /** `refused`: the body was whole on the wire but is not the document. `final`: nothing was sent, nor shall be. */
  | { readonly kind: 'failed'; readonly failure: Failure; readonly refused?: RefusedBody; readonly final?: true }
  /** The reply may be the answer to another request: not charged, to be asked for again on a new connection. */
  | { readonly kind: 'doubted' }
  /** The SEC asked for silence: not charged, to be asked for again when the run allows. */
  | { readonly kind: 'held'; readonly failure: Failure }
  /** The run ends; nothing is known about the document. */
  | { readonly kind: 'left' };

export interface ReceivedDocument {
  readonly body: ReceivedBody;
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
  readonly root: string | undefined;
  /** From the SEC, and its ETag is the MD5 of other bytes. */
  readonly md5Differs: boolean;
}

export interface RefusedBody {
  readonly body: ReceivedBody;
  readonly rule: string;
}

const MAX_REDIRECTS = 10;

/** Where one reply leads. */
type Step = { readonly kind: 'end'; readonly end: AttemptEnd } | { readonly kind: 'hop'; readonly address: Address };

export interface AttemptManner {
  /** On new connections only: a reply was doubted. */
  readonly fresh: boolean;
  /** A document came, and only its connection is listened to from now on: another request may be sent meanwhile. */
  readonly onListening: () => void;
}

/** Runs one attempt. Rejects only with CannotWriteError. */
export async function attempt(
  request: AttemptRequest,
  context: HttpContext,
  trace: AttemptTrace,
  manner: AttemptManner,
): Promise<AttemptEnd> {
  let address = addressOf(request.fetchUrl);
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const reply = await requestReply(address, request.validators, context, trace, manner.fresh);
    const step = await ownStep(reply, address, request, context, manner);
    if (step.kind === 'end') return step.end;
    address = step.address;
    trace.finalUrl = address.href;
  }
  return failedFor(permanentFailure('redirect', `more than ${MAX_REDIRECTS} redirects`));
}

const DOUBTED: Step = { kind: 'end', end: { kind: 'doubted' } };

/** Where the reply leads, unless it may belong to another request. */
async function ownStep(
  reply: Reply,
  address: Address,
  request: AttemptRequest,
  context: HttpContext,
  manner: AttemptManner,
): Promise<Step> {
  if (reply.kind !== 'whole' || reply.listening === undefined) return stepOf(reply, address, request, context);
  const { isOwn, takesTime } = reply.listening;
  // A document waits as it came, which takes less memory. What may ask for silence is believed at once, whoever it was for.
  if (reply.head.status === 200) {
    if (takesTime) manner.onListening();
    if (await isOwn) return stepOf(reply, address, request, context);
    reply.body.discard();
    reply.permit.ended({ kind: 'answered' });
    return DOUBTED;
  }
  const step = await stepOf(reply, address, request, context);
  if ((step.kind === 'end' && step.end.kind === 'held') || (await isOwn)) return step;
  if (step.kind === 'end') discardEnd(step.end);
  return DOUBTED;
}

async function stepOf(reply: Reply, address: Address, request: AttemptRequest, context: HttpContext): Promise<Step> {
  if (reply.kind !== 'whole') return { kind: 'end', end: endWithoutReply(reply, address, context) };
  const next = isRedirect(reply.head) ? nextHop(new URL(address.href), reply.head) : undefined;
  if (next === undefined || next.kind === 'stay') return { kind: 'end', end: await judge(reply, request, context) };
  reply.body.discard();
  reply.permit.ended({ kind: 'answered' });
  if (next.kind === 'refused') return { kind: 'end', end: failedFor(next.failure) };
  const hop = addressOf(next.address.href);
  if (!hop.at.isSec || context.settings.mayContactSec) return { kind: 'hop', address: hop };
  const message = 'a redirect to sec.gov is not followed without a User-Agent that names a contact (--user-agent)';
  return { kind: 'end', end: failedFor(permanentFailure('redirect', message)) };
}

function failedFor(failure: Failure): AttemptEnd {
  return { kind: 'failed', failure };
}

function endWithoutReply(reply: Exclude<Reply, WholeReply>, address: Address, context: HttpContext): AttemptEnd {
  switch (reply.kind) {
    case 'refused':
      if (reply.because === 'drain') return { kind: 'left' };
      return { kind: 'failed', failure: transientFailure('http-status', reply.message), final: true };
    case 'cancelled':
      reply.permit.ended({ kind: 'cancelled' });
      return { kind: 'left' };
    case 'broken': {
      const refusal = reply.head === undefined ? undefined : refusalOf(reply.head, address);
      if (refusal === undefined || reply.head === undefined) {
        reply.permit.ended(reply.report);
        return failedFor(reply.failure);
      }
      reply.permit.ended(reportOf(refusal, reply.head, context.nowMs()));
      return endOfVerdict(refusal);
    }
  }
}

/** A 403 or 429 of the SEC whose page nobody could read may well have asked for silence. */
function refusalOf({ status }: ReplyHead, { at }: Address): Exclude<ReplyVerdict, { kind: 'document' }> | undefined {
  if (!at.isSec || (status !== 403 && status !== 429)) return undefined;
  const verdict = classifyReply({ status, body: undefined, fromSec: true, conditional: false });
  return verdict.kind === 'document' ? undefined : verdict;
}

async function judge(reply: WholeReply, request: AttemptRequest, context: HttpContext): Promise<AttemptEnd> {
  let report: HostReport = { kind: 'answered' };
  try {
    const { verdict, body, failure } = await classify(reply);
    report = reportOf(verdict, reply.head, context.nowMs());
    if (verdict.kind !== 'document') {
      discard(body);
      return endOfVerdict(verdict);
    }
    if (body === undefined)
      return { kind: 'failed', failure: failure ?? transientFailure('truncated', 'no body came') };
    return await accept(reply, body, request, context);
  } finally {
    reply.permit.ended(report);
  }
}

interface Classified {
  readonly verdict: ReplyVerdict;
  readonly body: ReceivedBody | undefined;
  readonly failure: Failure | undefined;
}

async function classify(reply: WholeReply): Promise<Classified> {
  const { status } = reply.head;
  if (reply.body.headFailure !== undefined && status === 200) {
    return { verdict: { kind: 'document' }, body: undefined, failure: reply.body.headFailure };
  }
  const result = await reply.body.finish();
  const body = result !== undefined && 'body' in result ? result.body : undefined;
  const decoded = body?.source.read(0, Math.min(body.source.size, 65 * 1024));
  const facts = { status, body: decoded, fromSec: reply.body.fromSec, conditional: reply.body.conditional };
  const verdict = status === 200 && body === undefined ? ({ kind: 'document' } as const) : classifyReply(facts);
  const failure = result !== undefined && 'failure' in result ? result.failure : undefined;
  return { verdict, body, failure };
}

function endOfVerdict(verdict: Exclude<ReplyVerdict, { kind: 'document' }>): AttemptEnd {
  switch (verdict.kind) {
    case 'not-modified':
      return { kind: 'not-modified' };
    case 'missing':
    case 'failed':
      return { kind: verdict.kind, failure: verdict.failure };
    case 'throttled':
    case 'user-agent-refused':
      return { kind: 'held', failure: verdict.failure };
  }
}

function reportOf(verdict: ReplyVerdict, head: ReplyHead, nowMs: number): HostReport {
  const waitMs = retryAfterMs(head, nowMs);
  if (verdict.kind === 'user-agent-refused') return { kind: 'user-agent-refused' };
  if (verdict.kind === 'throttled') {
    return { kind: 'throttled', page: verdict.page, ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }) };
  }
  if (head.status !== 503 && head.status !== 429) return { kind: 'answered' };
  if (waitMs !== undefined && waitMs > 0) return { kind: 'retry-after', retryAfterMs: waitMs };
  return head.status === 503
    ? { kind: 'unreachable', message: 'the server answers with status 503' }
    : { kind: 'answered' };
}

/** The body of a 200 that is no refusal page: is it whole, and is it the document? */
async function accept(
  reply: WholeReply,
  body: ReceivedBody,
  request: AttemptRequest,
  context: HttpContext,
): Promise<AttemptEnd> {
  const verdict = await checkDocument(body.source, request.url);
  const untilClose = reply.body.framing?.kind === 'until-close';
  const coding = codingOf(reply.head);
  // The checksum of a coding shows the end.
  const provenByCoding = 'value' in coding && coding.value !== 'identity';
  const proven = provenByCoding || (verdict.genuine && verdict.proven);
  const isRefused = !verdict.genuine && context.settings.check === 'document';
  // An HTML page is refused for what it is.
  if (untilClose && !proven && !(isRefused && verdict.rule === 'not-html'))
    return unproven(body, 'the reply has neither Content-Length nor chunking');
  if (isRefused) {
    const failure = transientFailure('unexpected-content', verdict.message);
    return { kind: 'failed', failure, refused: { body, rule: verdict.rule } };
  }
  if (reply.isFollowed && !proven) return unproven(body, 'more bytes came than the reply announced');
  return { kind: 'document', document: describe(body, reply.head, verdict.genuine ? verdict.root : undefined) };
}

function unproven(body: ReceivedBody, reason: string): AttemptEnd {
  discard(body);
  return failedFor(transientFailure('truncated', `${reason}, and the document does not show its own end`));
}

function describe(body: ReceivedBody, head: ReplyHead, root: string | undefined): ReceivedDocument {
  const given = fieldOf(head, 'etag');
  const etag = given !== undefined && isEntityTag(given) ? given : undefined;
  const lastModified = fieldOf(head, 'last-modified');
  const announcedMd5 = md5OfEtag(etag);
  return {
    body,
    md5Differs: body.md5 !== undefined && announcedMd5 !== undefined && body.md5 !== announcedMd5,
    etag,
    lastModified,
    root,
  };
}

function discardEnd(end: AttemptEnd): void {
  if (end.kind === 'document') discard(end.document.body);
  if (end.kind === 'failed') discard(end.refused?.body);
}

export function discard(body: ReceivedBody | undefined): void {
  if (body?.kind === 'file') body.file.discard();
}
