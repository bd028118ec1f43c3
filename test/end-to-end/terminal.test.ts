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

const BAR = /^ \[[=-]+\] \d+\/40 .*saved/;

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
    // 29 saved; one waits with the other missing for the end of the run.
    await until('the bar shows what is settled', () =>
      terminal.screen().some((line) => /29\/40 .*29 saved/.test(line)),
    );
    const during = terminal.screen();
    assert.equal(during.length, 2, during.join('\n'));
    const warning = `WARN: ${server.origin}${FOLDER}/7.xml: a file that is not of any row stands at 7.xml; saved as ${ACCESSION}-7.xml`;
    assert.ok(warning.length > 120);
    assert.equal(during[0], warning, 'whole, though it is longer than the terminal is wide');
    assert.match(during[1]!, BAR);
    assert.equal(terminal.cursorIsVisible(), false);
    release();
    assert.equal(await endOf(terminal), 1);
    const after = terminal.screen();
    assert.equal(after[0], warning);
    assert.match(after[1]!, /^39 saved, 0 unchanged, 1 missing, 0 failed \(40 URL lines\)$/);
    assert.match(after[2]!, /^41 requests|^40 requests/);
    assert.match(after[3]!, /^ {2}not-found: http.*missing-4\.xml \(line 5\): there is no such document/);
    assert.equal(after.length, 5, after.join('\n'));
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
  assert.match(
    text,
    /^WARN: 40 of 41 documents were answered as missing[^]*^1 saved, 0 unchanged, 0 missing, 40 failed/m,
  );
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
    assert.match(text, /^stopped by SIGINT\n33 saved, 0 unchanged, 1 missing, 0 failed, 6 left \(40 URL lines\)$/m);
    assert.doesNotMatch(text, /\d+\/40/, 'the bar is gone');
    assert.equal(documentsIn(out).length, 33);
    assert.deepEqual(stateFilesIn(out), ['manifest.jsonl', 'runs.jsonl']);
    assert.equal(terminal.cursorIsVisible(), true);
  },
);

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
  assert.match(terminal.screen().join('\n'), /^29 saved, 0 unchanged, 1 missing, 0 failed, 10 left \(40 URL lines\)$/m);
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
    assert.match(terminal.screen().join('\n'), /^Examples:\n {2}edgar-fetch urls\.txt/m);
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
    const terminal = openTerminal(context, cwd, ['urls.txt', ...ONE_WORKER, ...args], redirect);
    await until('four are in flight', () => server.countRequests() === HELD_FROM + 4);
    assert.deepEqual([terminal.screen(), terminal.cursorIsVisible()], [[], true]);
    release();
    assert.equal(await endOf(terminal), 1);
    const text = redirect === '' ? terminal.screen().join('\n') : readFileSync(join(cwd, 'err.txt'), 'utf8');
    assert.match(text, /^39 saved, /);
    assert.ok(!text.includes(ESCAPE), text);
  });
}

test('with stdout in a pipe the bar stays on stderr and the rows are clean', { skip }, async (context) => {
  const { cwd, release } = await openWorld(context);
  const terminal = openTerminal(context, cwd, ['urls.txt', '--json', ...ONE_WORKER], '>rows.jsonl');
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
