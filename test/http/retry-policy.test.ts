// Whether and when a document is tried again is a decision with bounds, whatever the dice say.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { permanentFailure, transientFailure } from '../../src/model/failure.ts';
import { decideRetry, DOCUMENT_BUDGET_MS } from '../../src/http/retry-policy.ts';

const failure = transientFailure('truncated', 'cut');

test('a permanent failure settles at once, a transient one is tried again', () => {
  const facts = { attempts: 1, maxRetries: 5, spentMs: 0, random: 0.5 };
  assert.deepEqual(decideRetry({ ...facts, failure: permanentFailure('forbidden', 'no') }), { kind: 'settle' });
  assert.deepEqual(decideRetry({ ...facts, failure }), { kind: 'retry', delayMs: 500 });
});

test("a mirror's page that says too fast is not asked again", () => {
  const blocked = transientFailure('blocked', 'too fast');
  assert.deepEqual(decideRetry({ failure: blocked, attempts: 1, maxRetries: 5, spentMs: 0, random: 0 }), {
    kind: 'settle',
  });
});

test('with n retries there are n + 1 attempts', () => {
  fc.assert(
    fc.property(fc.nat(20), (maxRetries) => {
      let attempts = 1;
      while (decideRetry({ failure, attempts, maxRetries, spentMs: 0, random: 0 }).kind === 'retry') attempts++;
      assert.equal(attempts, maxRetries + 1);
    }),
  );
});

test('the delay doubles from one second to one minute, with full jitter', () => {
  const longest = Array.from({ length: 10 }, (_, index) =>
    decideRetry({ failure, attempts: index + 1, maxRetries: 99, spentMs: 0, random: 1 - Number.EPSILON }),
  );
  assert.deepEqual(
    longest.map((decision) => (decision.kind === 'retry' ? decision.delayMs : undefined)),
    [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000, 60_000],
  );
});

test('no wait is negative, above its ceiling, or ends beyond the budget of a document', () => {
  const facts = fc.record({
    attempts: fc.integer({ min: 1, max: 200 }),
    maxRetries: fc.nat(100),
    spentMs: fc.nat(2 * DOCUMENT_BUDGET_MS),
    random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  });
  fc.assert(
    fc.property(facts, (one) => {
      const decision = decideRetry({ ...one, failure });
      if (one.attempts > one.maxRetries || one.spentMs >= DOCUMENT_BUDGET_MS) assert.equal(decision.kind, 'settle');
      if (decision.kind === 'settle') return;
      assert.ok(Number.isInteger(decision.delayMs) && decision.delayMs >= 0);
      assert.ok(decision.delayMs <= Math.min(60_000, 1000 * 2 ** (one.attempts - 1)));
      assert.ok(one.spentMs + decision.delayMs < DOCUMENT_BUDGET_MS);
    }),
    { numRuns: 1000 },
  );
});
