// Bad input is told, and nothing is created or lost. (Mistakes that are answered before a run: mistakes.test.ts.)
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCommand, testFolder } from '../support/command-line.ts';
import { manifestRows, rowsOf } from '../support/destination.ts';
import { startEdgarStandIn } from '../support/edgar-stand-in.ts';

const OURS = 'http://127.0.0.1:9/x.xml';
const SEC = 'https://www.sec.gov/Archives/edgar/data/1000697/000095012310017583/wat-20091231.xml';

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
      [2, 'edgar-fetch: secret.txt may not be read; check its permissions and those of its folders\n'],
    );
    mkdirSync(join(cwd, 'closed'));
    chmodSync(join(cwd, 'closed'), 0o500);
    const closed = await runCommand(['-', '--out', 'closed/d'], { cwd, stdin: OURS });
    assert.equal(closed.exitCode, 2);
    assert.match(closed.stderr, /is not permitted; check permissions, or choose a folder that you may write to/);
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

test('bad lines are failed rows with their line numbers and reasons, and the run goes on', async (context) => {
  const cwd = testFolder(context);
  const server = await startEdgarStandIn({ documents: () => ({ body: Buffer.from('<a/>') }) });
  context.after(() => server.close());
  const good = `${server.origin}/good.xml`;
  const bad: readonly (readonly [string, RegExp])[] = [
    ['not a url', /^line 3 is not a URL: give one URL a line, beginning with https:\/\/$/],
    ['www.sec.gov/Archives/edgar/data/1/2/a.xml', /^line 4 is not a URL: https:\/\/ is missing before it$/],
    ['edgar/data/1/2/a.xml', /^line 5 is not a URL: https:\/\/www\.sec\.gov\/Archives\/ is missing before it$/],
    [`${good} ${good}`, /^line 6 has a second URL/],
    [`${SEC},10-K`, /^line 7 looks like a line of a CSV/],
    ['http://user:pw@host/x.xml', /^line 8 is not a URL: user names/],
    [`${server.origin}/${'x'.repeat(9000)}`, /^line 9 is longer than 8 KiB/],
  ];
  for (const [what, end] of [
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ] as const) {
    const stdin = ['# list', good, ...bad.map(([text]) => text), `${good}?2 tag`, ''].join(end);
    const { exitCode, stderr } = await runCommand(['--out', what], { cwd, stdin });
    const rows = manifestRows(join(cwd, what));
    const found = rows.filter(({ status }) => status === 'failed').sort((one, other) => one.line! - other.line!);
    assert.deepEqual([exitCode, found.length], [1, bad.length]);
    for (const [at, [text, says]] of bad.entries()) {
      const { url, error } = found[at]!;
      assert.equal(error?.code, 'invalid-url');
      assert.match(error.message, says);
      assert.equal(url.slice(0, 8000), text.slice(0, 8000), 'the url of a bad line is the trimmed line');
    }
    assert.deepEqual(
      rows
        .filter(({ status }) => status === 'saved')
        .map(({ url, line, tag }) => [url, line, tag])
        .sort(),
      [
        [good, 2, undefined],
        [`${good}?2`, 10, 'tag'],
      ],
    );
    assert.match(stderr, /^next: fix lines 3, 4 and 5 more of stdin$/m);
    assert.doesNotMatch(stderr, /\n\s+at /, 'no stack trace');
  }
  const failed = readFileSync(join(cwd, 'CR', '.edgar-fetch', 'failed.txt'), 'utf8');
  assert.equal(failed.split('\n').filter((line) => /^[^#]/.test(line)).length, bad.length);
});

test('files, stdin and URLs are one list, in order; bad lines say where they stand', async (context) => {
  const cwd = testFolder(context);
  const server = await startEdgarStandIn({ documents: () => ({ body: Buffer.from('<a/>') }) });
  context.after(() => server.close());
  const url = (name: string): string => `${server.origin}/${name}.xml`;
  writeFileSync(join(cwd, 'a.txt'), `# mine\n${url('a')} key`);
  writeFileSync(join(cwd, 'b.txt'), `\ufeff${url('b')}\nedgar/data/1\n`);
  const args = ['a.txt', url('c'), 'b.txt', '-', url('d'), url('a'), '--json'];
  const end = await runCommand(args, { cwd, stdin: url('e') });
  assert.equal(end.exitCode, 1);
  const rows = rowsOf(end.stdout).map(({ url, line, tag, error }) => [url, line, tag, error?.message]);
  assert.deepEqual(rows.sort((one, other) => Number(one[1]) - Number(other[1])), [
    [url('a'), 2, 'key', undefined],
    [url('c'), 3, undefined, undefined],
    [url('d'), 4, undefined, undefined],
    [url('b'), 6, undefined, undefined],
    ['edgar/data/1', 7, undefined, 'line 2 of b.txt is not a URL: https://www.sec.gov/Archives/ is missing before it'],
    [url('e'), 8, undefined, undefined],
  ]); // prettier-ignore
  assert.match(end.stderr, /^5 saved, 1 failed, 1 duplicate \(7 URL lines\)$/m);
  const only = await runCommand([url('f'), url('g')], { cwd });
  assert.deepEqual([only.exitCode, only.stderr], [0, '']);
  assert.deepEqual(readdirSync(join(cwd, 'downloads')).sort(), [
    '.edgar-fetch',
    ...'abcdefg'.split('').map((name) => `${name}.xml`),
  ]);
});

test('a list that is none is told when its turn comes: what was saved stays, exit 2, none of its lines in a row', async (context) => {
  const cwd = testFolder(context);
  const server = await startEdgarStandIn({ documents: () => ({ body: Buffer.from('<a/>') }) });
  context.after(() => server.close());
  writeFileSync(join(cwd, 'page.html'), '<!DOCTYPE html>\n<body>secret</body>\n');
  const stdin = Array.from({ length: 40 }, (_, number) => `${server.origin}/${number}.xml`).join('\n');
  const end = await runCommand(['-', 'page.html'], { cwd, stdin });
  assert.equal(end.exitCode, 2);
  assert.match(end.stderr, /^page\.html is not a list of URLs; line 1 is not a URL: it looks like HTML or XML/m);
  assert.ok(manifestRows(join(cwd, 'downloads')).every(({ status }) => status === 'saved'));
});

test('verify --list reads by the same rules', async (context) => {
  const cwd = testFolder(context);
  const server = await startEdgarStandIn({ documents: () => ({ body: Buffer.from('<a/>') }) });
  context.after(() => server.close());
  const good = `${server.origin}/a.xml`;
  await runCommand([good], { cwd });
  const twice = await runCommand(['verify', 'downloads', '--list', '-'], { cwd, stdin: `${good}\r${good},${good}\r` });
  assert.deepEqual([twice.exitCode, twice.stderr], [1, '']);
  assert.match(
    twice.stdout,
    /^absent .*\(line 2\) {2}\(has a second URL; give one URL a line\)\n1 whole, .* 1 absent$/m,
  );
  const none = await runCommand(['verify', 'downloads', '--list', '-'], { cwd, stdin: '<html>\n' });
  assert.deepEqual([none.exitCode, none.stdout], [2, '']);
  assert.match(none.stderr, /^edgar-fetch: stdin is not a list of URLs; line 1 /);
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
