// The time left is right to 10 % from a tenth of a rate-limited run on: whole runs are simulated, with blocks, lowered rates,
// other runs of the machine, documents that are there already and a stopped process, and every estimate is held against the truth.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TimeLeft } from '../../src/cli/time-left.ts';
import type { Pace } from '../../src/model/standing.ts';

const LOOK_MS = 250;
const MINUTE_MS = 60_000;

interface Moment {
  readonly done: number;
  readonly asked: number;
  readonly pace?: Pace;
  readonly pausedUntilMs?: number;
  /** The process sees nothing: no look is taken. */
  readonly stopped?: boolean;
}

interface Look {
  readonly nowMs: number;
  readonly done: number;
  readonly leftMs: number | undefined;
  readonly perSecond: number | undefined;
}

/** Takes a look every 250 ms until all of `total` lines are done. */
function watch(
  total: number,
  at: (nowMs: number) => Moment,
): { readonly looks: readonly Look[]; readonly endMs: number } {
  const estimate = new TimeLeft();
  const looks: Look[] = [];
  for (let nowMs = 0; ; nowMs += LOOK_MS) {
    const moment = at(nowMs);
    if (moment.stopped === true) continue;
    estimate.observe({ nowMs, ...moment });
    const { done } = moment;
    looks.push({ nowMs, done, leftMs: estimate.leftMs(total, nowMs), perSecond: estimate.documentsPerSecond() });
    if (done >= total) return { looks, endMs: nowMs };
  }
}

/** Every estimate after `fromMs` against the truth: 10 %, or half a second at the very end. */
function assertRight({ looks, endMs }: ReturnType<typeof watch>, fromMs: number): void {
  const wrong = looks.filter(({ nowMs, leftMs }) => {
    const truthMs = endMs - nowMs;
    return nowMs >= fromMs && !(Math.abs((leftMs ?? Infinity) - truthMs) <= Math.max(500, truthMs * 0.1));
  });
  const told = wrong.map(({ nowMs, leftMs }) => `at ${nowMs}: ${leftMs ?? 'nothing'}, truth ${endMs - nowMs}`);
  assert.deepEqual(told, []);
}

/** Documents that came at a rate, the first after half a second: it goes alone. */
function steady(perSecond: number): (nowMs: number) => number {
  return (nowMs) => (nowMs < 500 ? 0 : 1 + Math.floor(((nowMs - 500) / 1000) * perSecond));
}

const FULL: Pace = { perSecond: 8, fullPerSecond: 8 };

for (const rate of [0.5, 3, 8, 8.7]) {
  test(`300 documents at ${rate}/s: right from a tenth on, and so is the pace`, () => {
    const at = steady(rate);
    const run = watch(300, (nowMs) => ({ done: at(nowMs), asked: at(nowMs), pace: FULL }));
    assertRight(run, run.endMs / 10);
    for (const { nowMs, perSecond } of run.looks) {
      if (nowMs > run.endMs / 5) assert.ok(Math.abs((perSecond ?? 0) - rate) < rate * 0.1, `${perSecond} at ${nowMs}`);
    }
  });
}

/** 8/s, at `blockAtMs` a block of 11 minutes, and on at 4/s. */
function blocked(blockAtMs: number, share = 1): (nowMs: number) => Moment {
  const before = steady(8 * share);
  const endMs = blockAtMs + 11 * MINUTE_MS;
  return (nowMs) => {
    if (nowMs < blockAtMs) return { done: before(nowMs), asked: before(nowMs), pace: FULL };
    const done = before(blockAtMs) + Math.max(0, Math.floor(((nowMs - endMs) / 1000) * 4 * share));
    const pace = { perSecond: 4, fullPerSecond: 8 };
    return { done, asked: done, pace, ...(nowMs < endMs ? { pausedUntilMs: endMs } : {}) };
  };
}

for (const share of [1, 0.5]) {
  test(`a block in the middle: right from its first second on, and after it at the lowered rate (this run has ${share} of it)`, () => {
    const blockAtMs = 18_000;
    const run = watch(300, blocked(blockAtMs, share));
    assertRight(run, blockAtMs);
    const before = run.looks.filter(({ nowMs }) => nowMs >= 4000 && nowMs < blockAtMs);
    const unblockedEndMs = 500 + (299 / 8 / share) * 1000;
    for (const { nowMs, leftMs } of before) {
      const truthMs = unblockedEndMs - nowMs;
      assert.ok(
        Math.abs((leftMs ?? 0) - truthMs) <= truthMs * 0.1,
        `at ${nowMs}: ${leftMs}, without the block ${truthMs}`,
      );
    }
  });
}

test('a lowered rate rises again each hour, and the estimate knows', () => {
  const pace = (nowMs: number): Pace => ({
    perSecond: Math.min(8, 4 + Math.floor(Math.max(0, nowMs - MINUTE_MS) / (60 * MINUTE_MS))),
    fullPerSecond: 8,
  });
  let done = 0;
  let lastMs = 0;
  const run = watch(60_000, (nowMs) => {
    if (nowMs >= MINUTE_MS) done += ((nowMs - lastMs) / 1000) * pace(nowMs).perSecond;
    else done = (nowMs / 1000) * 8;
    lastMs = nowMs;
    return { done: Math.floor(done), asked: Math.floor(done), pace: nowMs < MINUTE_MS ? FULL : pace(nowMs) };
  });
  assert.ok(run.endMs > 2.5 * 60 * MINUTE_MS);
  assertRight(run, MINUTE_MS + 1000);
});

test('another run of the machine takes half: right again half a minute later', () => {
  const run = watch(2000, (nowMs) => {
    const done = Math.floor((Math.min(nowMs, 60_000) / 1000) * 8 + (Math.max(0, nowMs - 60_000) / 1000) * 4);
    return { done, asked: done, pace: FULL };
  });
  assertRight(run, 90_000);
});

test('what is there already settles in a moment and does not make the rest look fast', () => {
  const at = steady(8);
  const run = watch(50_300, (nowMs) => ({ done: 50_000 + at(nowMs), asked: at(nowMs), pace: FULL }));
  assertRight(run, run.endMs / 10);
});

test('with every second line there already, or a duplicate, the lines count and the documents are what is told', () => {
  const at = steady(8);
  const run = watch(600, (nowMs) => ({ done: 2 * at(nowMs), asked: at(nowMs), pace: FULL }));
  assertRight(run, run.endMs / 10);
  const { perSecond } = run.looks.at(-1)!;
  assert.ok(Math.abs((perSecond ?? 0) - 8) < 0.5, String(perSecond));
});

test('a rerun that finds everything there tells lines a second', () => {
  const run = watch(1_000_000, (nowMs) => ({ done: nowMs * 200, asked: 0 }));
  assertRight(run, 1250);
  assert.equal(Math.round(run.looks.at(-1)!.perSecond ?? 0), 200_000);
});

test('a process that was stopped for a while has lost no pace', () => {
  const at = steady(8);
  const run = watch(300, (nowMs) => {
    const stopped = nowMs > 12_000 && nowMs < 612_000;
    const done = nowMs < 612_000 ? at(Math.min(nowMs, 12_000)) : at(nowMs - 600_000);
    return { done, asked: done, pace: FULL, stopped };
  });
  assertRight({ looks: run.looks.filter(({ nowMs }) => nowMs >= 612_000), endMs: run.endMs }, 0);
});

test('nothing is said before it can be told, and nothing is left when all is done', () => {
  const estimate = new TimeLeft();
  assert.equal(estimate.leftMs(10, 0), undefined);
  for (const [nowMs, done] of [
    [0, 0],
    [250, 1],
    [500, 2],
  ] as const) {
    estimate.observe({ nowMs, done, asked: done });
    assert.deepEqual([estimate.leftMs(10, nowMs), estimate.documentsPerSecond()], [undefined, undefined]);
  }
  estimate.observe({ nowMs: 750, done: 10, asked: 10 });
  assert.equal(estimate.leftMs(10, 750), 0);
});

test('a clock that is set back, and one line of each kind, make no nonsense', () => {
  const estimate = new TimeLeft();
  for (let step = 0; step < 100; step++) {
    estimate.observe({ nowMs: 1_000_000 - step * 1000, done: step, asked: step });
    const left = estimate.leftMs(1000, 1_000_000 - step * 1000);
    assert.ok(left === undefined || (left >= 0 && Number.isFinite(left)), String(left));
  }
});
