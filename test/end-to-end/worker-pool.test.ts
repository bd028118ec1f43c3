// The pool survives its workers: whatever takes a thread down, every URL settles exactly once and the run goes on.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startCommand, testFolder, type CommandEnd } from '../support/command-line.ts';
import { documentsIn, manifestRows, stateFilesIn } from '../support/destination.ts';
import { until } from '../support/polling.ts';
import { startEdgarStandIn } from '../support/edgar-stand-in.ts';

const PRELOAD = fileURLToPath(new URL('../support/crash-worker.cjs', import.meta.url));
const COUNT = 200;
const NAMES = Array.from({ length: COUNT }, (_, number) => `doc-${number}.xml`);

interface Crash {
  readonly how: 'exit-0' | 'exit-7' | 'throw' | 'heap' | 'spin';
  readonly names: readonly string[];
  readonly once: boolean;
  readonly options?: readonly string[];
  /** Sent once most documents are there. */
  readonly signal?: 'SIGTERM';
}

async function runWithCrash(
  context: Parameters<typeof testFolder>[0],
  crash: Crash,
): Promise<{ end: CommandEnd; out: string }> {
  const cwd = testFolder(context);
  const server = await startEdgarStandIn({ documents: (path) => ({ body: Buffer.from(`<a>${path}</a>`) }) });
  context.after(() => server.close());
  const markers = join(cwd, 'markers');
  mkdirSync(markers);
  const out = join(cwd, 'downloads');
  const running = startCommand(['--workers', '2', ...(crash.options ?? [])], {
    cwd,
    stdin: NAMES.map((name) => `${server.origin}/x/${name}\n`).join(''),
    env: {
      // A small heap runs out soon.
      NODE_OPTIONS: `--require ${PRELOAD} --max-old-space-size=64`,
      CRASH_NAMES: crash.names.join(','),
      CRASH_HOW: crash.how,
      ...(crash.once ? { CRASH_ONCE: markers } : {}),
    },
  });
  if (crash.signal !== undefined) {
    await until('most documents are there', () => existsSync(out) && documentsIn(out).length >= COUNT - MOST_LEFT);
    running.child.kill(crash.signal);
  }
  return { end: await running.ended, out };
}

for (const how of ['exit-0', 'exit-7', 'throw', 'heap'] as const) {
  test(`a thread that ends by ${how} in the middle of its batch costs no document`, async (context) => {
    const { end, out } = await runWithCrash(context, { how, names: ['doc-20.xml', 'doc-111.xml'], once: true });
    assert.deepEqual([end.exitCode, end.stderr], [0, '']);
    assert.deepEqual(documentsIn(out), [...NAMES].sort());
    assert.equal(new Set(manifestRows(out).map(({ url }) => url)).size, COUNT);
    assert.equal(manifestRows(out).length, COUNT, 'one row a URL');
    assert.deepEqual(stateFilesIn(out), ['manifest.jsonl', 'runs.jsonl']);
  });
}

test('a document that takes a worker down twice settles as worker-crashed, its neighbours are saved', async (context) => {
  const { end, out } = await runWithCrash(context, { how: 'exit-7', names: ['doc-20.xml', 'doc-21.xml'], once: false });
  assert.equal(end.exitCode, 1);
  assert.match(end.stderr, /^worker-crashed: 2\n.*took a worker thread down twice/m);
  const rows = manifestRows(out);
  assert.equal(rows.length, COUNT);
  const failed = rows.filter(({ status }) => status === 'failed');
  assert.deepEqual(
    failed.map(({ url, error }) => `${url.slice(url.lastIndexOf('/') + 1)} ${error?.code ?? ''}`).sort(),
    ['doc-20.xml worker-crashed', 'doc-21.xml worker-crashed'],
  );
  assert.equal(documentsIn(out).length, COUNT - 2);
});

/** Tests that take up to a minute. */
const LONG = {
  skip: process.env['EDGAR_FETCH_LONG_TESTS'] === '1' ? false : 'it takes a minute: EDGAR_FETCH_LONG_TESTS=1',
};

/** What the spinning thread had not settled is left: its batch, and as many as its connections hold. */
const MOST_LEFT = 40;

const SPINS = [
  // How many are saved in two seconds is the machine's affair.
  { ending: '--stop-after', options: ['--stop-after', '2s'], exitCode: 75, leastRows: 0 },
  { ending: 'SIGTERM', signal: 'SIGTERM', exitCode: 143, leastRows: COUNT - MOST_LEFT },
] as const;

for (const { ending, exitCode, leastRows, ...crash } of SPINS) {
  test(`a thread that spins for ever does not keep a run from ending by ${ending}`, async (context) => {
    const { end, out } = await runWithCrash(context, { how: 'spin', names: ['doc-20.xml'], once: false, ...crash });
    assert.equal(end.exitCode, exitCode, end.stderr);
    const rows = manifestRows(out);
    assert.ok(rows.length >= leastRows && rows.length < COUNT, `${rows.length} rows`);
    assert.ok(rows.every(({ status }) => status === 'saved'));
    assert.match(end.stderr, new RegExp(`${rows.length} saved`));
    assert.equal(new Set(rows.map(({ url }) => url)).size, rows.length, 'one row a document');
  });
}

test('a thread that spins for ever once costs no document', LONG, async (context) => {
  const { end, out } = await runWithCrash(context, { how: 'spin', names: ['doc-20.xml'], once: true });
  assert.deepEqual([end.exitCode, end.stderr], [0, '']);
  assert.deepEqual(documentsIn(out), [...NAMES].sort());
  assert.equal(manifestRows(out).length, COUNT, 'one row a URL');
});

test(
  'a document that makes two threads in a row spin for ever settles as worker-crashed, its neighbours are saved',
  LONG,
  async (context) => {
    const { end, out } = await runWithCrash(context, { how: 'spin', names: ['doc-20.xml'], once: false });
    assert.equal(end.exitCode, 1, end.stderr);
    assert.match(end.stderr, /worker-crashed.*it did not answer for 20 s/);
    assert.equal(documentsIn(out).length, COUNT - 1);
    assert.equal(manifestRows(out).length, COUNT, 'one row a URL');
  },
);
