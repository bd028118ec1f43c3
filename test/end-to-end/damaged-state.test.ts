// A destination or a state folder that somebody damaged: one sentence that says what to do, the exit code of the contract,
// nothing lost, and never a wait without end.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { startCommand, testFolder, USER_AGENT, type CommandEnd, type CommandOptions } from '../support/command-line.ts';
import { documentsIn, manifestRows } from '../support/destination.ts';
import { startEdgarStandIn, type EdgarStandIn } from '../support/edgar-stand-in.ts';
import { ACCESSION, filing } from '../support/hostile-names.ts';
import { until } from '../support/polling.ts';
import { put, type Thing } from '../support/things.ts';

/** Far above what any of these runs takes on a busy machine: what is not over by then waits for ever. */
const LIMIT_MS = 30_000;

async function run(args: readonly string[], options: CommandOptions): Promise<CommandEnd> {
  const { child, ended } = startCommand(args, options);
  let hung = false;
  const limit = setTimeout(() => {
    hung = true;
    child.kill('SIGKILL');
  }, LIMIT_MS);
  const end = await ended;
  clearTimeout(limit);
  assert.equal(hung, false, `it waited for ever: ${args.join(' ')}\n${end.stderr}`);
  return end;
}

function assertOneSentence(end: CommandEnd, exitCode: number, says: string): void {
  assert.equal(end.exitCode, exitCode, end.stderr);
  assert.match(end.stderr, /^edgar-fetch: [^\n]+\n$/);
  assert.ok(end.stderr.includes(says), `${end.stderr} does not say ${says}`);
}

const FLAT = [filing(1, 'one.xml'), filing(2, 'two.xml')];

interface World {
  readonly cwd: string;
  readonly server: EdgarStandIn;
  readonly list: (paths: readonly string[]) => string;
  /** A copy of a destination that has both documents of FLAT. */
  readonly copy: (name: string) => string;
}

async function openWorld(context: TestContext): Promise<World> {
  const cwd = testFolder(context);
  const server = await startEdgarStandIn({
    documents: (path) => ({ body: Buffer.from(path.includes('refused') ? '<html></html>' : `<a>${path}</a>`) }),
  });
  context.after(() => server.close());
  const list = (paths: readonly string[]): string => paths.map((path) => `${server.origin}${path}\n`).join('');
  assert.equal((await run(['--out', 'whole'], { cwd, stdin: list(FLAT) })).exitCode, 0);
  server.reset();
  const copy = (name: string): string => {
    cpSync(join(cwd, 'whole'), join(cwd, name), { recursive: true });
    return join(cwd, name);
  };
  return { cwd, server, list, copy };
}

/** Unit tests try everything in every place; here it is one of each. */
const DAMAGED: readonly (readonly [name: string, thing: Thing])[] = [
  ['manifest.jsonl', 'named pipe'],
  ['manifest.jsonl', 'link to nothing'],
  ['lock', 'named pipe'],
  ['lock', 'folder'],
  ['tmp', 'socket'],
  ['replaced', 'named pipe'],
];

describe('a damaged destination', { concurrency: 2 }, () => {
  test('what stands in place of a file or folder of ours is named before anything is fetched: exit 4', async (context) => {
    const { server, cwd, list, copy } = await openWorld(context);
    for (const [name, thing] of DAMAGED) {
      const out = `${name} ${thing}`;
      const path = join(copy(out), '.edgar-fetch', name);
      rmSync(path, { force: true });
      context.after(await put(thing, path, true));
      const end = await run(['--out', out], { cwd, stdin: list([...FLAT, filing(3, 'new.xml')]) });
      assertOneSentence(end, 4, `cannot write ${path}: it is a ${thing} where a `);
    }
    assert.equal(server.countRequests(), 0);
    const [pipe] = DAMAGED.map(([name, thing]) => `${name} ${thing}`);
    const reason = 'it is a named pipe where a file belongs';
    for (const args of [
      ['verify', pipe!],
      ['--dry-run', '--out', pipe!],
    ])
      assertOneSentence(await run(args, { cwd, stdin: list(FLAT) }), 2, `manifest.jsonl cannot be read (${reason})`);
  });

  test('a destination, or a state folder in it, that is no folder: exit 2', async (context) => {
    const { server, cwd, list, copy } = await openWorld(context);
    const out = copy('used');
    rmSync(join(out, '.edgar-fetch'), { recursive: true });
    context.after(await put('named pipe', join(out, '.edgar-fetch'), true));
    const state = `${out}/.edgar-fetch cannot be used: it is a named pipe where a folder belongs; `;
    assertOneSentence(await run(['--out', 'used'], { cwd, stdin: list(FLAT) }), 2, state);
    for (const thing of ['named pipe', 'link to nothing', 'link to itself'] as const) {
      context.after(await put(thing, join(cwd, thing), true));
      for (const more of [[], ['--dry-run']]) {
        const end = await run(['--out', thing, ...more], { cwd, stdin: list(FLAT) });
        assertOneSentence(end, 2, `--out ${join(cwd, thing)} is a ${thing}; choose a folder`);
      }
    }
    assert.equal(server.countRequests(), 0);
  });

  test('failed.txt that is a folder: all that came is saved, exit 4 names it, and a rerun has nothing to do', async (context) => {
    const { server, cwd, list, copy } = await openWorld(context);
    const failed = join(copy('d'), '.edgar-fetch/failed.txt');
    mkdirSync(failed);
    const paths = [...FLAT, filing(3, 'new.xml'), filing(4, 'refused.xml')];
    const says = `cannot write ${failed}: it is a folder where a file belongs; `;
    assertOneSentence(await run(['--out', 'd', '--retries', '0'], { cwd, stdin: list(paths) }), 4, says);
    const out = join(cwd, 'd');
    assert.deepEqual(documentsIn(out), ['new.xml', 'one.xml', 'two.xml']);
    assert.deepEqual(
      manifestRows(out)
        .map(({ status }) => status)
        .sort(),
      ['failed', 'saved', 'saved', 'saved'],
    );
    const runs = readFileSync(join(out, '.edgar-fetch/runs.jsonl'), 'utf8').trimEnd().split('\n');
    assert.equal((JSON.parse(runs.at(-1)!) as { exitCode: number }).exitCode, 4);
    // Nothing is failed: it would be removed.
    assertOneSentence(await run(['--out', 'd'], { cwd, stdin: list(FLAT) }), 4, says);
    assert.ok(lstatSync(failed).isDirectory());
    rmSync(failed, { recursive: true });
    server.reset();
    assert.equal((await run(['--out', 'd'], { cwd, stdin: list(paths.slice(0, 3)) })).exitCode, 0);
    assert.equal(server.countRequests(), 0);
    assert.deepEqual(readFileSync(failed, 'utf8').trimEnd().split('\n').slice(1), [server.origin + paths[3]!]);
  });

  test('a file where a folder was and a folder where a file was: those documents fail, the others are saved', async (context) => {
    const { cwd, server, list } = await openWorld(context);
    const paths = [1, 2, 3, 4].map((cik) => filing(cik, 'a.xml'));
    const args = ['--layout', 'filing', '--out', 'd'];
    assert.equal((await run(args, { cwd, stdin: list(paths.slice(0, 3)) })).exitCode, 0);
    const out = join(cwd, 'd');
    rmSync(join(out, '1'), { recursive: true });
    writeFileSync(join(out, '1'), 'mine');
    const folder = join(out, '2', ACCESSION, 'a.xml');
    rmSync(folder);
    mkdirSync(folder);
    writeFileSync(join(folder, 'mine'), 'mine');
    for (const existing of ['skip', 'check', 'replace']) {
      server.reset();
      const end = await run([...args, '--existing', existing], { cwd, stdin: list(paths) });
      assert.equal(end.exitCode, 1, end.stderr);
      assert.doesNotMatch(end.stderr, /\n\s+at /);
      const last = new Map(manifestRows(out).map((row) => [row.url.slice(server.origin.length), row]));
      const ends = paths.map((path) => last.get(path)?.error?.code ?? last.get(path)?.status);
      assert.deepEqual(ends, ['disk', 'disk', 'saved', 'saved'], existing);
    }
    assert.deepEqual(documentsIn(out), [
      '1',
      `2/${ACCESSION}/a.xml/mine`,
      ...['3', '4'].map((cik) => `${cik}/${ACCESSION}/a.xml`),
    ]);
    const listed = readFileSync(join(out, '.edgar-fetch/failed.txt'), 'utf8')
      .match(/^http.*$/gm)
      ?.sort();
    assert.deepEqual(
      listed,
      paths.slice(0, 2).map((path) => server.origin + path),
    );
    // Put back as it was, it is all there again.
    rmSync(join(out, '1'));
    rmSync(folder, { recursive: true });
    assert.equal((await run(args, { cwd, stdin: list(paths) })).exitCode, 0);
    assert.deepEqual(readdirSync(join(out, '.edgar-fetch')), ['manifest.jsonl', 'runs.jsonl']);
  });

  test('two runs that start at once on a destination that does not exist: one has it, the other ends with 75', async (context) => {
    const { cwd } = await openWorld(context);
    const held: (() => void)[] = [];
    const server = await startEdgarStandIn({
      documents: () => ({ body: Buffer.from('<a/>') }),
      intercept: (_request, response) => held.push(() => response.end('<a/>')) > 0,
    });
    context.after(() => server.close());
    for (let pair = 0; pair < 5; pair++) {
      const started = [1, 2].map(() => run(['--out', `${pair}/deep/er`], { cwd, stdin: `${server.origin}/a.xml` }));
      const first = await Promise.race(started);
      assertOneSentence(first, 75, `another run holds ${join(cwd, String(pair))}/deep/er (`);
      await until('the other has asked', () => held.length > 0);
      held.splice(0).forEach((answer) => answer());
      assert.deepEqual((await Promise.all(started)).map(({ exitCode }) => exitCode).sort(), [0, 75]);
    }
  });
});

const procSkip = !existsSync('/proc/self') && 'there is no /proc here';

test(
  'a destination, and a state folder, where no folder can be made: told at once',
  { skip: procSkip },
  async (context) => {
    const cwd = testFolder(context);
    const url = 'https://www.sec.gov/Archives/edgar/data/1/a.xml';
    for (const out of ['/proc/x', '/proc/x/y'])
      assertOneSentence(
        await run(['--out', out], { cwd, stdin: 'http://127.0.0.1:9/a.xml' }),
        2,
        `--out ${out} is not a `,
      );
    // Nobody listens there: nothing reaches the SEC.
    const env = {
      EDGAR_FETCH_STATE_DIR: '/proc/x/y',
      EDGAR_FETCH_USER_AGENT: USER_AGENT,
      HTTPS_PROXY: 'http://127.0.0.1:9',
    };
    const end = await run(['--retries', '0'], { cwd, stdin: url, env });
    assert.equal(end.exitCode, 75, end.stderr);
    assert.equal(
      end.stderr.match(/the state folder cannot be used \(ENOENT: [^\n]+EDGAR_FETCH_STATE_DIR/g)?.length,
      1,
      end.stderr,
    );
  },
);

test('a list that is a pipe: read to its end, and let go where nobody ever writes to it', async (context) => {
  const { cwd, server } = await openWorld(context);
  execFileSync('mkfifo', [join(cwd, 'pipe')]);
  const silent = await run(['pipe', '--stop-after', '300ms', '--out', 'none'], { cwd });
  assert.equal(silent.exitCode, 75, silent.stderr);
  assert.equal(existsSync(join(cwd, 'none')), false);
  const running = run(['pipe'], { cwd });
  const writer = await open(join(cwd, 'pipe'), 'w');
  await writer.write(`${server.origin}${FLAT[0]!}\n`);
  await writer.close();
  assert.equal((await running).exitCode, 0);
  assert.deepEqual(documentsIn(join(cwd, 'downloads')), ['one.xml']);
});
