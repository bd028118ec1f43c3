// When requests to a host may start, for all threads: never during a block or a Retry-After, one alone where its answer
// decides, and nobody waits for ever.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gate, type GateSettings } from '../../src/limits/gate.ts';
import { OutageBreaker } from '../../src/limits/outage-breaker.ts';
import { RateLimiter } from '../../src/limits/rate-limiter.ts';
import type { HostReport, Permit, PermitAnswer } from '../../src/model/permits.ts';
import { FakeClock, promisesToSettle } from '../support/fake-clock.ts';
import { MemoryFile } from '../support/memory-file.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const UNREACHABLE: HostReport = { kind: 'unreachable', message: 'no reply' };
const ANSWERED: HostReport = { kind: 'answered' };
const THROTTLED: HostReport = { kind: 'throttled', page: 'throttle' };

interface StageOptions {
  /** Starts a second of a budget of its own. */
  readonly rate?: number;
  /** The SEC's budget, with 8 starts a second. */
  readonly sec?: { readonly file?: MemoryFile; readonly blockPauseMs?: number };
  readonly firstAlone?: boolean;
  readonly settings?: Partial<GateSettings>;
  readonly clock?: FakeClock;
}

let owners = 0;

function unexpected(): never {
  throw new Error('this was not to be called');
}

function limiterOf(options: StageOptions, clock: FakeClock): RateLimiter | undefined {
  if (options.rate !== undefined) return RateLimiter.ofOneRun(clock, options.rate);
  if (options.sec === undefined) return undefined;
  const { file = new MemoryFile(), blockPauseMs = 11 * MINUTE } = options.sec;
  const owner = `run ${owners++}`;
  return new RateLimiter({
    file,
    clock,
    permitsPerSecond: 8,
    blockPauseMs,
    owner,
    isGone: () => false,
    warn: unexpected,
  });
}

/** A gate with a clock, and an account of all that it granted and said. */
class Stage {
  readonly clock: FakeClock;
  /** Permits in flight, the oldest first. */
  readonly sent: Permit[] = [];
  readonly refused: string[] = [];
  readonly events: string[] = [];
  readonly gate: Gate;
  readonly #startMs: number;

  constructor(options: StageOptions = {}) {
    this.clock = options.clock ?? new FakeClock();
    this.#startMs = this.clock.nowMs();
    const settings = { giveUpMs: 6 * HOUR, patienceMs: 10 * MINUTE, ...options.settings };
    const { clock } = this;
    const limiter = limiterOf(options, clock);
    this.gate = new Gate(
      { name: 'a.example', settings, clock, limiter, firstAlone: options.firstAlone ?? false },
      {
        onPause: (cause, untilMs) => this.events.push(`pause until ${(untilMs - this.#startMs) / 1000} s: ${cause}`),
        onResume: () => this.events.push('resume'),
        onGiveUp: (message) => this.events.push(message),
        onRefused: (why) => this.events.push(`refused: ${why}`),
        onUntrusted: (message) => this.events.push(message),
      },
    );
  }

  /** Seconds since the stage was set. */
  get now(): number {
    return (this.clock.nowMs() - this.#startMs) / 1000;
  }

  ask(count = 1, signal?: AbortSignal): Promise<void> {
    for (let number = 0; number < count; number++) void this.gate.acquire(signal).then((answer) => this.#take(answer));
    return promisesToSettle();
  }

  advance(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }

  /** Ends the oldest request in flight. */
  end(report: HostReport): Promise<void> {
    return this.#end(this.sent.shift(), report);
  }

  /** Ends the newest request in flight. */
  endNewest(report: HostReport): Promise<void> {
    return this.#end(this.sent.pop(), report);
  }

  #take(answer: PermitAnswer): void {
    if (answer.kind === 'granted') this.sent.push(answer.permit);
    else this.refused.push(answer.because === 'drain' ? 'drain' : answer.message);
  }

  #end(permit: Permit | undefined, report: HostReport): Promise<void> {
    assert.ok(permit !== undefined, 'a request is in flight');
    permit.ended(report);
    return promisesToSettle();
  }
}

/** A stage at the SEC, whose first request was answered, with `inFlight` others in flight. */
async function secStage(inFlight: number, options: StageOptions = {}): Promise<Stage> {
  const stage = new Stage({ sec: {}, firstAlone: true, ...options });
  await stage.ask(1);
  await stage.end(ANSWERED);
  await stage.ask(inFlight);
  await stage.advance(inFlight * 125);
  assert.equal(stage.sent.length, inFlight);
  return stage;
}

test('without a rate and without trouble everybody starts at once', async () => {
  const stage = new Stage();
  await stage.ask(50);
  assert.equal(stage.sent.length, 50);
});

test('the first request to the SEC goes alone, and the others follow its answer', async () => {
  const stage = new Stage({ sec: {}, firstAlone: true });
  await stage.ask(5);
  await stage.advance(MINUTE);
  assert.equal(stage.sent.length, 1);
  await stage.end(ANSWERED);
  await stage.advance(MINUTE);
  assert.equal(stage.sent.length, 4);
});

test('where the first request was called off, another goes alone', async () => {
  const stage = new Stage({ sec: {}, firstAlone: true });
  await stage.ask(5);
  await stage.advance(MINUTE);
  await stage.end({ kind: 'cancelled' });
  await stage.advance(MINUTE);
  assert.equal(stage.sent.length, 1);
});

test('a first request that fails does not keep the others back', async () => {
  const stage = new Stage({ sec: {}, firstAlone: true });
  await stage.ask(5);
  await stage.advance(1000);
  await stage.end(UNREACHABLE);
  await stage.advance(1000);
  assert.equal(stage.sent.length, 4);
});

test('"too fast" as the first answer of all ends the run: it may be the User-Agent', async () => {
  const stage = new Stage({ sec: {}, firstAlone: true });
  await stage.ask(5);
  await stage.end({ kind: 'throttled', page: 'automated-access' });
  assert.ok(stage.events.includes('refused: too-fast'));
});

test('a page that nobody recognises is a block, also as the first answer of all', async () => {
  const stage = new Stage({ sec: {}, firstAlone: true });
  await stage.ask(5);
  await stage.end({ kind: 'throttled', page: 'unrecognised' });
  assert.ok(!stage.events.includes('refused: too-fast'));
  assert.ok(
    stage.events.some((event) => event.startsWith('pause until')),
    stage.events.join(),
  );
});

test('a request from before the block that is refused while the probe is out does not double the pause', async () => {
  const stage = await secStage(2, { sec: { blockPauseMs: 10_000 } });
  await stage.endNewest(THROTTLED);
  await stage.ask(5);
  await stage.advance(10_000);
  assert.equal(stage.sent.length, 2, 'the straggler and the probe');
  await stage.end(THROTTLED);
  assert.equal(stage.sent.length, 1, 'nothing is sent beside the probe');
  await stage.end(ANSWERED);
  await stage.advance(5000);
  assert.equal(stage.sent.length, 4);
});

test('a request from before the block that is called off while the probe is out sends no second probe', async () => {
  const stage = await secStage(2, { sec: { blockPauseMs: 10_000 } });
  await stage.endNewest(THROTTLED);
  await stage.ask(5);
  await stage.advance(10_000);
  await stage.end({ kind: 'cancelled' });
  await stage.advance(5000);
  assert.equal(stage.sent.length, 1);
});

test('"too fast" silences everybody for the pause, which is doubled each time the probe is refused', async () => {
  const stage = await secStage(8);
  const startMs = stage.now;
  for (const report of [THROTTLED, ANSWERED, THROTTLED, ANSWERED, UNREACHABLE]) await stage.end(report);
  stage.sent.length = 0;
  await stage.ask(30);
  const pauses = stage.events.filter((event) => event.startsWith('pause'));
  assert.ok(pauses.length > 0);
  for (const pause of pauses) assert.match(pause, new RegExp(`^pause until ${startMs + 660} s: block`));
  await stage.advance(11 * MINUTE - 1);
  assert.equal(stage.sent.length, 0, 'in-flight replies neither shorten nor extend it');
  await stage.advance(1);
  await stage.advance(30_000);
  assert.equal(stage.sent.length, 1, 'one probe');
  await stage.end(THROTTLED);
  await stage.advance(22 * MINUTE - 1);
  assert.equal(stage.sent.length, 0);
  await stage.advance(1);
  assert.equal(stage.sent.length, 1);
  await stage.end(ANSWERED);
  await stage.advance(1000);
  assert.ok(stage.events.includes('resume'));
  assert.ok([3, 4, 5].includes(stage.sent.length), 'half the rate after a block');
});

test('a Retry-After that is longer than the pause wins, a shorter one does not', async () => {
  for (const [retryAfterMs, pauseMs] of [
    [HOUR, HOUR],
    [1000, 11 * MINUTE],
  ] as const) {
    const stage = await secStage(1);
    await stage.end({ ...THROTTLED, retryAfterMs });
    await stage.ask(1);
    await stage.advance(pauseMs - 1);
    assert.equal(stage.sent.length, 0);
    await stage.advance(1000);
    assert.equal(stage.sent.length, 1);
  }
});

test('a block that outlasts --give-up ends the run', async () => {
  const stage = await secStage(1, { settings: { giveUpMs: HOUR } });
  await stage.end(THROTTLED);
  await stage.ask(5);
  await stage.advance(11 * MINUTE);
  await stage.end(THROTTLED);
  await stage.advance(22 * MINUTE);
  await stage.end(THROTTLED);
  assert.match(stage.events.at(-1) ?? '', /^gave up: a block of a\.example outlasts --give-up/);
});

test('success of a request from before the pause does not end it', async () => {
  const stage = await secStage(3);
  await stage.endNewest(THROTTLED);
  await stage.end(ANSWERED);
  await stage.ask(5);
  await stage.advance(11 * MINUTE - 1);
  assert.equal(stage.sent.length, 1, 'only the one that was in flight');
});

test('a short Retry-After does not end the silence of a block', async () => {
  const stage = await secStage(3);
  await stage.endNewest(THROTTLED);
  await stage.end({ kind: 'retry-after', retryAfterMs: 1000 });
  stage.sent.length = 0;
  await stage.ask(5);
  await stage.advance(11 * MINUTE - 1);
  assert.equal(stage.sent.length, 0);
});

test('a shorter Retry-After does not shorten a longer one', async () => {
  const stage = new Stage();
  await stage.ask(2);
  await stage.end({ kind: 'retry-after', retryAfterMs: MINUTE });
  await stage.end({ kind: 'retry-after', retryAfterMs: 1000 });
  await stage.ask(5);
  await stage.advance(MINUTE - 1);
  assert.equal(stage.sent.length, 0);
  await stage.advance(1);
  assert.equal(stage.sent.length, 1);
});

test('Retry-After holds for the host: nothing is sent until then, and then one alone', async () => {
  const stage = new Stage();
  await stage.ask(1);
  await stage.end({ kind: 'retry-after', retryAfterMs: 5000 });
  await stage.ask(10);
  assert.deepEqual(stage.events, ['pause until 5 s: retry-after']);
  await stage.advance(4999);
  assert.equal(stage.sent.length, 0);
  await stage.advance(1);
  assert.equal(stage.sent.length, 1);
  await stage.end(ANSWERED);
  assert.equal(stage.sent.length, 9);
});

test('a Retry-After beyond the patience of a document refuses who waits and who comes, until it is over', async () => {
  const stage = new Stage({ rate: 1 });
  await stage.ask(3);
  await stage.end({ kind: 'retry-after', retryAfterMs: 10 * MINUTE + 1 });
  assert.equal(stage.refused.length, 2);
  await stage.ask(2);
  assert.equal(stage.refused.length, 4);
  assert.match(stage.refused[0] ?? '', /a\.example asked for more patience \(Retry-After\)/);
  await stage.advance(10 * MINUTE + 2);
  await stage.ask(1);
  await stage.advance(1000);
  assert.deepEqual([stage.refused.length, stage.sent.length], [4, 1]);
});

test('a host that dies after a Retry-After is an outage, and is given up in the end', async () => {
  const stage = new Stage();
  const events: string[] = [];
  const tell = (what: string): unknown => events.push(what);
  const permits = { acquire: (_host: string, signal?: AbortSignal) => stage.gate.acquire(signal) };
  const breaker = new OutageBreaker(permits, {
    clock: stage.clock,
    threads: 1,
    giveUpMs: HOUR,
    listener: { onPause: () => tell('outage'), onResume: unexpected, onGiveUp: tell },
  });
  await stage.ask(1);
  await stage.end({ kind: 'retry-after', retryAfterMs: 1000 });
  for (let rounds = 0; rounds < 400 && !events.some((event) => event.startsWith('gave up')); rounds++) {
    void breaker.acquire('a.example').then((answer) => {
      if (answer.kind === 'granted') answer.permit.ended(UNREACHABLE);
    });
    await stage.advance(30_000);
  }
  assert.equal(events[0], 'outage');
  assert.match(events.at(-1) ?? '', /^gave up: an outage of a\.example/);
  assert.deepEqual(stage.events, ['pause until 1 s: retry-after', 'resume']);
});

test('a refused User-Agent is told at once', async () => {
  const stage = new Stage();
  await stage.ask(1);
  await stage.end({ kind: 'user-agent-refused' });
  assert.deepEqual(stage.events, ['refused: user-agent']);
});

test('a certificate that is not trusted is told when the first request of the run met it, and only then', async () => {
  const untrusted: HostReport = { kind: 'untrusted', message: 'self-signed' };
  const first = new Stage({ sec: {}, firstAlone: true });
  await first.ask(2);
  assert.deepEqual([first.sent.length, first.sent[0]?.isFirst], [1, true]);
  await first.end(untrusted);
  assert.deepEqual(first.events, ['self-signed']);

  const later = await secStage(1);
  assert.equal(later.sent[0]?.isFirst, false);
  await later.end(untrusted);
  assert.deepEqual(later.events, []);

  const other = new Stage();
  await other.ask(1);
  await other.end(untrusted);
  assert.deepEqual(other.events, []);
});

test('a closed gate grants nothing, to those who wait and those who come', async () => {
  const stage = new Stage({ rate: 1 });
  await stage.ask(5);
  const started = stage.sent.length;
  stage.gate.close();
  await stage.ask(5);
  await stage.advance(HOUR);
  assert.equal(stage.sent.length, started);
  assert.deepEqual(stage.refused, Array(10 - started).fill('drain'));
});

test('who is gone is granted nothing, and keeps nobody waiting', async () => {
  const stage = new Stage({ rate: 1 });
  const gone = new AbortController();
  await stage.ask(1);
  await stage.ask(1, gone.signal);
  await stage.ask(1);
  gone.abort();
  await stage.advance(3000);
  assert.deepEqual([stage.sent.length, stage.refused], [2, ['drain']]);
  await stage.ask(1, gone.signal);
  assert.equal(stage.gate.hasWaiting, false);
});

test('a first request that was withdrawn before its start leaves its turn to the next', async () => {
  const stage = new Stage({ rate: 0.1, firstAlone: true });
  await stage.ask(1);
  await stage.end(ANSWERED);
  const gone = new AbortController();
  await stage.ask(1, gone.signal);
  gone.abort();
  await stage.advance(MINUTE);
  await stage.ask(1);
  await stage.advance(MINUTE);
  assert.equal(stage.sent.length, 1);
});

test('a run that meets the block of another run of the machine waits too, and only one of them probes', async () => {
  const file = new MemoryFile();
  const one = await secStage(1, { sec: { file } });
  const other = new Stage({ sec: { file }, clock: one.clock });
  await one.end(THROTTLED);
  await one.ask(3);
  await other.ask(3);
  await one.advance(11 * MINUTE - 1);
  assert.equal(one.sent.length + other.sent.length, 0);
  await one.advance(20_000);
  assert.equal(one.sent.length + other.sent.length, 1, 'one probe for both');
  await (one.sent.length === 1 ? one : other).end(ANSWERED);
  await one.advance(5000);
  assert.equal(one.sent.length + other.sent.length, 5);
});
