// Signals: the first drains, the second ends at once; either way everything is accounted for and the next run completes it.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { BIN_FILE, runCommand, startCommand, testFolder, type CommandEnd } from '../support/command-line.ts';
import { documentsIn, manifestRows, stateFilesIn } from '../support/destination.ts';
import { startEdgarStandIn, type EdgarStandIn } from '../support/edgar-stand-in.ts';

const COUNT = 120;

const fullSkip = existsSync('/dev/full') ? false : 'this system has no /dev/full';

/** Runs a line of shell; stdout goes where the line sends it. */
function runShell(line: string, cwd: string): Promise<CommandEnd> {
  const env = { PATH: process.env['PATH'], EDGAR_FETCH_STATE_DIR: join(cwd, '.machine-state') };
  const child = spawn('sh', ['-c', line], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  return new Promise((resolve) => child.once('close', (exitCode, signal) => resolve({ exitCode, signal, ...output })));
}

function listFor(server: EdgarStandIn): string {
  return Array.from({ length: COUNT }, (_, number) => `${server.origin}/${number}.xml\n`).join('');
}

/** A server that answers all but those requests that `holds`. */
async function startHoldingServer(
  holds: (path: string) => boolean,
): Promise<{ server: EdgarStandIn; release: () => void }> {
  const held: (() => void)[] = [];
  let holding = true;
  const server = await startEdgarStandIn({
    documents: () => ({ body: Buffer.from('<a/>') }),
    intercept: (request, response) => {
      if (!holding || !holds(request.url ?? '')) return false;
      held.push(() => response.end('<a/>'));
      return true;
    },
  });
  const release = (): void => {
    holding = false;
    for (const answer of held) answer();
  };
  return { server, release };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

for (const [signal, exitCode] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 143],
] as const) {
  test(`the first ${signal} drains: what is in flight is saved, the rest is left, exit ${exitCode}`, async (context) => {
    const cwd = testFolder(context);
    const { server, release } = await startHoldingServer((path) => Number(path.slice(1, -4)) >= 50);
    context.after(() => server.close());
    const out = join(cwd, 'downloads');
    const run = startCommand(['--workers', '1', '--connections', '8', '--log-level', 'warn'], {
      cwd,
      stdin: listFor(server),
    });
    let stderr = '';
    run.child.stderr?.on('data', (text: string) => (stderr += text));
    await until(() => server.countRequests() >= 58 && manifestRows(out).length === 50);
    run.child.kill(signal);
    await until(() => stderr.includes('finishing what is in flight'));
    release();
    const end = await run.ended;
    assert.equal(end.exitCode, exitCode);
    const said = new RegExp(`stopped by ${signal}\\n(\\d+) saved; (\\d+) of .* not tried`).exec(end.stderr);
    assert.ok(said, end.stderr);
    const saved = Number(said[1]);
    assert.equal(saved, server.countRequests(), 'what was asked for is saved');
    assert.ok(saved < COUNT);
    assert.equal(documentsIn(out).length, saved);
    assert.deepEqual(stateFilesIn(out), ['manifest.jsonl', 'runs.jsonl']);
    const again = await runCommand([], { cwd, stdin: listFor(server) });
    assert.equal(again.exitCode, 0);
    assert.equal(documentsIn(out).length, COUNT);
    assert.equal(server.countRequests(), COUNT, 'nothing was asked for twice');
  });
}

test('the second signal ends at once, and nothing half-saved is left', async (context) => {
  const cwd = testFolder(context);
  const { server, release } = await startHoldingServer((path) => Number(path.slice(1, -4)) >= 50);
  context.after(() => server.close());
  const out = join(cwd, 'downloads');
  const run = startCommand(['--log-level', 'warn'], { cwd, stdin: listFor(server) });
  let stderr = '';
  run.child.stderr?.on('data', (text: string) => (stderr += text));
  await until(() => manifestRows(out).length >= 50 && server.countRequests() > 50);
  run.child.kill('SIGINT');
  await until(() => stderr.includes('finishing what is in flight'));
  run.child.kill('SIGINT');
  const end = await run.ended;
  assert.equal(end.exitCode, 130);
  assert.match(end.stderr, /\n50 saved; /);
  assert.deepEqual(stateFilesIn(out), ['manifest.jsonl', 'runs.jsonl']);
  release();
  assert.equal((await runCommand([], { cwd, stdin: listFor(server) })).exitCode, 0);
  assert.equal(documentsIn(out).length, COUNT);
});

test('a closed stdout ends the run as an interrupt does', async (context) => {
  const cwd = testFolder(context);
  const server = await startEdgarStandIn({ documents: () => ({ body: Buffer.from('<a/>') }), delayMs: () => 20 });
  context.after(() => server.close());
  const run = startCommand(['--json', '--connections', '2'], { cwd, stdin: listFor(server) });
  run.child.stdout?.once('data', () => run.child.stdout?.destroy());
  const end = await run.ended;
  assert.equal(end.exitCode, 130);
  assert.match(end.stderr, /stopped: nobody reads stdout any more/);
  assert.ok(documentsIn(join(cwd, 'downloads')).length < COUNT);
});

test('--stop-after drains and exits 75', async (context) => {
  const cwd = testFolder(context);
  const server = await startEdgarStandIn({ documents: () => ({ body: Buffer.from('<a/>') }), delayMs: () => 50 });
  context.after(() => server.close());
  const end = await runCommand(['--connections', '1', '--stop-after', '1s'], { cwd, stdin: listFor(server) });
  assert.equal(end.exitCode, 75);
  assert.match(end.stderr, /^stopped by --stop-after\n/);
});

/** One URL, and then silence: the writer neither writes nor closes. */
const silentAfter =
  (text: string) =>
  (stdin: NodeJS.WritableStream): void => {
    if (text !== '') stdin.write(text);
  };

for (const [signal, exitCode] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`${signal} ends a run whose stdin is open and silent, and creates nothing if nothing came`, async (context) => {
    const cwd = testFolder(context);
    const server = await startEdgarStandIn({ documents: () => ({ body: Buffer.from('<a/>') }) });
    context.after(() => server.close());
    const out = join(cwd, 'downloads');
    const run = startCommand([], { cwd, stdin: silentAfter(`${server.origin}/1.xml\n`) });
    await until(() => manifestRows(out).length === 1);
    run.child.kill(signal);
    const end = await run.ended;
    assert.equal(end.exitCode, exitCode, end.stderr);
    assert.match(end.stderr, /\n1 saved; 0 of the 1 URL line read so far not tried/);
    assert.deepEqual(stateFilesIn(out), ['manifest.jsonl', 'runs.jsonl']);

    const nothing = startCommand(['--out', 'none', '--log-level', 'debug'], { cwd, stdin: silentAfter('') });
    // A process that has not got as far as its handlers dies of the signal itself.
    const timer = setInterval(() => nothing.child.kill(signal), 200);
    const ended = await nothing.ended;
    clearInterval(timer);
    assert.ok(ended.exitCode === exitCode || ended.signal === signal, ended.stderr);
    assert.equal(existsSync(join(cwd, 'none')), false);
  });
}

test('what ends a run does not wait for a stdin that is silent', async (context) => {
  const cwd = testFolder(context);
  const server = await startEdgarStandIn({ documents: () => ({ body: Buffer.from('<a/>') }) });
  context.after(() => server.close());
  const stdin = silentAfter(`${server.origin}/1.xml\n`);
  const stopped = await startCommand(['--stop-after', '300ms'], { cwd, stdin }).ended;
  assert.equal(stopped.exitCode, 75, stopped.stderr);
  const early = await startCommand(['--stop-after', '300ms', '--out', 'none'], { cwd, stdin: silentAfter('') }).ended;
  assert.equal(early.exitCode, 75, early.stderr);
  assert.equal(existsSync(join(cwd, 'none')), false);
  const barred = silentAfter('https://www.sec.gov/Archives/edgar/data/1/x.xml\n');
  assert.equal((await startCommand([], { cwd, stdin: barred }).ended).exitCode, 2);
  const isFile = await startCommand(['--out', BIN_FILE], { cwd, stdin }).ended;
  assert.equal(isFile.exitCode, 2, isFile.stderr);
});

test('a named pipe that is silent is let go too', async (context) => {
  const cwd = testFolder(context);
  execFileSync('mkfifo', [join(cwd, 'pipe')]);
  const running = startCommand(['pipe'], { cwd });
  const writer = await open(join(cwd, 'pipe'), 'w');
  context.after(() => writer.close());
  await writer.write('https://www.sec.gov/Archives/edgar/data/1/x.xml\n');
  const end = await running.ended;
  assert.equal(end.exitCode, 2, end.stderr);
});

test('a closed stdout lets what is in flight finish, however many rows it costs', async (context) => {
  const cwd = testFolder(context);
  const { server, release } = await startHoldingServer((path) => Number(path.slice(1, -4)) >= 10);
  context.after(() => server.close());
  const run = startCommand(['--json', '--workers', '1', '--connections', '6', '--log-level', 'warn'], {
    cwd,
    stdin: listFor(server),
  });
  let stderr = '';
  run.child.stderr?.on('data', (text: string) => (stderr += text));
  await until(() => server.countRequests() === 16);
  run.child.stdout?.destroy();
  release();
  const end = await run.ended;
  assert.equal(end.exitCode, 130, end.stderr);
  assert.doesNotMatch(stderr, /ending at once/);
  assert.equal(documentsIn(join(cwd, 'downloads')).length, server.countRequests(), 'what was asked for is saved');
});

test('a stdout that cannot be written ends the run with 4 and one sentence', { skip: fullSkip }, async (context) => {
  const cwd = testFolder(context);
  const server = await startEdgarStandIn({ documents: () => ({ body: Buffer.from('<a/>') }), delayMs: () => 5 });
  context.after(() => server.close());
  writeFileSync(join(cwd, 'urls.txt'), listFor(server));
  const full = async (args: string): Promise<CommandEnd> =>
    runShell(`"${process.execPath}" "${BIN_FILE}" ${args} >/dev/full`, cwd);
  const end = await full('urls.txt --json --connections 2');
  assert.deepEqual([end.exitCode, /^ {4}at /m.test(end.stderr)], [4, false], end.stderr);
  assert.match(end.stderr, /cannot write to stdout \(ENOSPC/);
  assert.deepEqual(stateFilesIn(join(cwd, 'downloads')), ['manifest.jsonl', 'runs.jsonl']);
  for (const args of ['verify downloads', '--dry-run urls.txt', '--help']) {
    const other = await full(args);
    assert.equal(other.exitCode, 4, `${args}: ${other.stderr}`);
    assert.match(other.stderr, /^edgar-fetch: cannot write to stdout \(ENOSPC[^\n]*\n$/);
  }
});
