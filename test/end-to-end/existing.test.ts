// What is there already: checked with a conditional request, replaced with its old bytes kept, or left alone.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { runCommand, testFolder } from '../support/command-line.ts';
import { documentsIn, manifestRows, sha256 } from '../support/destination.ts';
import { startEdgarStandIn, type EdgarStandIn } from '../support/edgar-stand-in.ts';

const PATHS = Array.from(
  { length: 6 },
  (_, number) => `/Archives/edgar/data/${number + 1}/000095012310017583/doc-${number}.xml`,
);

interface World {
  readonly cwd: string;
  readonly out: string;
  readonly server: EdgarStandIn;
  readonly bodies: Map<string, { body: Buffer }>;
  readonly run: (...args: string[]) => ReturnType<typeof runCommand>;
}

async function openWorld(context: TestContext): Promise<World> {
  const cwd = testFolder(context);
  const bodies = new Map(PATHS.map((path) => [path, { body: Buffer.from(`<a>${path}</a>`) }]));
  const server = await startEdgarStandIn({ documents: (path) => bodies.get(path), contentLengthOnNotModified: true });
  context.after(() => server.close());
  const stdin = PATHS.map((path) => `https://www.sec.gov${path}\n`).join('');
  const run = (...args: string[]): ReturnType<typeof runCommand> =>
    runCommand(['--mirror', server.origin, ...args], { cwd, stdin });
  return { cwd, out: join(cwd, 'downloads'), server, bodies, run };
}

test('--existing check leaves what a 304 confirms untouched, also with a Content-Length on the 304', async (context) => {
  const { out, server, run } = await openWorld(context);
  await run();
  const before = documentsIn(out).map((path) => statSync(join(out, path)));
  server.reset();
  const end = await run('--existing', 'check', '--json');
  assert.deepEqual([end.exitCode, end.stderr], [0, '']);
  assert.equal(server.countRequests(), PATHS.length);
  assert.ok(server.requests.every(({ headers }) => headers['if-none-match'] !== undefined));
  const after = documentsIn(out).map((path) => statSync(join(out, path)));
  assert.deepEqual(
    after.map(({ ino, mtimeMs }) => [ino, mtimeMs]),
    before.map(({ ino, mtimeMs }) => [ino, mtimeMs]),
  );
  assert.equal(end.stdout.match(/"status":"unchanged"/g)?.length, PATHS.length);
  assert.equal(manifestRows(out).length, PATHS.length, 'what is confirmed appends nothing');
});

for (const existing of ['check', 'replace']) {
  test(`--existing ${existing} keeps the bytes that changed, and says so`, async (context) => {
    const { out, bodies, run } = await openWorld(context);
    await run();
    const old = readFileSync(join(out, 'doc-2.xml'));
    bodies.set(PATHS[2]!, { body: Buffer.from('<a>amended</a>') });
    const end = await run('--existing', existing, '--log-level', 'info');
    assert.equal(end.exitCode, 0);
    assert.match(end.stderr, /1 of them changed/);
    assert.equal(readFileSync(join(out, 'doc-2.xml'), 'utf8'), '<a>amended</a>');
    assert.deepEqual(readFileSync(join(out, '.edgar-fetch/replaced', sha256(old))), old);
    const row = manifestRows(out).findLast(({ path }) => path === 'doc-2.xml');
    assert.equal(row?.previousSha256, sha256(old));
    assert.deepEqual(readdirSync(join(out, '.edgar-fetch/replaced')), [sha256(old)]);
  });
}

test('--existing check does not let a 304 confirm a file that is damaged', async (context) => {
  const { out, server, bodies, run } = await openWorld(context);
  await run();
  const damaged = Buffer.from(readFileSync(join(out, 'doc-1.xml')));
  damaged[4] = 0x21;
  writeFileSync(join(out, 'doc-1.xml'), damaged);
  server.reset();
  assert.equal((await run('--existing', 'check')).exitCode, 0);
  const asked = server.requests.find(({ path }) => path === PATHS[1]);
  assert.equal(asked?.headers['if-none-match'], undefined);
  assert.deepEqual(readFileSync(join(out, 'doc-1.xml')), bodies.get(PATHS[1]!)?.body);
});

test('a stranger’s file is adopted if it is equal, else left alone under its name', async (context) => {
  const { out, bodies, run } = await openWorld(context);
  mkdirSync(out);
  writeFileSync(join(out, 'doc-0.xml'), bodies.get(PATHS[0]!)!.body);
  writeFileSync(join(out, 'doc-1.xml'), 'mine');
  const inode = statSync(join(out, 'doc-0.xml')).ino;
  assert.equal((await run()).exitCode, 0);
  assert.equal(statSync(join(out, 'doc-0.xml')).ino, inode);
  assert.equal(readFileSync(join(out, 'doc-1.xml'), 'utf8'), 'mine');
  const row = manifestRows(out).find(({ url }) => url.endsWith(PATHS[1]!));
  assert.equal(row?.path, '000095012310017583-doc-1.xml');
  assert.deepEqual(readFileSync(join(out, row.path)), bodies.get(PATHS[1]!)!.body);
});

test('failed.txt is a list of what is failed now, also as the source of the run that rewrites it', async (context) => {
  const { out, bodies, run, cwd, server } = await openWorld(context);
  const whole = bodies.get(PATHS[3]!)!;
  bodies.set(PATHS[3]!, { body: Buffer.from('<a>cut') });
  const failed = await run('--retries', '0');
  assert.equal(failed.exitCode, 75, failed.stderr);
  const list = join(out, '.edgar-fetch/failed.txt');
  assert.match(readFileSync(list, 'utf8'), new RegExp(`^# unexpected-content: .*\n.*${PATHS[3]}\n$`));
  bodies.set(PATHS[3]!, whole);
  const mended = await runCommand([list, '--mirror', server.origin], { cwd });
  assert.equal(mended.exitCode, 0, mended.stderr);
  assert.deepEqual(readdirSync(join(out, '.edgar-fetch')).sort(), ['manifest.jsonl', 'refused', 'runs.jsonl']);
});

test('a run in which nearly everything is missing marks nothing as missing', async (context) => {
  const cwd = testFolder(context);
  const server = await startEdgarStandIn({ documents: () => undefined });
  context.after(() => server.close());
  const stdin = Array.from(
    { length: 20 },
    (_, number) => `${server.origin}/Archives/edgar/data/1/000095012310017583/${number}.xml\n`,
  ).join('');
  const end = await runCommand([], { cwd, stdin });
  assert.equal(end.exitCode, 1);
  assert.match(end.stderr, /20 of 20 documents were answered as missing, so none is marked missing: .*User-Agent/);
  assert.match(end.stderr, /^not-found: 20\n[^]*^0 saved, 20 failed \(20 URL lines\)$/m);
});
