// Signals: the first drains, the second ends at once; either way everything is accounted for and the next run completes it.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCommand, startCommand, testFolder } from '../support/command-line.ts';
import { documentsIn, manifestRows, stateFilesIn } from '../support/destination.ts';
import { startEdgarStandIn, type EdgarStandIn } from '../support/edgar-stand-in.ts';

const COUNT = 120;

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
    const said = new RegExp(`stopped by ${signal}\\n(\\d+) saved, .* (\\d+) left`).exec(end.stderr);
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
  assert.match(end.stderr, /\n50 saved, .* left/);
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
