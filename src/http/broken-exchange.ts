// Owns what an exchange means that brought no whole reply, for the document and for its host: a pure function of how it ended.
// Certificate errors and a proxy's refusal are permanent: waiting does not mend them.
import { errors } from 'undici';
import { permanentFailure, transientFailure, type Failure } from '../model/failure.ts';
import type { HostReport } from '../model/permits.ts';
import { readableBytes, readableDuration } from '../model/units.ts';
import { ProxyError } from './connector.ts';
import type { Verdict } from './verdict.ts';
import type { WireEnd } from './wire.ts';

type TimedOut = Extract<WireEnd, { kind: 'timed-out' }>;
type Broken = Extract<WireEnd, { kind: 'broken' }>;

const CERTIFICATE_CODE =
  /^(?:ERR_TLS_CERT|CERT_|UNABLE_TO_|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED_CERT|HOSTNAME_MISMATCH|INVALID_CA)/;

const OWN_SHORTAGE: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE']);

const CANCELLED = { kind: 'cancelled' } as const;

type Unfinished = Exclude<WireEnd, { kind: 'complete' | 'abandoned' }>;

export function verdictOnBroken(
  end: Unfinished,
  limits: { readonly idleTimeoutMs: number; readonly maxTimeMs: number },
): Verdict {
  switch (end.kind) {
    case 'cancelled':
      return { end: { kind: 'left' }, report: CANCELLED };
    case 'timed-out':
      return failedFor(timeoutFailure(end, limits));
    case 'broken':
      // The server closed the kept connection while we were writing, which is nobody's failure. The host said nothing: as an
      // answer that would end an outage that has just begun.
      if (end.silent && end.reused) return { end: { kind: 'again', madeWay: false }, report: CANCELLED };
      if (CERTIFICATE_CODE.test(codeOf(end.error))) return untrusted(end.error);
      if (isOwnShortage(end.error)) return { end: { kind: 'failed', failure: brokenFailure(end) }, report: CANCELLED };
      return failedFor(brokenFailure(end));
  }
}

/** Wire bytes must equal the Content-Length, whatever the HTTP parser thought of them. */
export function verdictOnShort(wireBytes: number, announcedBytes: number): Verdict {
  return failedFor(transientFailure('truncated', `${wireBytes} bytes came of ${announcedBytes}`));
}

function failedFor(failure: Failure): Verdict {
  return { end: { kind: 'failed', failure }, report: reportOf(failure) };
}

/** Such failures in a row are an outage of the host. */
function reportOf(failure: Failure): HostReport {
  if (failure.code === 'truncated') return { kind: 'broken-off' };
  return failure.transient ? { kind: 'unreachable', message: failure.message } : { kind: 'answered' };
}

function timeoutFailure({ limit }: TimedOut, limits: { idleTimeoutMs: number; maxTimeMs: number }): Failure {
  switch (limit) {
    case 'connect':
      return transientFailure('timeout', 'no connection within --connect-timeout');
    case 'idle':
      return transientFailure('timeout', `nothing came for ${readableDuration(limits.idleTimeoutMs)} (--idle-timeout)`);
    case 'whole':
      return transientFailure('timeout', `not finished within ${readableDuration(limits.maxTimeMs)} (--max-time)`);
  }
}

function brokenFailure({ error, silent, wireBytes }: Broken): Failure {
  const code = codeOf(error);
  if (isOwnShortage(error))
    return transientFailure('connection', 'too many files are open; raise ulimit -n or lower --connections');
  if (error instanceof ProxyError) return { code: 'connection', message: error.message, transient: error.transient };
  if (!silent)
    return transientFailure('truncated', `the reply broke off after ${readableBytes(wireBytes)} (${reasonOf(error)})`);
  if (code === 'UND_ERR_HEADERS_OVERFLOW')
    return transientFailure('connection', 'the head of the reply is larger than 64 KiB');
  if (error instanceof errors.HTTPParserError)
    return transientFailure('connection', `the reply is not readable HTTP (${reasonOf(error)})`);
  return transientFailure('connection', `no reply (${reasonOf(error)})`);
}

/** This process is short of something: that says nothing about the host. */
function isOwnShortage(error: Error): boolean {
  return OWN_SHORTAGE.has(codeOf(firstOf(error)));
}

function untrusted(error: Error): Verdict {
  const message = certificateMessage(codeOf(error));
  return {
    end: { kind: 'failed', failure: permanentFailure('connection', message) },
    report: { kind: 'untrusted', message },
  };
}

function certificateMessage(code: string): string {
  const certificate = "the server's certificate";
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return `${certificate} has expired (${code}); check the date of this machine's clock; if that is right, only the server can renew it`;
    case 'CERT_NOT_YET_VALID':
      return `${certificate} is not valid yet (${code}); check the date of this machine's clock`;
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
    case 'HOSTNAME_MISMATCH':
      return `${certificate} is for another host name (${code}); check the URL, and whether a proxy or a login page of the network answers instead`;
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return `${certificate} is not trusted: it is self-signed (${code}); if you trust that server, give its certificate file in NODE_EXTRA_CA_CERTS`;
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return `${certificate} is not trusted: its issuer is unknown (${code}); if a proxy of your company signs it, give its CA file in NODE_EXTRA_CA_CERTS`;
    default:
      return `${certificate} is not trusted (${code})`;
  }
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
