// What a person sees: a bar, warnings above it and a summary after it, Ctrl-C that drains and then ends. And what a file
// or a pipe gets instead: no bar, no colours.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { runCommand, testFolder } from '../support/command-line.ts';
import { documentsIn, rowsOf, stateFilesIn } from '../support/destination.ts';
import { startEdgarStandIn, type EdgarStandIn } from '../support/edgar-stand-in.ts';
import { until } from '../support/polling.ts';
import { openTerminal, terminalSkip as skip, type Terminal } from '../support/terminal.ts';

const COUNT = 40;
const ACCESSION = '000095012310017583';
/** Warnings that name such a URL are longer than the terminal is wide. */
const FOLDER = `/Archives/edgar/data/1000697/${ACCESSION}`;
/** Documents from this number on are held until the test releases them. */
const HELD_FROM = 30;

/** A batch belongs to one worker: with several, it would be chance how many are in flight. */
const ONE_WORKER = ['--workers', '1', '--connections', '4'];

interface World {
  readonly cwd: string;
  readonly out: string;
  readonly server: EdgarStandIn;
  readonly release: () => void;
}

async function openWorld(context: TestContext): Promise<World> {
  const cwd = testFolder(context);
  const held: (() => void)[] = [];
  let holding = true;
  const server = await startEdgarStandIn({
    documents: (path) => (path.includes('missing') ? undefined : { body: Buffer.from('<a/>') }),
    intercept: (request, response) => {
      if (!holding || Number(/(\d+)\.xml$/.exec(request.url ?? '')?.[1] ?? 0) < HELD_FROM) return false;
      const status = request.url?.includes('missing') === true ? 404 : 200;
      held.push(() => response.writeHead(status).end('<a/>'));
      return true;
    },
  });
  context.after(() => server.close());
  const names = Array.from({ length: COUNT }, (_, number) => `${number === 4 ? 'missing-' : ''}${number}.xml`);
  writeFileSync(join(cwd, 'urls.txt'), names.map((name) => `${server.origin}${FOLDER}/${name}\n`).join(''));
  const release = (): void => {
    holding = false;
    for (const answer of held) answer();
  };
  return { cwd, out: join(cwd, 'downloads'), server, release };
}

/** Begins every terminal code. */
const ESCAPE = '\u001b';

const BAR = /^\[[= ]+\] {2}\d+ of 40 {2}\d+%/;

/** Waits for the run's end; everything it wrote is on the screen by then. */
async function endOf(terminal: Terminal): Promise<number | undefined> {
  await until('the command has ended', () => terminal.exitCode() !== undefined);
  return terminal.exitCode();
}

test(
  'a bar counts on the terminal, warnings stand above it, and the summary takes its place',
  { skip },
  async (context) => {
    const { cwd, out, server, release } = await openWorld(context);
    mkdirSync(out);
    writeFileSync(join(out, '7.xml'), 'mine');
    const terminal = openTerminal(context, cwd, ['urls.txt', ...ONE_WORKER]);
    // 29 are saved, and one is missing.
    await until('the bar shows what is settled', () =>
      terminal.screen().some((line) => /30 of 40 {2}75% .*1 missing/.test(line)),
    );
    const during = terminal.screen();
    assert.equal(during.length, 2, during.join('\n'));
    const warning = `WARN: ${server.origin}${FOLDER}/7.xml: a file that is not of any row stands at 7.xml; saved as ${ACCESSION}-7.xml`;
    assert.ok(warning.length > 120);
    assert.equal(during[0], warning, 'whole, though it is longer than the terminal is wide');
    assert.match(during[1]!, BAR);
    release();
    assert.equal(await endOf(terminal), 1);
    const after = terminal.screen();
    assert.equal(after[0], warning);
    assert.equal(after[1], 'not-found: 1');
    assert.match(after[2]!, /^ {2}http.*missing-4\.xml \(line 5\): there is no such document/);
    assert.equal(after[3], '39 saved, 1 missing (40 URL lines)');
    assert.match(after[4]!, /^\d+ B saved to downloads; 4[01] requests, [\d.]+ kB received, [\d.]+ m?s$/);
    assert.match(after[5]!, /^next: check the URLs that are missing/);
    assert.equal(after.length, 6, after.join('\n'));
    assert.equal(terminal.cursorIsVisible(), true);
    assert.deepEqual(stateFilesIn(out), ['manifest.jsonl', 'runs.jsonl']);
  },
);

test('a warning of the last moment is shown too, before the summary', { skip }, async (context) => {
  const { cwd, out, server, release } = await openWorld(context);
  mkdirSync(out);
  writeFileSync(join(out, '7.xml'), 'mine');
  const missing = Array.from({ length: COUNT }, (_, number) => `${server.origin}${FOLDER}/missing-${number}.xml\n`);
  writeFileSync(join(cwd, 'urls.txt'), [`${server.origin}${FOLDER}/7.xml\n`, ...missing].join(''));
  const terminal = openTerminal(context, cwd, ['urls.txt', ...ONE_WORKER, '--no-fsync']);
  await until('the first warning is there', () => terminal.screen().some((line) => /^WARN: .*7\.xml/.test(line)));
  release();
  assert.equal(await endOf(terminal), 1);
  // That nearly everything is missing is known at the very end.
  const text = terminal.screen().join('\n');
  assert.match(text, /^WARN: 40 of 41 documents were answered as missing[^]*^1 saved, 40 failed \(41 URL lines\)$/m);
});

test(
  'Ctrl-C drains, and says so: what is in flight is saved, the rest is left, exit 130',
  { skip },
  async (context) => {
    const { cwd, out, server, release } = await openWorld(context);
    const terminal = openTerminal(context, cwd, ['urls.txt', ...ONE_WORKER]);
    await until('four are in flight', () => server.countRequests() === HELD_FROM + 4);
    await until('the bar is there', () => terminal.screen().some((line) => BAR.test(line)));
    terminal.type('C-c');
    await until('it says that it drains', () =>
      terminal.screen().some((line) => /^WARN: SIGINT: finishing/.test(line)),
    );
    assert.equal(terminal.exitCode(), undefined);
    release();
    assert.equal(await endOf(terminal), 130);
    const text = terminal.screen().join('\n');
    assert.match(text, /^stopped by SIGINT\n33 saved, 1 missing; 6 of 40 not tried$/m);
    assert.doesNotMatch(text, /\d+ of 40 {2}/, 'the bar is gone');
    assert.equal(documentsIn(out).length, 33);
    assert.deepEqual(stateFilesIn(out), ['manifest.jsonl', 'runs.jsonl']);
    assert.equal(terminal.cursorIsVisible(), true);
  },
);

test(
  'the line fits terminals of every width, also one that gets narrower, and the warning above it stays whole',
  { skip },
  async (context) => {
    const { cwd, out, release } = await openWorld(context);
    mkdirSync(out);
    writeFileSync(join(out, '7.xml'), 'mine');
    const terminal = openTerminal(context, cwd, ['urls.txt', ...ONE_WORKER], { columns: 200 });
    await until('a bar is there', () => terminal.screen().some((line) => BAR.test(line)));
    for (const [columns, line] of [
      [80, /^30 of 40 {2}75% .*1 missing$/],
      [40, /^30 of 40 {2}75%/],
      [12, /^30 of 40$/],
      [200, BAR],
    ] as const) {
      terminal.resize(columns);
      // A terminal that wraps the line before the program hears of its new width may keep a piece of it: nobody can tell.
      await until(`the line fits ${columns} columns`, () => line.test(terminal.screen().at(-1) ?? ''));
      assert.ok(
        terminal.screen().some((row) => /^WARN: .*7\.xml$/.test(row)),
        'the warning above it is whole',
      );
    }
    release();
    assert.equal(await endOf(terminal), 1);
  },
);

test('Ctrl-Z gives the terminal back as it was, and fg goes on', { skip }, async (context) => {
  const { cwd, out, release } = await openWorld(context);
  const terminal = openTerminal(context, cwd, ['urls.txt', ...ONE_WORKER], { jobControl: true });
  await until('the bar is there', () => terminal.screen().some((line) => BAR.test(line)));
  terminal.type('C-z');
  await until('the shell is back', () => terminal.screen().some((line) => line.includes('[stopped]')));
  assert.equal(terminal.cursorIsVisible(), true);
  assert.doesNotMatch(terminal.screen().join('\n'), /of 40/, 'the line is gone');
  terminal.type('Enter');
  await until('the bar is back', () => terminal.screen().some((line) => BAR.test(line)));
  release();
  assert.equal(await endOf(terminal), 1);
  assert.equal(documentsIn(out).length, 39);
});

test('a pause counts down and says when it is over; dumb terminals and CI get no line', { skip }, async (context) => {
  const cwd = testFolder(context);
  let asked = 0;
  const server = await startEdgarStandIn({
    documents: () => ({ body: Buffer.from('<a/>') }),
    intercept: (_request, response) => {
      if (++asked !== 3) return false;
      response.writeHead(429, { 'retry-after': '4' }).end('slow down');
      return true;
    },
  });
  context.after(() => server.close());
  writeFileSync(join(cwd, 'urls.txt'), Array.from({ length: 9 }, (_, n) => `${server.origin}/${n}.xml\n`).join(''));
  const terminal = openTerminal(context, cwd, ['urls.txt', '--workers', '1', '--connections', '1'], { columns: 80 });
  for (const seconds of [3, 2]) {
    const line = new RegExp(`^2 of 9  22%  .*resuming in ${seconds}s`);
    await until(`it counts down to ${seconds} s`, () => terminal.screen().some((shown) => line.test(shown)));
  }
  assert.equal(await endOf(terminal), 0);
  assert.match(terminal.screen().join('\n'), /^127\.0\.0\.1:\d+ answers again\n9 saved \(9 URL lines\)$/m);
  const plain = openTerminal(context, cwd, ['urls.txt', '--out', 'again'], { env: { TERM: 'dumb' } });
  assert.equal(await endOf(plain), 0);
  assert.match(plain.screen()[0]!, /^9 saved/);
});

test('Ctrl-C twice ends at once, whatever is in flight', { skip }, async (context) => {
  const { cwd, out, server } = await openWorld(context);
  const terminal = openTerminal(context, cwd, ['urls.txt', ...ONE_WORKER]);
  await until('four are in flight', () => server.countRequests() === HELD_FROM + 4);
  terminal.type('C-c');
  await until('it says that it drains', () => terminal.screen().some((line) => /^WARN: SIGINT: finishing/.test(line)));
  const typedAtMs = Date.now();
  terminal.type('C-c');
  assert.equal(await endOf(terminal), 130);
  assert.ok(Date.now() - typedAtMs < 15_000, 'well before the 30 s of a drain');
  assert.match(terminal.screen().join('\n'), /^29 saved, 1 missing; 10 of 40 not tried$/m);
  assert.deepEqual(stateFilesIn(out), ['manifest.jsonl', 'runs.jsonl']);
  assert.equal(terminal.cursorIsVisible(), true);
});

test(
  'without a list on a terminal there is help and one sentence, and nothing waits for the keyboard',
  { skip },
  async (context) => {
    const cwd = testFolder(context);
    const terminal = openTerminal(context, cwd, []);
    assert.equal(await endOf(terminal), 2);
    const said = /^edgar-fetch: there is no list: give a file with one URL a line, or pipe URLs to stdin$/m;
    assert.match(terminal.screen().join('\n'), said);
    assert.match(terminal.screen().join('\n'), /^ {2}edgar-fetch urls\.txt --out downloads$/m);
    assert.equal(existsSync(join(cwd, 'downloads')), false);
  },
);

for (const [what, args, redirect] of [
  ['stderr is a file', [], '2>err.txt'],
  ['--no-progress is given', ['--no-progress'], ''],
  ['--quiet is given', ['--quiet'], ''],
] as const) {
  test(`no bar on a terminal if ${what}`, { skip }, async (context) => {
    const { cwd, server, release } = await openWorld(context);
    const terminal = openTerminal(context, cwd, ['urls.txt', ...ONE_WORKER, ...args], { redirect });
    await until('four are in flight', () => server.countRequests() === HELD_FROM + 4);
    assert.deepEqual([terminal.screen(), terminal.cursorIsVisible()], [[], true]);
    release();
    assert.equal(await endOf(terminal), 1);
    const text = redirect === '' ? terminal.screen().join('\n') : readFileSync(join(cwd, 'err.txt'), 'utf8');
    assert.match(text, /^39 saved, /m);
    assert.ok(!text.includes(ESCAPE), text);
  });
}

test('with stdout in a pipe the bar stays on stderr and the rows are clean', { skip }, async (context) => {
  const { cwd, release } = await openWorld(context);
  const terminal = openTerminal(context, cwd, ['urls.txt', '--json', ...ONE_WORKER], { redirect: '>rows.jsonl' });
  await until('the bar is there', () => terminal.screen().some((line) => BAR.test(line)));
  release();
  assert.equal(await endOf(terminal), 1);
  assert.equal(rowsOf(readFileSync(join(cwd, 'rows.jsonl'), 'utf8')).length, COUNT);
});

test('without a terminal neither stream has terminal codes, whatever TERM and the colours asked for', async (context) => {
  const { cwd, out, release } = await openWorld(context);
  release();
  mkdirSync(out);
  writeFileSync(join(out, '7.xml'), 'mine');
  const env = { TERM: 'xterm-256color', COLORTERM: 'truecolor', CLICOLOR_FORCE: '1', FORCE_COLOR: '3' };
  for (const args of [[], ['--log-level', 'debug', '--json']]) {
    const end = await runCommand(['urls.txt', ...args], { cwd, env });
    for (const code of [ESCAPE, '\r']) assert.ok(!(end.stdout + end.stderr).includes(code), args.join(' '));
  }
});
