// A manifest that somebody damaged: what it says costs at most what it said. No file is written that no document may have,
// no row that can be read is lost, and a second run finds everything in order.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { ManifestRow } from '../../src/model/manifest-row.ts';
import { MAX_LINE_BYTES } from '../../src/storage/manifest/manifest-parse.ts';
import { runCommand, testFolder } from '../support/command-line.ts';
import { documentsIn, manifestRows, sha256 } from '../support/destination.ts';
import { startEdgarStandIn, type EdgarStandIn } from '../support/edgar-stand-in.ts';
import { runWrapped } from '../support/wrapped-command.ts';

/** The document at a path: of a length of its own, or of one that it shares with others of its folder. */
function bodyOf(path: string): Buffer {
  return Buffer.from(`<a>${path.startsWith('/same/') ? sha256(Buffer.from(path)) : path}</a>`);
}

interface World {
  readonly cwd: string;
  readonly out: string;
  readonly manifest: string;
  readonly server: EdgarStandIn;
  readonly urlOf: (path: string) => string;
  /** Puts a document and the row that says so; the row may say otherwise. */
  readonly put: (path: string, row: Readonly<Record<string, unknown>>, file?: string) => string;
  readonly write: (...lines: readonly string[]) => void;
  readonly run: (paths: readonly string[], ...args: string[]) => ReturnType<typeof runCommand>;
}

async function openWorld(context: TestContext): Promise<World> {
  const cwd = testFolder(context);
  const out = join(cwd, 'downloads');
  const manifest = join(out, '.edgar-fetch/manifest.jsonl');
  mkdirSync(dirname(manifest), { recursive: true });
  const server = await startEdgarStandIn({ documents: (path) => ({ body: bodyOf(path) }) });
  context.after(() => server.close());
  const urlOf = (path: string): string => server.origin + path;
  return {
    cwd,
    out,
    manifest,
    server,
    urlOf,
    put: (path, row, file = path.slice(path.lastIndexOf('/') + 1)) => {
      const body = bodyOf(path);
      writeFileSync(join(out, file), body);
      const whole = { url: urlOf(path), status: 'saved', path: file, bytes: body.length, sha256: sha256(body) };
      return JSON.stringify({ ...whole, ...row });
    },
    write: (...lines) => writeFileSync(manifest, lines.map((line) => `${line}\n`).join('')),
    run: (paths, ...args) => {
      server.reset();
      return runCommand([...args, '--retries', '0'], { cwd, stdin: paths.map((path) => `${urlOf(path)}\n`).join('') });
    },
  };
}

const UNSAFE: readonly string[] = [
  './.edgar-fetch/manifest.jsonl',
  '.edgar-fetch/manifest.jsonl',
  '.EDGAR-fetch/runs.jsonl',
  '../beside.txt',
  '/etc/beside.txt',
  'a//b.xml',
  'a/./b.xml',
  'a\\b.xml',
  'a\0b.xml',
  '',
  `${'x'.repeat(256)}.xml`,
  'x/'.repeat(2_500) + 'y.xml',
];

const passedOver = (count: number): RegExp =>
  new RegExp(`^WARN: ${count} lines of the manifest cannot be read and are passed over\\n$`);

test('rows with paths that no document may have, lines without end and lines of nonsense are passed over', async (context) => {
  const { cwd, out, manifest, put, write, run, server } = await openWorld(context);
  writeFileSync(join(cwd, 'beside.txt'), 'not ours');
  const good = Array.from({ length: 5 }, (_, number) => `/good/${number}.xml`);
  const kept = good.map((path) => put(path, {}));
  const unsafe = UNSAFE.map((path, number) => put(`/bad/b${number}.xml`, { path }));
  const long = `{"url":"${'u'.repeat(3 * MAX_LINE_BYTES)}","status":"failed"}`;
  const nonsense = ['{'.repeat(100_000), '['.repeat(100_000), '{"url":"u","status":[]}', long];
  const lines = [kept[0]!, ...unsafe, long, kept[1]!, ...nonsense, ...kept.slice(2, 4)];
  write(...lines);
  // The last line lost its end in an editor.
  writeFileSync(manifest, kept[4]!, { flag: 'a' });
  const before = readFileSync(manifest, 'utf8');
  const bad = UNSAFE.map((_, number) => `/bad/b${number}.xml`);

  const first = await run([...good, ...bad], '--log-level', 'warn');
  assert.equal(first.exitCode, 0, first.stderr);
  assert.match(first.stderr, passedOver(UNSAFE.length + 1 + nonsense.length));
  assert.deepEqual(server.requests.map(({ path }) => path).sort(), [...bad].sort(), 'only what lost its row');
  assert.ok(readFileSync(manifest, 'utf8').startsWith(`${before}\n`), 'nothing that was in the file is lost');
  assert.equal(readFileSync(join(cwd, 'beside.txt'), 'utf8'), 'not ours');
  assert.deepEqual(
    readdirSync(out).sort(),
    ['.edgar-fetch', ...[...good, ...bad].map((path) => path.split('/')[2]!)].sort(),
  );

  const second = await run([...good, ...bad]);
  assert.deepEqual([second.exitCode, second.stderr, server.countRequests()], [0, '', 0]);
  const verified = await runCommand(['verify', 'downloads'], { cwd });
  assert.match(verified.stdout, new RegExp(`^${good.length + bad.length} whole, 0 missing, 0 changed, 0 unknown`));
});

test('two URLs whose rows name one path get a file each, and the second rerun fetches nothing', async (context) => {
  const { cwd, out, put, write, run, server } = await openWorld(context);
  // Of two sizes and of one; the file is that of the earlier row, of the later one, of neither, or gone.
  const pairs = [
    '/one/a.xml /same/a.xml',
    '/same/b.xml /same/x/b.xml',
    '/c.xml /one/c.xml',
    '/same/d.xml /same/x/d.xml',
  ].map((pair) => pair.split(' ') as [string, string]);
  const lines = pairs.flatMap(([earlier, later]) => [put(earlier, {}), put(later, {})]);
  const alone = put('/alone.xml', {});
  write(alone, ...lines);
  writeFileSync(join(out, 'a.xml'), bodyOf(pairs[0]![0]));
  writeFileSync(join(out, 'c.xml'), '<of-somebody-else/>');
  // What stands at b.xml is the later row's; at d.xml nothing does.
  rmSync(join(out, 'd.xml'));
  const paths = ['/alone.xml', ...pairs.flat()];

  const verified = await runCommand(['verify', 'downloads'], { cwd });
  assert.equal(verified.exitCode, 1);
  assert.match(
    verified.stdout,
    /^changed {2}a\.xml {2}\S+\/same\/a\.xml {2}\(the row of another URL names this file too/m,
  );

  const first = await run(paths, '--workers', '2');
  assert.equal(first.exitCode, 0, first.stderr);
  const rows = new Map(manifestRows(out).map((row) => [row.url, row]));
  assert.equal(new Set([...rows.values()].map(({ path }) => path?.toLowerCase())).size, paths.length, 'a path each');
  for (const { url, path = '', bytes, sha256: hash } of rows.values()) {
    const file = readFileSync(join(out, path));
    assert.deepEqual([file.length, sha256(file)], [bytes, hash], `${path} is whole`);
    assert.deepEqual(file, bodyOf(new URL(url).pathname), `${path} is that of its URL`);
  }
  assert.equal(readFileSync(join(out, 'c.xml'), 'utf8'), '<of-somebody-else/>', 'nothing is written over');

  const second = await run(paths);
  assert.deepEqual([second.exitCode, second.stderr, server.countRequests()], [0, '', 0]);
  assert.equal((await runCommand(['verify', 'downloads'], { cwd })).exitCode, 0);
});

/** Fields of a row as somebody may have left them, and whether its request can be conditional. */
const FIELDS: readonly (readonly [Readonly<Record<string, unknown>>, boolean])[] = [
  [{ etag: '"x"', attempts: 1e99, httpStatus: 'x', settledAt: [], error: 5, tag: {}, run: null }, true],
  [{ etag: '"x"\r\nx-injected: yes' }, false],
  [{ etag: '"x\0"' }, false],
  [{ etag: '"\u20ac"' }, false],
  [{ etag: `"${'x'.repeat(100_000)}"` }, false],
  [{ etag: 5 }, false],
  [{ lastModified: 'Mon, 01 Jan 2024 21:30:00 GMT' }, true],
  [{ lastModified: 'today\r\nx-injected: yes' }, false],
  [{ lastModified: { toString: 'x' } }, false],
  [{ etag: '"x"', sha256: 5 }, false],
];

test('fields that cannot be what they should be reach no request and no report', async (context) => {
  const { cwd, out, put, write, run, server } = await openWorld(context);
  const paths = FIELDS.map((_, number) => `/f${number}.xml`);
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  const lines = FIELDS.map(([fields], number) => put(paths[number]!, fields));
  write(...lines.map((line) => `${line.slice(0, -1)},"__proto__":{"status":"failed"},"deep":${deep}}`));

  const reported = await run(paths, '--json');
  assert.deepEqual([reported.exitCode, reported.stderr, server.countRequests()], [0, '', 0]);
  const rows = reported.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as ManifestRow);
  assert.ok(rows.every((row) => !('deep' in row) && (row.status as string) === 'unchanged'));
  assert.deepEqual(Object.keys(rows[0]!).sort(), ['bytes', 'etag', 'line', 'path', 'sha256', 'status', 'url']);

  const checked = await run(paths, '--existing', 'check');
  assert.deepEqual([checked.exitCode, checked.stderr], [0, '']);
  const conditional = new Map(
    server.requests.map(({ path, headers }) => [path, 'if-none-match' in headers || 'if-modified-since' in headers]),
  );
  assert.deepEqual(
    paths.map((path) => conditional.get(path)),
    FIELDS.map(([, may]) => may),
  );
  assert.ok(server.requests.every(({ headers }) => !('x-injected' in headers)));

  // What was damaged behind the beginning of its row is named, and repaired.
  const torn = '/torn.xml';
  const line = put(torn, {});
  writeFileSync(join(out, '.edgar-fetch/manifest.jsonl'), `${line.slice(0, -20)}\0\0\0}\n`, { flag: 'a' });
  const verified = await runCommand(['verify', 'downloads'], { cwd });
  assert.equal(verified.exitCode, 1);
  assert.match(verified.stdout, /^changed {2}torn\.xml {2}\S+ {2}\(its row has no SHA-256\)$/m);
  assert.equal((await runCommand(['verify', 'downloads', '--repair'], { cwd })).exitCode, 0);
  assert.equal((await runCommand(['verify', 'downloads'], { cwd })).exitCode, 0);
});

test('too many open files end the run with a sentence, and fail no document', async (context) => {
  const { cwd, out, urlOf } = await openWorld(context);
  const stdin = Array.from({ length: 60 }, (_, number) => `${urlOf(`/e${number}.xml`)}\n`).join('');
  const shell = ['bash', '-c', 'ulimit -n "$0"; exec "$@"'] as const;
  for (const limit of ['26', '44']) {
    const end = await runWrapped([...shell, limit], ['--connections', '16', '--workers', '2'], { cwd, stdin });
    assert.equal(end.exitCode, 4, end.stderr);
    assert.match(end.stderr, /raise ulimit -n,? or lower --connections/);
    assert.ok(manifestRows(out).every(({ status }) => status === 'saved'));
  }
  const end = await runCommand([], { cwd, stdin });
  assert.deepEqual([end.exitCode, end.stderr, documentsIn(out).length], [0, '', 60]);
});
