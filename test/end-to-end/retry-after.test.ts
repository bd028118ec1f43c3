// Retry-After is for the whole host: nothing is asked of it until then, whichever URL got the reply; other hosts go on. And
// a kept connection that dies in silence costs the document nothing.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { runCommand, startCommand, testFolder, type RunningCommand } from '../support/command-line.ts';
import { documentsIn, manifestRows, stateFilesIn } from '../support/destination.ts';
import { startEdgarStandIn, type EdgarStandIn } from '../support/edgar-stand-in.ts';
import { until } from '../support/polling.ts';

const COUNT = 24;
const CONNECTIONS = 6;
/** How long the first request after the silence is answered. */
const PROBE_MS = 300;

const pathOf = (number: number): string => `/Archives/edgar/data/${number + 1}/000095012310017583/doc-${number}.xml`;
const PATHS = Array.from({ length: COUNT }, (_, number) => pathOf(number));
const SEC_LIST = PATHS.map((path) => `https://www.sec.gov${path}\n`).join('');

/** A server that holds its replies until all connections are busy, refuses one request, and holds the others on. */
class BusyHost {
  readonly server: EdgarStandIn;
  /** Date.now() of each request. */
  readonly arrivals: number[];
  readonly #held: ServerResponse[];

  private constructor(server: EdgarStandIn, arrivals: number[], held: ServerResponse[]) {
    this.server = server;
    this.arrivals = arrivals;
    this.#held = held;
  }

  static async start(context: TestContext): Promise<BusyHost> {
    const arrivals: number[] = [];
    const held: ServerResponse[] = [];
    const server = await startEdgarStandIn({
      documents: () => ({ body: Buffer.from('<a/>') }),
      onRequest: () => arrivals.push(Date.now()),
      intercept: (_request, response, number) => {
        if (number <= CONNECTIONS) held.push(response);
        // Long enough for others to come, if they were let.
        else if (number === CONNECTIONS + 1) setTimeout(() => response.end('<a/>'), PROBE_MS);
        else return false;
        return true;
      },
    });
    context.after(() => server.close());
    return new BusyHost(server, arrivals, held);
  }

  /** Answers one of the requests in flight. Returns when that was. */
  async refuseOne(
    status: number,
    retryAfter: () => string,
  ): Promise<{ readonly atMs: number; readonly field: string }> {
    await until('all connections are busy', () => this.#held.length === CONNECTIONS);
    const field = retryAfter();
    this.#held.shift()!.writeHead(status, { 'Retry-After': field }).end('busy');
    return { atMs: Date.now(), field };
  }

  answerTheOthers(): void {
    for (const response of this.#held.splice(0)) response.end('<a/>');
  }
}

function start(context: TestContext, cwd: string, stdin: string, args: readonly string[]): RunningCommand {
  const run = startCommand(['--connections', String(CONNECTIONS), '--log-level', 'warn', ...args], { cwd, stdin });
  context.after(() => run.child.kill('SIGKILL'));
  return run;
}

/** Resolves when the run says so on stderr. */
async function said(run: RunningCommand, what: RegExp): Promise<void> {
  let stderr = '';
  run.child.stderr?.on('data', (text: string) => (stderr += text));
  await until(`the run says ${String(what)}`, () => what.test(stderr));
}

const httpDate = (ms: number): string => new Date(ms).toUTCString();

for (const [status, form, retryAfter, untilMs] of [
  [503, 'in seconds', () => '2', (atMs: number) => atMs + 2_000],
  [429, 'as an HTTP date', () => httpDate(Date.now() + 3_000), (_: number, field: string) => Date.parse(field)],
] as const) {
  test(`a ${status} with a Retry-After ${form} silences the host for all URLs; then one goes alone`, async (context) => {
    const cwd = testFolder(context);
    const host = await BusyHost.start(context);
    const run = start(context, cwd, SEC_LIST, ['--mirror', host.server.origin, '--workers', '2', '--batch-size', '4']);
    const paused = said(run, /Retry-After; nothing is sent until/);
    const { atMs, field } = await host.refuseOne(status, retryAfter);
    await paused;
    host.answerTheOthers();
    const end = await run.ended;
    assert.equal(end.exitCode, 0, end.stderr);
    const silentUntilMs = untilMs(atMs, field);
    const early = host.arrivals.slice(CONNECTIONS).filter((arrivalMs) => arrivalMs < silentUntilMs);
    assert.deepEqual(
      early.map((arrivalMs) => `${arrivalMs - atMs} ms after the reply`),
      [],
      `${silentUntilMs - atMs} ms of silence were asked for`,
    );
    const [probeMs = 0, nextMs = 0] = host.arrivals.slice(CONNECTIONS);
    assert.ok(probeMs < silentUntilMs + 5_000, 'it does not wait much longer than it was asked to');
    assert.ok(nextMs >= probeMs + PROBE_MS - 20, `the next came ${nextMs - probeMs} ms after the one that goes alone`);
    const rows = manifestRows(join(cwd, 'downloads'));
    assert.equal(rows.filter((row) => row.status === 'saved').length, COUNT);
    assert.equal(host.server.countRequests(), COUNT + 1);
  });
}

test('a Retry-After beyond 10 minutes: this host’s URLs fail now, unasked, and another host’s are saved', async (context) => {
  const cwd = testFolder(context);
  const out = join(cwd, 'downloads');
  const host = await BusyHost.start(context);
  const other = await startEdgarStandIn({ documents: () => ({ body: Buffer.from('<a/>') }) });
  context.after(() => other.close());
  const others = PATHS.map((path) => `${other.origin}${path.replace('doc', 'other')}\n`);
  const stdin = SEC_LIST.split('\n')
    .flatMap((line, at) => [`${line}\n`, others[at] ?? ''])
    .join('');
  const run = start(context, cwd, stdin, ['--mirror', host.server.origin, '--workers', '1']);
  const paused = said(run, /Retry-After is longer than a document is tried for; nothing is sent until/);
  const { atMs } = await host.refuseOne(503, () => '601');
  await paused;
  host.answerTheOthers();
  const end = await run.ended;
  assert.ok(Date.now() - atMs < 20_000, 'nothing was waited for');
  assert.equal(end.exitCode, 75, end.stderr);
  assert.equal(host.server.countRequests(), CONNECTIONS, 'nothing more was asked of the host');
  const rows = manifestRows(out);
  assert.equal(rows.length, 2 * COUNT);
  const failed = rows.filter(({ status }) => status === 'failed');
  assert.equal(failed.length, COUNT - CONNECTIONS + 1);
  for (const { url, error } of failed) {
    assert.match(url, /^https:\/\/www\.sec\.gov\//);
    assert.equal(error?.code, 'http-status');
    assert.match(error.message, /asked for more patience \(Retry-After\) than a document has|status 503/);
  }
  assert.equal(other.countRequests(), COUNT);
  assert.deepEqual(stateFilesIn(out), ['failed.txt', 'manifest.jsonl', 'runs.jsonl']);
  // A rerun asks for what failed, and for nothing else.
  host.server.reset();
  const rerun = await runCommand(['--mirror', other.origin], { cwd, stdin });
  assert.equal(rerun.exitCode, 0, rerun.stderr);
  assert.equal(other.countRequests(), COUNT + failed.length);
  assert.deepEqual(stateFilesIn(out), ['manifest.jsonl', 'runs.jsonl']);
});

test('a signal ends the wait for a Retry-After', async (context) => {
  const cwd = testFolder(context);
  const out = join(cwd, 'downloads');
  const host = await BusyHost.start(context);
  const run = start(context, cwd, SEC_LIST, ['--mirror', host.server.origin, '--workers', '1']);
  const paused = said(run, /Retry-After; nothing is sent until/);
  await host.refuseOne(429, () => '300');
  await paused;
  host.answerTheOthers();
  await until('what was in flight is saved', () => manifestRows(out).length >= CONNECTIONS - 1);
  run.child.kill('SIGTERM');
  const end = await run.ended;
  assert.equal(end.exitCode, 143);
  assert.match(end.stderr, new RegExp(`^${CONNECTIONS - 1} saved; ${COUNT - CONNECTIONS + 1} of `, 'm'));
});

/** A server on raw sockets: answers the first request of its first connection, and lets the second die unanswered. */
async function startDyingServer(
  context: TestContext,
  die: (socket: Socket) => void,
): Promise<{ origin: string; seen: string[] }> {
  const seen: string[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    const connection = ++connections;
    let requests = 0;
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      seen.push(`${connection}.${++requests} ${bytes.toString('latin1').split(' ', 2)[1] ?? ''}`);
      if (connection === 1 && requests === 2) die(socket);
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<a/>');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

for (const [how, die] of [
  ['is closed', (socket: Socket) => void socket.end()],
  ['is reset', (socket: Socket) => void socket.resetAndDestroy()],
] as const) {
  test(`a kept connection that ${how} before the first byte: sent once more, and nobody charged`, async (context) => {
    const cwd = testFolder(context);
    const { origin, seen } = await startDyingServer(context, die);
    const stdin = ['1', '2', '3'].map((name) => `${origin}/${name}.xml\n`).join('');
    const end = await runCommand(['--workers', '1', '--connections', '1', '--retries', '0'], { cwd, stdin });
    assert.deepEqual([end.exitCode, end.stderr], [0, '']);
    const out = join(cwd, 'downloads');
    assert.deepEqual(documentsIn(out), ['1.xml', '2.xml', '3.xml']);
    assert.deepEqual(
      manifestRows(out)
        .map(({ path, attempts, requests }) => [path, attempts, requests])
        .sort(),
      [
        ['1.xml', 1, 1],
        ['2.xml', 1, 2],
        ['3.xml', 1, 1],
      ],
    );
    assert.deepEqual(seen, ['1.1 /1.xml', '1.2 /2.xml', '2.1 /2.xml', '2.2 /3.xml']);
  });
}
