// verify: what the manifest says to be there is hashed anew; what is missing, changed or unknown is named, and repaired.
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { runCommand, testFolder } from '../support/command-line.ts';
import { startEdgarStandIn, type EdgarStandIn } from '../support/edgar-stand-in.ts';

const COUNT = 30;

async function downloaded(
  context: TestContext,
): Promise<{ cwd: string; out: string; server: EdgarStandIn; list: string }> {
  const cwd = testFolder(context);
  const server = await startEdgarStandIn({ documents: (path) => ({ body: Buffer.from(`<a>${path}</a>`) }) });
  context.after(() => server.close());
  const list = Array.from({ length: COUNT }, (_, number) => `${server.origin}/x/${number}.xml key-${number}\n`).join(
    '',
  );
  writeFileSync(join(cwd, 'urls.txt'), list);
  assert.equal((await runCommand(['urls.txt'], { cwd })).exitCode, 0);
  server.reset();
  return { cwd, out: join(cwd, 'downloads'), server, list };
}

test('a whole folder verifies with exit 0 and no request', async (context) => {
  const { cwd, server } = await downloaded(context);
  const end = await runCommand(['verify', 'downloads'], { cwd });
  assert.deepEqual([end.exitCode, end.stdout, end.stderr], [0, '30 whole, 0 missing, 0 changed, 0 unknown\n', '']);
  assert.equal(server.countRequests(), 0);
});

test('missing, changed and unknown files are named, exit 1, and --repair fetches what is damaged', async (context) => {
  const { cwd, out, server } = await downloaded(context);
  rmSync(join(out, '3.xml'));
  const genuine = readFileSync(join(out, '4.xml'));
  const flipped = Buffer.from(genuine);
  flipped[5] = 0x21;
  writeFileSync(join(out, '4.xml'), flipped);
  writeFileSync(join(out, 'stray.txt'), 'mine');
  const end = await runCommand(['verify', 'downloads', '--json'], { cwd });
  assert.equal(end.exitCode, 1);
  const found = end.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { status: string; path?: string });
  assert.deepEqual(found.map(({ status, path }) => `${status} ${path ?? ''}`).sort(), [
    'changed 4.xml',
    'missing 3.xml',
    'summary ',
    'unknown stray.txt',
  ]);
  const repaired = await runCommand(['verify', 'downloads', '--repair'], { cwd });
  assert.equal(repaired.exitCode, 0, repaired.stderr);
  assert.equal(server.countRequests(), 2);
  assert.deepEqual(readFileSync(join(out, '4.xml')), genuine);
  assert.equal((await runCommand(['verify', 'downloads'], { cwd })).exitCode, 0);
  assert.equal(readFileSync(join(out, 'stray.txt'), 'utf8'), 'mine');
});

test('--list answers whether all of a list is here, and whole', async (context) => {
  const { cwd, server, list } = await downloaded(context);
  assert.equal((await runCommand(['verify', 'downloads', '--list', 'urls.txt'], { cwd })).exitCode, 0);
  const more = await runCommand(['verify', 'downloads', '--list', '-'], {
    cwd,
    stdin: `${list}${server.origin}/x/new.xml\n`,
  });
  assert.equal(more.exitCode, 1);
  assert.match(
    more.stdout,
    /^absent {3}http:.*\/x\/new\.xml {2}\(line 31\)\n30 whole, 0 missing, 0 changed, 0 unknown, 1 absent\n$/,
  );
  assert.equal(server.countRequests(), 0);
});

test('a folder without a manifest is a usage error', async (context) => {
  const cwd = testFolder(context);
  const end = await runCommand(['verify', '.'], { cwd });
  assert.deepEqual([end.exitCode, end.stdout], [2, '']);
  assert.match(end.stderr, /has no manifest/);
});
