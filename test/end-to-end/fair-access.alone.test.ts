// Fair access as the SEC would see it: the real names over TLS, through a local CONNECT proxy and a CA of the test's own.
// Nothing in src knows of either; nothing leaves the loopback interface. It counts requests a second as they arrive, so it
// runs before the other tests and not beside them.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { makeCertificates } from '../support/certificates.ts';
import {
  runCommand,
  startCommand,
  testFolder,
  USER_AGENT,
  type CommandEnd,
  type RunningCommand,
} from '../support/command-line.ts';
import { startConnectProxy, type ConnectProxy } from '../support/connect-proxy.ts';
import { documentsIn, manifestRows } from '../support/destination.ts';
import {
  accessDeniedPage,
  automatedAccess2026Page,
  refuse,
  startEdgarStandIn,
  throttlePage,
  undeclaredToolPage,
  type EdgarStandIn,
  type StandInOptions,
} from '../support/edgar-stand-in.ts';

interface World {
  readonly cwd: string;
  readonly server: EdgarStandIn;
  readonly proxy: ConnectProxy;
  readonly env: Readonly<Record<string, string>>;
  run(name: string, count: number, args?: readonly string[]): RunningCommand;
}

async function openWorld(context: TestContext, options: Partial<StandInOptions> = {}): Promise<World> {
  const cwd = testFolder(context);
  mkdirSync(join(cwd, 'ca'));
  const { caPath, key, cert } = await makeCertificates(join(cwd, 'ca'));
  const server = await startEdgarStandIn({
    documents: () => ({ body: Buffer.from('<xbrl/>\n') }),
    tls: { key, cert },
    ...options,
  });
  context.after(() => server.close());
  const proxy = await startConnectProxy({ route: () => ({ host: '127.0.0.1', port: server.port }) });
  context.after(() => proxy.close());
  const env = {
    HTTPS_PROXY: proxy.origin,
    NODE_EXTRA_CA_CERTS: caPath,
    EDGAR_FETCH_USER_AGENT: USER_AGENT,
    EDGAR_FETCH_STATE_DIR: join(cwd, 'machine'),
  };
  const run = (name: string, count: number, args: readonly string[] = []): RunningCommand =>
    startCommand(['--out', name, ...args], { cwd, env, stdin: secList(name, count) });
  return { cwd, server, proxy, env, run };
}

/** URLs with the bare host, as most lists have them. */
function secList(name: string, count: number): string {
  return Array.from(
    { length: count },
    (_, number) => `https://sec.gov/Archives/edgar/data/${number + 1}/000095012310017583/${name}.xml\n`,
  ).join('');
}

/** Most starts in any sliding second, as the server saw them. */
function mostInOneSecond(server: EdgarStandIn): number {
  const starts = server.requests.map(({ startedAtMs }) => startedAtMs).sort((one, other) => one - other);
  return Math.max(...starts.map((from, at) => starts.slice(at).filter((start) => start < from + 1000).length));
}

/** Starts a second over the whole time. */
function sustainedRate(server: EdgarStandIn): number {
  const starts = server.requests.map(({ startedAtMs }) => startedAtMs);
  return ((starts.length - 1) / (Math.max(...starts) - Math.min(...starts))) * 1000;
}

function assertSaved(end: CommandEnd, world: World, name: string, count: number): void {
  assert.deepEqual([end.exitCode, end.stderr], [0, '']);
  assert.equal(documentsIn(join(world.cwd, name)).length, count);
}

test('requests to the SEC are evenly spaced, one a document, with the canonical host and the User-Agent', async (context) => {
  const world = await openWorld(context);
  assertSaved(await world.run('a', 40).ended, world, 'a', 40);
  assert.equal(world.server.countRequests(), 40);
  assert.ok(mostInOneSecond(world.server) <= 10, `${mostInOneSecond(world.server)} starts in a second`);
  for (const { headers } of world.server.requests) {
    assert.equal(headers.host, 'www.sec.gov');
    assert.equal(headers['user-agent'], USER_AGENT);
    assert.equal(headers['accept-encoding'], 'gzip, deflate');
  }
  context.diagnostic(
    `${sustainedRate(world.server).toFixed(2)} starts a second, at most ${mostInOneSecond(world.server)} in one`,
  );
});

test('three runs at once share the budget of the machine; one killed with -9 does not hold up the others', async (context) => {
  const world = await openWorld(context);
  const runs = ['a', 'b', 'c'].map((name) => world.run(name, name === 'c' ? 400 : 24));
  while (world.server.countRequests() < 12) await new Promise((resolve) => setTimeout(resolve, 10));
  runs[2]!.child.kill('SIGKILL');
  assertSaved(await runs[0]!.ended, world, 'a', 24);
  assertSaved(await runs[1]!.ended, world, 'b', 24);
  assert.ok(mostInOneSecond(world.server) <= 10, `${mostInOneSecond(world.server)} starts in a second`);
  context.diagnostic(
    `${sustainedRate(world.server).toFixed(2)} starts a second together, at most ${mostInOneSecond(world.server)} in one`,
  );
});

test('a throttle page silences every run; then one probe goes alone, and everything completes with nobody charged', async (context) => {
  let throttledAtMs: number | undefined;
  let probeAnsweredAtMs = Infinity;
  const world: World = await openWorld(context, {
    intercept: (_request, response, number) => {
      if (number === 10) {
        refuse(response, 403, throttlePage(), { gzip: true });
        throttledAtMs = performance.now();
        return true;
      }
      if (throttledAtMs === undefined || performance.now() < throttledAtMs + 1_000 || probeAnsweredAtMs !== Infinity)
        return false;
      // The probe is answered slowly.
      probeAnsweredAtMs = 0;
      setTimeout(() => {
        probeAnsweredAtMs = performance.now();
        response.end('<xbrl/>');
      }, 700);
      return true;
    },
  });
  const first = world.run('a', 24, ['--block-pause', '3s', '--workers', '4']);
  while (throttledAtMs === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
  await new Promise((resolve) => setTimeout(resolve, 500));
  const second = world.run('b', 4, ['--block-pause', '3s']);
  assertSaved(await first.ended, world, 'a', 24);
  assertSaved(await second.ended, world, 'b', 4);
  const since = throttledAtMs;
  // Requests that were on the wire when the page was sent may still arrive at the server within moments.
  const silent = world.server.requests.filter(
    ({ startedAtMs }) => startedAtMs > since + 300 && startedAtMs < since + 2_950,
  );
  assert.deepEqual(silent, [], 'not one request during the pause');
  const afterwards = world.server.requests.filter(({ startedAtMs }) => startedAtMs >= since + 2_950);
  assert.ok(afterwards[1]!.startedAtMs >= probeAnsweredAtMs, 'nothing goes out before the probe is answered');
  assert.equal(world.server.countRequests(), 24 + 4 + 1);
  assert.ok(manifestRows(join(world.cwd, 'a')).every(({ attempts }) => attempts === 1));
});

test('a stop and a start inside the pause: the second run waits out the rest', async (context) => {
  let blockedAtMs: number | undefined;
  const world: World = await openWorld(context, {
    intercept: (_request, response, number) => {
      if (number !== 3) return false;
      refuse(response, 429, throttlePage());
      blockedAtMs = performance.now();
      return true;
    },
  });
  const first = world.run('a', 6, ['--block-pause', '4s']);
  while (blockedAtMs === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
  await new Promise((resolve) => setTimeout(resolve, 300));
  first.child.kill('SIGINT');
  assert.equal((await first.ended).exitCode, 130);
  assertSaved(await world.run('a', 6, ['--block-pause', '4s']).ended, world, 'a', 6);
  const since = blockedAtMs;
  const early = world.server.requests.filter(
    ({ startedAtMs }) => startedAtMs > since + 300 && startedAtMs < since + 3_950,
  );
  assert.deepEqual(early, []);
});

test('a block that outlasts --give-up ends the run with 75, everything resumable', async (context) => {
  const world = await openWorld(context, {
    intercept: (_request, response, number) => {
      if (number < 3) return false;
      refuse(response, 403, throttlePage());
      return true;
    },
  });
  const end = await world.run('a', 6, ['--block-pause', '1s', '--give-up', '2s']).ended;
  assert.equal(end.exitCode, 75);
  assert.match(end.stderr, /gave up: a block of sec\.gov outlasts --give-up; run the same command again later/);
  assert.match(end.stderr, /2 saved; 4 of (?:the )?6 /);
});

test('after a block the machine is slower', async (context) => {
  const world = await openWorld(context, {
    intercept: (_request, response, number) => {
      if (number !== 2) return false;
      refuse(response, 403, throttlePage());
      return true;
    },
  });
  assertSaved(await world.run('a', 12, ['--block-pause', '500ms']).ended, world, 'a', 12);
  const state = JSON.parse(readFileSync(join(world.cwd, 'machine', 'sec-budget.json'), 'utf8')) as {
    cap?: { permitsPerSecond: number };
  };
  assert.equal(state.cap?.permitsPerSecond, 4);
});

const EITHER =
  /has two causes: .* \(wait 11 minutes and run the same command again\), or .* User-Agent \(set one .*EDGAR_FETCH_USER_AGENT=/;

for (const [name, page, said] of [
  [
    'the undeclared-tool page',
    undeclaredToolPage(),
    /^the SEC refuses the User-Agent; set one .*EDGAR_FETCH_USER_AGENT=/,
  ],
  ['the throttle title on the very first request', throttlePage(), EITHER],
  ['the short form of 2026 on the very first request', automatedAccess2026Page(), EITHER],
] as const) {
  test(`${name} stops the run at once with exit 3 and says what to do`, async (context) => {
    const world = await openWorld(context, {
      intercept: (_request, response) => {
        refuse(response, 403, page, { gzip: true });
        return true;
      },
    });
    const end = await world.run('a', 20).ended;
    assert.equal(end.exitCode, 3);
    assert.match(end.stderr, said);
    assert.equal(world.server.countRequests(), 1);
  });
}

test('"missing" is not "blocked": S3 AccessDenied costs one request and no pause', async (context) => {
  const world = await openWorld(context, {
    intercept: (request, response) => {
      if (request.url?.includes('/data/3/') !== true) return false;
      refuse(response, 403, accessDeniedPage());
      return true;
    },
  });
  const end = await world.run('a', 6).ended;
  assert.equal(end.exitCode, 1);
  assert.match(end.stderr, /5 saved, 1 missing \(6 URL lines\)/);
  assert.equal(world.server.countRequests(), 6);
  world.server.reset();
  const again = await world.run('a', 6).ended;
  assert.deepEqual([again.exitCode, again.stderr], [0, '']);
  assert.equal(world.server.countRequests(), 0);
});

test('a state folder that cannot be written degrades to this run alone, with one warning', async (context) => {
  const world = await openWorld(context);
  writeFileSync(join(world.cwd, 'a-file'), '');
  const env = { ...world.env, EDGAR_FETCH_STATE_DIR: join(world.cwd, 'a-file', 'state') };
  const end = await runCommand(['--log-level', 'warn'], { cwd: world.cwd, env, stdin: secList('x', 5) });
  assert.equal(end.exitCode, 0);
  assert.equal(end.stderr.match(/the state folder cannot be used/g)?.length, 1);
  assert.equal(world.server.countRequests(), 5);
});

test('passwords of a proxy are never shown, also where the run ends with a certificate error', async (context) => {
  const world = await openWorld(context);
  const { NODE_EXTRA_CA_CERTS: _ca, ...env } = world.env;
  assert.ok(_ca);
  const proxied = { ...env, HTTPS_PROXY: world.proxy.origin.replace('://', '://user:se%20cret@') };
  const end = await runCommand(['--log-level', 'debug'], { cwd: world.cwd, env: proxied, stdin: secList('x', 1) });
  assert.equal(end.exitCode, 2);
  assert.match(end.stderr, /certificate is not trusted.* NODE_EXTRA_CA_CERTS/);
  assert.doesNotMatch(end.stderr, /cret/);
  const known = { ...proxied, NODE_EXTRA_CA_CERTS: _ca };
  const good = await runCommand(['--log-level', 'debug'], { cwd: world.cwd, env: known, stdin: secList('x', 1) });
  assert.equal(good.exitCode, 0);
  const written = readFileSync(join(world.cwd, 'downloads/.edgar-fetch/runs.jsonl'), 'utf8');
  assert.doesNotMatch(good.stderr + written, /cret/);
  assert.equal(world.proxy.requests[0]?.proxyAuthorization, `Basic ${Buffer.from('user:se cret').toString('base64')}`);
});

test('a proxy that is silent fails within the connect timeout', async (context) => {
  const cwd = testFolder(context);
  const proxy = await startConnectProxy({ route: () => undefined, behaviour: 'silent' });
  context.after(() => proxy.close());
  const env = { HTTPS_PROXY: proxy.origin, EDGAR_FETCH_USER_AGENT: USER_AGENT };
  const end = await runCommand(['--connect-timeout', '500ms', '--retries', '0'], { cwd, env, stdin: secList('x', 1) });
  assert.equal(end.exitCode, 75);
  assert.match(end.stderr, /^timeout: 1$/m);
});

const long = process.env['EDGAR_FETCH_LONG_TESTS'] === '1' ? false : 'takes minutes: set EDGAR_FETCH_LONG_TESTS=1';

test('400 documents at the default rate take 400/8 s, within 2 % and a second', { skip: long }, async (context) => {
  const world = await openWorld(context);
  const startedAtMs = performance.now();
  assertSaved(await world.run('a', 400).ended, world, 'a', 400);
  const seconds = (performance.now() - startedAtMs) / 1000;
  context.diagnostic(
    `${seconds.toFixed(2)} s; ${sustainedRate(world.server).toFixed(3)} starts a second, at most ${mostInOneSecond(world.server)} in one`,
  );
  assert.equal(world.server.countRequests(), 400);
  assert.ok(mostInOneSecond(world.server) <= 10);
  assert.ok(seconds <= 50 * 1.02 + 1, `${seconds} s`);
});

test('three runs together use at least 95 % of the budget and never exceed it', { skip: long }, async (context) => {
  const world = await openWorld(context);
  const ends = await Promise.all(['a', 'b', 'c'].map((name) => world.run(name, 120).ended));
  for (const [at, end] of ends.entries()) assertSaved(end, world, ['a', 'b', 'c'][at]!, 120);
  context.diagnostic(
    `${sustainedRate(world.server).toFixed(3)} starts a second, at most ${mostInOneSecond(world.server)} in one`,
  );
  assert.ok(mostInOneSecond(world.server) <= 10);
  assert.ok(sustainedRate(world.server) >= 8 * 0.95);
});
