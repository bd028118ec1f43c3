// Bad input gets one clear sentence and an exit code, and nothing is created or lost.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCommand, testFolder, USER_AGENT } from '../support/command-line.ts';
import { manifestRows } from '../support/destination.ts';
import { startEdgarStandIn } from '../support/edgar-stand-in.ts';

interface UsageCase {
  readonly name: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly says: string;
}

const OURS = 'http://127.0.0.1:9/x.xml';
const SEC = 'https://www.sec.gov/Archives/edgar/data/1000697/000095012310017583/wat-20091231.xml';

const CASES: readonly UsageCase[] = [
  { name: 'a missing file', args: ['nofile.txt'], says: 'there is no file nofile.txt; give a file with one URL a line, or - for stdin' },
  { name: 'a folder', args: ['folder'], says: 'folder is a folder; give a file with one URL a line' },
  { name: 'a binary file', args: ['binary'], says: 'binary is a binary file, not a list of URLs (one a line); give a text file' },
  { name: 'two lists', args: ['list.txt', 'list.txt'], says: 'give one list only: join several with cat and pipe them in' },
  { name: 'an unknown option', args: ['list.txt', '--ot', 'x'], says: "unknown option '--ot' (Did you mean --out?); see edgar-fetch --help" },
  { name: 'an option without its value', args: ['list.txt', '--out'], says: "option '-o, --out <dir>' argument missing; see edgar-fetch --help" },
  { name: 'an impossible number', args: ['list.txt', '--workers', '0'], says: '--workers "0" is not possible; give a whole number from 1 to 64' },
  { name: 'a number with letters', args: ['list.txt', '--retries', '5x'], says: '--retries "5x" is not possible; give a whole number from 0 to 100' },
  { name: 'an impossible size', args: ['list.txt', '--max-size', '-1'], says: '--max-size "-1" is not possible; give a size such as 500MB, 1GiB or a number of bytes' },
  { name: 'an impossible duration', args: ['list.txt', '--max-time', '10'], says: '--max-time "10" is not possible; give a duration such as 500ms, 30s, 10m or 6h' },
  { name: 'an impossible choice', args: ['list.txt', '--layout', 'tree'], says: '--layout "tree" is not possible; choose flat, filing' },
  { name: 'an impossible mirror', args: ['list.txt', '--mirror', 'ftp://x'], says: '--mirror "ftp://x" is not possible; give an origin such as https://mirror.example or http://localhost:8080' },
  { name: 'an impossible value in the environment', args: ['list.txt'], env: { EDGAR_FETCH_CONNECTIONS: 'many' }, says: 'EDGAR_FETCH_CONNECTIONS "many" is not possible; give a whole number from 1 to 1024' },
  { name: 'an impossible flag in the environment', args: ['list.txt'], env: { EDGAR_FETCH_JSON: 'maybe' }, says: 'EDGAR_FETCH_JSON "maybe" is not possible; give 1, true, 0 or false' },
  { name: 'an impossible proxy', args: ['list.txt'], env: { HTTPS_PROXY: 'socks5://user:secret@x' }, says: 'HTTPS_PROXY is not a proxy address; give it as http://host:port' },
  { name: 'a destination that is a file', args: ['list.txt', '--out', 'list.txt'], says: '--out <cwd>/list.txt is, or lies below, a file; choose a folder' },
  { name: 'a destination below a file', args: ['list.txt', '--out', 'list.txt/d'], says: '--out <cwd>/list.txt/d is, or lies below, a file; choose a folder' },
  { name: 'sec.gov without a User-Agent', args: ['sec.txt'], says: "*.sec.gov is not contacted with this User-Agent (none is set); put a line such as export EDGAR_FETCH_USER_AGENT='Your Name your.name@your-company.com' into your profile, or give --user-agent" },
  { name: 'a User-Agent of two lines', args: ['sec.txt', '--user-agent', 'Me\nme@mine.org'], says: 'the User-Agent has characters that a header cannot carry; give it in one line of plain text' },
  { name: 'sec.gov too fast', args: ['sec.txt', '--rate', '10', '--user-agent', USER_AGENT], says: '--rate 10 is too fast for *.sec.gov, which blocks an address at 10 requests a second; give at most 9' },
]; // prettier-ignore

for (const { name, args, env, says } of CASES) {
  test(`${name}: one sentence, exit 2, nothing created`, async (context) => {
    const cwd = testFolder(context);
    mkdirSync(join(cwd, 'folder'));
    writeFileSync(join(cwd, 'binary'), Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 0, 10]));
    writeFileSync(join(cwd, 'list.txt'), OURS);
    writeFileSync(join(cwd, 'sec.txt'), SEC);
    const before = readdirSync(cwd);
    const end = await runCommand(args, { cwd, env: { ...env } });
    assert.deepEqual([end.exitCode, end.stdout, end.stderr], [2, '', `edgar-fetch: ${says.replace('<cwd>', cwd)}\n`]);
    assert.deepEqual(readdirSync(cwd), before);
  });
}

test(
  'a list that may not be read, and a destination that is not permitted',
  { skip: process.getuid?.() === 0 && 'root may do anything' },
  async (context) => {
    const cwd = testFolder(context);
    writeFileSync(join(cwd, 'secret.txt'), OURS);
    chmodSync(join(cwd, 'secret.txt'), 0);
    const unread = await runCommand(['secret.txt'], { cwd });
    assert.deepEqual(
      [unread.exitCode, unread.stderr],
      [2, 'edgar-fetch: secret.txt may not be read; give yourself read permission\n'],
    );
    mkdirSync(join(cwd, 'closed'));
    chmodSync(join(cwd, 'closed'), 0o500);
    const closed = await runCommand(['-', '--out', 'closed/d'], { cwd, stdin: OURS });
    assert.equal(closed.exitCode, 2);
    assert.match(closed.stderr, /is not permitted; choose a folder that you may write to/);
  },
);

for (const stdin of ['', '\n\n# only a comment\n', '\ufeff']) {
  test(`an empty list (${JSON.stringify(stdin)}) is no mistake: exit 0, silence without a terminal, nothing created`, async (context) => {
    const cwd = testFolder(context);
    const end = await runCommand([], { cwd, stdin });
    assert.deepEqual([end.exitCode, end.stdout, end.stderr], [0, '', '']);
    assert.deepEqual(readdirSync(cwd), []);
    const shown = await runCommand(['--log-level', 'warn'], { cwd, stdin });
    assert.deepEqual([shown.exitCode, shown.stderr], [0, 'WARN: stdin has no URL; there is nothing to do\n']);
  });
}

test('bad lines are failed rows with their line numbers, and the run goes on', async (context) => {
  const cwd = testFolder(context);
  const server = await startEdgarStandIn({ documents: () => ({ body: Buffer.from('<a/>') }) });
  context.after(() => server.close());
  const good = `${server.origin}/good.xml`;
  const long = `${server.origin}/${'x'.repeat(9000)}`;
  const stdin = ['# list', 'not a url', good, 'ftp://x/y.xml', 'http://user:pw@host/x.xml', long, ''].join('\r\n');
  const end = await runCommand([], { cwd, stdin });
  assert.equal(end.exitCode, 1);
  const rows = manifestRows(join(cwd, 'downloads'));
  const bad = rows
    .filter(({ status }) => status === 'failed')
    .sort((one, other) => (one.line ?? 0) - (other.line ?? 0));
  assert.deepEqual(
    bad.map(({ line, error }) => [line, error?.code]),
    [2, 4, 5, 6].map((line) => [line, 'invalid-url']),
  );
  assert.equal(bad[0]?.url, 'not a url', 'the url of a bad line is the trimmed line');
  assert.deepEqual(
    rows.filter(({ status }) => status === 'saved').map(({ url }) => url),
    [good],
  );
  assert.doesNotMatch(end.stderr, /\n\s+at /, 'no stack trace');
});

test('a sec.gov URL that comes late without a User-Agent drains the run: what was saved stays, exit 2', async (context) => {
  const cwd = testFolder(context);
  const server = await startEdgarStandIn({ documents: () => ({ body: Buffer.from('<a/>') }) });
  context.after(() => server.close());
  const stdin = [
    ...Array.from({ length: 40 }, (_, number) => `${server.origin}/${number}.xml`),
    SEC,
    `${server.origin}/late.xml`,
  ].join('\n');
  const end = await runCommand(['--batch-size', '8'], { cwd, stdin });
  assert.equal(end.exitCode, 2);
  const said = /^\*\.sec\.gov is not contacted .*\n(\d+) saved; (\d+) of 42 not tried/.exec(end.stderr);
  assert.ok(said, end.stderr);
  assert.equal(
    Number(said[1]) + Number(said[2]),
    42,
    'the URL after it is not fetched, those before it are saved or left',
  );
  assert.equal(manifestRows(join(cwd, 'downloads')).length, Number(said[1]));
});
