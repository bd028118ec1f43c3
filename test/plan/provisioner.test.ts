// Batches are pulled, of a fixed size, and cut short when the source pauses; nothing is read before somebody wants it.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { Planner } from '../../src/plan/planner.ts';
import { Provisioner, type ProvisionerListener } from '../../src/plan/provisioner.ts';
import type { ListLine } from '../../src/plan/url-list.ts';
import { ManifestIndex } from '../../src/storage/manifest/manifest-index.ts';
import { withFolder } from '../support/test-folder.ts';

function urls(from: number, count: number): ListLine[] {
  return Array.from({ length: count }, (_, at) => ({
    number: from + at,
    text: `https://a.example/${from + at}`,
    tooLong: false,
  }));
}

function plannerIn(out: string): Planner {
  const settings = { destination: out, layout: 'flat', existing: 'skip', recheckMissingMs: 0 } as const;
  return new Planner(
    settings,
    new ManifestIndex(join(out, 'none')),
    () => 0,
    () => undefined,
  );
}

interface Account {
  readonly listener: ProvisionerListener;
  readonly settled: string[];
  readonly fetched: number[];
}

function account(allowed = Infinity): Account {
  const settled: string[] = [];
  const fetched: number[] = [];
  const listener: ProvisionerListener = {
    onSettled: (plan) => settled.push(plan.kind),
    onFetch: (sequence) => sequence < allowed && fetched.push(sequence) > 0,
  };
  return { listener, settled, fetched };
}

async function* blocks(list: readonly ListLine[][], onRead?: () => void): AsyncGenerator<ListLine[], void> {
  for (const block of list) {
    onRead?.();
    yield await Promise.resolve(block);
  }
}

/** A source that gives blocks when it is told to. */
class Pipe {
  readonly #waiting: ((result: IteratorResult<ListLine[], void>) => void)[] = [];
  readonly #given: IteratorResult<ListLine[], void>[] = [];
  #ended = false;

  readonly iterator: AsyncIterator<ListLine[], void> = {
    next: () => {
      const given = this.#given.shift();
      if (given === undefined && this.#ended) return Promise.resolve({ done: true, value: undefined });
      return given === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(given);
    },
  };

  give(lines: ListLine[]): void {
    this.#take({ done: false, value: lines });
  }

  end(): void {
    this.#ended = true;
    this.#take({ done: true, value: undefined });
  }

  #take(result: IteratorResult<ListLine[], void>): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#given.push(result);
    else waiting(result);
  }
}

test('every URL comes in exactly one batch, in list order, in full batches but for the last', async () => {
  const sizes = fc.array(fc.nat(7), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(sizes, fc.integer({ min: 1, max: 6 }), fc.boolean(), (counts, batchSize, peeks) =>
      withFolder(async (out) => {
        let from = 1;
        const list = counts.map((count) => urls((from += count) - count, count));
        const provisioner = new Provisioner(blocks(list), batchSize);
        const planner = plannerIn(out);
        const { listener, fetched } = account();
        const all = list.flat();
        if (peeks) assert.equal((await provisioner.peek()).length, Math.min(batchSize, all.length));
        const batches = [];
        for (;;) {
          const batch = await provisioner.next(planner, listener);
          if (batch === undefined) break;
          batches.push(batch.documents);
        }
        assert.deepEqual(
          batches.flat().map(({ url }) => url),
          all.map(({ text }) => text),
        );
        assert.deepEqual(
          batches.flat().map(({ sequence }) => sequence),
          all.map((_, at) => at),
        );
        assert.deepEqual(
          fetched,
          all.map((_, at) => at),
        );
        for (const batch of batches.slice(0, -1)) assert.equal(batch.length, batchSize);
        assert.equal(await provisioner.next(planner, listener), undefined, 'the end stays the end');
      }),
    ),
    { numRuns: 60 },
  );
});

test('nothing is read before it is wanted', () =>
  withFolder(async (out) => {
    let reads = 0;
    const list = Array.from({ length: 100 }, (_, at) => urls(at * 4, 4));
    const provisioner = new Provisioner(
      blocks(list, () => reads++),
      4,
    );
    assert.equal(reads, 0);
    await provisioner.next(plannerIn(out), account().listener);
    assert.ok([1, 2].includes(reads), `${reads} blocks read for one batch`);
  }));

test('lines that need no worker go to the listener and fill no batch', () =>
  withFolder(async (out) => {
    const bad = { number: 9, text: 'no url', tooLong: false };
    const [one, two] = urls(1, 2);
    const provisioner = new Provisioner(
      blocks([
        [one!, bad, one!],
        [bad, two!, one!],
      ]),
      2,
    );
    const { listener, settled } = account();
    const batch = await provisioner.next(plannerIn(out), listener);
    assert.deepEqual(
      batch?.documents.map(({ url }) => url),
      [one!.text, two!.text],
    );
    assert.deepEqual(settled, ['bad', 'duplicate', 'bad']);
  }));

test('a batch is cut short when the source pauses, and what comes later is in the next', () =>
  withFolder(async (out) => {
    const pipe = new Pipe();
    const provisioner = new Provisioner(pipe.iterator, 10);
    const planner = plannerIn(out);
    const { listener } = account();
    pipe.give(urls(1, 3));
    const first = await provisioner.next(planner, listener);
    assert.equal(first?.documents.length, 3, 'what is there goes out, though the pipe is open');
    const second = provisioner.next(planner, listener);
    pipe.give(urls(4, 2));
    pipe.end();
    assert.equal((await second)?.documents.length, 2);
    assert.equal(await provisioner.next(planner, listener), undefined);
  }));

test('without a first line it waits, however long the source pauses', () =>
  withFolder(async (out) => {
    const pipe = new Pipe();
    const provisioner = new Provisioner(pipe.iterator, 10);
    let peeked: readonly ListLine[] | undefined;
    const peeking = provisioner.peek().then((lines) => (peeked = lines));
    pipe.give([]);
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(peeked, undefined);
    pipe.give(urls(1, 1));
    assert.equal((await peeking).length, 1);
    const batch = await provisioner.next(plannerIn(out), account().listener);
    assert.equal(batch?.documents.length, 1, 'what was peeked at is not lost');
  }));

test('a list without any line has no batch', () =>
  withFolder(async (out) => {
    const provisioner = new Provisioner(blocks([[], []]), 4);
    assert.deepEqual(await provisioner.peek(), []);
    assert.equal(await provisioner.next(plannerIn(out), account().listener), undefined);
  }));

test('where the listener forbids a URL the batch ends before it, and no other comes', () =>
  withFolder(async (out) => {
    const provisioner = new Provisioner(blocks([urls(1, 10)]), 8);
    const planner = plannerIn(out);
    const { listener, fetched } = account(3);
    assert.equal((await provisioner.next(planner, listener))?.documents.length, 3);
    assert.equal(await provisioner.next(planner, listener), undefined);
    assert.deepEqual(fetched, [0, 1, 2]);
  }));

test('after a stop nothing more is given', () =>
  withFolder(async (out) => {
    const provisioner = new Provisioner(blocks([urls(1, 10)]), 4);
    await provisioner.next(plannerIn(out), account().listener);
    provisioner.stop();
    assert.equal(await provisioner.next(plannerIn(out), account().listener), undefined);
  }));

test('an error of the source reaches who asks, also when it came during a pause', () =>
  withFolder(async (out) => {
    let fail: (() => void) | undefined;
    async function* failing(): AsyncGenerator<ListLine[], void> {
      yield await Promise.resolve(urls(1, 1));
      await new Promise((_, reject) => (fail = () => reject(new Error('unreadable'))));
    }
    const provisioner = new Provisioner(failing(), 4);
    const planner = plannerIn(out);
    assert.equal((await provisioner.next(planner, account().listener))?.documents.length, 1);
    fail?.();
    await new Promise((resolve) => setImmediate(resolve));
    await assert.rejects(provisioner.next(planner, account().listener), /unreadable/);
  }));
