// One run at a time writes into a destination: the second says at once who holds it and touches nothing; what a dead run
// left is nobody's lock.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, mkdirSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { identityOf } from '../../src/storage/process-identity.ts';
import { runCommand, startCommand, testFolder, type RunningCommand } from '../support/command-line.ts';
import { documentsIn, stateFilesIn } from '../support/destination.ts';
import { startEdgarStandIn, type EdgarStandIn } from '../support/edgar-stand-in.ts';
import { until } from '../support/polling.ts';
import { runWrapped, works } from '../support/wrapped-command.ts';

const CLEAN = ['manifest.jsonl', 'runs.jsonl'];

/** Nobody is to wait for a holder: this is a start on a busy machine, and far below any wait that the program knows. */
const AT_ONCE_MS = 12_000;

interface World {
  readonly cwd: string;
  readonly out: string;
  readonly lock: string;
  readonly server: EdgarStandIn;
  /** Starts a run that holds the destination until `release`. */
  readonly hold: () => Promise<RunningCommand>;
  readonly release: () => void;
  readonly run: (...args: string[]) => ReturnType<typeof runCommand>;
}

async function openWorld(context: TestContext): Promise<World> {
  const cwd = testFolder(context);
  const out = join(cwd, 'downloads');
  const held: (() => void)[] = [];
  const server = await startEdgarStandIn({
    documents: () => ({ body: Buffer.from('<a/>') }),
    intercept: (request, response) => {
      if (request.url !== '/held.xml') return false;
      held.push(() => response.end('<a/>'));
      return true;
    },
  });
  context.after(() => server.close());
  const hold = async (): Promise<RunningCommand> => {
    const running = startCommand([], { cwd, stdin: `${server.origin}/held.xml` });
    context.after(() => running.child.kill('SIGKILL'));
    await until('the holder has asked for its document', () => server.countRequests('/held.xml') > 0);
    return running;
  };
  return {
    cwd,
    out,
    lock: join(out, '.edgar-fetch/lock'),
    server,
    hold,
    release: () => held.forEach((answer) => answer()),
    run: (...args) => runCommand(args, { cwd, stdin: `${server.origin}/other.xml` }),
  };
}

/** A lock file of somebody else, whose last heartbeat was so long ago. */
function writeLock(path: string, record: object | string, heartbeatAgoMs: number): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, typeof record === 'string' ? record : `${JSON.stringify(record)}\n`);
  const atSeconds = (Date.now() - heartbeatAgoMs) / 1000;
  utimesSync(path, atSeconds, atSeconds);
}

function deadIdentity(): object {
  const { pid } = spawnSync(process.execPath, ['-e', '0']);
  return { ...identityOf(process.pid), pid, since: '2026-01-12T09:00:00.000Z' };
}

// The first test waits for a heartbeat, which comes every 15 s; the others go on meanwhile.
describe('one run at a time', { concurrency: 2 }, () => {
  test('a second run says at once who holds the destination, and touches nothing; the holder keeps its lock alive', async (context) => {
    const { cwd, out, lock, server, hold, release, run } = await openWorld(context);
    const startedAtMs = Date.now();
    const first = await hold();
    // A process of this host is asked for, not the age of its heartbeat.
    const hourAgo = Date.now() / 1000 - 3600;
    utimesSync(lock, hourAgo, hourAgo);
    const lockText = readFileSync(lock, 'utf8');
    const before = stateFilesIn(out);
    symlinkSync('downloads', join(cwd, 'link'));
    for (const name of ['downloads', 'link', out]) {
      const askedAtMs = Date.now();
      const end = await run('--out', name);
      assert.ok(Date.now() - askedAtMs < AT_ONCE_MS, 'at once');
      const said =
        /^edgar-fetch: another run holds (\S+) \(host (\S+), process (\d+), since (\S+)\); try again when it has ended\n$/;
      const [, destination, host, pid, since = ''] = said.exec(end.stderr) ?? assert.fail(end.stderr);
      assert.deepEqual([destination, host, pid], [resolve(cwd, name), hostname(), String(first.child.pid)]);
      assert.ok(Date.parse(since) >= startedAtMs && Date.parse(since) <= askedAtMs, since);
      assert.deepEqual([end.exitCode, end.stdout], [75, '']);
    }
    assert.equal(server.countRequests('/other.xml'), 0);
    assert.deepEqual(stateFilesIn(out), before);
    assert.equal(readFileSync(lock, 'utf8'), lockText);

    const plan = await run('--dry-run');
    assert.equal(plan.exitCode, 0, 'a dry run takes no lock');
    await until('the heartbeat is renewed', () => Date.now() - statSync(lock).mtimeMs < 60_000, 30_000);
    release();
    assert.equal((await first.ended).exitCode, 0);
    assert.deepEqual(stateFilesIn(out), CLEAN);
    assert.equal((await run()).exitCode, 0);
    assert.deepEqual(documentsIn(out), ['held.xml', 'other.xml']);
  });

  test(
    'the lock of a run that was killed is taken over at once, even while nobody has waited for its process',
    { skip: existsSync('/proc/self/stat') ? false : 'zombies are looked up in /proc' },
    async (context) => {
      const { cwd, out, lock, server, run } = await openWorld(context);
      writeFileSync(join(cwd, 'urls.txt'), `${server.origin}/held.xml\n`);
      const bin = join(import.meta.dirname, '../../bin/edgar-fetch.js');
      // The parent becomes a program that never waits for its child.
      const parent = spawn('sh', ['-c', '"$@" & exec sleep 600', 'sh', process.execPath, bin, 'urls.txt'], {
        cwd,
        env: { PATH: process.env['PATH'], EDGAR_FETCH_STATE_DIR: join(cwd, '.machine-state') },
        stdio: 'ignore',
      });
      context.after(() => parent.kill('SIGKILL'));
      await until('the run has asked for its document', () => server.countRequests('/held.xml') > 0);
      const { pid } = JSON.parse(readFileSync(lock, 'utf8')) as { pid: number };
      process.kill(pid, 'SIGKILL');
      await until('it is a zombie', () => / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')));
      const end = await run();
      assert.deepEqual([end.exitCode, end.stderr], [0, '']);
      assert.deepEqual([documentsIn(out), stateFilesIn(out)], [['other.xml'], CLEAN]);
    },
  );

  const ELSEWHERE = { ...identityOf(process.pid), since: '2026-01-12T09:00:00.000Z', pid: 4242 };
  const NAMED = /\(host (\S+), process 4242, since 2026-01-12T09:00:00.000Z\)/;

  for (const [name, record, says] of [
    ['another host and boot', { ...ELSEWHERE, host: 'elsewhere', bootId: 'another' }, NAMED],
    ['another container of this host', { ...ELSEWHERE, namespace: 'pid:[1]' }, NAMED],
    ['nobody knows whom, because it is torn', '{"host":"elsew', /another run holds \S+\/downloads; try again/],
    ['nobody knows whom, because it is empty', '', /another run holds \S+\/downloads; try again/],
  ] as const) {
    test(`the lock of ${name} holds while its heartbeat is younger than 60 s, and not longer`, async (context) => {
      const { out, lock, server, run } = await openWorld(context);
      writeLock(lock, record, 40_000);
      const text = readFileSync(lock, 'utf8');
      const held = await run();
      assert.deepEqual([held.exitCode, held.stdout], [75, '']);
      assert.match(held.stderr, says);
      assert.match(held.stderr, /^[^\n]+\n$/, 'one sentence');
      assert.equal(server.countRequests(), 0);
      assert.deepEqual([readFileSync(lock, 'utf8'), stateFilesIn(out)], [text, ['lock']]);

      writeLock(lock, record, 61_000);
      const end = await run();
      assert.deepEqual([end.exitCode, end.stderr], [0, '']);
      assert.deepEqual([documentsIn(out), stateFilesIn(out)], [['other.xml'], CLEAN]);
    });
  }

  test('of many runs that find the lock of a dead one at the same moment, one takes it over', async (context) => {
    const { cwd, out, lock, server, release } = await openWorld(context);
    writeLock(lock, deadIdentity(), 0);
    const runs = Array.from({ length: 4 }, () => startCommand([], { cwd, stdin: `${server.origin}/held.xml` }));
    for (const { child } of runs) context.after(() => child.kill('SIGKILL'));
    const codes: (number | null)[] = [];
    for (const { ended } of runs) void ended.then(({ exitCode }) => codes.push(exitCode));
    await until('all but one have ended', () => codes.length === runs.length - 1);
    assert.deepEqual(codes, [75, 75, 75]);
    await until('the one has asked for its document', () => server.countRequests() > 0);
    release();
    await until('all have ended', () => codes.length === runs.length);
    assert.deepEqual([codes.at(-1), server.countRequests(), stateFilesIn(out)], [0, 1, CLEAN]);
  });

  const straceSkip = works('strace', ['-e', 'trace=none', 'true'])
    ? false
    : 'strace may not be used here: it kills the run at the system call';

  for (const [moment, call, which, deadLock] of [
    ['as its lock gets its name', 'link,linkat', 1, false],
    ['when its lock has its name', 'unlink,unlinkat', 1, false],
    ['as it removes a dead lock that it has moved aside', 'unlink,unlinkat', 2, true],
  ] as const) {
    test(`a run killed ${moment} leaves nothing that outlives the next`, { skip: straceSkip }, async (context) => {
      const { cwd, out, lock, server, run } = await openWorld(context);
      mkdirSync(join(out, '.edgar-fetch'), { recursive: true });
      if (deadLock) writeLock(lock, deadIdentity(), 0);
      const inject = `inject=${call}:signal=KILL:when=${which}`;
      await runWrapped(['strace', '-f', '-o', 'calls', '-e', `trace=${call}`, '-e', inject], [], {
        cwd,
        stdin: `${server.origin}/other.xml`,
      });
      const left = stateFilesIn(out);
      assert.ok(
        left.some((name) => name.startsWith('lock.')),
        `something lies beside the lock: ${left.join(' ')}`,
      );
      assert.deepEqual([server.countRequests(), documentsIn(out)], [0, []]);
      const end = await run();
      assert.deepEqual([end.exitCode, end.stderr], [0, '']);
      assert.deepEqual([documentsIn(out), stateFilesIn(out)], [['other.xml'], CLEAN]);
    });
  }

  test('what lies beside the lock goes with the next clean end, but not what belongs to a run that lives', async (context) => {
    const { out, lock, run } = await openWorld(context);
    writeLock(`${lock}.new.4242.1`, deadIdentity(), 0);
    writeLock(`${lock}.stale.4242`, deadIdentity(), 0);
    writeLock(`${lock}.new.4243.1`, '{"host":', 61_000);
    const living = { ...identityOf(process.pid), since: '2026-01-12T09:00:00.000Z' };
    writeLock(`${lock}.new.${process.pid}.2`, living, 0);
    assert.equal((await run()).exitCode, 0);
    assert.deepEqual(stateFilesIn(out), [`lock.new.${process.pid}.2`, ...CLEAN]);
    rmSync(`${lock}.new.${process.pid}.2`);
  });
});
