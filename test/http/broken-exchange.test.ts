// What a broken exchange says of the document, and of its host.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verdictOnBroken } from '../../src/http/broken-exchange.ts';
import type { Failure } from '../../src/model/failure.ts';
import type { WireEnd } from '../../src/http/wire.ts';

type Broken = Extract<WireEnd, { kind: 'broken' }>;
type Unfinished = Exclude<WireEnd, { kind: 'complete' | 'abandoned' }>;

const LIMITS = { idleTimeoutMs: 30_000, maxTimeMs: 600_000 };

function brokenBy(code: string, silent = true): Broken {
  const error = Object.assign(new Error(`connect ${code}`), { code });
  return { kind: 'broken', error, wireBytes: silent ? 0 : 100, silent, reused: false };
}

/** The failure of the document, and what its host is told. */
function meant(end: Unfinished): readonly [Failure, string] {
  const verdict = verdictOnBroken(end, LIMITS);
  assert.ok(verdict.end.kind === 'failed');
  return [verdict.end.failure, verdict.report.kind];
}

test('a connection that is refused or reset before a reply may be an outage of its host', () => {
  for (const code of ['ECONNREFUSED', 'ECONNRESET', 'ENETUNREACH', 'ENOTFOUND', 'EADDRNOTAVAIL']) {
    const [failure, report] = meant(brokenBy(code));
    assert.deepEqual([failure.code, failure.transient, report], ['connection', true, 'unreachable'], code);
  }
});

test('a reply that breaks off is no silence', () => {
  const [failure, report] = meant(brokenBy('ECONNRESET', false));
  assert.deepEqual([failure.code, report], ['truncated', 'broken-off']);
});

test("a kept connection that dies in silence is nobody's failure, and no answer; one that dies in a reply is", () => {
  const end = { ...brokenBy('ECONNRESET'), reused: true };
  const { end: again, report } = verdictOnBroken(end, LIMITS);
  assert.deepEqual([again.kind, report.kind], ['again', 'cancelled']);
  assert.equal(meant({ ...end, silent: false })[1], 'broken-off');
});

test('each limit that ends an exchange is named, and may be an outage', () => {
  for (const [limit, option] of [
    ['connect', /--connect-timeout/],
    ['idle', /30 s.*--idle-timeout/],
    ['whole', /10 min.*--max-time/],
  ] as const) {
    const [failure, report] = meant({ kind: 'timed-out', limit, wireBytes: 0 });
    assert.deepEqual([failure.code, failure.transient, report], ['timeout', true, 'unreachable']);
    assert.match(failure.message, option);
  }
});

test('what was cancelled says nothing about anybody', () => {
  assert.deepEqual(verdictOnBroken({ kind: 'cancelled' }, LIMITS), {
    end: { kind: 'left' },
    report: { kind: 'cancelled' },
  });
});

test('a process that has too many files open has no quarrel with the host, and says what to do', () => {
  const both = new AggregateError([brokenBy('EMFILE').error, brokenBy('EMFILE').error]);
  for (const error of [brokenBy('EMFILE').error, brokenBy('ENFILE').error, both]) {
    const [failure, report] = meant({ ...brokenBy(''), error });
    assert.deepEqual([failure.code, failure.transient, report], ['connection', true, 'cancelled']);
    assert.match(failure.message, /raise ulimit -n or lower --connections/);
  }
});

test('a certificate that is not trusted fails the document for good, and its host is told why', () => {
  for (const [code, said] of [
    ['CERT_HAS_EXPIRED', /has expired \(CERT_HAS_EXPIRED\); check the date/],
    ['CERT_NOT_YET_VALID', /not valid yet/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /for another host name/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', /self-signed .* NODE_EXTRA_CA_CERTS/],
    ['SELF_SIGNED_CERT_IN_CHAIN', /issuer is unknown .* company .* NODE_EXTRA_CA_CERTS/],
    ['CERT_REVOKED', /is not trusted \(CERT_REVOKED\)$/],
  ] as const) {
    const [failure, report] = meant(brokenBy(code));
    assert.deepEqual([failure.code, failure.transient, report], ['connection', false, 'untrusted']);
    assert.match(failure.message, said);
  }
});
