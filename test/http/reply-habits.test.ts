// For how long a connection is listened to behind a reply: until replies of its origin have usually begun.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReplyHabits } from '../../src/http/reply-habits.ts';

function habitsOf(...beganAfterMs: readonly number[]): ReplyHabits {
  const habits = new ReplyHabits();
  for (const ms of beganAfterMs) habits.add(ms, false);
  return habits;
}

const STEADY = habitsOf(...Array<number>(60).fill(100));
const UNSTEADY = habitsOf(...Array.from({ length: 60 }, (_, index) => (index % 2 === 0 ? 50 : 150)));

test('behind a reply of a steady origin it is listened until the usual time has passed', () => {
  assert.ok(Math.abs(STEADY.listenMs(10, false) - 90) < 1);
  assert.ok(Math.abs(STEADY.listenMs(10, true) - 90) < 1);
});

test('when the usual time has passed, a thread that has time listens for a moment, a busy one no longer', () => {
  assert.equal(STEADY.listenMs(101, false), 5);
  assert.equal(STEADY.listenMs(101, true), 0);
  assert.equal(habitsOf(100).listenMs(500, true), 5, 'of an origin of which little is known');
});

test('an unsteady origin is given the double of its variation', () => {
  const listenMs = UNSTEADY.listenMs(0, false);
  assert.ok(listenMs > 150 && listenMs < 250, `${listenMs} ms`);
});

test('nobody waits for more than half a second', () => {
  assert.equal(habitsOf(60_000).listenMs(0, false), 500);
});

test('a reply is early where others take longer, and steadily so', () => {
  assert.equal(STEADY.isEarly(50), true);
  assert.equal(STEADY.isEarly(100), false);
  assert.equal(UNSTEADY.isEarly(50), false);
  assert.equal(habitsOf().isEarly(0), false, 'of an unknown origin nothing is early');
});

test('what a busy thread saw late counts only where it shows that replies come sooner', () => {
  const habits = habitsOf(10, 10, 10, 10, 10, 10, 10, 10, 10, 10);
  const before = habits.listenMs(0, true);
  for (let count = 0; count < 50; count++) habits.add(200, true);
  assert.equal(habits.listenMs(0, true), before);
  for (let count = 0; count < 50; count++) habits.add(5, true);
  assert.ok(habits.listenMs(0, true) < 6, `${habits.listenMs(0, true)} ms`);
});
