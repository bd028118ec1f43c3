// Of a state file only what this program could have written is believed; and all of that is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readSharedState } from '../../src/limits/read-shared-state.ts';
import { RateLimiter } from '../../src/limits/rate-limiter.ts';
import {
  cleared,
  INITIAL_STATE,
  MAX_PAUSE_MS,
  probeRenewed,
  reserve,
  throttled,
} from '../../src/limits/shared-state.ts';
import type { SharedState } from '../../src/limits/shared-state.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { MemoryFile } from '../support/memory-file.ts';

const NOW = 1_700_000_000_000;
const HOUR = 3_600_000;

const WHOLE = {
  version: 1,
  freeAtMs: NOW + 125,
  block: {
    sinceMs: NOW - 2 * HOUR,
    pausedAtMs: NOW - HOUR,
    pauseMs: 660_000,
    probe: { owner: 'one', renewedAtMs: NOW - 1_000 },
  },
  lastPausedAtMs: NOW - HOUR,
  lastBlockEndMs: NOW - 9 * HOUR,
  cap: { permitsPerSecond: 4, sinceMs: NOW - HOUR },
} as const;

const { block, cap } = WHOLE;

/** What no run of ours can have written. */
const DAMAGED: readonly unknown[] = [
  null,
  true,
  7,
  'state',
  [],
  {},
  { freeAtMs: 0 },
  { version: 2, freeAtMs: 0 },
  ...[NaN, Infinity, -1, 1e308, '0', null, {}].flatMap((time) => [
    { ...WHOLE, freeAtMs: time },
    { ...WHOLE, lastPausedAtMs: time },
    { ...WHOLE, lastBlockEndMs: time },
    { ...WHOLE, block: { ...block, sinceMs: time } },
    { ...WHOLE, block: { ...block, pausedAtMs: time } },
    { ...WHOLE, block: { ...block, pauseMs: time } },
    { ...WHOLE, block: { ...block, probe: { owner: 'one', renewedAtMs: time } } },
    { ...WHOLE, cap: { ...cap, sinceMs: time } },
    { ...WHOLE, cap: { ...cap, permitsPerSecond: time } },
  ]),
  ...[null, 7, 'x', {}, []].flatMap((part) => [
    { ...WHOLE, block: part },
    { ...WHOLE, cap: part },
    { ...WHOLE, block: { ...block, probe: part } },
  ]),
  { ...WHOLE, block: { ...block, pauseMs: 1e18 } },
  { ...WHOLE, block: { ...block, pauseMs: MAX_PAUSE_MS + 1 } },
  { ...WHOLE, block: { ...block, probe: { owner: 7, renewedAtMs: NOW } } },
  { ...WHOLE, cap: { ...cap, permitsPerSecond: 0 } },
  { ...WHOLE, cap: { ...cap, permitsPerSecond: 1e-9 } },
  { ...WHOLE, cap: { ...cap, permitsPerSecond: 1e9 } },
];

test('a whole state is believed, word for word', () => {
  assert.deepEqual(readSharedState(WHOLE, NOW), WHOLE);
  assert.deepEqual(readSharedState(INITIAL_STATE, NOW), INITIAL_STATE);
});

test('a damaged state is none', () => {
  for (const content of DAMAGED) assert.equal(readSharedState(content, NOW), undefined, JSON.stringify(content));
});

test('of times that lie ahead nothing is believed', () => {
  const later = NOW + 9 * HOUR;
  assert.deepEqual(
    readSharedState(
      {
        ...WHOLE,
        lastPausedAtMs: later,
        lastBlockEndMs: later,
        block: { ...block, probe: { owner: 'one', renewedAtMs: later } },
        cap: { ...cap, sinceMs: later },
      },
      NOW,
    ),
    {
      version: 1,
      freeAtMs: WHOLE.freeAtMs,
      block: { sinceMs: block.sinceMs, pausedAtMs: block.pausedAtMs, pauseMs: block.pauseMs },
      cap: { ...cap, sinceMs: NOW },
    },
  );
  assert.equal(readSharedState({ ...WHOLE, block: { ...block, pausedAtMs: later } }, NOW)?.block, undefined);
});

test('whatever a run writes is believed by the next', () => {
  const event = fc.oneof(
    fc.record({ kind: fc.constant('wait' as const), ms: fc.nat({ max: 40 * 24 * HOUR }) }),
    fc.record({ kind: fc.constant('ask' as const), rate: fc.double({ min: 1e-6, max: 9, noNaN: true }) }),
    fc.record({ kind: fc.constantFrom('clear' as const, 'renew' as const) }),
    fc.record({
      kind: fc.constant('throttled' as const),
      probe: fc.boolean(),
      retryAfterMs: fc.option(
        fc.nat({ max: 2 ** 31 }).map((s) => s * 1000),
        { nil: undefined },
      ),
      rate: fc.double({ min: 1e-6, max: 9, noNaN: true }),
    }),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (events) => {
      let nowMs = NOW;
      let state: SharedState = INITIAL_STATE;
      for (const each of events) {
        if (each.kind === 'wait') nowMs += each.ms;
        if (each.kind === 'ask')
          ({ state } = reserve(state, { nowMs, permitsPerSecond: each.rate, owner: 'one', isGone: () => false }));
        if (each.kind === 'clear') state = cleared(state, nowMs);
        if (each.kind === 'renew') state = probeRenewed(state, 'one', nowMs);
        if (each.kind === 'throttled') {
          const { probe, retryAfterMs } = each;
          const asked = { nowMs, sentAtMs: nowMs, probe, blockPauseMs: 660_000, permitsPerSecond: each.rate };
          ({ state } = throttled(state, retryAfterMs === undefined ? asked : { ...asked, retryAfterMs }));
        }
        const written: unknown = JSON.parse(JSON.stringify(state));
        assert.deepEqual(readSharedState(written, nowMs), written);
      }
    }),
    { numRuns: 300 },
  );
});

interface Told {
  readonly limiter: RateLimiter;
  readonly clock: FakeClock;
  readonly warnings: string[];
}

function limiterOn(file: MemoryFile, permitsPerSecond = 8): Told {
  const clock = new FakeClock();
  const warnings: string[] = [];
  const limiter = new RateLimiter({
    file,
    clock,
    permitsPerSecond,
    blockPauseMs: 660_000,
    owner: 'two',
    isGone: (owner) => JSON.parse(owner) === 'gone',
    warn: (message) => warnings.push(message),
  });
  return { limiter, clock, warnings };
}

test('a damaged state keeps nobody: the run starts at once, the file is replaced, and that is told once', async () => {
  for (const content of DAMAGED) {
    const file = new MemoryFile();
    file.content = content;
    const { limiter, clock, warnings } = limiterOn(file);
    const start = await limiter.reserve();
    assert.ok(start.kind === 'start' && start.atMs <= clock.nowMs(), JSON.stringify(content));
    assert.ok(limiter.isOpen(false));
    assert.ok(readSharedState(file.content, clock.nowMs()) !== undefined);
    assert.equal(warnings.length, 1, JSON.stringify(content));
    assert.match(warnings[0]!, /^sec-budget\.json in the state folder is damaged and is replaced/);
    const { warnings: later } = limiterOn(file);
    assert.deepEqual(later, []);
  }
});

test('a probe whose owner is no process is taken over', async () => {
  const file = new MemoryFile();
  const now = new FakeClock().nowMs();
  const probe = { owner: 'no process', renewedAtMs: now };
  file.content = { version: 1, freeAtMs: 0, block: { sinceMs: 0, pausedAtMs: 0, pauseMs: 1_000, probe } };
  const { limiter, warnings } = limiterOn(file);
  const start = await limiter.reserve();
  assert.ok(start.kind === 'start' && start.probe);
  assert.deepEqual(warnings, []);
});

test('a rate of less than one a minute is kept', async () => {
  const { limiter, clock } = limiterOn(new MemoryFile(), 0.005);
  const first = await limiter.reserve();
  const second = await limiter.reserve();
  assert.ok(first.kind === 'start' && second.kind === 'start');
  assert.equal(second.atMs - first.atMs, 200_000);
  assert.ok(first.atMs <= clock.nowMs());
});
