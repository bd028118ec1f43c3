// Owns what a broken or timed-out exchange means for the document: a pure function of how the exchange ended. Certificate
// errors and a proxy's refusal are permanent: waiting does not mend them.
import { errors } from 'undici';
import { permanentFailure, transientFailure, type Failure } from '../model/failure.ts';
import { readableBytes, readableDuration } from '../model/units.ts';
import { ProxyError } from './connector.ts';
import type { ExchangeEnd } from './exchange.ts';
import type { HostReport } from '../model/permits.ts';

type Broken = Extract<ExchangeEnd, { kind: 'broken' }>;
type TimedOut = Extract<ExchangeEnd, { kind: 'timed-out' }>;

const CERTIFICATE_CODE =
  /^(?:ERR_TLS_CERT|CERT_|UNABLE_TO_|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED_CERT|HOSTNAME_MISMATCH|INVALID_CA)/;

const OWN_SHORTAGE: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE']);

export function brokenFailure(end: Broken): Failure {
  const { error } = end;
  const code = codeOf(error);
  if (isOwnShortage(error))
    return transientFailure('connection', 'too many files are open; raise ulimit -n or lower --connections');
  if (CERTIFICATE_CODE.test(code)) return permanentFailure('connection', certificateMessage(error, code));
  if (error instanceof ProxyError) return { code: 'connection', message: error.message, transient: error.transient };
  if (!end.silent)
    return transientFailure(
      'truncated',
      `the reply broke off after ${readableBytes(end.wireBytes)} (${reasonOf(error)})`,
    );
  if (code === 'UND_ERR_HEADERS_OVERFLOW')
    return transientFailure('connection', 'the head of the reply is larger than 64 KiB');
  if (error instanceof errors.HTTPParserError)
    return transientFailure('connection', `the reply is not readable HTTP (${reasonOf(error)})`);
  return transientFailure('connection', `no reply (${reasonOf(error)})`);
}

export function timeoutFailure(end: TimedOut, limits: { idleMs: number; maxTimeMs: number }): Failure {
  switch (end.limit) {
    case 'connect':
      return transientFailure('timeout', 'no connection within --connect-timeout');
    case 'idle':
      return transientFailure('timeout', `nothing came for ${readableDuration(limits.idleMs)} (--idle-timeout)`);
    case 'whole':
      return transientFailure('timeout', `not finished within ${readableDuration(limits.maxTimeMs)} (--max-time)`);
  }
}

/** What a request that got no whole reply says of its host: such failures in a row are an outage. */
export function reportOfBroken(failure: Failure): HostReport {
  if (failure.code === 'truncated') return { kind: 'broken-off' };
  const silent = failure.transient && (failure.code === 'connection' || failure.code === 'timeout');
  return silent ? { kind: 'unreachable', message: failure.message } : { kind: 'answered' };
}

/** True if this process is short of something: that says nothing about the host. */
export function isOwnShortage(error: Error): boolean {
  return OWN_SHORTAGE.has(codeOf(firstOf(error)));
}

function certificateMessage(error: Error, code: string): string {
  const advice = 'if a proxy of yours signs it, give its CA file in NODE_EXTRA_CA_CERTS';
  return `the server's certificate is not trusted (${code}: ${error.message.split('\n')[0] ?? ''}); ${advice}`;
}

function reasonOf(error: Error): string {
  const message = firstOf(error).message.split('\n')[0] ?? '';
  return message === '' ? codeOf(error) : message;
}

/** Several addresses were tried: each has its own error, the first says enough. */
function firstOf(error: Error): Error {
  const [first] = error instanceof AggregateError ? (error.errors as Error[]) : [error];
  return first ?? error;
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
