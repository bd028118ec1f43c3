// The recipes of README.md and docs/ are run as they stand: shell blocks by /bin/sh, crontab lines in cron's own
// environment, the systemd unit's command as a user without a home. Only the host is another: a mirror on loopback.
// A block below `<!-- not run: why -->` or `<!-- wait: what -->` is skipped, and says why.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, it, test, type TestContext } from 'node:test';
import { BIN_FILE } from '../support/command-line.ts';
import { startEdgarStandIn, type EdgarStandIn } from '../support/edgar-stand-in.ts';

const ROOT = join(import.meta.dirname, '../..');
const FILES = ['README.md', 'docs/cron.md', 'docs/exit-codes.md', 'docs/fair-access.md'];
const FOLDER = '/Archives/edgar/data/1000697/000095012310017583';
const DOCUMENT = 'wat-20091231.xml';
const INDEX = `Description: Master Index of EDGAR Dissemination Feed

CIK|Company Name|Form Type|Date Filed|Filename
--------------------------------------------------------------------------------
1000697|WATERS CORP|10-K|2010-02-26|edgar/data/1000697/000095012310017583/wat-20091231.xml
1000697|WATERS CORP|10-Q|2010-02-26|edgar/data/1000697/000095012310017583/other-20091231.xml
1000697|WATERS CORP|10-K|2010-02-27|edgar/data/1000697/000095012310017583/later-20091231.xml
`;
/** One that the server does not have until a test lets it. */
const LATER = 'later-20091231.xml';

interface Block {
  readonly file: string;
  readonly language: string;
  readonly text: string;
  readonly skip: string | false;
}

/** The fenced blocks of a page, each with the comment that stands right above it. */
function blocksOf(file: string): Block[] {
  const page = readFileSync(join(ROOT, file), 'utf8');
  const fences = page.matchAll(/(?:^<!-- ((?:not run|wait): [^\n]*) -->\n)?^```(\w+)\n(.*?)^```$/gms);
  return [...fences].map(([, comment, language = '', text = '']) => ({ file, language, text, skip: comment ?? false }));
}

interface World {
  readonly home: string;
  readonly server: EdgarStandIn;
  /** The status that the server gives the later document; 0: that of a document which is not there. */
  later: () => number;
  run(script: string, environment?: Readonly<Record<string, string>>, prefix?: readonly string[]): Promise<End>;
}

interface End {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function listFor(origin: string): string {
  return [DOCUMENT, LATER].map((name) => `${origin}${FOLDER}/${name}\n`).join('');
}

/** Since curl 8.10. */
const curlSkipsExisting = /--skip-existing/.test(spawnSync('curl', ['--help', 'all'], { encoding: 'utf8' }).stdout);

function isLoop(text: string): boolean {
  return text.startsWith('until ');
}

/** A home with a list, a server that has its documents, and the commands that recipes name. */
async function openWorld(context: TestContext): Promise<World> {
  const home = mkdtempSync(join(tmpdir(), 'edgar-fetch-recipes-'));
  context.after(() => rmSync(home, { recursive: true, force: true }));
  const server = await startEdgarStandIn({
    documents: (path) =>
      path.includes(LATER)
        ? undefined
        : { body: Buffer.from(path.endsWith('master.idx') ? INDEX : '<xbrl>a</xbrl>\n') },
    intercept: (request, response) => {
      const status = request.url?.includes(LATER) === true ? world.later() : 0;
      if (status === 0) return false;
      response.writeHead(status, { 'content-type': 'application/xml' }).end('<xbrl>b</xbrl>\n');
      return true;
    },
  });
  context.after(() => server.close());
  const tools = join(home, 'bin');
  mkdirSync(tools);
  symlinkSync(BIN_FILE, join(tools, 'edgar-fetch'));
  symlinkSync(process.execPath, join(tools, 'node'));
  const script = (name: string, lines: string): void =>
    writeFileSync(join(tools, name), `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
  script('generate-urls', `cat "${home}/urls.txt"`);
  script('sleep', 'exit 0');
  script('sudo', 'exec "$@"');
  const list = listFor('https://www.sec.gov').replaceAll('\n', '\tkey\n');
  for (const name of ['urls.txt', 'more-urls.txt']) writeFileSync(join(home, name), list);

  const world: World = {
    home,
    server,
    later: () => 200,
    run: async (text, environment = {}, prefix = []) => {
      const words = [...prefix, '/bin/sh', '-c', text.replaceAll('/etc/', `${home}/etc/`)];
      const path = (environment['PATH'] ?? '/usr/local/bin:/usr/bin:/bin').replace('/usr/local/bin', tools);
      const env = { HOME: home, EDGAR_FETCH_MIRROR: server.origin, ...environment, PATH: path };
      const child = spawn('/usr/bin/env', words, { cwd: home, env, stdio: ['ignore', 'pipe', 'pipe'] });
      const output = { stdout: '', stderr: '' };
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output.stdout += chunk));
      child.stderr.setEncoding('utf8').on('data', (chunk: string) => (output.stderr += chunk));
      const [code] = (await once(child, 'close')) as [number | null];
      return { code, ...output };
    },
  };
  return world;
}

/** As a run of yesterday left it: with a document that failed, or that somebody has removed since. */
async function fillWorld(world: World, folder: string, trouble: 'failed' | 'removed'): Promise<void> {
  world.later = () => (trouble === 'failed' ? 500 : 200);
  await world.run(`edgar-fetch urls.txt --out ${folder} --retries 0`);
  rmSync(join(world.home, folder, LATER), { force: true });
  world.later = () => 200;
}

const ALL = FILES.flatMap(blocksOf);

void describe('shell blocks', { concurrency: 2 }, () => {
  for (const { file, text, skip } of ALL.filter(({ language }) => language === 'sh')) {
    const folder = /\b(downloads|filings)\b/.exec(text)?.[1];
    void it(`${file}: ${text.split('\n')[0] ?? ''}`, { skip }, async (context) => {
      for (const tool of ['jq', 'curl'])
        if (text.includes(`| ${tool} `) && spawnSync(tool, ['--version']).status !== 0)
          return context.skip(`${tool} is not installed`);
      const world = await openWorld(context);
      if (folder !== undefined && /verify|status|failed\.txt|runs\.jsonl/.test(text))
        await fillWorld(world, folder, text.includes('verify') ? 'removed' : 'failed');
      if (text.includes('| curl ')) writeFileSync(join(world.home, 'urls.txt'), listFor(world.server.origin));
      const script = curlSkipsExisting ? text : text.replace(' --skip-existing', '');
      const end = await world.run(script.replaceAll('https://mirror.example', world.server.origin));
      assert.deepEqual([end.code, end.stderr], [0, ''], end.stdout);
      if (folder === undefined || /dry-run|status|runs\.jsonl/.test(text)) return;
      const documents = readdirSync(join(world.home, folder), { recursive: true, encoding: 'utf8' });
      for (const name of [DOCUMENT, LATER])
        assert.ok(
          documents.some((path) => basename(path) === name),
          name,
        );
    });
  }
});

test('every page has recipes that are run', () => {
  const count = (file: string, language: string): number =>
    ALL.filter((block) => block.file === file && block.language === language && block.skip === false).length;
  assert.ok(count('README.md', 'sh') >= 10);
  assert.ok(count('docs/cron.md', 'sh') >= 2 && count('docs/exit-codes.md', 'sh') === 1);
  assert.ok(count('README.md', 'crontab') === 1 && count('docs/cron.md', 'crontab') === 2);
});

test('a loop repeats on 75 only, and ends with the exit code of the last run', async (context) => {
  // Two pages have it.
  const loops = new Set(ALL.map(({ text }) => text.replace('filings', 'downloads')).filter(isLoop));
  assert.ok(loops.size > 0);
  for (const text of loops) {
    const world = await openWorld(context);
    const slept = join(world.home, 'slept');
    writeFileSync(join(world.home, 'bin/sleep'), `#!/bin/sh\ntouch "${slept}-$1"\n`, { mode: 0o755 });
    // The server recovers in the pause between two runs.
    world.later = () => (existsSync(`${slept}-600`) ? 200 : 503);
    const end = await world.run(text, { EDGAR_FETCH_RETRIES: '0' });
    assert.equal(end.code, 0, end.stderr);
    assert.ok(existsSync(`${slept}-600`), 'it repeated');

    rmSync(`${slept}-600`);
    writeFileSync(join(world.home, 'urls.txt'), `https://www.sec.gov${FOLDER}/missing-${LATER}\n`);
    world.later = () => 0;
    assert.equal((await world.run(text)).code, 1);
    assert.ok(!existsSync(`${slept}-600`), 'it did not repeat');
  }
});

/** What cron makes of a crontab: settings that hold for the lines below them, and commands. */
function parseCrontab(texts: readonly string[]): { settings: Record<string, string>; commands: string[] } {
  const settings: Record<string, string> = {};
  const commands: string[] = [];
  for (const line of texts
    .join('\n')
    .split('\n')
    .filter((text) => text !== '')) {
    const setting = /^(\w+)=(.*)$/.exec(line);
    if (setting !== null) settings[setting[1] ?? ''] = setting[2] ?? '';
    else commands.push(/^(?:\S+ ){5}(.*)$/.exec(line)?.[1] ?? assert.fail(`not a line of a crontab: ${line}`));
  }
  return { settings, commands };
}

async function checkCronJob(context: TestContext, command: string, settings: Record<string, string>): Promise<void> {
  assert.doesNotMatch(command, /%/, 'cron makes a line end of it');
  const world = await openWorld(context);
  assert.deepEqual(await world.run(command, settings), { code: 0, stdout: '', stderr: '' }, command);
  writeFileSync(join(world.home, 'urls.txt'), `https://www.sec.gov${FOLDER}/missing-${LATER}\n`);
  world.later = () => 0;
  const missing = await world.run(command, settings);
  assert.match(missing.stdout + missing.stderr, /not-found: 1/, command);
  world.later = () => 503;
  const again = { ...settings, EDGAR_FETCH_RETRIES: '0', EDGAR_FETCH_RECHECK_MISSING: '0s' };
  const transient = await world.run(command, again);
  // The recipe that names 75 is the one that sends no mail for it.
  assert.equal(transient.stdout + transient.stderr === '', command.includes('75'), command);
}

test('crontab lines run in the environment of cron, and mail only when there is trouble', async (context) => {
  for (const file of ['README.md', 'docs/cron.md']) {
    const texts = ALL.filter((block) => block.file === file && block.language === 'crontab').map(({ text }) => text);
    const { settings, commands } = parseCrontab(texts);
    assert.ok(settings['PATH']?.startsWith('/usr/local/bin:'), `${file} sets PATH`);
    await Promise.all(commands.map((command) => checkCronJob(context, command, settings)));
  }
});

const units = blocksOf('docs/cron.md').filter(({ language }) => language === 'ini');

test('systemd accepts the units', { skip: spawnSync('systemd-analyze', ['--version']).status !== 0 }, (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'edgar-fetch-units-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  assert.equal(units.length, 2);
  const files = units.map(({ text }) => {
    const file = join(folder, text.includes('[Timer]') ? 'edgar-fetch.timer' : 'edgar-fetch.service');
    writeFileSync(file, text);
    return file;
  });
  const said = spawnSync('systemd-analyze', ['verify', '--man=no', ...files], { encoding: 'utf8' });
  assert.deepEqual([said.status, said.stderr.replace(/^.*(?:SO_PASSCRED|not supported).*\n/gm, '')], [0, '']);
});

/** An account that has no name and no home, as DynamicUser gives one; it must be able to read the program. */
const STRANGER_ID = 61184;
const STRANGER = ['setpriv', `--reuid=${STRANGER_ID}`, `--regid=${STRANGER_ID}`, '--clear-groups'];
const strangerSkip =
  spawnSync('env', [...STRANGER, process.execPath, BIN_FILE, '--version']).status === 0
    ? false
    : 'it takes root, setpriv, and a clone that others can read';

test('the systemd service runs as a dynamic user and reads the list', { skip: strangerSkip }, async (context) => {
  const service = units.find(({ text }) => text.includes('[Service]'))?.text ?? '';
  const lines = [...service.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => ({ name, value }));
  const world = await openWorld(context);
  const inWorld = (text: string): string => text.replaceAll('/var/lib/', `${world.home}/var/`);
  const settings = lines.filter(({ name }) => name === 'Environment').map(({ value }) => value.replaceAll('"', ''));
  const environment = Object.fromEntries(
    settings.map((text): [string, string] => [
      text.slice(0, text.indexOf('=')),
      inWorld(text.slice(text.indexOf('=') + 1)),
    ]),
  );
  const state = join(world.home, 'var/edgar-fetch');
  for (const folder of ['var', 'var/edgar-fetch', 'etc']) mkdirSync(join(world.home, folder));
  for (const folder of ['', 'var', 'etc']) chmodSync(join(world.home, folder), 0o755);
  chownSync(state, STRANGER_ID, STRANGER_ID);
  chmodSync(state, 0o700);

  // As the page has it, by somebody whose umask hides new files from others.
  chmodSync(join(world.home, 'urls.txt'), 0o600);
  const install = ALL.find(({ text }) => text.startsWith('sudo install'))?.text ?? '';
  assert.equal((await world.run(`umask 077; ${install}`)).code, 0);
  const command = lines.find(({ name }) => name === 'ExecStart')?.value ?? '';
  const end = await world.run(inWorld(command), { ...environment, HOME: '/', EDGAR_FETCH_LOG_LEVEL: 'warn' }, STRANGER);
  assert.deepEqual([end.code, end.stderr], [0, '']);
  assert.ok(existsSync(join(state, 'filings', DOCUMENT)) && existsSync(join(state, 'filings', LATER)));
});
