// An outage in one thread: nobody is sent into it, one goes alone to see whether it is over, nobody waits for ever, and whose
// fault a failure was is known in time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OutageBreaker } from '../../src/limits/outage-breaker.ts';
import type { HostReport, Permit, PermitAnswer } from '../../src/model/permits.ts';
import { FakeClock, promisesToSettle } from '../support/fake-clock.ts';

const HOST = 'a.example';
const MINUTE = 60_000;
const UNREACHABLE: HostReport = { kind: 'unreachable', message: 'no reply' };
const ANSWERED: HostReport = { kind: 'answered' };

type Answer = (answer: PermitAnswer) => void;

/** A breaker with a clock, and an account of what was sent and said. */
class Stage {
  readonly clock = new FakeClock();
  /** Permits in flight, the oldest first. */
  readonly sent: { readonly permit: Permit; readonly waitedMs: number; readonly sentAtMs: number }[] = [];
  readonly refused: string[] = [];
  readonly events: string[] = [];
  /** What became of the permits behind the breaker. */
  readonly ended: HostReport[] = [];
  /** Who waits for a permit behind the breaker, where those are not granted at once. */
  readonly behind: Answer[] = [];
  grantsAtOnce = true;
  readonly draining = new AbortController();
  readonly breaker: OutageBreaker;
  readonly #startMs = this.clock.nowMs();

  constructor(giveUpMs = 360 * MINUTE, threads = 1) {
    const granted = (): PermitAnswer => ({
      kind: 'granted',
      permit: { ended: (r) => this.ended.push(r) },
      waitedMs: 0,
    });
    this.breaker = new OutageBreaker(
      {
        acquire: () => {
          if (this.grantsAtOnce) return Promise.resolve(granted());
          return new Promise((resolve) => this.behind.push((answer) => resolve(answer)));
        },
      },
      {
        clock: this.clock,
        giveUpMs,
        threads,
        listener: {
          onPause: (host, untilMs) => this.events.push(`${host} paused until ${(untilMs - this.#startMs) / 1000} s`),
          onResume: (host) => this.events.push(`${host} resumed`),
          onGiveUp: (message) => this.events.push(message),
        },
      },
    );
  }

  ask(count: number): Promise<void> {
    for (let number = 0; number < count; number++) {
      void this.breaker.acquire(HOST, this.draining.signal).then((answer) => {
        if (answer.kind === 'refused') this.refused.push(answer.because);
        else this.sent.push({ ...answer, sentAtMs: this.clock.nowMs() });
      });
    }
    return promisesToSettle();
  }

  /** Ends the oldest request in flight. */
  end(report: HostReport): Promise<void> {
    const request = this.sent.shift();
    assert.ok(request !== undefined, 'a request is in flight');
    request.permit.ended(report);
    return promisesToSettle();
  }

  async breakDown(): Promise<void> {
    await this.ask(20);
    for (let failures = 0; failures < 20; failures++) await this.end(UNREACHABLE);
  }
}

test('without trouble everybody starts at once, and every permit is ended once', async () => {
  const stage = new Stage();
  await stage.ask(50);
  assert.equal(stage.sent.length, 50);
  for (let ends = 0; ends < 50; ends++) await stage.end(ANSWERED);
  assert.deepEqual([stage.ended.length, stage.events], [50, []]);
});

test('an outage is probed with one request after 10 s, doubling to 5 minutes, until the host answers', async () => {
  const stage = new Stage();
  await stage.breakDown();
  await stage.ask(100);
  for (const pause of [10, 20, 40, 80, 160, 300, 300, 300]) {
    await stage.clock.advance(pause * 1000 - 1);
    assert.equal(stage.sent.length, 0, `nothing is sent within the pause of ${pause} s`);
    await stage.clock.advance(1);
    assert.equal(stage.sent.length, 1, `one probe after ${pause} s`);
    await stage.clock.advance(30_000);
    assert.equal(stage.sent.length, 1, 'nobody else while the probe is out');
    await stage.end(UNREACHABLE);
  }
  await stage.clock.advance(300_000);
  await stage.end(ANSWERED);
  assert.equal(stage.sent.length, 91, 'all others at once');
  assert.ok(stage.sent[0]!.waitedMs > 20 * MINUTE, 'what was waited is told');
  assert.equal(stage.events[0], 'a.example paused until 10 s');
  assert.deepEqual(stage.events.slice(-1), ['a.example resumed']);
});

for (const [threads, failures] of [
  [1, 20],
  [2, 10],
  [4, 10],
] as const) {
  test(`one of ${threads} threads sees an outage in ${failures} failures in a row, and in no fewer`, async () => {
    const stage = new Stage(360 * MINUTE, threads);
    await stage.ask(failures);
    for (let ended = 1; ended < failures; ended++) await stage.end(UNREACHABLE);
    assert.deepEqual(stage.events, []);
    await stage.end(UNREACHABLE);
    assert.deepEqual(stage.events, ['a.example paused until 10 s']);
  });
}

test('a straggler that fails or is called off while the probe is out sends no second one', async () => {
  for (const report of [UNREACHABLE, { kind: 'cancelled' } as const]) {
    const stage = new Stage();
    await stage.ask(21);
    for (let failures = 0; failures < 20; failures++) await stage.end(UNREACHABLE);
    await stage.ask(5);
    await stage.clock.advance(10_000);
    assert.equal(stage.sent.length, 2, 'the straggler and the probe');
    await stage.end(report);
    await stage.clock.advance(MINUTE);
    assert.equal(stage.sent.length, 1);
    await stage.end(ANSWERED);
    assert.equal(stage.sent.length, 4);
  }
});

test('a probe that is called off, or refused behind the breaker, leaves its turn to the next', async () => {
  const stage = new Stage();
  await stage.breakDown();
  await stage.ask(3);
  await stage.clock.advance(10_000);
  await stage.end({ kind: 'cancelled' });
  assert.equal(stage.sent.length, 1);
  stage.grantsAtOnce = false;
  await stage.end({ kind: 'cancelled' });
  assert.deepEqual([stage.sent.length, stage.behind.length], [0, 1]);
  await stage.ask(1);
  stage.behind.shift()!({ kind: 'refused', because: 'host-waits', message: 'later' });
  await promisesToSettle();
  assert.deepEqual([stage.refused, stage.behind.length], [['host-waits'], 1]);
});

test('a permit that comes after an outage began goes back unused, and its request waits', async () => {
  const stage = new Stage();
  await stage.ask(20);
  stage.grantsAtOnce = false;
  await stage.ask(1);
  for (let failures = 0; failures < 20; failures++) await stage.end(UNREACHABLE);
  const unused: HostReport[] = [];
  stage.behind.shift()!({ kind: 'granted', permit: { ended: (report) => unused.push(report) }, waitedMs: 0 });
  await promisesToSettle();
  assert.deepEqual([unused, stage.sent.length], [[{ kind: 'cancelled' }], 0]);
  stage.grantsAtOnce = true;
  await stage.clock.advance(10_000);
  assert.equal(stage.sent.length, 1);
});

test('an outage that outlasts --give-up ends the run before the pause that would pass it', async () => {
  const stage = new Stage(5 * MINUTE);
  await stage.breakDown();
  await stage.ask(10);
  for (const pause of [10, 20, 40, 80]) {
    await stage.clock.advance(pause * 1000);
    await stage.end(UNREACHABLE);
  }
  assert.match(stage.events.at(-1) ?? '', /^gave up: an outage of a\.example outlasts --give-up/);
  await stage.clock.advance(2 * MINUTE);
  assert.equal(stage.sent.length, 0);
});

test('an outage whose every probe is told to wait is given up in the end', async () => {
  const stage = new Stage(5 * MINUTE);
  await stage.breakDown();
  await stage.ask(400);
  for (let seconds = 0; seconds < 6 * 60 && !stage.events.some((event) => event.startsWith('gave up')); seconds++) {
    await stage.clock.advance(1_000);
    if (stage.sent.length > 0) await stage.end({ kind: 'retry-after', retryAfterMs: 1_000 });
  }
  assert.match(stage.events.at(-1) ?? '', /^gave up: an outage/);
});

test('a drain frees whoever waits, and refuses whoever comes', async () => {
  const stage = new Stage();
  await stage.breakDown();
  await stage.ask(3);
  stage.draining.abort();
  await stage.ask(1);
  assert.deepEqual(stage.refused, ['drain', 'drain', 'drain', 'drain']);
  await stage.clock.advance(MINUTE);
  assert.equal(stage.sent.length, 0);
});

test('a failure is the document’s when the host’s next request succeeds', async () => {
  const stage = new Stage();
  await stage.ask(1);
  const { sentAtMs } = stage.sent[0]!;
  await stage.end(UNREACHABLE);
  const fault = stage.breaker.faultOf(HOST, sentAtMs);
  assert.equal(fault.whose, 'open');
  await stage.clock.advance(1);
  await stage.ask(1);
  await stage.end(ANSWERED);
  await fault.decided;
  assert.equal(fault.whose, 'document');
  assert.equal(stage.breaker.faultOf(HOST, sentAtMs).whose, 'document', 'who asks later hears the same');
});

test('a failure is the host’s when an outage comes of it, and so is what fails in it', async () => {
  const stage = new Stage();
  await stage.ask(22);
  const { sentAtMs } = stage.sent[0]!;
  await stage.end(UNREACHABLE);
  const fault = stage.breaker.faultOf(HOST, sentAtMs);
  for (let failures = 1; failures < 20; failures++) await stage.end(UNREACHABLE);
  await fault.decided;
  assert.equal(fault.whose, 'host');
  await stage.end(UNREACHABLE);
  assert.equal(stage.breaker.faultOf(HOST, sentAtMs).whose, 'host', 'while it lasts');
  await stage.ask(1);
  await stage.clock.advance(10_000);
  stage.sent.reverse();
  await stage.end(ANSWERED);
  await stage.end(UNREACHABLE);
  assert.equal(stage.breaker.faultOf(HOST, sentAtMs).whose, 'host', 'and of what was sent before it ended');
  await stage.clock.advance(1);
  assert.equal(stage.breaker.faultOf(HOST, stage.clock.nowMs()).whose, 'open', 'not of what was sent later');
});

test('where nothing more is sent that could show an outage, a failure is the document’s', async () => {
  const stage = new Stage();
  await stage.ask(1);
  await stage.end({ kind: 'broken-off' });
  const fault = stage.breaker.faultOf(HOST, stage.clock.nowMs());
  stage.breaker.blameDocuments();
  await fault.decided;
  assert.equal(fault.whose, 'document');
  assert.equal(stage.breaker.faultOf('other.example', 0).whose, 'document', 'of a host that never failed too');
});

test('one host’s outage holds no other host up', async () => {
  const stage = new Stage();
  await stage.breakDown();
  const answer = await stage.breaker.acquire('other.example');
  assert.equal(answer.kind, 'granted');
});
