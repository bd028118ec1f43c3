// What is shown without a terminal: a line a minute and pauses at --log-level info, fields in JSON, a warning that matters
// whatever the exit code; and which terminals get a line of progress.
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { mock, test, type TestContext } from 'node:test';
import { Reporter, type ReporterOptions } from '../../src/cli/reporter.ts';
import type { Standing } from '../../src/model/standing.ts';
import { emptyCounts } from '../../src/model/summary.ts';
import type { RunResult } from '../../src/run/run-ports.ts';

const STANDING: Standing = {
  done: 0,
  asked: 0,
  inFlight: 2,
  missing: 0,
  failed: 0,
  bytes: 0,
  draining: false,
  lines: 4800,
  pace: { perSecond: 8, fullPerSecond: 8 },
};

interface Stage {
  readonly reporter: Reporter;
  /** What was written to stderr, without the terminal's codes. */
  text(): string;
  standing: Standing;
}

interface StageOptions extends Partial<ReporterOptions> {
  readonly isTerminal?: boolean;
  readonly env?: NodeJS.ProcessEnv;
}

function openStage({ isTerminal = false, env = {}, ...options }: StageOptions = {}): Stage {
  const written: string[] = [];
  const stderr = Object.assign(new EventEmitter(), {
    isTTY: isTerminal,
    columns: 80,
    write: (text: string) => written.push(text),
  });
  const process = Object.assign(new EventEmitter(), { stdout: stderr, stderr, env, pid: 0, kill: () => true });
  const usual = {
    json: false,
    quiet: false,
    logLevel: undefined,
    logFormat: 'pretty',
    progress: true,
    destination: 'd',
  } as const;
  const reporter = new Reporter({
    ...usual,
    source: { name: 'the list' },
    sameOptions: '',
    process: process as unknown as ReporterOptions['process'],
    ...options,
  });
  const stage: Stage = { reporter, text: () => written.join(''), standing: STANDING };
  reporter.start(() => stage.standing);
  return stage;
}

function result(exitCode: number): RunResult {
  const end = { kind: 'completed' } as const;
  return { end, exitCode, counts: { ...emptyCounts(), lines: 1, saved: 1 }, elapsedMs: 10, emptyList: false };
}

/** Lets a run at 8/s go on for so long. */
function runFor(stage: Stage, seconds: number): void {
  for (let second = 0; second < seconds; second++) {
    const done = stage.standing.done + 8;
    stage.standing = { ...stage.standing, done, asked: done, bytes: done * 1000 };
    mock.timers.tick(1000);
  }
}

function turnClock(context: TestContext): void {
  mock.timers.enable({ apis: ['setInterval', 'Date'] });
  context.after(() => mock.timers.reset());
}

test('--log-level info says once a minute how far it is, and each pause as it begins and ends', async (context) => {
  turnClock(context);
  const stage = openStage({ logLevel: 'info' });
  runFor(stage, 125);
  stage.reporter.take({ kind: 'waiting', host: 'sec.gov', cause: 'block', untilMs: Date.now() + 60_000 });
  stage.standing = { ...stage.standing, pace: { perSecond: 4, fullPerSecond: 8 } };
  for (let second = 0; second < 60; second++) mock.timers.tick(1000);
  stage.reporter.take({ kind: 'resumed', host: 'sec.gov' });
  await stage.reporter.stop();
  assert.deepEqual(stage.text().trimEnd().split('\n'), [
    'INFO: 480 of 4,800, 10%, 8.0 documents/s, 480 kB, 9m 0s left',
    'INFO: 960 of 4,800, 20%, 8.0 documents/s, 960 kB, 8m 0s left',
    'WARN: sec.gov: the SEC asked for silence ("too fast"); nothing is sent until 1970-01-01T00:03:05.000Z',
    'INFO: 1,000 of 4,800, 20%, rate-limited by the SEC, resuming in 5s, 1.0 MB, 15m 55s left',
    'INFO: the SEC answers again; going on at 4 requests a second, and 1 more for each hour without a block, up to 8',
  ]);
});

test('without a level nothing is said while it goes on, and nothing at the end if all is well', async (context) => {
  turnClock(context);
  const stage = openStage();
  runFor(stage, 125);
  stage.reporter.take({ kind: 'warning', message: 'something' });
  await stage.reporter.finish(result(0));
  assert.equal(stage.text(), '');
});

test('that the limit is not shared is said at once, whatever the exit code', async () => {
  const stage = openStage();
  stage.reporter.take({ kind: 'warning', message: 'not shared', always: true });
  stage.reporter.take({ kind: 'warning', message: 'only if it fails' });
  await stage.reporter.finish(result(0));
  assert.equal(stage.text(), 'WARN: not shared\n');
});

test('JSON lines carry fields', async (context) => {
  turnClock(context);
  const stage = openStage({ logLevel: 'debug', logFormat: 'json' });
  const url = 'https://a.example/1.xml';
  const saved = { url, status: 'saved', path: '1.xml', bytes: 12, requests: 1, line: 3 } as const;
  const error = { code: 'forbidden', message: 'no' } as const;
  stage.reporter.take({ kind: 'settled', transient: false, row: saved });
  stage.reporter.take({ kind: 'settled', transient: false, row: { url, status: 'failed', error } });
  stage.reporter.take({ kind: 'waiting', host: 'a.example', cause: 'outage', untilMs: 0 });
  stage.reporter.take({ kind: 'resumed', host: 'a.example' });
  runFor(stage, 60);
  await stage.reporter.finish(result(1));
  const told = stage
    .text()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const fields = told.map(({ level, time, pid, hostname, msg, ...rest }) => {
    assert.deepEqual(
      [level, time, pid, hostname, msg].map((value) => typeof value).join(),
      'number,number,number,string,string',
    );
    return rest;
  });
  assert.deepEqual(fields.slice(0, 4), [
    { event: 'settled', ...saved },
    { event: 'settled', url, status: 'failed', code: 'forbidden' },
    { event: 'pause', host: 'a.example', cause: 'outage', until: '1970-01-01T00:00:00.000Z' },
    { event: 'resume', host: 'a.example' },
  ]);
  const { event, done, total, leftMs } = fields[4]!;
  assert.deepEqual([event, done, total, leftMs], ['progress', 480, 4800, 540_000]);
  const { event: last, destination, exitCode, failures } = fields[5]!;
  assert.deepEqual(
    [last, destination, exitCode, failures],
    ['summary', 'd', 1, [{ code: 'forbidden', url, message: 'no' }]],
  );
});

const TERMINALS: readonly (readonly [string, StageOptions, boolean])[] = [
  ['a terminal', { isTerminal: true }, true],
  ['no terminal', {}, false],
  ['TERM=dumb', { isTerminal: true, env: { TERM: 'dumb' } }, false],
  ['CI', { isTerminal: true, env: { CI: 'true' } }, false],
  ['CI that says no', { isTerminal: true, env: { CI: 'false' } }, true],
  ['--quiet', { isTerminal: true, quiet: true }, false],
  ['--no-progress', { isTerminal: true, progress: false }, false],
];

for (const [what, options, hasLine] of TERMINALS) {
  test(`${what}: ${hasLine ? 'a' : 'no'} line of progress`, async (context) => {
    turnClock(context);
    const stage = openStage(options);
    runFor(stage, 3);
    assert.equal(stage.text().includes('24 of 4,800'), hasLine, stage.text());
    await stage.reporter.stop();
    assert.equal(stage.text().endsWith('\r\u001b[K'), hasLine, 'taken away');
  });
}

for (const [env, coloured] of [
  [{}, true],
  [{ NO_COLOR: '1' }, false],
  [{ NO_COLOR: '' }, true],
  [{ TERM: 'dumb' }, false],
] as const) {
  test(`colours on a terminal with ${JSON.stringify(env)}: ${coloured ? 'yes' : 'no'}`, async () => {
    const stage = openStage({ isTerminal: true, env, progress: false });
    await stage.reporter.warn('careful');
    assert.equal(stage.text().includes('\u001b[33mWARN'), coloured, stage.text());
    assert.ok(stage.text().includes('careful'));
  });
}
