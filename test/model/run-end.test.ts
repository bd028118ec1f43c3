// The exit code is one table over how a run ended and what became of its URLs, whatever the order in which they settled.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { exitCodeOf, strongerEnd, type RunEnd } from '../../src/model/run-end.ts';

type Counts = Parameters<typeof exitCodeOf>[1];

const message = 'why';
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'closed-stdout'] as const;

/** From the strongest: every end, and the code that it has whatever became of the URLs; none if they decide. */
const ENDS: readonly (readonly [RunEnd, number | undefined])[] = [
  [{ kind: 'usage', message }, 2],
  [{ kind: 'interrupted', signal: 'SIGINT' }, 130],
  [{ kind: 'interrupted', signal: 'closed-stdout' }, 130],
  [{ kind: 'interrupted', signal: 'SIGTERM' }, 143],
  [{ kind: 'interrupted', signal: 'SIGHUP' }, 143],
  [{ kind: 'cannot-write', message }, 4],
  [{ kind: 'user-agent-refused', message }, 3],
  [{ kind: 'gave-up', message }, 75],
  [{ kind: 'stopped-after' }, 75],
  [{ kind: 'completed' }, undefined],
];

const NOTHING: Counts = { failed: 0, failedTransient: 0, missing: 0, missingKnown: 0, left: 0 };

/** Every mix of none and some of each outcome, with the code of a run that went to its end. */
const MIXES: readonly (readonly [string, Partial<Counts>, number])[] = [
  ['nothing to complain of', {}, 0],
  ['known to be missing', { missing: 3, missingKnown: 3 }, 0],
  ['transient failures', { failed: 2, failedTransient: 2 }, 75],
  ['left', { left: 1 }, 75],
  ['transient failures and known to be missing', { failed: 1, failedTransient: 1, missing: 1, missingKnown: 1 }, 75],
  ['left and known to be missing', { left: 1, missing: 1, missingKnown: 1 }, 75],
  ['left and transient failures', { left: 1, failed: 1, failedTransient: 1 }, 75],
  ['a permanent failure', { failed: 1 }, 1],
  ['a permanent and a transient failure', { failed: 2, failedTransient: 1 }, 1],
  ['a permanent failure and left', { failed: 1, left: 5 }, 75],
  ['newly missing', { missing: 1 }, 1],
  ['newly and known to be missing', { missing: 2, missingKnown: 1 }, 1],
  ['newly missing and a transient failure', { missing: 1, failed: 1, failedTransient: 1 }, 1],
  ['newly missing, left and a permanent failure', { missing: 1, left: 1, failed: 1 }, 75],
];

for (const [name, mix, completedCode] of MIXES) {
  test(`the exit code of every end is that of the table where there is: ${name}`, () => {
    for (const [end, code] of ENDS) {
      assert.equal(exitCodeOf(end, { ...NOTHING, ...mix }), code ?? completedCode, JSON.stringify(end));
    }
  });
}

test('of two ends the stronger one counts, whichever came first', () => {
  for (const [rank, [strong]] of ENDS.entries()) {
    for (const [weak] of ENDS.slice(rank + 1)) {
      if (strong.kind === weak.kind) continue;
      assert.equal(strongerEnd(strong, weak), strong);
      assert.equal(strongerEnd(weak, strong), strong);
    }
  }
});

test('of two signals the first names the end', () => {
  for (const first of SIGNALS) {
    for (const second of SIGNALS) {
      const end = strongerEnd({ kind: 'interrupted', signal: first }, { kind: 'interrupted', signal: second });
      assert.deepEqual(end, { kind: 'interrupted', signal: first });
    }
  }
});

test('the exit code does not depend on the order in which ends come and documents settle', () => {
  const end = fc.constantFrom(...ENDS.map(([one]) => one).filter(({ kind }) => kind !== 'interrupted'));
  const outcome = fc.constantFrom<Partial<Counts>>(
    {},
    { failed: 1 },
    { failed: 1, failedTransient: 1 },
    { missing: 1 },
    { missing: 1, missingKnown: 1 },
    { left: 1 },
  );
  const event = fc.oneof(fc.record({ end }), fc.record({ outcome }));
  const shuffled = fc
    .array(event, { maxLength: 12 })
    .chain((events) => fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length })));
  const codeOf = (events: readonly ({ end: RunEnd } | { outcome: Partial<Counts> })[]): number => {
    let last: RunEnd = { kind: 'completed' };
    const counts = { ...NOTHING };
    for (const one of events) {
      if ('end' in one) last = strongerEnd(last, one.end);
      else for (const key of Object.keys(counts) as (keyof Counts)[]) counts[key] += one.outcome[key] ?? 0;
    }
    return exitCodeOf(last, counts);
  };
  fc.assert(fc.property(shuffled, ([one, other]) => assert.equal(codeOf(one), codeOf(other))));
});
