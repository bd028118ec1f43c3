// The records of many runs over one destination: the manifest stays small and survives damage, failed.txt says what is
// failed now and is a list again, refused/ and replaced/ keep what they promise.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { ManifestRow } from '../../src/model/manifest-row.ts';
import { runCommand, startCommand, testFolder } from '../support/command-line.ts';
import { documentsIn, manifestRows, sha256, stateFilesIn } from '../support/destination.ts';
import { startEdgarStandIn, type EdgarStandIn } from '../support/edgar-stand-in.ts';
import { until } from '../support/polling.ts';

const CLEAN = ['manifest.jsonl', 'runs.jsonl'];
const NEVER = 'never';

interface World {
  readonly cwd: string;
  readonly out: string;
  readonly manifest: string;
  readonly failedList: string;
  readonly server: EdgarStandIn;
  /** What the server answers for a name, if not `<a>name</a>`: a body, a status, or nothing at all (`NEVER`). */
  readonly answers: Map<string, string | number>;
  /** Runs over these names. */
  readonly run: (names: readonly string[], ...args: string[]) => ReturnType<typeof runCommand>;
  readonly listOf: (names: readonly string[]) => string;
}

async function openWorld(context: TestContext): Promise<World> {
  const cwd = testFolder(context);
  const out = join(cwd, 'downloads');
  const answers: World['answers'] = new Map();
  const server = await startEdgarStandIn({
    documents: (path) => {
      const name = path.slice(1);
      const answer = answers.get(name) ?? `<a>${name}</a>`;
      return { body: Buffer.from(String(answer)) };
    },
    intercept: (request, response) => {
      const answer = answers.get((request.url ?? '').slice(1));
      if (typeof answer === 'number') response.writeHead(answer).end();
      return typeof answer === 'number' || answer === NEVER;
    },
  });
  context.after(() => server.close());
  const listOf = (names: readonly string[]): string => names.map((name) => `${server.origin}/${name}\n`).join('');
  return {
    cwd,
    out,
    manifest: join(out, '.edgar-fetch/manifest.jsonl'),
    failedList: join(out, '.edgar-fetch/failed.txt'),
    server,
    answers,
    run: (names, ...args) => runCommand([...args, '--retries', '0'], { cwd, stdin: listOf(names) }),
    listOf,
  };
}

const namesOf = (count: number, prefix = ''): string[] =>
  Array.from({ length: count }, (_, number) => `${prefix}${number}.xml`);

const linesOf = (path: string): string[] => readFileSync(path, 'utf8').trimEnd().split('\n');

test('the manifest is rewritten with current rows only when over half are superseded, and says the same', async (context) => {
  const { cwd, out, manifest, server, answers, run } = await openWorld(context);
  const names = namesOf(30);
  for (const [number, rowsAfter] of [
    [1, 30],
    // One document fails from now on: its saved row stays, with the failed one behind it.
    [2, 60],
    [3, 31],
  ] as const) {
    for (const name of names) answers.set(name, `<a>${name} of run ${number}</a>`);
    if (number > 1) answers.set('7.xml', 401);
    const end = await run(names, '--existing', 'replace');
    assert.equal(end.exitCode, number === 1 ? 0 : 1, end.stderr);
    assert.equal(linesOf(manifest).length, rowsAfter, `rows after run ${number}`);
  }
  const rows = manifestRows(out);
  const saved = rows.filter(({ status }) => status === 'saved');
  assert.deepEqual(saved.map(({ path }) => path).sort(), [...names].sort());
  for (const { path = '', sha256: hash, previousSha256 } of saved) {
    const current = path === '7.xml' ? 1 : 3;
    assert.equal(hash, sha256(Buffer.from(`<a>${path} of run ${current}</a>`)), 'the current row is kept');
    if (current === 3) assert.equal(previousSha256, sha256(Buffer.from(`<a>${path} of run 2</a>`)));
    assert.equal(hash, sha256(readFileSync(join(out, path))));
  }
  const last = rows.filter(({ url }) => url.endsWith('/7.xml')).map(({ status, error }) => error?.code ?? status);
  assert.deepEqual(last, ['saved', 'forbidden']);
  assert.deepEqual(stateFilesIn(out), ['manifest.jsonl', 'replaced', 'runs.jsonl'], 'nothing is left of the rewriting');
  server.reset();
  const again = await run(names);
  assert.deepEqual([again.exitCode, again.stderr, server.countRequests()], [0, '', 0]);
  assert.equal((await runCommand(['verify', 'downloads'], { cwd })).exitCode, 0);
});

test('lines of the manifest that cannot be read are passed over with one warning, and cost only what they said', async (context) => {
  const { cwd, out, manifest, server, run } = await openWorld(context);
  const names = namesOf(12);
  assert.equal((await run(names)).exitCode, 0);
  const lines = linesOf(manifest);
  const lost = (JSON.parse(lines[3]!) as { path: string }).path;
  const damaged = [
    'no JSON at all',
    lines[3]!.slice(0, 60),
    '{"some":"other object"}',
    '{"url":"http://x.example/1.xml","status":"perhaps"}',
    '\0\0\0\0',
    `"${'x'.repeat(100_000)}"`,
    '\xff\xfe',
  ];
  const text = [...damaged, ...lines.slice(0, 3), ...damaged, ...lines.slice(4), ''].join('\n');
  writeFileSync(manifest, text, 'latin1');
  const inode = statSync(join(out, lost)).ino;

  server.reset();
  const end = await run(names, '--log-level', 'warn');
  assert.equal(end.exitCode, 0);
  assert.equal(end.stderr, `WARN: ${2 * damaged.length} lines of the manifest cannot be read and are passed over\n`);
  assert.deepEqual(
    server.requests.map(({ path }) => path),
    [`/${lost}`],
    'only the document whose row is lost',
  );
  assert.equal(statSync(join(out, lost)).ino, inode, 'and its file is adopted');
  server.reset();
  const again = await run(names);
  assert.deepEqual([again.exitCode, again.stderr, server.countRequests()], [0, '', 0]);
  const verified = await runCommand(['verify', 'downloads'], { cwd });
  assert.equal(verified.exitCode, 0, verified.stdout + verified.stderr);
});

test('failed.txt says what is failed now, over all lists; as the source of a run it is replaced by that run', async (context) => {
  const { cwd, out, failedList, server, answers, run } = await openWorld(context);
  // Larger than one read of the list.
  const names = namesOf(400, `${'a-rather-long-name-'.repeat(9)}-`);
  const other = namesOf(3, 'other-');
  for (const name of [...names, 'other-1.xml']) answers.set(name, 401);
  assert.equal((await run(other)).exitCode, 1);
  assert.equal((await run(names)).exitCode, 1);
  assert.ok(statSync(failedList).size > 64 * 1024);
  const urlsIn = (): string[] => linesOf(failedList).filter((line) => !line.startsWith('#'));
  const all = [...names, 'other-1.xml'].map((name) => `${server.origin}/${name}`).sort();
  assert.deepEqual(urlsIn().sort(), all);
  assert.ok(linesOf(failedList).every((line, at) => line.startsWith('# forbidden: ') === (at % 2 === 0)));

  for (const name of names.slice(0, 390)) answers.delete(name);
  server.reset();
  const mended = await runCommand([failedList, '--retries', '0'], { cwd });
  assert.equal(mended.exitCode, 1);
  assert.equal(server.countRequests(), all.length);
  const still = [...names.slice(390), 'other-1.xml'].map((name) => `${server.origin}/${name}`).sort();
  assert.deepEqual(urlsIn().sort(), still);

  answers.clear();
  const last = await runCommand([failedList], { cwd });
  assert.deepEqual([last.exitCode, last.stderr], [0, '']);
  assert.deepEqual([documentsIn(out).length, stateFilesIn(out)], [403, CLEAN], 'no failed.txt when nothing is failed');
});

test('a run over failed.txt that is interrupted loses nothing of it', async (context) => {
  const { cwd, out, failedList, server, answers, run, listOf } = await openWorld(context);
  const names = namesOf(40);
  for (const name of names) answers.set(name, 401);
  assert.equal((await run(names)).exitCode, 1);
  for (const name of names) answers.set(name, Number(name.slice(0, -4)) < 10 ? `<a>${name}</a>` : NEVER);
  server.reset();
  const cut = startCommand([failedList, '--workers', '1', '--connections', '40', '--log-level', 'warn'], { cwd });
  context.after(() => cut.child.kill('SIGKILL'));
  let stderr = '';
  cut.child.stderr?.on('data', (text: string) => (stderr += text));
  // With their rows: those of the last moment before a second signal are lost, and their files adopted by the next run.
  await until('ten are saved', () => manifestRows(out).filter(({ status }) => status === 'saved').length === 10);
  cut.child.kill('SIGTERM');
  await until('it drains', () => stderr.includes('finishing what is in flight'));
  cut.child.kill('SIGTERM');
  assert.equal((await cut.ended).exitCode, 143);
  const left = linesOf(failedList).filter((line) => !line.startsWith('#'));
  assert.deepEqual(
    left.map((url) => `${url}\n`).sort(),
    names
      .slice(10)
      .map((name) => listOf([name]))
      .sort(),
  );
});

for (const [how, args] of [
  ['one after the other', ['--workers', '1', '--connections', '1']],
  ['from several threads at once', ['--workers', '4', '--connections', '16', '--batch-size', '8']],
] as const) {
  test(`refused/ keeps the last 100 bodies that were not accepted, ${how}`, async (context) => {
    const { out, answers, run } = await openWorld(context);
    const names = namesOf(130);
    const bodyOf = (name: string): string => `<html><body>no ${name}</body></html>`;
    for (const name of names) answers.set(name, bodyOf(name));
    assert.equal((await run(names, ...args)).exitCode, 75);
    const refused = join(out, '.edgar-fetch/refused');
    const kept = readdirSync(refused);
    assert.equal(kept.length, 100);
    for (const file of kept) {
      const [, hash, name = ''] = /^([0-9a-f]{8})-(.*)$/.exec(file) ?? assert.fail(file);
      assert.equal(readFileSync(join(refused, file), 'utf8'), bodyOf(name));
      assert.equal(hash, sha256(Buffer.from(bodyOf(name))).slice(0, 8));
    }
    const rows = manifestRows(out);
    const last = rows.at(-1)!;
    const where = /kept as (\S+);/.exec(last.error?.message ?? '')?.[1] ?? '';
    assert.ok(existsSync(join(out, where)), 'the row names the file');
    if (how !== 'one after the other') return;
    const names100 = kept.map((file) => file.slice(9)).sort();
    assert.deepEqual(names100, names.slice(30).sort(), 'the last, not the first');
  });
}

test('what --existing replaces is kept once for each content, also when the old one comes back', async (context) => {
  const { out, answers, run } = await openWorld(context);
  const hashOf = (text: string): string => sha256(Buffer.from(text));
  const [one, two] = ['<a>one</a>', '<a>two, longer</a>'];
  const replaced = join(out, '.edgar-fetch/replaced');
  for (const [content, existing, kept] of [
    [one, 'skip', []],
    [two, 'check', [one]],
    [one, 'replace', [one, two]],
    [one, 'replace', [one, two]],
  ] as const) {
    answers.set('x.xml', content);
    const before = existsSync(out) ? readFileSync(join(out, 'x.xml'), 'utf8') : undefined;
    assert.equal((await run(['x.xml'], '--existing', existing)).exitCode, 0);
    assert.equal(readFileSync(join(out, 'x.xml'), 'utf8'), content);
    const names = existsSync(replaced) ? readdirSync(replaced) : [];
    assert.deepEqual(names.sort(), kept.map(hashOf).sort());
    for (const name of names) assert.equal(sha256(readFileSync(join(replaced, name))), name);
    const changed = before !== undefined && before !== content;
    assert.equal(manifestRows(out).at(-1)?.previousSha256, changed ? hashOf(before) : undefined);
  }
});

test('--json prints the whole row of what is known to be missing', async (context) => {
  const { run, answers, listOf, cwd } = await openWorld(context);
  answers.set('gone.xml', 404);
  await run(['gone.xml']);
  const again = await runCommand(['--json'], { cwd, stdin: `\n${listOf(['gone.xml']).trim()} key\n` });
  const row = JSON.parse(again.stdout) as ManifestRow;
  const [known] = manifestRows(join(cwd, 'downloads'));
  assert.deepEqual({ ...row, line: 1, tag: undefined }, { ...known, tag: undefined });
  assert.deepEqual([row.line, row.tag, row.error?.code], [2, 'key', 'not-found']);
});

test('a line of more than 8 KiB comes back from failed.txt as the bad line that it is', async (context) => {
  const { cwd, out, failedList, server } = await openWorld(context);
  const stdin = `${server.origin}/${'z'.repeat(9_000)}.xml key\n`;
  for (let run = 0; run < 3; run++) {
    const end = await (run === 0 ? runCommand([], { cwd, stdin }) : runCommand([failedList], { cwd }));
    assert.equal(end.exitCode, 1);
    assert.deepEqual([documentsIn(out), server.countRequests()], [[], 0]);
    assert.equal(new Set(manifestRows(out).map(({ url }) => url)).size, 1);
  }
});
