// Owns what the end of a request means, for the document and for its host: pure functions of how the exchange ended, and of
// the reply's status, head and body. The body decides before the status does, because EDGAR sends its refusals under several
// (see edgar/refusal-pages.ts).
import { recognisePage, refusalSaid, type RefusalPage } from '../edgar/refusal-pages.ts';
import type { Body } from '../model/body.ts';
import { permanentFailure, transientFailure, type Failure } from '../model/failure.ts';
import type { HostReport } from '../model/permits.ts';
import type { ReplyHead } from './reply-head.ts';
import { retryAfterMs } from './retry-after.ts';

/** How a request ended, as far as its document is concerned. */
export type RequestEnd =
  | { readonly kind: 'document'; readonly document: ReceivedDocument }
  | { readonly kind: 'not-modified' }
  | { readonly kind: 'missing'; readonly failure: Failure }
  /** `refused`: the body was whole on the wire but is not the document. `final`: nothing was sent, nor shall be. */
  | { readonly kind: 'failed'; readonly failure: Failure; readonly refused?: RefusedBody; readonly final?: true }
  | { readonly kind: 'redirected'; readonly url: URL }
  /** The SEC asked for silence: nobody is charged, to be asked for again when the run allows. */
  | { readonly kind: 'held'; readonly failure: Failure }
  /**
   * A kept connection that was dead, or a reply that may be another's: nobody is charged, to be asked for on a new one.
   * `madeWay`: another request may have been sent meanwhile.
   */
  | { readonly kind: 'again'; readonly madeWay: boolean }
  /** The run ends; nothing is known about the document. */
  | { readonly kind: 'left' };

export interface ReceivedDocument {
  readonly body: Body;
  /** Its size; the body's memory is given back when it is saved. */
  readonly bytes: number;
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
  readonly root: string | undefined;
  /** From the SEC, and its ETag is the MD5 of other bytes. */
  readonly md5Differs: boolean;
}

interface RefusedBody {
  readonly body: Body;
  readonly rule: string;
}

export interface Verdict {
  readonly end: RequestEnd;
  readonly report: HostReport;
}

export interface ReplyFacts {
  readonly head: ReplyHead;
  /** The reply came from *.sec.gov itself, not from a mirror or another host. */
  readonly fromSec: boolean;
  /** The request carried If-None-Match or If-Modified-Since. */
  readonly conditional: boolean;
  /** The proxy that took the request in plain http. */
  readonly proxy?: string | undefined;
  readonly nowMs: number;
}

/** `unrecognised`: most likely a page of new wording, or one that cannot be read. `bare`: a 429 that says nothing. */
type Silence = RefusalPage | 'unrecognised' | 'bare';

export const ANSWERED: HostReport = { kind: 'answered' };

const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([408, 425, 429]);

/**
 * What a reply means; undefined for a 200 that is no refusal: whether it is the document, its bytes must show. `body`: the
 * decoded body, or at least its first 64 KiB; undefined if it is not whole, or could not be decoded.
 */
export function verdictOnReply(facts: ReplyFacts, body: Buffer | undefined): Verdict | undefined {
  const { status } = facts.head;
  const page = body === undefined ? undefined : recognisePage(body);
  if (page !== undefined) return verdictOnPage(page, facts);
  if (status === 200) return undefined;
  if (status === 304 && facts.conditional) return told({ kind: 'not-modified' }, facts);
  const silence = silenceAsked(facts, body);
  if (silence === 'unrecognised' || silence === 'bare') return throttled(facts, silence);
  return silence === undefined ? told(endOfStatus(status, facts.proxy), facts) : verdictOnPage(silence, facts);
}

function verdictOnPage(page: RefusalPage, facts: ReplyFacts): Verdict {
  const { head, fromSec } = facts;
  const shown = `(status ${head.status})`;
  switch (page) {
    case 'missing':
      return told(missing(head.status), facts);
    case 'storage-error':
      return told(failed(transientFailure('http-status', `the storage behind the server failed ${shown}`)), facts);
    case 'maintenance':
      return told(failed(transientFailure('http-status', `"File Unavailable": maintenance ${shown}`)), facts);
    case 'throttle':
      if (fromSec) return throttled(facts, page);
      return told(failed(transientFailure('blocked', `the server answered with the "too fast" page ${shown}`)), facts);
    case 'automated-access':
      // The short form of 2026 bears the throttle title; waiting may still be the answer, which the run decides.
      if (fromSec) return throttled(facts, page);
      return told(failed(userAgentRefused(shown)), facts);
    case 'undeclared-tool':
      if (!fromSec) return told(failed(userAgentRefused(shown)), facts);
      return { end: { kind: 'held', failure: userAgentRefused(shown) }, report: { kind: 'user-agent-refused' } };
  }
}

function userAgentRefused(shown: string): Failure {
  return permanentFailure('user-agent-refused', `the User-Agent was refused ${shown}`);
}

/** From the SEC itself: everybody waits, nobody is charged. */
function throttled({ head, nowMs }: ReplyFacts, page: Silence): Verdict {
  const failure = transientFailure('blocked', `the SEC asked for silence (status ${head.status})`);
  const waitMs = retryAfterMs(head, nowMs);
  const report: HostReport = { kind: 'throttled', page, ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }) };
  return { end: { kind: 'held', failure }, report };
}

/**
 * How the SEC itself refuses us with what is none of its pages. A body that cannot be read may be the page all the same, and
 * must not be hammered; an empty 403, or one that speaks of something else, is about the document.
 */
function silenceAsked({ head: { status }, fromSec }: ReplyFacts, body: Buffer | undefined): Silence | undefined {
  if (!fromSec || (status !== 403 && status !== 429)) return undefined;
  const said = body === undefined ? 'unrecognised' : refusalSaid(body);
  return said ?? (status === 429 ? 'bare' : undefined);
}

/** What a status means when the body says nothing. */
function endOfStatus(status: number, proxy: string | undefined): RequestEnd {
  if (status === 407 && proxy !== undefined)
    return failed(
      permanentFailure('forbidden', `the proxy ${proxy} answered 407; give user and password in HTTP_PROXY`),
    );
  switch (status) {
    case 404:
    case 410:
      return missing(status);
    case 401:
    case 403:
    case 407:
    case 451:
      return failed(permanentFailure('forbidden', `the server refuses this document (status ${status})`));
    default: {
      const transient = TRANSIENT_STATUSES.has(status) || (status >= 500 && status <= 599);
      return failed({ code: 'http-status', message: `the server answered with status ${status}`, transient });
    }
  }
}

/** The host is told what the status says of itself. */
function told(end: RequestEnd, { head, nowMs }: ReplyFacts): Verdict {
  if (head.status !== 503 && head.status !== 429) return { end, report: ANSWERED };
  const waitMs = retryAfterMs(head, nowMs);
  if (waitMs !== undefined && waitMs > 0) return { end, report: { kind: 'retry-after', retryAfterMs: waitMs } };
  if (head.status === 429) return { end, report: ANSWERED };
  return { end, report: { kind: 'unreachable', message: 'the server answers with status 503' } };
}

function missing(status: number): RequestEnd {
  return { kind: 'missing', failure: permanentFailure('not-found', `there is no such document (status ${status})`) };
}

function failed(failure: Failure): RequestEnd {
  return { kind: 'failed', failure };
}
