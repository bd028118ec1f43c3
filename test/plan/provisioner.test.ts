// Batches are pulled, of a fixed size, and cut short when the source pauses; nothing is read before somebody wants it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ListReader } from '../../src/plan/list-reader.ts';
import { Planner } from '../../src/plan/planner.ts';
import { provision, type Provision } from '../../src/plan/provisioner.ts';
import type { ListLine } from '../../src/plan/url-list.ts';
import { FolderDestination } from '../../src/storage/folder/folder-destination.ts';
import { Manifest } from '../../src/storage/manifest/manifest.ts';
import { withFolder } from '../support/test-folder.ts';

function urls(from: number, count: number): ListLine[] {
  return Array.from({ length: count }, (_, at) => ({
    number: from + at,
    text: `https://a.example/${from + at}`,
    tooLong: false,
  }));
}

function plannerIn(out: string): Planner {
  const settings = { layout: 'flat', existing: 'skip', recheckMissingMs: 0 } as const;
  return new Planner(settings, Manifest.read(`${out}/none`), new FolderDestination(out), () => 0);
}

/** The next provision of a list; undefined at its end. */
async function next(provisions: AsyncIterator<Provision, void>): Promise<Provision | undefined> {
  return (await provisions.next()).value ?? undefined;
}

/** URLs of the next provision's batch; undefined at the end. */
async function nextUrls(provisions: AsyncIterator<Provision, void>): Promise<string[] | undefined> {
  return (await next(provisions))?.batch.map(({ entry }) => entry.url);
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

test('every line comes in exactly one provision, in list order, in full batches but for the last', async () => {
  const sizes = fc.array(fc.nat(7), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(sizes, fc.integer({ min: 1, max: 6 }), fc.boolean(), (counts, batchSize, peeks) =>
      withFolder(async (out) => {
        let from = 1;
        const lines = counts.map((count) => urls((from += count) - count, count));
        const list = new ListReader(blocks(lines));
        const all = lines.flat();
        if (peeks) assert.equal((await list.peek(batchSize)).length, Math.min(batchSize, all.length));
        const batches = [];
        for await (const { batch, settled } of provision(list, plannerIn(out), batchSize)) {
          assert.equal(settled.length, 0);
          batches.push(batch);
        }
        assert.deepEqual(
          batches.flat().map(({ entry }) => entry.url),
          all.map(({ text }) => text),
        );
        for (const batch of batches.slice(0, -1)) assert.equal(batch.length, batchSize);
        assert.equal(list.length, all.length);
        assert.equal(await list.read(), undefined, 'the end stays the end');
      }),
    ),
    { numRuns: 60 },
  );
});

test('nothing is read before it is wanted', () =>
  withFolder(async (out) => {
    let reads = 0;
    const lines = Array.from({ length: 100 }, (_, at) => urls(at * 4, 4));
    const list = new ListReader(blocks(lines, () => reads++));
    const provisions = provision(list, plannerIn(out), 4);
    assert.equal(reads, 0);
    await next(provisions);
    assert.ok([1, 2].includes(reads), `${reads} blocks read for one batch`);
    assert.equal(list.length, undefined, 'nobody knows how long it is');
  }));

test('lines that need no request are given beside the batches, and fill none', () =>
  withFolder(async (out) => {
    const bad = { number: 9, text: 'no url', tooLong: false };
    const [one, two] = urls(1, 2);
    const list = new ListReader(
      blocks([
        [one!, bad, one!],
        [bad, two!, one!],
      ]),
    );
    const settled: string[] = [];
    const batches: string[][] = [];
    for await (const value of provision(list, plannerIn(out), 2)) {
      settled.push(...value.settled.map(({ kind }) => kind));
      if (value.batch.length > 0) batches.push(value.batch.map(({ entry }) => entry.url));
    }
    assert.deepEqual(batches, [[one!.text, two!.text]]);
    assert.deepEqual(settled, ['bad', 'duplicate', 'bad', 'duplicate']);
  }));

test('a batch is cut short when the source pauses, and what comes later is in the next', () =>
  withFolder(async (out) => {
    const pipe = new Pipe();
    const provisions = provision(new ListReader(pipe.iterator), plannerIn(out), 10);
    pipe.give(urls(1, 3));
    assert.equal((await nextUrls(provisions))?.length, 3, 'what is there goes out, though the pipe is open');
    const second = nextUrls(provisions);
    pipe.give(urls(4, 2));
    pipe.end();
    assert.equal((await second)?.length, 2);
    assert.equal(await next(provisions), undefined);
  }));

test('without a first line it waits, however long the source pauses', () =>
  withFolder(async (out) => {
    const pipe = new Pipe();
    const list = new ListReader(pipe.iterator);
    let peeked: readonly ListLine[] | undefined;
    const peeking = list.peek(10).then((lines) => (peeked = lines));
    pipe.give([]);
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(peeked, undefined);
    pipe.give(urls(1, 1));
    assert.equal((await peeking).length, 1);
    assert.equal((await nextUrls(provision(list, plannerIn(out), 10)))?.length, 1, 'what was peeked at is not lost');
  }));

test('a list without any line has no batch', () =>
  withFolder(async (out) => {
    const list = new ListReader(blocks([[], []]));
    assert.deepEqual(await list.peek(4), []);
    assert.equal(await next(provision(list, plannerIn(out), 4)), undefined);
    assert.equal(list.length, 0);
  }));

test('after a stop nothing more is read, and who waits for a silent source is let go', () =>
  withFolder(async (out) => {
    const pipe = new Pipe();
    const list = new ListReader(pipe.iterator);
    const provisions = provision(list, plannerIn(out), 2);
    pipe.give(urls(1, 2));
    assert.equal((await nextUrls(provisions))?.length, 2);
    const waiting = next(provisions);
    list.stop();
    assert.equal(await waiting, undefined);
    pipe.give(urls(3, 2));
    assert.equal(await list.read(), undefined);
  }));

test('an error of the source reaches who asks, also when it came during a pause', () =>
  withFolder(async (out) => {
    let fail: (() => void) | undefined;
    async function* failing(): AsyncGenerator<ListLine[], void> {
      yield await Promise.resolve(urls(1, 1));
      await new Promise((_, reject) => (fail = () => reject(new Error('unreadable'))));
    }
    const provisions = provision(new ListReader(failing()), plannerIn(out), 4);
    assert.equal((await nextUrls(provisions))?.length, 1);
    fail?.();
    await new Promise((resolve) => setImmediate(resolve));
    await assert.rejects(next(provisions), /unreadable/);
  }));
