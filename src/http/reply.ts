// Owns the sending of one request and the taking in of its reply, whole or broken. A connection that has already carried a
// reply and dies in silence is replaced once: the server closed it while we were writing, which is nobody's failure.
import { transientFailure, type Failure } from '../model/failure.ts';
import type { Address } from './address.ts';
import type { Connection } from './connection.ts';
import type { HttpContext, HttpSettings } from './context.ts';
import { exchange, type ExchangeEnd, type ReplyMoment } from './exchange.ts';
import type { HostReport, Permit } from '../model/permits.ts';
import { ReplyBody } from './reply-body.ts';
import { isEntityTag, type ReplyHead } from './reply-head.ts';
import { brokenFailure, isOwnShortage, reportOfBroken, timeoutFailure } from './transport-failure.ts';

export interface Validators {
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
}

/** What was seen of the network during an attempt; filled in as it goes. */
export interface AttemptTrace {
  requests: number;
  httpStatus: number | undefined;
  wireBytes: number | undefined;
  /** Of the bodies of all replies. */
  receivedBytes: number;
  finalUrl: string | undefined;
  /** Time in which a request was in flight; waiting for permits is not counted. */
  activeMs: number;
  /** Time spent waiting for permits. */
  waitedMs: number;
}

/** Nothing was sent yet. */
export function emptyTrace(): AttemptTrace {
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

export type Reply =
  /** The reply came to the end that its framing announced. */
  | WholeReply
  | BrokenReply
  /** No permit: the run ends, or the host asks for more patience than the document has. */
  | { readonly kind: 'refused'; readonly because: 'drain' | 'host-waits'; readonly message: string }
  | { readonly kind: 'cancelled'; readonly permit: Permit };

export interface WholeReply {
  readonly kind: 'whole';
  readonly head: ReplyHead;
  readonly body: ReplyBody;
  readonly permit: Permit;
  /** It came on a kept connection, which is listened to. Undefined where there is no doubt whose answer it is. */
  readonly listening: Listening | undefined;
  /** More bytes came right behind its end: where the end is may be a lie. */
  readonly isFollowed: boolean;
}

interface Listening {
  /**
   * False if the reply may be the answer to another request: more came behind it that nobody had asked for. Known only when
   * an answer of its own would have come.
   */
  readonly isOwn: Promise<boolean>;
  readonly takesTime: boolean;
}

/** What the connection tells of a reply. */
type Behind = Pick<WholeReply, 'listening' | 'isFollowed'>;

interface BrokenReply {
  readonly kind: 'broken';
  readonly failure: Failure;
  readonly report: HostReport;
  /** Where it broke off behind the head. */
  readonly head: ReplyHead | undefined;
  readonly permit: Permit;
}

/** Sends one request, on a new connection if it is to be `fresh`. */
export async function requestReply(
  address: Address,
  validators: Validators | undefined,
  context: HttpContext,
  trace: AttemptTrace,
  fresh: boolean,
): Promise<Reply> {
  const { origin } = address.at;
  const connection = fresh ? context.connections.fresh(origin) : context.connections.take(origin);
  const first = await sendOn(connection, address, validators, context, trace);
  if (first.kind !== 'stale') return first;
  // The host said nothing: as an answer it would end an outage that has just begun.
  first.permit.ended({ kind: 'cancelled' });
  const second = await sendOn(context.connections.fresh(origin), address, validators, context, trace);
  return second.kind === 'stale' ? { ...second, kind: 'broken' } : second;
}

type StaleReply = Omit<BrokenReply, 'kind'> & { readonly kind: 'stale' };

async function sendOn(
  connection: Connection,
  address: Address,
  validators: Validators | undefined,
  context: HttpContext,
  trace: AttemptTrace,
): Promise<Reply | StaleReply> {
  const answer = await context.permits.acquire(address.at.hostKey);
  if (answer.kind === 'refused') {
    context.connections.release(connection);
    return answer;
  }
  trace.requests++;
  trace.waitedMs += answer.waitedMs;
  const { settings } = context;
  const body = new ReplyBody(context, address.at.isSec, (validators?.etag ?? validators?.lastModified) !== undefined);
  const startedMs = context.nowMs();
  const limits = { idleMs: settings.idleTimeoutMs, wholeMs: Math.max(1, settings.maxTimeMs - trace.activeMs) };
  const end = await exchange(connection, wireRequest(address, validators, context), limits, body, context.cancelled);
  trace.activeMs += context.nowMs() - startedMs;
  const behind = await settleConnection(connection, end, context);
  note(trace, body.head, end);
  return replyOf(end, body, settings, answer.permit, behind);
}

/** Gives the connection back: one that was kept only when it is known whether its reply was asked for. */
async function settleConnection(connection: Connection, end: ExchangeEnd, context: HttpContext): Promise<Behind> {
  const { connections } = context;
  if (end.kind === 'complete' && end.moment.reused) {
    const listening = listenBehind(connection, end.moment);
    void listening.isOwn.then(() => connections.release(connection));
    return { listening, isFollowed: false };
  }
  let isFollowed = false;
  if (end.kind === 'complete') {
    connection.habits.add(end.moment.beganAfterMs, end.moment.seenLate);
    isFollowed = !(await connection.staysSilent(0));
  }
  connections.release(connection);
  return { listening: undefined, isFollowed };
}

/**
 * HTTP/1.1 has no mark that joins a reply to its request, only their order. Where a server sent one reply too many, the real
 * answer still comes: so the connection is listened to until it should have come. Behind a reply that closes its connection
 * nothing can come; there a reply that came too early is doubted.
 */
function listenBehind(connection: Connection, { sentAtMs, beganAfterMs, seenLate }: ReplyMoment): Listening {
  const { habits } = connection;
  const closed = !connection.isOpen;
  const listenMs = closed ? 0 : habits.listenMs(performance.now() - sentAtMs, seenLate);
  const isOwn = connection.staysSilent(listenMs).then((silent) => {
    if (!silent || (closed && habits.isEarly(beganAfterMs))) return false;
    habits.add(beganAfterMs, seenLate);
    return true;
  });
  return { isOwn, takesTime: listenMs >= 1 };
}

function note(trace: AttemptTrace, head: ReplyHead | undefined, end: ExchangeEnd): void {
  trace.httpStatus = head?.status;
  trace.wireBytes = head !== undefined && 'wireBytes' in end ? end.wireBytes : undefined;
  trace.receivedBytes += trace.wireBytes ?? 0;
}

function replyOf(
  end: ExchangeEnd,
  body: ReplyBody,
  settings: HttpSettings,
  permit: Permit,
  behind: Behind,
): Reply | StaleReply {
  const { head } = body;
  switch (end.kind) {
    case 'complete':
      return wholeOrShort(end.wireBytes, body, permit, behind);
    case 'abandoned':
      return head === undefined ? withoutReply(permit) : { kind: 'whole', head, body, permit, ...behind };
    case 'cancelled':
      body.discard();
      return { kind: 'cancelled', permit };
    case 'timed-out': {
      body.discard();
      const failure = timeoutFailure(end, { idleMs: settings.idleTimeoutMs, maxTimeMs: settings.maxTimeMs });
      return { kind: 'broken', failure, report: reportOfBroken(failure), head, permit };
    }
    case 'broken': {
      body.discard();
      const failure = brokenFailure(end);
      const report = isOwnShortage(end.error) ? ({ kind: 'cancelled' } as const) : reportOfBroken(failure);
      return { kind: end.silent && end.reused ? 'stale' : 'broken', failure, report, head, permit };
    }
  }
}

function withoutReply(permit: Permit): BrokenReply {
  const failure = transientFailure('connection', 'the server closed the connection without a reply');
  return { kind: 'broken', failure, report: reportOfBroken(failure), head: undefined, permit };
}

/** Wire bytes must equal the Content-Length, whatever the HTTP parser thought of them. */
function wholeOrShort(wireBytes: number, body: ReplyBody, permit: Permit, behind: Behind): Reply {
  const { head, framing } = body;
  if (head === undefined) return withoutReply(permit);
  const mustHave = framing?.kind === 'length' && head.status !== 304 ? framing.wireBytes : wireBytes;
  if (mustHave === wireBytes) return { kind: 'whole', head, body, permit, ...behind };
  body.discard();
  const failure = transientFailure('truncated', `${wireBytes} bytes came of ${mustHave}`);
  return { kind: 'broken', failure, report: reportOfBroken(failure), head, permit };
}

function wireRequest(
  address: Address,
  validators: Validators | undefined,
  context: HttpContext,
): { path: string; headers: Record<string, string> } {
  const { path, at } = address;
  const headers: Record<string, string> = {
    'user-agent': context.settings.userAgent,
    accept: '*/*',
    'accept-encoding': 'gzip, deflate',
  };
  if (validators?.etag !== undefined && isEntityTag(validators.etag)) headers['if-none-match'] = validators.etag;
  if (validators?.lastModified !== undefined) headers['if-modified-since'] = validators.lastModified;
  const proxy = context.connector.forwardProxy(at.origin);
  if (proxy === undefined) return { path, headers };
  headers['host'] = at.host;
  if (proxy.authorization !== undefined) headers['proxy-authorization'] = proxy.authorization;
  return { path: at.origin + path, headers };
}
