// One host's state and what each end of a request makes of it: the whole of the circuit breaker, as a table.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  afterReply,
  afterRequest,
  ask,
  CLOSED,
  outageLength,
  UNTRIED,
  type Breaker,
} from '../../src/limits/breaker.ts';
import type { HostReport } from '../../src/model/permits.ts';

const S = 1000;
const MINUTE = 60 * S;
const PATIENCE = 10 * MINUTE;

const FAIL: HostReport = { kind: 'unreachable', message: 'no reply' };
const OK: HostReport = { kind: 'answered' };
const BROKEN: HostReport = { kind: 'broken-off' };
const CANCELLED: HostReport = { kind: 'cancelled' };
const THROTTLED: HostReport = { kind: 'throttled', page: 'throttle' };
const REFUSED: HostReport = { kind: 'user-agent-refused' };
const after = (retryAfterMs: number): HostReport => ({ kind: 'retry-after', retryAfterMs });

const failing = (length: number, sinceMs: number, firstFailedAtMs: number): Breaker => ({
  kind: 'closed',
  streak: { length, sinceMs, firstFailedAtMs },
});
const outage = (sinceMs: number, pauseMs: number, untilMs: number): Breaker => ({
  kind: 'open',
  because: 'outage',
  sinceMs,
  pauseMs,
  untilMs,
});
const probed = (sinceMs: number, pauseMs: number): Breaker => ({
  kind: 'half-open',
  because: 'outage',
  sinceMs,
  pauseMs,
});
const silent = (sinceMs: number, pauseMs: number, untilMs: number): Breaker => ({
  kind: 'open',
  because: 'retry-after',
  sinceMs,
  pauseMs,
  untilMs,
});
const told = (because: 'first' | 'block' | 'retry-after'): Breaker => ({
  kind: 'half-open',
  because,
  sinceMs: 0,
  pauseMs: 5 * S,
});
const refusing = (untilMs: number): Breaker => ({ kind: 'refusing', untilMs });

type Row = readonly [
  why: string,
  before: Breaker,
  report: HostReport,
  sentAtMs: number,
  nowMs: number,
  alone: boolean,
  expected: Breaker,
];

/** What a thread sees of outages. */
const REQUESTS: readonly Row[] = [
  ['a success says nothing new', CLOSED, OK, 0, S, false, CLOSED],
  ['a failure begins a streak', CLOSED, FAIL, 0, S, false, failing(1, 0, S)],
  ['19 failures in a row are no outage', failing(18, 0, S), FAIL, S, 2 * S, false, failing(19, 0, S)],
  ['20 are, since the first was sent', failing(19, 0, S), FAIL, S, 2 * S, false, outage(0, 10 * S, 12 * S)],
  ['whichever was told of first', failing(19, 500, S), FAIL, 0, 2 * S, false, outage(0, 10 * S, 12 * S)],
  ['a success ends the streak', failing(19, 0, S), OK, S + 1, 2 * S, false, CLOSED],
  ['not if it was on its way at the first failure', failing(19, 0, S), OK, S, 2 * S, false, failing(19, 0, S)],
  ['a reply that broke off begins one', CLOSED, BROKEN, 0, S, false, failing(0, 0, S)],
  ['but is no failure', failing(19, 0, S), BROKEN, 2 * S, 3 * S, false, failing(19, 0, S)],
  ['a page of the SEC ends the streak', failing(19, 0, S), THROTTLED, 0, 2 * S, false, CLOSED],
  ['what was cancelled proves nothing', failing(19, 0, S), CANCELLED, 2 * S, 3 * S, false, failing(19, 0, S)],
  ['nor does a Retry-After', failing(19, 0, S), after(S), 2 * S, 3 * S, false, failing(19, 0, S)],
  ['a straggler lengthens no pause', outage(0, 10 * S, 12 * S), FAIL, S, 11 * S, false, outage(0, 10 * S, 12 * S)],
  ['nor ends one', outage(0, 10 * S, 12 * S), OK, S, 11 * S, false, outage(0, 10 * S, 12 * S)],
  ['a probe that fails doubles the pause', probed(0, 10 * S), FAIL, 12 * S, 20 * S, true, outage(0, 20 * S, 40 * S)],
  ['to 5 minutes at most', probed(0, 4 * MINUTE), FAIL, 0, 20 * MINUTE, true, outage(0, 5 * MINUTE, 25 * MINUTE)],
  ['a straggler is not taken for it', probed(0, 10 * S), FAIL, S, 20 * S, false, probed(0, 10 * S)],
  ['nor ends the outage', probed(0, 10 * S), OK, S, 20 * S, false, probed(0, 10 * S)],
  ['a probe that is answered ends it', probed(0, 10 * S), OK, 12 * S, 20 * S, true, CLOSED],
  ['also by a reply that breaks off', probed(0, 10 * S), BROKEN, 12 * S, 20 * S, true, CLOSED],
  ['or by a refusal', probed(0, 10 * S), THROTTLED, 12 * S, 20 * S, true, CLOSED],
  ['of the User-Agent too', probed(0, 10 * S), REFUSED, 12 * S, 20 * S, true, CLOSED],
  [
    'one that is called off sends another',
    probed(0, 10 * S),
    CANCELLED,
    12 * S,
    20 * S,
    true,
    outage(0, 10 * S, 20 * S),
  ],
  ['so does one that is told to wait', probed(0, 10 * S), after(9), 12 * S, 20 * S, true, outage(0, 10 * S, 20 * S)],
];

/** What the main thread hears of silence. */
const REPLIES: readonly Row[] = [
  ['a success says nothing', CLOSED, OK, 0, S, false, CLOSED],
  ['a failure neither: threads see outages', CLOSED, FAIL, 0, S, false, CLOSED],
  ['a Retry-After is kept', CLOSED, after(5 * S), 0, S, false, silent(S, 5 * S, 6 * S)],
  ['a shorter one shortens nothing', silent(0, MINUTE, MINUTE), after(S), 0, S, false, silent(S, S, MINUTE)],
  ['a straggler ends nothing', silent(0, MINUTE, MINUTE), OK, 0, S, false, silent(0, MINUTE, MINUTE)],
  ['beyond all patience it refuses', CLOSED, after(PATIENCE + 1), 0, S, false, refusing(PATIENCE + 1 + S)],
  ['and goes on to', refusing(PATIENCE + S), after(S), 0, 2 * S, false, refusing(PATIENCE + S)],
  ['until that is over', refusing(S), after(S), 0, 2 * S, false, silent(2 * S, S, 3 * S)],
  ['an answer ends the silence', told('retry-after'), OK, 0, 6 * S, true, CLOSED],
  ['and so does a failure', told('retry-after'), FAIL, 0, 6 * S, true, CLOSED],
  ['not of a straggler', told('retry-after'), OK, 0, 6 * S, false, told('retry-after')],
  ['one that is called off sends another', told('retry-after'), CANCELLED, 0, 6 * S, true, silent(0, 5 * S, 6 * S)],
  ['the first reply lets the others go', told('first'), OK, 0, S, true, CLOSED],
  ['also where it failed', told('first'), FAIL, 0, S, true, CLOSED],
  [
    'but another is first if it was called off',
    told('first'),
    CANCELLED,
    0,
    S,
    true,
    { kind: 'open', because: 'first', sinceMs: 0, pauseMs: 5 * S, untilMs: S },
  ],
  ['after a block the shared state decides', told('block'), CANCELLED, 0, S, true, CLOSED],
  ['whatever came', told('block'), THROTTLED, 0, S, true, CLOSED],
  ['even a Retry-After', told('block'), after(S), 0, S, true, silent(S, S, 2 * S)],
];

for (const [why, before, report, sentAtMs, nowMs, alone, expected] of REQUESTS) {
  test(`outage: ${why}`, () => {
    assert.deepEqual(afterRequest(before, { report, sentAtMs, alone }, nowMs, outageLength(1)), expected);
  });
}

for (const [why, before, report, sentAtMs, nowMs, alone, expected] of REPLIES) {
  test(`silence: ${why}`, () => {
    assert.deepEqual(afterReply(before, { report, sentAtMs, alone }, nowMs, PATIENCE), expected);
  });
}

test('who asks goes, waits, goes alone, or is refused', () => {
  assert.deepEqual(ask(CLOSED, S), { kind: 'go' });
  assert.deepEqual(ask(failing(19, 0, S), S), { kind: 'go' });
  assert.deepEqual(ask(UNTRIED, S), {
    kind: 'alone',
    halfOpen: { kind: 'half-open', because: 'first', sinceMs: 0, pauseMs: 0 },
  });
  assert.deepEqual(ask(outage(0, 10 * S, 12 * S), 12 * S - 1), { kind: 'wait', untilMs: 12 * S });
  assert.deepEqual(ask(outage(0, 10 * S, 12 * S), 12 * S), { kind: 'alone', halfOpen: probed(0, 10 * S) });
  assert.deepEqual(ask(probed(0, 10 * S), MINUTE), { kind: 'wait', untilMs: Infinity });
  assert.deepEqual(ask(refusing(S), S - 1), { kind: 'refuse' });
  assert.deepEqual(ask(refusing(S), S), { kind: 'go' });
});
