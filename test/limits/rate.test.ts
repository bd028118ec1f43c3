// Starts are evenly spaced: no sliding second sees more than one above the rate, and hardly any of the rate is lost, even
// where timers fire late. The same holds for a host's own budget and for the SEC's, which the runs of a machine share.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Gate, type GateListener } from '../../src/limits/gate.ts';
import { nextStart } from '../../src/limits/rate.ts';
import { RateLimiter } from '../../src/limits/rate-limiter.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { MemoryFile } from '../support/memory-file.ts';

const SILENT: GateListener = {
  onPause: () => undefined,
  onResume: () => undefined,
  onGiveUp: () => undefined,
  onRefused: () => undefined,
  onUntrusted: () => undefined,
};

type MakeLimiter = (clock: FakeClock, rate: number) => RateLimiter;

const own: MakeLimiter = (clock, rate) => RateLimiter.ofOneRun(clock, rate);

function shared(file: MemoryFile, owner: string): MakeLimiter {
  return (clock, permitsPerSecond) =>
    new RateLimiter({
      file,
      clock,
      permitsPerSecond,
      blockPauseMs: 660_000,
      owner,
      isGone: () => false,
      warn: unexpected,
    });
}

const LIMITERS: readonly (readonly [string, () => readonly MakeLimiter[]])[] = [
  ["a host's own budget", () => [own]],
  ["the SEC's budget", () => [shared(new MemoryFile(), 'one')]],
  [
    "the SEC's budget, shared by two runs",
    () => {
      const file = new MemoryFile();
      return [shared(file, 'one'), shared(file, 'two')];
    },
  ],
];

function next(stream: Iterator<number, unknown>): number {
  const { done, value } = stream.next();
  return done === true ? 0 : value;
}

function unexpected(): never {
  throw new Error('this was not to be called');
}

/** When `count` waiting requests of each of the gates start, by a clock whose timers fire late as said. */
async function startsOf(
  makers: readonly MakeLimiter[],
  rate: number,
  count: number,
  latenessMs: () => number,
): Promise<number[]> {
  const clock = new FakeClock(latenessMs);
  const settings = { giveUpMs: 21_600_000, patienceMs: 600_000 };
  const starts: number[] = [];
  for (const make of makers) {
    const options = { name: 'a.example', settings, clock, limiter: make(clock, rate), firstAlone: false };
    const gate = new Gate(options, SILENT);
    for (let number = 0; number < count; number++) {
      void gate.acquire().then((answer) => {
        starts.push(clock.nowMs());
        if (answer.kind === 'granted') answer.permit.ended({ kind: 'answered' });
        else unexpected();
      });
    }
  }
  const total = count * makers.length;
  for (let rounds = 0; starts.length < total && rounds < 1000; rounds++) await clock.advance((total / rate) * 1000);
  assert.equal(starts.length, total);
  return starts;
}

/** The most starts within any second. */
function mostInASecond(starts: readonly number[]): number {
  return Math.max(
    ...starts.map((startMs, at) => starts.slice(at).filter((other) => other < startMs + 1000 - 1e-6).length),
  );
}

const perSecond = fc.oneof(fc.constantFrom(8, 9, 1, 2.5), fc.double({ min: 0.2, max: 9, noNaN: true }));

/** Mostly a little late, at times very late, as when the process collects garbage or the machine is busy. */
const lateness = fc.infiniteStream(
  fc.oneof(
    { weight: 12, arbitrary: fc.nat(5) },
    { weight: 2, arbitrary: fc.nat(100) },
    { weight: 1, arbitrary: fc.nat(2000) },
  ),
);

for (const [name, makers] of LIMITERS) {
  test(`no sliding second sees more than one start above the rate, however late the timers fire: ${name}`, async () => {
    await fc.assert(
      fc.asyncProperty(perSecond, lateness, async (rate, late) => {
        const starts = await startsOf(makers(), rate, 30, () => next(late));
        const most = mostInASecond(starts);
        assert.ok(most <= Math.ceil(rate) + 1, `${most} starts in a second at ${rate} a second`);
      }),
      { numRuns: 40 },
    );
  });

  test(`at 9 a second one timer that fires 200 ms late does not make 11 starts in a second: ${name}`, async () => {
    let timers = 0;
    const starts = await startsOf(makers(), 9, 40, () => (++timers === 15 ? 200 : 0));
    assert.ok(mostInASecond(starts) <= 10, `${mostInASecond(starts)} starts in a second`);
  });

  test(`at least 98 % of the rate is used where timers fire up to 10 ms late: ${name}`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(1, 2.5, 5, 8, 9), fc.infiniteStream(fc.nat(10)), async (rate, late) => {
        const starts = await startsOf(makers(), rate, 100, () => next(late));
        const used = ((starts.length - 1) * 1000) / (starts.at(-1)! - starts[0]!) / rate;
        assert.ok(used >= 0.98 && used <= 1.02, `${(used * 100).toFixed(1)} % at ${rate} a second`);
      }),
      { numRuns: 20 },
    );
  });

  test(`starts are one interval apart where nothing is late: ${name}`, async () => {
    const starts = await startsOf(makers(), 8, 20, () => 0);
    // The very first may count as a little late already.
    for (let at = 2; at < starts.length; at++) assert.equal(Math.round(starts[at]! - starts[at - 1]!), 125);
  });
}

test('an idle time is not saved up for a burst', () => {
  let freeAtMs = 0;
  const starts = Array.from({ length: 10 }, () => {
    const start = nextStart(freeAtMs, 8, 60_000);
    ({ freeAtMs } = start);
    return start.atMs;
  });
  for (let at = 1; at < starts.length; at++) assert.ok(starts[at]! - starts[at - 1]! >= 125);
  assert.equal(starts.filter((start) => start <= 60_000).length, 1, 'one start only is due at once');
});

test('a next start from before the clock was set back is not waited for', () => {
  const nowMs = 1_700_000_000_000;
  assert.equal(nextStart(nowMs + 3_600_000, 8, nowMs).atMs, nowMs - 0.25 * 125);
  assert.equal(nextStart(nowMs + 59_000, 8, nowMs).atMs, nowMs + 59_000);
  assert.equal(nextStart(nowMs + 900_000, 0.01, nowMs).atMs, nowMs + 900_000, 'nor taken for one where it is slow');
});
