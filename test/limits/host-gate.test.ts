// When requests to a host may start: never during a block or an outage, one alone to see whether it is over, and nobody
// waits for ever.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GateSettings, HostBudget, Ticket } from '../../src/limits/gate-ports.ts';
import { HostGate } from '../../src/limits/host-gate.ts';
import { OwnBudget } from '../../src/limits/own-budget.ts';
import { SecBudget } from '../../src/limits/sec-budget.ts';
import type { HostReport } from '../../src/worker/protocol.ts';
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

function budgetOf(options: StageOptions, clock: FakeClock): HostBudget | undefined {
  if (options.rate !== undefined) return new OwnBudget(clock, options.rate);
  if (options.sec === undefined) return undefined;
  const { file = new MemoryFile(), blockPauseMs = 11 * MINUTE } = options.sec;
  const owner = `run ${owners++}`;
  return new SecBudget({
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
  /** When each request in flight was sent. */
  readonly sent: number[] = [];
  readonly refused: string[] = [];
  readonly events: string[] = [];
  readonly gate: HostGate;
  readonly #startMs: number;

  constructor(options: StageOptions = {}) {
    this.clock = options.clock ?? new FakeClock();
    this.#startMs = this.clock.nowMs();
    const settings = { giveUpMs: 6 * HOUR, patienceMs: 10 * MINUTE, ...options.settings };
    const { clock } = this;
    const budget = budgetOf(options, clock);
    this.gate = new HostGate(
      { name: 'a.example', settings, clock, budget, firstAlone: options.firstAlone ?? false },
      {
        onPause: (cause, untilMs) => this.events.push(`pause until ${this.#seconds(untilMs)} s: ${cause}`),
        onResume: () => this.events.push('resume'),
        onOutage: (sinceMs, untilMs) => {
          const until = untilMs === undefined ? '' : ` until ${this.#seconds(untilMs)} s`;
          this.events.push(`outage since ${this.#seconds(sinceMs)} s${until}`);
        },
        onGiveUp: (message) => this.events.push(message),
        onUserAgentRefused: () => this.events.push('user agent refused'),
      },
    );
  }

  /** Seconds since the stage was set. */
  get now(): number {
    return this.#seconds(this.clock.nowMs());
  }

  ask(count = 1): Promise<void> {
    for (let number = 0; number < count; number++) this.gate.request(this.ticket());
    return promisesToSettle();
  }

  ticket(): Ticket {
    return {
      grant: () => this.sent.push(this.clock.nowMs()),
      refuse: (message) => this.refused.push(message),
    };
  }

  advance(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }

  /** Ends the oldest request in flight. */
  end(report: HostReport): Promise<void> {
    return this.#report(this.sent.shift(), report);
  }

  /** Ends the newest request in flight. */
  endNewest(report: HostReport): Promise<void> {
    return this.#report(this.sent.pop(), report);
  }

  /** Asks and fails, until the 20 failures in a row that are an outage. */
  async breakDown(): Promise<void> {
    await this.ask(20);
    for (let failures = 0; failures < 20; failures++) await this.end(UNREACHABLE);
  }

  #report(sentAtMs: number | undefined, report: HostReport): Promise<void> {
    assert.ok(sentAtMs !== undefined, 'a request is in flight');
    this.gate.report(report, sentAtMs);
    return promisesToSettle();
  }

  #seconds(atMs: number): number {
    return (atMs - this.#startMs) / 1000;
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
  assert.equal(stage.gate.guarded, false);
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

test('"too fast" as the first answer of all is a refused User-Agent', async () => {
  const stage = new Stage({ sec: {}, firstAlone: true });
  await stage.ask(5);
  await stage.end({ kind: 'throttled', page: 'automated-access' });
  assert.ok(stage.events.includes('user agent refused'));
});

test('a page that nobody recognises is a block, also as the first answer of all', async () => {
  const stage = new Stage({ sec: {}, firstAlone: true });
  await stage.ask(5);
  await stage.end({ kind: 'throttled', page: 'unrecognised' });
  assert.ok(!stage.events.includes('user agent refused'));
  assert.ok(
    stage.events.some((event) => event.startsWith('pause until')),
    stage.events.join(),
  );
});

test('19 failures in a row are no outage, 20 are', async () => {
  const stage = new Stage();
  await stage.ask(40);
  for (let failures = 0; failures < 19; failures++) await stage.end(UNREACHABLE);
  assert.deepEqual([stage.events, stage.gate.doubtful], [[], true]);
  await stage.end(UNREACHABLE);
  assert.deepEqual(stage.events, ['outage since 0 s', 'pause until 10 s: outage']);
  assert.equal(stage.gate.guarded, true);
});

test('a success between them makes the count begin again', async () => {
  const stage = new Stage();
  await stage.ask(19);
  for (let failures = 0; failures < 19; failures++) await stage.end(UNREACHABLE);
  await stage.advance(1);
  await stage.ask(20);
  await stage.end(ANSWERED);
  assert.equal(stage.gate.doubtful, false);
  for (let failures = 0; failures < 19; failures++) await stage.end(UNREACHABLE);
  assert.deepEqual(stage.events, []);
});

test('a reply that was on its way when the first request failed proves nothing', async () => {
  const stage = new Stage();
  await stage.ask(21);
  await stage.advance(100);
  await stage.end(UNREACHABLE);
  stage.gate.succeed(stage.clock.nowMs());
  for (let failures = 1; failures < 19; failures++) await stage.end(UNREACHABLE);
  await stage.end(ANSWERED);
  assert.deepEqual([stage.events, stage.gate.doubtful], [[], true]);
  await stage.end(UNREACHABLE);
  assert.deepEqual(stage.events, ['outage since 0 s', 'pause until 10.1 s: outage']);
});

test('replies that broke off are no outage, but the outage that follows them began with them', async () => {
  const stage = new Stage();
  await stage.ask(30);
  for (let broken = 0; broken < 30; broken++) await stage.end({ kind: 'broken-off' });
  assert.deepEqual([stage.events, stage.gate.doubtful], [[], true]);
  await stage.advance(1000);
  await stage.breakDown();
  assert.deepEqual(stage.events, ['outage since 0 s', 'pause until 11 s: outage']);
});

test('an outage is dated back when a slow worker tells of an earlier failure', async () => {
  const stage = new Stage();
  await stage.ask(1);
  const early = stage.sent.pop()!;
  await stage.advance(1000);
  await stage.breakDown();
  stage.gate.report({ kind: 'broken-off' }, early);
  stage.gate.report(UNREACHABLE, early + 500);
  assert.deepEqual(stage.events, ['outage since 1 s', 'pause until 11 s: outage', 'outage since 0 s']);
});

test('an outage is dated from the sending of the request that failed first', async () => {
  const stage = new Stage();
  await stage.ask(21);
  await stage.end(ANSWERED);
  await stage.advance(7000);
  await stage.end(UNREACHABLE);
  await stage.advance(5000);
  for (let failures = 1; failures < 20; failures++) await stage.end(UNREACHABLE);
  assert.deepEqual(stage.events, ['outage since 0 s', 'pause until 22 s: outage']);
});

test('an outage is probed with one request after 10 s, doubling to 5 minutes, until the host answers', async () => {
  const stage = new Stage();
  await stage.breakDown();
  await stage.ask(100);
  for (const pause of [10, 20, 40, 80, 160, 300, 300, 300]) {
    await stage.advance(pause * 1000 - 1);
    assert.equal(stage.sent.length, 0, `nothing is sent within the pause of ${pause} s`);
    await stage.advance(1);
    assert.equal(stage.sent.length, 1, `one probe after ${pause} s`);
    await stage.advance(30_000);
    assert.equal(stage.sent.length, 1, 'nobody else while the probe is out');
    await stage.end(UNREACHABLE);
  }
  await stage.advance(300_000);
  await stage.end(ANSWERED);
  assert.equal(stage.sent.length, 91, 'all others at once');
  assert.deepEqual(stage.events.slice(-2), [`outage since 0 s until ${stage.now} s`, 'resume']);
  assert.equal(stage.gate.guarded, false);
});

test('failures of requests that were in flight when the outage began lengthen no pause', async () => {
  const stage = new Stage();
  await stage.ask(40);
  for (let failures = 0; failures < 40; failures++) await stage.end(UNREACHABLE);
  assert.deepEqual(stage.events, ['outage since 0 s', 'pause until 10 s: outage']);
});

/** An outage whose probe is out, with one straggler in flight from before. */
async function probedOutage(): Promise<Stage> {
  const stage = new Stage();
  await stage.ask(21);
  for (let failures = 0; failures < 20; failures++) await stage.end(UNREACHABLE);
  await stage.ask(5);
  await stage.advance(10_000);
  assert.equal(stage.sent.length, 2, 'the straggler and the probe');
  return stage;
}

test('a request from before the outage that fails while the probe is out is not taken for the probe', async () => {
  const stage = await probedOutage();
  const events = [...stage.events];
  await stage.end(UNREACHABLE);
  assert.deepEqual(stage.events, events, 'the pause is not doubled');
  await stage.advance(MINUTE);
  assert.equal(stage.sent.length, 1, 'no second probe beside the first');
  await stage.end(ANSWERED);
  assert.equal(stage.sent.length, 4);
});

test('a request from before the outage that is called off while the probe is out does not send a second probe', async () => {
  const stage = await probedOutage();
  await stage.end({ kind: 'cancelled' });
  assert.equal(stage.sent.length, 1);
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

test('an outage that outlasts --give-up ends the run before the pause that would pass it', async () => {
  const stage = new Stage({ settings: { giveUpMs: 5 * MINUTE } });
  await stage.breakDown();
  await stage.ask(10);
  for (const pause of [10, 20, 40, 80]) {
    await stage.advance(pause * 1000);
    await stage.end(UNREACHABLE);
  }
  assert.match(stage.events.at(-1) ?? '', /^gave up: an outage of a\.example outlasts --give-up/);
  await stage.advance(2 * MINUTE);
  assert.equal(stage.sent.length, 0);
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
  stage.gate.succeed(stage.clock.nowMs());
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
  const stage = new Stage({ settings: { giveUpMs: HOUR } });
  await stage.ask(1);
  await stage.end({ kind: 'retry-after', retryAfterMs: 1000 });
  for (let rounds = 0; rounds < 400 && !stage.events.some((event) => event.startsWith('gave up')); rounds++) {
    await stage.ask(1);
    await stage.advance(30_000);
    while (stage.sent.length > 0) await stage.end(UNREACHABLE);
  }
  assert.ok(
    stage.events.some((event) => event.startsWith('outage since')),
    stage.events.slice(0, 5).join('; '),
  );
  assert.match(stage.events.at(-1) ?? '', /^gave up: an outage/);
});

test('an outage whose probe is told to wait is ended for everybody once the host answers', async () => {
  const stage = new Stage();
  await stage.breakDown();
  await stage.ask(3);
  await stage.advance(10_000);
  await stage.end({ kind: 'retry-after', retryAfterMs: 5000 });
  await stage.advance(5000);
  await stage.end(ANSWERED);
  assert.ok(
    stage.events.some((event) => /^outage since 0 s until/.test(event)),
    stage.events.join('; '),
  );
});

test('a refused User-Agent is told at once', async () => {
  const stage = new Stage();
  await stage.ask(1);
  await stage.end({ kind: 'user-agent-refused' });
  assert.deepEqual(stage.events, ['user agent refused']);
});

test('a closed gate grants nothing, to those who wait and those who come', async () => {
  const stage = new Stage({ rate: 1 });
  await stage.ask(5);
  const started = stage.sent.length;
  stage.gate.close();
  await stage.ask(5);
  await stage.advance(HOUR);
  assert.equal(stage.sent.length, started);
});

test('tickets of a worker that is gone are withdrawn and never granted', async () => {
  const stage = new Stage({ rate: 1 });
  const gone: Ticket = { grant: unexpected, refuse: unexpected };
  await stage.ask(1);
  stage.gate.request(gone);
  await stage.ask(1);
  stage.gate.withdraw((ticket) => ticket === gone);
  await stage.advance(3000);
  assert.equal(stage.sent.length, 2);
});

test('a first request that was withdrawn before its start leaves its turn to the next', async () => {
  const stage = new Stage({ rate: 0.1, firstAlone: true });
  await stage.ask(1);
  await stage.end(ANSWERED);
  const gone: Ticket = { grant: unexpected, refuse: unexpected };
  stage.gate.request(gone);
  stage.gate.withdraw((ticket) => ticket === gone);
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
