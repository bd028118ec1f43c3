// Owns what a reply means: a pure function of its status, head and body. The body decides before the status does, because
// EDGAR sends its refusals under several (see edgar/refusal-pages.ts).
import { permanentFailure, transientFailure, type Failure } from '../model/failure.ts';
import { recognisePage, refusalSaid, type RefusalPage } from '../edgar/refusal-pages.ts';

/** `unrecognised`: most likely a page of new wording, or one that cannot be read. `bare`: a 429 that says nothing. */
type Silence = RefusalPage | 'unrecognised' | 'bare';

export type ReplyVerdict =
  | { readonly kind: 'document' }
  | { readonly kind: 'not-modified' }
  | { readonly kind: 'missing'; readonly failure: Failure }
  | { readonly kind: 'failed'; readonly failure: Failure }
  /** From the SEC itself: everybody waits, nobody is charged. */
  | { readonly kind: 'throttled'; readonly failure: Failure; readonly page: Silence }
  | { readonly kind: 'user-agent-refused'; readonly failure: Failure };

export interface ReplyFacts {
  readonly status: number;
  /** The decoded body, or at least its first 64 KiB. Undefined if it is not whole, or could not be decoded. */
  readonly body: Buffer | undefined;
  /** The reply came from *.sec.gov itself, not from a mirror or another host. */
  readonly fromSec: boolean;
  /** The request carried If-None-Match or If-Modified-Since. */
  readonly conditional: boolean;
}

const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([408, 425, 429]);

export function classifyReply(facts: ReplyFacts): ReplyVerdict {
  const page = facts.body === undefined ? undefined : recognisePage(facts.body);
  if (page !== undefined) return classifyPage(page, facts);
  if (facts.status === 200) return { kind: 'document' };
  if (facts.status === 304 && facts.conditional) return { kind: 'not-modified' };
  const silence = silenceAsked(facts);
  if (silence === 'unrecognised' || silence === 'bare') return throttled(facts, silence);
  if (silence !== undefined) return classifyPage(silence, facts);
  return classifyStatus(facts.status);
}

function classifyPage(page: RefusalPage, facts: ReplyFacts): ReplyVerdict {
  switch (page) {
    case 'missing':
      return missing(`there is no such document (status ${facts.status})`);
    case 'storage-error':
      return failed(transientFailure('http-status', `the storage behind the server failed (status ${facts.status})`));
    case 'maintenance':
      return failed(transientFailure('http-status', `"File Unavailable": maintenance (status ${facts.status})`));
    case 'undeclared-tool':
    case 'automated-access':
      return userAgentRefused(page, facts);
    case 'throttle':
      return facts.fromSec ? throttled(facts, page) : failed(blockedElsewhere(facts.status));
  }
}

/** The short form of 2026 bears the throttle title; waiting may still be the answer, which the run decides. */
function userAgentRefused(page: 'undeclared-tool' | 'automated-access', facts: ReplyFacts): ReplyVerdict {
  const message = `the User-Agent was refused (status ${facts.status})`;
  const failure = permanentFailure('user-agent-refused', message);
  if (!facts.fromSec) return failed(failure);
  return page === 'undeclared-tool' ? { kind: 'user-agent-refused', failure } : throttled(facts, page);
}

function blockedElsewhere(status: number): Failure {
  return transientFailure('blocked', `the server answered with the "too fast" page (status ${status})`);
}

function throttled(facts: ReplyFacts, page: Silence): ReplyVerdict {
  const failure = transientFailure('blocked', `the SEC asked for silence (status ${facts.status})`);
  return { kind: 'throttled', failure, page };
}

/**
 * How the SEC itself refuses us with what is none of its pages. A body that cannot be read may be the page all the same, and
 * must not be hammered; an empty 403, or one that speaks of something else, is about the document.
 */
function silenceAsked({ status, body, fromSec }: ReplyFacts): Silence | undefined {
  if (!fromSec || (status !== 403 && status !== 429)) return undefined;
  const said = body === undefined ? 'unrecognised' : refusalSaid(body);
  return said ?? (status === 429 ? 'bare' : undefined);
}

/** What a status means when the body says nothing. */
function classifyStatus(status: number): ReplyVerdict {
  switch (status) {
    case 404:
    case 410:
      return missing(`there is no such document (status ${status})`);
    case 401:
    case 403:
    case 407:
    case 451:
      return failed(permanentFailure('forbidden', `the server refuses this document (status ${status})`));
    default: {
      const transient = TRANSIENT_STATUSES.has(status) || (status >= 500 && status <= 599);
      const message = `the server answered with status ${status}`;
      return failed({ code: 'http-status', message, transient });
    }
  }
}

function missing(message: string): ReplyVerdict {
  return { kind: 'missing', failure: permanentFailure('not-found', message) };
}

function failed(failure: Failure): ReplyVerdict {
  return { kind: 'failed', failure };
}
