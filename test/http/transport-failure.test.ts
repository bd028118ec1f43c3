// What a broken exchange says of the document, and of its host.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExchangeEnd } from '../../src/http/exchange.ts';
import { brokenFailure, isOwnShortage, reportOfBroken } from '../../src/http/transport-failure.ts';

type Broken = Extract<ExchangeEnd, { kind: 'broken' }>;

function brokenBy(code: string, silent = true): Broken {
  const error = Object.assign(new Error(`connect ${code}`), { code });
  return { kind: 'broken', error, wireBytes: silent ? 0 : 100, silent, reused: false };
}

test('a connection that is refused or reset before a reply may be an outage of its host', () => {
  for (const code of ['ECONNREFUSED', 'ECONNRESET', 'ENETUNREACH', 'ENOTFOUND', 'EADDRNOTAVAIL']) {
    const failure = brokenFailure(brokenBy(code));
    assert.deepEqual(
      [failure.code, failure.transient, reportOfBroken(failure).kind],
      ['connection', true, 'unreachable'],
      code,
    );
    assert.equal(isOwnShortage(brokenBy(code).error), false);
  }
});

test('a reply that breaks off is no silence', () => {
  const failure = brokenFailure(brokenBy('ECONNRESET', false));
  assert.deepEqual([failure.code, reportOfBroken(failure).kind], ['truncated', 'broken-off']);
});

test('a process that has too many files open has no quarrel with the host, and says what to do', () => {
  const both = new AggregateError([brokenBy('EMFILE').error, brokenBy('EMFILE').error]);
  for (const error of [brokenBy('EMFILE').error, brokenBy('ENFILE').error, both]) {
    assert.equal(isOwnShortage(error), true);
    const failure = brokenFailure({ ...brokenBy(''), error });
    assert.deepEqual([failure.code, failure.transient], ['connection', true]);
    assert.match(failure.message, /raise ulimit -n or lower --connections/);
  }
});

test('a certificate that is not trusted fails the document for good, and the host did answer', () => {
  const failure = brokenFailure(brokenBy('SELF_SIGNED_CERT_IN_CHAIN'));
  assert.deepEqual([failure.code, failure.transient, reportOfBroken(failure).kind], ['connection', false, 'answered']);
});
