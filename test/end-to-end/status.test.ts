// `edgar-fetch status`, and what `--dry-run` knows of the SEC's block: read from the files alone, whoever writes them.
import assert from 'node:assert/strict';
import { appendFileSync, chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { runCommand, startCommand, testFolder, type CommandEnd } from '../support/command-line.ts';
import { stateFilesIn } from '../support/destination.ts';
import { startEdgarStandIn, type EdgarStandIn } from '../support/edgar-stand-in.ts';
import { until } from '../support/polling.ts';

interface World {
  readonly cwd: string;
  readonly server: EdgarStandIn;
  list(count: number): string;
  status(...args: string[]): Promise<CommandEnd>;
}

/** A server whose documents with `bad` in their name fail; those with `slow` never come. */
async function openWorld(context: TestContext): Promise<World> {
  const cwd = testFolder(context);
  const server = await startEdgarStandIn({
    documents: (path) => (path.includes('none') ? undefined : { body: Buffer.from('<xbrl/>') }),
    intercept: (request, response) => {
      if (request.url?.includes('bad') === true) response.writeHead(400).end();
      return /bad|slow/.test(request.url ?? '');
    },
  });
  context.after(() => server.close());
  return {
    cwd,
    server,
    list: (count) => Array.from({ length: count }, (_, at) => `${server.origin}/${at}.xml\n`).join(''),
    status: (...args) => runCommand(['status', ...args], { cwd }),
  };
}

function fieldOf(row: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], row);
}

test('after a run: what is saved, failed by code and missing, how it ended, and the next command', async (context) => {
  const world = await openWorld(context);
  const list = `${world.list(3)}${world.server.origin}/bad.xml\n${world.server.origin}/none.xml\nno url\n`;
  const first = await runCommand(['--out', 'd', '--layout', 'filing'], { cwd: world.cwd, stdin: list });
  assert.equal(first.exitCode, 1);
  const before = stateFilesIn(join(world.cwd, 'd'));
  const end = await world.status('d');
  assert.deepEqual([end.exitCode, end.stderr], [0, '']);
  assert.match(end.stdout, /^saved: +3 documents, 21 B \(1 run, \d{4}-\d\d-\d\d \d\d:\d\d to .* UTC\)$/m);
  assert.match(end.stdout, /^failed: +2 \((http-status 1, invalid-url 1|invalid-url 1, http-status 1)\)$/m);
  assert.match(end.stdout, /^missing: +1$/m);
  assert.match(end.stdout, /^last run: .*; it came to the end of its list \(exit 1\)$/m);
  assert.match(end.stdout, /^now: +no run holds the folder$/m);
  assert.match(end.stdout, /^next: +edgar-fetch d\/\.edgar-fetch\/failed\.txt --out d --layout filing$/m);
  assert.deepEqual(stateFilesIn(join(world.cwd, 'd')), before, 'it wrote nothing');

  const row: unknown = JSON.parse((await world.status('d', '--json')).stdout);
  assert.deepEqual(fieldOf(row, 'failedByCode'), { 'http-status': 1, 'invalid-url': 1 });
  assert.deepEqual([fieldOf(row, 'documents'), fieldOf(row, 'bytes'), fieldOf(row, 'missing')], [3, 21, 1]);
  assert.deepEqual([fieldOf(row, 'runs', 'last', 'exitCode'), fieldOf(row, 'holder')], [1, undefined]);
});

test('a folder in which all is well needs nothing; a read-only one is read too', async (context) => {
  const world = await openWorld(context);
  await runCommand(['--out', 'd'], { cwd: world.cwd, stdin: world.list(2) });
  const folder = join(world.cwd, 'd/.edgar-fetch');
  chmodSync(folder, 0o555);
  const end = await world.status('d');
  chmodSync(folder, 0o755);
  assert.match(end.stdout, /^failed: +0\nmissing: +0\n/m);
  assert.match(end.stdout, /^next: +nothing to do$/m);
});

test('a damaged manifest is one warning, and a torn last line none', async (context) => {
  const world = await openWorld(context);
  await runCommand(['--out', 'd'], { cwd: world.cwd, stdin: world.list(2) });
  const manifest = join(world.cwd, 'd/.edgar-fetch/manifest.jsonl');
  appendFileSync(manifest, '{"url":"http://a');
  assert.equal((await world.status('d')).stderr, '');
  appendFileSync(manifest, '\nnonsense\n');
  const end = await world.status('d');
  assert.deepEqual([end.exitCode, end.stderr.match(/2 lines of the manifest cannot be read/g)?.length], [0, 1]);
  assert.match(end.stdout, /^saved: +2 documents/m);
});

test('while a run holds the folder: who, and how far; and when it was killed, that it died', async (context) => {
  const world = await openWorld(context);
  writeFileSync(join(world.cwd, 'list.txt'), `${world.list(20)}${world.server.origin}/slow.xml\n`);
  const run = startCommand(['list.txt', '--out', 'd'], { cwd: world.cwd });
  const standing = join(world.cwd, 'd/.edgar-fetch/tmp/standing.json');
  await until('the run has said how far it is', () => {
    try {
      return (JSON.parse(readFileSync(standing, 'utf8')) as { done: number }).done === 20;
    } catch {
      return false;
    }
  });
  const held = await world.status('d');
  assert.match(
    held.stdout,
    /^now: +a run holds the folder \(host \S+, process \d+, since \S+\); 20 of 21 lines \(95%\), 1 in flight, 140 B, .*about .* left, as of [\d.]+ m?s ago$/m,
  );
  assert.match(held.stdout, /^next: +nothing to do$/m);
  assert.ok(held.stdout.includes(`process ${run.child.pid}`));

  run.child.kill('SIGKILL');
  await run.ended;
  const died = await world.status('d');
  assert.match(died.stdout, /^now: +the run that held the folder has died \(.*\); 20 of 21 lines/m);
  assert.match(died.stdout, /^next: +run the same command again/m);
  assert.equal(fieldOf(JSON.parse((await world.status('d', '--json')).stdout), 'holder', 'alive'), false);

  const list = world.list(20);
  assert.equal((await runCommand(['--out', 'd'], { cwd: world.cwd, stdin: list })).exitCode, 0);
  assert.ok(!stateFilesIn(join(world.cwd, 'd')).includes('tmp'), 'nothing of it stays after a clean end');
});

test('a block and a lowered rate are told by status and counted in by --dry-run', async (context) => {
  const world = await openWorld(context);
  await runCommand(['--out', 'd'], { cwd: world.cwd, stdin: world.list(1) });
  const state = join(world.cwd, '.machine-state');
  const list = Array.from({ length: 40 }, (_, at) => `https://www.sec.gov/Archives/${at}.xml\n`).join('');
  const dryRun = (...args: string[]): Promise<CommandEnd> =>
    runCommand(['--dry-run', '--out', 'new', ...args], { cwd: world.cwd, stdin: list });

  rmSync(state, { recursive: true, force: true });
  assert.match((await dryRun()).stdout, /name collisions: +0\nestimated time: +5 s\n$/);

  mkdirSync(state);
  const nowMs = Date.now();
  const cap = { permitsPerSecond: 4, sinceMs: nowMs };
  const write = (block: object): void =>
    writeFileSync(join(state, 'sec-budget.json'), JSON.stringify({ version: 1, freeAtMs: 0, cap, ...block }));
  write({ block: { sinceMs: nowMs, pausedAtMs: nowMs, pauseMs: 660_000 } });
  assert.match(
    (await dryRun()).stdout,
    /the SEC: +rate-limited, requests start again in 1[01]m \d+s\nthe SEC: +at most 4 requests a second after a block\nestimated time: +1[01] min \d+ s\n/,
  );
  const row: unknown = JSON.parse((await dryRun('--json')).stdout);
  assert.equal(fieldOf(row, 'secRequestsPerSecond'), 4);
  assert.equal(fieldOf(row, 'secSilentUntil'), new Date(nowMs + 660_000).toISOString());
  assert.ok(Number(fieldOf(row, 'estimatedSeconds')) > 600);
  assert.match((await world.status('d')).stdout, /^the SEC: +rate-limited, requests start again in 1[01]m \d+s$/m);

  write({});
  assert.match((await dryRun()).stdout, /the SEC: +at most 4 requests a second after a block\nestimated time: +10 s\n/);
  assert.doesNotMatch((await dryRun('--mirror', 'http://127.0.0.1:1')).stdout, /the SEC/);
});
