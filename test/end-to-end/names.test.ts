// Names come from the URL only, stay inside the destination and overwrite nothing, whatever the URLs look like and whatever
// stands there already.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { test, type TestContext } from 'node:test';
import { startCommand, testFolder, type CommandEnd } from '../support/command-line.ts';
import { documentsIn, manifestRows, sha256, stateFilesIn } from '../support/destination.ts';
import { startEdgarStandIn, type EdgarStandIn } from '../support/edgar-stand-in.ts';
import { ACCESSION, AMENDED, filing, HOSTILE_NAMES } from '../support/hostile-names.ts';

const bodyOf = (path: string): Buffer => Buffer.from(`<a>${Buffer.from(path).toString('hex')}</a>`);

interface World {
  readonly cwd: string;
  readonly out: string;
  readonly server: EdgarStandIn;
  readonly missing: Set<string>;
  /** Runs over these paths of the server. */
  readonly run: (paths: readonly string[], ...args: string[]) => Promise<CommandEnd>;
}

async function openWorld(context: TestContext): Promise<World> {
  const cwd = testFolder(context);
  const missing = new Set<string>();
  const server = await startEdgarStandIn({
    documents: (path) => (missing.has(path) ? undefined : { body: bodyOf(path) }),
  });
  context.after(() => server.close());
  mkdirSync(join(cwd, 'outside'));
  writeFileSync(join(cwd, 'outside/theirs.xml'), 'theirs');
  const run: World['run'] = (paths, ...args) => {
    const { child, ended } = startCommand(args, {
      cwd,
      stdin: paths.map((path) => `${server.origin}${path}\n`).join(''),
    });
    context.after(() => child.kill('SIGKILL'));
    return ended;
  };
  return { cwd, out: join(cwd, 'downloads'), server, missing, run };
}

/** Everything below a folder, but for what `ignored`: kind, identity and bytes of each entry. Nothing is followed. */
function snapshot(folder: string, ignored: readonly string[] = []): string[] {
  const visit = (at: string): string[] =>
    readdirSync(at).flatMap((name) => {
      const path = join(at, name);
      const label = relative(folder, path);
      if (ignored.includes(label)) return [];
      const status = lstatSync(path);
      if (status.isDirectory()) return [`${label}/ ${status.ino}`, ...visit(path)];
      const content = status.isSymbolicLink() ? readlinkSync(path) : status.isFile() ? sha256(readFileSync(path)) : '';
      return [`${label} ${status.ino} ${status.mode} ${status.mtimeMs} ${content}`];
    });
  return visit(folder).sort();
}

const OURS = ['downloads', 'again', '.machine-state'];
const STATE = ['.edgar-fetch'];

/** What holds for the path of every row, whatever the URL. */
function assertSafe(path: string): void {
  for (const segment of path.split('/')) {
    assert.ok(segment !== '' && segment !== '.' && segment !== '..', path);
    assert.ok(Buffer.byteLength(segment) <= 255, `${path} has a segment of over 255 bytes`);
    assert.doesNotMatch(segment, /[\p{Cc}\\\u202a-\u202e]/u);
    assert.doesNotMatch(segment, /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i);
    assert.doesNotMatch(segment, /^\.edgar-fetch/i);
  }
}

for (const layout of ['flat', 'filing'] as const) {
  test(`hostile URLs get safe names, each its own and always the same, in the ${layout} layout`, async (context) => {
    const { cwd, out, server, missing, run } = await openWorld(context);
    const before = snapshot(cwd, OURS);
    const paths = HOSTILE_NAMES.map(([path]) => path);
    const end = await run(paths, '--layout', layout);
    assert.deepEqual([end.exitCode, end.stderr], [0, '']);
    // URL parsers resolve some of the dots; the row says what the line was.
    const rows = manifestRows(out);
    const pathOf = new Map(rows.map(({ url, given, path }) => [(given ?? url).slice(server.origin.length), path!]));
    assert.equal(pathOf.size, paths.length);
    for (const row of rows) {
      assertSafe(row.path!);
      assert.deepEqual(readFileSync(join(out, row.path!)), bodyOf(row.url.slice(server.origin.length)), row.url);
    }
    const names = [...pathOf.values()];
    assert.equal(new Set(names.map((name) => name.toLowerCase().normalize('NFC'))).size, paths.length);
    assert.deepEqual(documentsIn(out), names.sort());
    assert.deepEqual(stateFilesIn(out), ['manifest.jsonl', 'runs.jsonl']);
    if (layout === 'flat') assertWanted(pathOf);
    else assertInFolders(pathOf, server);
    assert.deepEqual(snapshot(cwd, OURS), before, 'nothing else changed');

    const files = snapshot(out, STATE);
    server.reset();
    const second = await run(paths, '--layout', layout);
    assert.deepEqual([second.exitCode, second.stderr, server.countRequests()], [0, '', 0]);
    assert.deepEqual(snapshot(out, STATE), files);

    // The names depend on the list alone: not on which threads finish first, nor on what an earlier URL comes to.
    for (const path of [filing(6, 'Twin.xml'), filing(7, 'fees.xml')]) missing.add(path);
    const narrow = ['--workers', '3', '--connections', '3', '--batch-size', '2'];
    const other = await run(paths, '--layout', layout, '--out', 'again', ...narrow);
    assert.equal(other.exitCode, 1, other.stderr);
    const saved = manifestRows(join(cwd, 'again')).filter(({ status }) => status === 'saved');
    assert.equal(saved.length, paths.length - missing.size);
    for (const { url, given, path } of saved)
      assert.equal(path, pathOf.get((given ?? url).slice(server.origin.length)), url);
    assert.deepEqual(snapshot(cwd, OURS), before, 'nothing else changed');
  });
}

function assertWanted(pathOf: ReadonlyMap<string, string>): void {
  for (const [path, wanted] of HOSTILE_NAMES) {
    const name = pathOf.get(path) ?? '';
    if (wanted instanceof RegExp) assert.match(name, wanted, path);
    else if (wanted !== undefined) assert.equal(name, wanted, path);
  }
}

function assertInFolders(pathOf: ReadonlyMap<string, string>, server: EdgarStandIn): void {
  const host = server.origin.slice('http://'.length);
  assert.equal(pathOf.get(filing(7, 'fees.xml')), `7/${ACCESSION}/fees.xml`);
  assert.equal(pathOf.get(filing(7, 'fees.xml', AMENDED)), `7/${AMENDED}/fees.xml`);
  assert.equal(pathOf.get(filing(6, 'twin.xml')), `6/${ACCESSION}/${ACCESSION}-twin.xml`);
  assert.equal(pathOf.get(filing(4, '')), `4/${ACCESSION}/index`);
  assert.equal(pathOf.get('/'), `${host}/index`);
  assert.equal(pathOf.get('/.edgar-fetch/lock'), `${host}/%2Eedgar-fetch/lock`);
  assert.equal(pathOf.get('/place'), `${host}/place`);
  assert.match(pathOf.get('/place/in/it.xml') ?? '', /^[^/]+\/_it-[0-9a-f]{8}\.xml$/);
}

/** What may stand where a document wants to go, without a row. */
const STRANGERS: readonly (readonly [name: string, put: (at: string, outside: string, equal: Buffer) => void])[] = [
  ['other.xml', (at) => writeFileSync(at, 'mine')],
  ['empty.xml', (at) => writeFileSync(at, '')],
  ['folder.xml', (at) => mkdirSync(at)],
  ['link-out.xml', (at, outside) => symlinkSync(join(outside, 'theirs.xml'), at)],
  ['link-nowhere.xml', (at, outside) => symlinkSync(join(outside, 'new.xml'), at)],
  ['link-to-folder.xml', (at, outside) => symlinkSync(outside, at)],
  ['link-loop.xml', (at) => symlinkSync('link-loop.xml', at)],
  ['link-up.xml', (at) => symlinkSync('..', at)],
  ['pipe.xml', (at) => execFileSync('sh', ['-c', 'mkfifo "$0"', at])],
];

// Whoever opens the pipe waits for ever.
test(
  'whatever stands at a path is left alone: the document gets its collision name, with a warning',
  { timeout: 60_000 },
  async (context) => {
    const { cwd, out, server, run } = await openWorld(context);
    mkdirSync(out);
    for (const [at, [name, put]] of STRANGERS.entries())
      put(join(out, name), join(cwd, 'outside'), bodyOf(filing(at + 1, name)));
    const equal = filing(90, 'equal.xml');
    writeFileSync(join(out, 'equal.xml'), bodyOf(equal));
    // A link to equal bytes is not the document: whoever owns the target may change it.
    const linked = filing(91, 'linked-equal.xml');
    writeFileSync(join(cwd, 'outside/equal.xml'), bodyOf(linked));
    symlinkSync('../outside/equal.xml', join(out, 'linked-equal.xml'));
    const outside = snapshot(cwd, OURS);
    const inside = snapshot(out);

    const passedBy = [...STRANGERS.map(([name], at) => filing(at + 1, name)), linked];
    const end = await run([...passedBy, equal], '--log-level', 'warn');
    assert.equal(end.exitCode, 0, end.stderr);
    const pathOf = new Map(manifestRows(out).map(({ url, path }) => [url.slice(server.origin.length), path!]));
    assert.equal(pathOf.get(equal), 'equal.xml', 'equal bytes are adopted');
    const warnings = end.stderr.trimEnd().split('\n');
    assert.equal(warnings.length, passedBy.length, end.stderr);
    for (const path of passedBy) {
      const name = path.slice(path.lastIndexOf('/') + 1);
      assert.equal(pathOf.get(path), `${ACCESSION}-${name}`);
      assert.deepEqual(readFileSync(join(out, `${ACCESSION}-${name}`)), bodyOf(path));
      const said = `a file that is not of any row stands at ${name}; saved as ${ACCESSION}-${name}`;
      assert.equal(warnings.filter((line) => line.includes(path) && line.includes(said)).length, 1, end.stderr);
    }
    const untouched = snapshot(out).filter((entry) => inside.includes(entry));
    assert.deepEqual(untouched, inside);
    assert.deepEqual(snapshot(cwd, OURS), outside, 'nothing outside was written');

    const files = snapshot(out, STATE);
    server.reset();
    assert.equal((await run([...passedBy, equal])).exitCode, 0);
    assert.equal(server.countRequests(), 0);
    assert.deepEqual(snapshot(out, STATE), files);
  },
);

test('no folder of a path is followed out of the destination, and no link at a saved path is written through', async (context) => {
  const { cwd, out, server, run } = await openWorld(context);
  mkdirSync(join(out, '3'), { recursive: true });
  mkdirSync(join(out, 'real'));
  symlinkSync('../outside', join(out, '1'));
  writeFileSync(join(out, '2'), 'mine');
  symlinkSync(cwd, join(out, '3', ACCESSION));
  symlinkSync('real', join(out, '4'));
  const outside = snapshot(cwd, OURS);
  const paths = [1, 2, 3, 4, 5].map((cik) => filing(cik, 'theirs.xml'));
  const end = await run(paths, '--layout', 'filing');
  assert.equal(end.exitCode, 1);
  const rows = new Map(manifestRows(out).map((row) => [row.url.slice(server.origin.length), row]));
  assert.deepEqual(
    paths.map((path) => rows.get(path)?.error?.code ?? rows.get(path)?.path),
    ['disk', 'disk', 'disk', `4/${ACCESSION}/theirs.xml`, `5/${ACCESSION}/theirs.xml`],
  );
  assert.deepEqual(readFileSync(join(out, 'real', ACCESSION, 'theirs.xml')), bodyOf(paths[3]!));
  assert.equal(readFileSync(join(out, '2'), 'utf8'), 'mine');

  // A link in place of what was saved: replaced itself, not its target.
  const saved = join(out, '5', ACCESSION, 'theirs.xml');
  rmSync(saved);
  symlinkSync('../../../outside/theirs.xml', saved);
  assert.equal((await run([paths[4]!], '--layout', 'filing', '--existing', 'replace')).exitCode, 0);
  assert.ok(lstatSync(saved).isFile());
  assert.deepEqual(readFileSync(saved), bodyOf(paths[4]!));
  assert.deepEqual(snapshot(cwd, OURS), outside, 'nothing outside was written');
});

test('a saved URL keeps its path under another --layout, also when it has to be fetched again', async (context) => {
  const { out, server, run } = await openWorld(context);
  const [kept, lost, fresh] = [filing(1, 'kept.xml'), filing(1, 'lost.xml'), filing(1, 'fresh.xml')];
  assert.equal((await run([kept, lost])).exitCode, 0);
  const inode = statSync(join(out, 'kept.xml')).ino;
  rmSync(join(out, 'lost.xml'));
  server.reset();
  assert.equal((await run([kept, lost, fresh], '--layout', 'filing')).exitCode, 0);
  assert.deepEqual(server.requests.map(({ path }) => path).sort(), [fresh, lost]);
  assert.deepEqual(documentsIn(out), [`1/${ACCESSION}/fresh.xml`, 'kept.xml', 'lost.xml']);
  assert.equal(statSync(join(out, 'kept.xml')).ino, inode);
  server.reset();
  assert.equal((await run([kept, lost, fresh])).exitCode, 0);
  assert.equal(server.countRequests(), 0);
});
