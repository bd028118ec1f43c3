// The pool with threads that a test plays: which documents are tried again, which are given up, and what becomes of a thread
// that does not answer.
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import type { DocumentRequest } from '../../src/model/document.ts';
import type { Outcome } from '../../src/model/outcome.ts';
import type { ThreadLike } from '../../src/worker/pooled-thread.ts';
import { WorkerPool } from '../../src/worker/pool.ts';
import type { ToWorker, WorkerEvent, WorkerSettings } from '../../src/worker/protocol.ts';
import { FakeClock } from '../support/fake-clock.ts';

const LEFT: Outcome = { kind: 'left' };
const SPINNING_MS = 22_000;

class PlayedThread extends EventEmitter implements ThreadLike {
  /** Sequences of each batch. */
  readonly batches: number[][] = [];
  terminations = 0;
  answers = true;
  /** A thread that hangs in the system does not end when it is told to. */
  endsWhenTold = true;

  postMessage(message: ToWorker): void {
    if (message.kind === 'batch') this.batches.push(message.batch.documents.map(({ sequence }) => sequence));
    if (message.kind === 'ping' && this.answers) this.says({ kind: 'pong' });
  }

  terminate(): Promise<void> {
    this.terminations++;
    if (this.endsWhenTold) this.emit('exit', 1);
    return Promise.resolve();
  }

  says(...events: WorkerEvent[]): void {
    this.emit('message', { events });
  }

  settles(sequence: number): void {
    this.says({ kind: 'settled', sequence, outcome: LEFT });
  }
}

function documentOf(sequence: number): DocumentRequest {
  const url = `https://a.example/${sequence}.xml`;
  return { sequence, url, fetchUrl: url, paths: [`${sequence}.xml`], owned: false, existing: 'skip' };
}

class Stage {
  readonly clock = new FakeClock();
  readonly threads: PlayedThread[] = [];
  readonly settled: string[] = [];
  /** Reasons to end the run: it drains. */
  readonly fatal: string[] = [];
  readonly pool = new WorkerPool(
    {
      entry: new URL('file:///none'),
      maxWorkers: 1,
      settingsOf: () => ({}) as WorkerSettings,
      mayGrow: () => false,
      nowMs: () => this.clock.nowMs(),
      after: (delayMs, callback) => this.clock.after(delayMs, callback),
      startThread: () => {
        const thread = new PlayedThread();
        this.threads.push(thread);
        return thread;
      },
    },
    {
      onSettled: ({ sequence }, outcome) => this.settled.push(`${sequence} ${describe(outcome)}`),
      onNews: (_worker, news) => {
        if (news.kind !== 'fatal') return;
        this.fatal.push(news.message);
        this.pool.drain();
      },
      onGone: () => undefined,
    },
  );

  give(...sequences: number[]): PlayedThread {
    this.pool.give({ documents: sequences.map(documentOf) });
    return this.last;
  }

  get last(): PlayedThread {
    const thread = this.threads.at(-1);
    if (thread === undefined) throw new Error('no thread was started');
    return thread;
  }
}

function describe(outcome: Outcome): string {
  if (outcome.kind !== 'failed') return outcome.kind;
  return `${outcome.failure.code}${outcome.failure.transient ? ' (transient)' : ''}: ${outcome.failure.message}`;
}

test('documents of a worker that died are tried again one at a time, those that settle are done', () => {
  const stage = new Stage();
  stage.give(0, 1, 2).settles(0);
  stage.last.emit('exit', 0);
  assert.equal(stage.threads.length, 2);
  stage.last.settles(1);
  stage.last.settles(2);
  assert.deepEqual(stage.last.batches, [[1], [2]]);
  assert.deepEqual(stage.settled, ['0 left', '1 left', '2 left']);
});

test('a crash in company and one alone are forgiven a document, a second one alone is not', () => {
  const stage = new Stage();
  stage.give(0, 1);
  for (let crash = 0; crash < 3; crash++) stage.last.emit('exit', 7);
  // 0 went down in company, alone, and (behind 1, which waited its turn) alone again.
  while (stage.settled.length < 2) {
    const [sequence] = stage.last.batches.at(-1) ?? [];
    if (sequence === 1) stage.last.settles(1);
    else stage.last.emit('exit', 7);
  }
  assert.deepEqual(stage.settled.sort(), [
    '0 worker-crashed: it took a worker thread down twice (it exited with code 7)',
    '1 left',
  ]);
});

test('a batch goes to a thread that wants one; two who wait are both told', async () => {
  const stage = new Stage();
  const thread = stage.give(0);
  const ready = stage.pool.ready(() => false);
  const settled = stage.pool.settled();
  thread.says({ kind: 'hungry' }, { kind: 'settled', sequence: 0, outcome: LEFT });
  assert.equal(await ready, true);
  await settled;
  assert.equal(stage.give(1), thread);
  assert.deepEqual([stage.threads.length, thread.batches], [1, [[0], [1]]]);
});

test('an outcome of a document that a thread was not given counts for nothing', () => {
  const stage = new Stage();
  const thread = stage.give(0);
  thread.settles(7);
  thread.settles(0);
  thread.settles(0);
  assert.deepEqual(stage.settled, ['0 left']);
});

test('a thread that answers is never ended, however long its documents take', async () => {
  const stage = new Stage();
  stage.give(0);
  await stage.clock.advance(3_600_000);
  assert.deepEqual([stage.last.terminations, stage.threads.length], [0, 1]);
});

test('a thread that answers no more is ended, and its documents are tried again alone', async () => {
  const stage = new Stage();
  stage.give(0, 1).answers = false;
  await stage.clock.advance(SPINNING_MS);
  assert.equal(stage.threads[0]?.terminations, 1);
  assert.deepEqual(stage.last.batches, [[0]]);
  stage.last.answers = false;
  await stage.clock.advance(SPINNING_MS);
  stage.last.settles(1);
  stage.last.answers = false;
  await stage.clock.advance(SPINNING_MS);
  assert.deepEqual(stage.settled, [
    '1 left',
    '0 worker-crashed: it took a worker thread down twice (it did not answer for 20 s)',
  ]);
});

test('any word of a thread is a sign of life', async () => {
  const stage = new Stage();
  const thread = stage.give(0);
  thread.answers = false;
  for (let minute = 0; minute < 10; minute++) {
    await stage.clock.advance(15_000);
    thread.says({ kind: 'warning', message: 'still here' });
  }
  assert.equal(thread.terminations, 0);
});

test('while the run drains a thread that does not answer is ended sooner, and its documents are left', async () => {
  const stage = new Stage();
  stage.give(0).answers = false;
  stage.pool.drain();
  await stage.clock.advance(8_000);
  assert.deepEqual(stage.settled, ['0 left']);
});

test('a thread that hangs in the system is waited for no longer', async () => {
  const stage = new Stage();
  const thread = stage.give(0);
  thread.answers = false;
  thread.endsWhenTold = false;
  await stage.clock.advance(SPINNING_MS + 12_000);
  assert.deepEqual([thread.terminations, stage.threads.length], [1, 2]);
  thread.settles(0);
  assert.deepEqual(stage.settled, [], 'what it says afterwards no longer counts');
});

for (const shortage of [
  'Worker initialization failure: EMFILE',
  "EMFILE: too many open files, open 'dist/thread.js'",
]) {
  test(`a thread that dies of "${shortage}" ends the run, and is no fault of its documents`, () => {
    const stage = new Stage();
    stage.give(0, 1).emit('error', new Error(shortage));
    stage.last.emit('exit', 1);
    const says = `a worker thread cannot go on (${shortage}); raise ulimit -n, or lower --connections and --workers`;
    assert.deepEqual([stage.fatal, stage.settled, stage.threads.length], [[says], ['0 left', '1 left'], 1]);
  });
}

test('a thread that dies of anything else does not', () => {
  const stage = new Stage();
  stage.give(0).emit('error', new Error('Cannot read properties of undefined'));
  stage.last.emit('exit', 1);
  assert.deepEqual([stage.fatal, stage.threads.length], [[], 2]);
});
