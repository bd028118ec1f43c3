// One run over workers that a test plays: what they are given, why the run ends, and what its accounts say then.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { DocumentRequest } from '../../src/model/document.ts';
import type { Outcome } from '../../src/model/outcome.ts';
import type { RunEvent } from '../../src/model/run-event.ts';
import { Run } from '../../src/run/run.ts';
import type { RunResult } from '../../src/run/run-ports.ts';
import type { RunSettings } from '../../src/run/settings.ts';
import { readUrlList } from '../../src/plan/url-list.ts';
import { UsageError } from '../../src/model/errors.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { PlayedWorkers } from '../support/played-workers.ts';
import { testFolder } from '../support/command-line.ts';

const EFFORT = { attempts: 1, requests: 1, startedAtMs: 0, settledAtMs: 0 };
const MISSING: Outcome = {
  kind: 'missing',
  effort: EFFORT,
  failure: { code: 'not-found', message: '404', transient: false },
};

function failed(transient: boolean): Outcome {
  return { kind: 'failed', effort: EFFORT, failure: { code: 'http-status', message: 'status 500', transient } };
}

function settingsOf(destination: string, more: Partial<RunSettings>): RunSettings {
  return {
    destination,
    stateFolder: join(destination, 'state'),
    layout: 'flat',
    existing: 'skip',
    secRate: 8,
    batchSize: 4,
    workers: 1,
    connections: 4,
    blockPauseMs: 1000,
    giveUpMs: 1000,
    recheckMissingMs: 0,
    connectTimeoutMs: 1000,
    fsync: false,
    http: {
      userAgent: 'test',
      mayContactSec: true,
      idleTimeoutMs: 1000,
      maxTimeMs: 1000,
      maxBytes: 1000,
      check: 'document',
      retries: 0,
    },
    proxies: {},
    reportUnchanged: false,
    ...more,
  };
}

interface Scene {
  readonly list: string | AsyncIterable<Uint8Array>;
  readonly play?: (document: DocumentRequest, out: string) => Outcome | undefined;
  readonly settings?: Partial<RunSettings>;
}

class Stage {
  readonly out: string;
  readonly clock = new FakeClock();
  readonly events: RunEvent[] = [];
  readonly run: Run;
  workers: PlayedWorkers | undefined;

  constructor(context: TestContext, { list, play = saved, settings = {} }: Scene) {
    this.out = join(testFolder(context), 'out');
    const source = typeof list === 'string' ? onePiece(list) : list;
    this.run = new Run(settingsOf(this.out, settings), {
      lines: readUrlList(source, 'urls.txt'),
      version: '0',
      pid: process.pid,
      clock: this.clock,
      optionsForLog: {},
      emit: (event) => this.events.push(event),
      openWorkers: (destination, listener) =>
        (this.workers = new PlayedWorkers(listener, (document) => play(document, destination))),
    });
  }

  complete(): Promise<RunResult> {
    return this.run.complete();
  }

  /** The words of the last row in `runs.jsonl`. */
  get lastRun(): { end: string; exitCode: number } {
    const lines = readFileSync(join(this.out, '.edgar-fetch', 'runs.jsonl'), 'utf8')
      .trim()
      .split('\n');
    return JSON.parse(lines.at(-1) ?? '') as { end: string; exitCode: number };
  }
}

async function* onePiece(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(text));
}

/** As a worker that saves: the file is in place before the outcome is told. */
function saved({ paths }: DocumentRequest, out: string): Outcome {
  const path = paths[0] ?? '';
  writeFileSync(join(out, path), 'x');
  return { kind: 'saved', effort: EFFORT, document: { path, bytes: 1, sha256: 'x' } };
}

function urls(count: number, host = 'a.example'): string {
  return Array.from({ length: count }, (_, at) => `https://${host}/${at}.xml\n`).join('');
}

/** Until the whole list is out. */
async function untilIdle(stage: Stage): Promise<void> {
  while (stage.workers?.calls.includes('idle') !== true) await new Promise((resolve) => setImmediate(resolve));
}

test('batches are given in list order until the list ends; then the workers are idle, closed, ended', async (context) => {
  const stage = new Stage(context, { list: urls(10) });
  const { exitCode, counts } = await stage.complete();
  assert.deepEqual([exitCode, counts.saved, counts.lines], [0, 10, 10]);
  assert.deepEqual(
    stage.workers?.batches.map((batch) => batch.length),
    [4, 4, 2],
  );
  assert.equal(stage.workers.batches.flat().join('\n'), urls(10).trim());
  assert.deepEqual(stage.workers.calls, ['idle', 'close', 'terminate']);
});

test('what is there is given to nobody when the same list comes again', async (context) => {
  const stage = new Stage(context, { list: urls(3) });
  await stage.complete();
  const calls: string[] = [];
  const again = new Run(settingsOf(stage.out, {}), {
    lines: readUrlList(onePiece(urls(4)), 'urls.txt'),
    version: '0',
    pid: process.pid,
    clock: stage.clock,
    optionsForLog: {},
    emit: () => undefined,
    openWorkers: (destination, listener) =>
      new PlayedWorkers(listener, (document) => {
        calls.push(document.url);
        return saved(document, destination);
      }),
  });
  const { counts } = await again.complete();
  assert.deepEqual([calls, counts.unchanged, counts.saved], [['https://a.example/3.xml'], 3, 1]);
});

for (const { name, list, play, exitCode } of [
  { name: 'an empty list', list: '# nothing\n', play: saved, exitCode: 0 },
  { name: 'a transient failure', list: urls(1), play: () => failed(true), exitCode: 75 },
  { name: 'a permanent failure', list: urls(1), play: () => failed(false), exitCode: 1 },
  { name: 'a document newly found missing', list: urls(1), play: () => MISSING, exitCode: 1 },
  { name: 'a document that is left', list: urls(1), play: (): Outcome => ({ kind: 'left' }), exitCode: 75 },
]) {
  test(`${name} ends a run with ${exitCode}`, async (context) => {
    const stage = new Stage(context, { list, play });
    assert.equal((await stage.complete()).exitCode, exitCode);
    if (name === 'an empty list') assert.equal(existsSync(stage.out), false, 'nothing is created');
    else assert.equal(stage.lastRun.exitCode, exitCode);
  });
}

test('a document of the SEC in the first batch, and no usable User-Agent: nothing is created', async (context) => {
  const list = `${urls(2)}https://www.sec.gov/Archives/a.xml\n`;
  const stage = new Stage(context, { list, settings: { secProblem: 'no User-Agent' } });
  await assert.rejects(stage.complete(), new UsageError('no User-Agent'));
  assert.deepEqual([existsSync(stage.out), stage.workers], [false, undefined]);
});

test('the same where a manifest is there: nothing is given, and no row is written', async (context) => {
  const stage = new Stage(context, { list: urls(1) });
  await stage.complete();
  const before = readFileSync(join(stage.out, '.edgar-fetch', 'runs.jsonl'), 'utf8');
  const given: string[] = [];
  const again = new Run(settingsOf(stage.out, { secProblem: 'no User-Agent' }), {
    lines: readUrlList(onePiece('https://www.sec.gov/Archives/a.xml\n'), 'urls.txt'),
    version: '0',
    pid: process.pid,
    clock: stage.clock,
    optionsForLog: {},
    emit: () => undefined,
    openWorkers: (_, listener) =>
      new PlayedWorkers(listener, ({ url }) => {
        given.push(url);
        return undefined;
      }),
  });
  await assert.rejects(again.complete(), new UsageError('no User-Agent'));
  assert.deepEqual(given, []);
  assert.equal(readFileSync(join(stage.out, '.edgar-fetch', 'runs.jsonl'), 'utf8'), before);
});

test('the same later in the list: what was given stays, the rest is left, exit 2', async (context) => {
  const list = `${urls(4)}https://www.sec.gov/Archives/a.xml\nhttps://a.example/late.xml\n`;
  const stage = new Stage(context, { list, settings: { secProblem: 'no User-Agent' } });
  const { exitCode, counts, end } = await stage.complete();
  assert.deepEqual([exitCode, end], [2, { kind: 'usage', message: 'no User-Agent' }]);
  assert.deepEqual([counts.saved, counts.left, counts.lines], [4, 2, 6]);
  assert.deepEqual(stage.workers?.batches.length, 1);
});

test('the first signal drains, the second ends the workers at once; what is out is left', async (context) => {
  const stage = new Stage(context, { list: urls(2), play: () => undefined });
  const completed = stage.complete();
  await untilIdle(stage);
  stage.run.interrupt('SIGINT');
  assert.deepEqual(stage.workers?.calls, ['idle', 'drain']);
  stage.run.interrupt('SIGINT');
  assert.deepEqual(stage.workers.calls.at(-1), 'terminate');
  stage.workers.settleAll({ kind: 'left', requests: 1 });
  const { exitCode, counts } = await completed;
  assert.deepEqual([exitCode, counts.left, counts.requests], [130, 2, 2]);
});

test('an end that a worker tells drains; the strongest end counts; only some abort what is in flight', async (context) => {
  const stage = new Stage(context, { list: urls(1), play: () => undefined });
  const completed = stage.complete();
  await untilIdle(stage);
  stage.workers?.end({ kind: 'gave-up', message: 'an outage' });
  stage.workers?.end({ kind: 'cannot-write', message: 'the disk is full' });
  assert.deepEqual(stage.workers?.calls, ['idle', 'drain', 'cancel']);
  stage.workers.settleAll({ kind: 'left' });
  assert.equal((await completed).exitCode, 4);
});

test('--stop-after drains a run whose list is silent, and stops nothing when all was done', async (context) => {
  let end: (() => void) | undefined;
  async function* silent(): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(Buffer.from(urls(1)));
    await new Promise<void>((resolve) => (end = resolve));
  }
  const stage = new Stage(context, { list: silent(), settings: { stopAfterMs: 60_000 } });
  const completed = stage.complete();
  while ((stage.run.standing()?.done ?? 0) === 0) await new Promise((resolve) => setImmediate(resolve));
  await stage.clock.advance(60_000);
  const { exitCode, counts } = await completed;
  assert.deepEqual([exitCode, counts.saved], [75, 1]);
  end?.();
});

test('its standing counts what is answered and what is out, and knows the list when that was read', async (context) => {
  const stage = new Stage(context, {
    list: `${urls(3)}not a URL\nhttps://a.example/0.xml\n`,
    play: ({ sequence }, out) =>
      sequence === 0 ? saved({ paths: ['0.xml'] } as unknown as DocumentRequest, out) : undefined,
  });
  assert.equal(stage.run.standing(), undefined);
  const completed = stage.complete();
  while ((stage.run.standing()?.failed ?? 0) < 1 || stage.run.standing()?.done !== 3)
    await new Promise((resolve) => setImmediate(resolve));
  const standing = stage.run.standing();
  assert.deepEqual([standing?.done, standing?.inFlight, standing?.lines, standing?.failed], [3, 2, 5, 1]);
  stage.workers?.settleAll(MISSING);
  const { counts } = await completed;
  assert.deepEqual([counts.missing, counts.duplicates, counts.failed, counts.saved], [2, 1, 1, 1]);
});
