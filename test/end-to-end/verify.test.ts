// verify: what the manifest says to be there is hashed anew; what is missing, changed or unknown is named, and repaired.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { runCommand, testFolder } from '../support/command-line.ts';
import { manifestRows } from '../support/destination.ts';
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

test('--repair of a list keeps its tags and line numbers, and names the folder in the next command', async (context) => {
  const { cwd, out, list } = await downloaded(context);
  const lines = list.trim().split('\n');
  writeFileSync(
    join(cwd, 'part.txt'),
    `# of mine\n${lines[7]!.replace(/ .*/, ' other-key')}\n\nno-url here\n${lines[9]!}\n`,
  );
  for (const name of ['7.xml', '9.xml']) rmSync(join(out, name));
  const end = await runCommand(['verify', 'downloads', '--list', 'part.txt', '--repair'], { cwd });
  assert.equal(end.exitCode, 1);
  assert.match(end.stderr, /line 4 is not a URL/);
  assert.match(end.stderr, /^next: fix line 4 of part.txt\nthen: run the same command again/m);
  const rows = manifestRows(out).slice(-3);
  const told = rows.map(({ path, line, tag }) => ({ path, line, tag }));
  assert.deepEqual(
    told.sort((a, b) => a.line! - b.line!),
    [
      { path: '7.xml', line: 2, tag: 'other-key' },
      { path: undefined, line: 4, tag: undefined },
      { path: '9.xml', line: 5, tag: 'key-9' },
    ],
  );
  rmSync(join(out, '7.xml'));
  assert.equal((await runCommand(['verify', 'downloads', '--repair'], { cwd })).exitCode, 0);
  assert.equal(manifestRows(out).at(-1)?.tag, 'other-key', 'without a list the tag of the row');
});

test('--repair --dry-run says what it would fetch, and fetches nothing', async (context) => {
  const { cwd, out, server } = await downloaded(context);
  rmSync(join(out, '7.xml'));
  const end = await runCommand(['verify', 'downloads', '--repair', '--dry-run'], { cwd });
  assert.match(end.stdout, /to fetch: +1\n/);
  assert.equal(server.countRequests(), 0);
  assert.equal(existsSync(join(out, '7.xml')), false);
});

test('a file that cannot be read is named as changed, and the rest is looked at', async (context) => {
  const { cwd, out } = await downloaded(context);
  await runCommand(['urls.txt', '--layout', 'filing', '--out', 'deep'], { cwd });
  // A folder that is a link to itself: its files are there, and every look at them is an error.
  rmSync(join(out, '7.xml'));
  const deep = join(cwd, 'deep');
  const [first] = manifestRows(deep);
  const folder = dirname(first!.path!);
  rmSync(join(deep, folder), { recursive: true });
  symlinkSync(basename(folder), join(deep, folder));
  const end = await runCommand(['verify', 'deep'], { cwd });
  assert.equal(end.exitCode, 1, end.stderr);
  assert.match(end.stdout, /^changed {2}\S+ {2}\S+ {2}\(cannot be read: ELOOP\)$/m);
  assert.doesNotMatch(end.stderr, /bug/);
});

test('a manifest that cannot be read is one sentence', async (context) => {
  const { cwd, out } = await downloaded(context);
  const manifest = join(out, '.edgar-fetch/manifest.jsonl');
  rmSync(manifest);
  mkdirSync(manifest);
  for (const args of [
    ['verify', 'downloads'],
    ['--dry-run', 'urls.txt'],
  ]) {
    const end = await runCommand(args, { cwd });
    assert.deepEqual([end.exitCode, end.stdout], [2, '']);
    assert.match(
      end.stderr,
      /^edgar-fetch: \S+manifest\.jsonl cannot be read \(it is a folder where a file belongs\); [^\n]+\n$/,
    );
  }
});

test('options before the word verify are refused, not lost', async (context) => {
  const { cwd } = await downloaded(context);
  const end = await runCommand(['--json', 'verify', 'downloads'], { cwd });
  assert.deepEqual([end.exitCode, end.stdout], [2, '']);
  assert.match(end.stderr, /give the options of verify after its name/);
});
