// A disk that is full, read-only or not permitted ends the run at once with one sentence and exit 4; what is recorded is
// there and what is there is recorded; and after making room the same command completes.
import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test, type TestContext } from 'node:test';
import { runCommand, startCommand, testFolder, type CommandEnd } from '../support/command-line.ts';
import { audit } from '../support/destination-audit.ts';
import { sha256OfFile, stateFilesIn } from '../support/destination.ts';
import { startEdgarStandIn, type EdgarStandIn } from '../support/edgar-stand-in.ts';
import { madeDocuments, served, urlsOf, type MadeDocument } from '../support/made-documents.ts';
import { until } from '../support/polling.ts';
import { bind, makeReadOnly, mountSmallDisk, smallDiskSkip } from '../support/small-disk.ts';
import { runWrapped, works } from '../support/wrapped-command.ts';

const NOBODY = 65_534;
const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));

/** What the run said, as numbers. */
interface Said {
  readonly saved: number;
  readonly left: number;
  readonly lines: number;
}

function hashesOf(documents: readonly MadeDocument[]): Map<string, string> {
  return new Map(documents.map(({ name, sha256 }) => [name, sha256]));
}

/** The run ended with exit 4 and said once why, naming a path below the destination and what is free. */
function assertCannotWrite(end: CommandEnd, out: string, why: RegExp): void {
  assert.equal(end.exitCode, 4, end.stderr);
  const sentences = end.stderr.split('\n').filter((line) => line.includes('cannot write'));
  assert.equal(sentences.length, 1, end.stderr);
  const said = /^(?:edgar-fetch: )?cannot write (\S+) \([\d.]+ k?[BMGT]+ free\): (.+)$/.exec(sentences[0]!);
  assert.ok(said, end.stderr);
  assert.ok(said[1]!.startsWith(out), `${said[1]!} is not below ${out}`);
  assert.match(said[2]!, why);
  assert.doesNotMatch(end.stderr, /\n\s+at |this is a bug/, 'no stack trace');
}

/** Every row has its file, every file its row, nothing else is left; and the law holds for what was said. */
function assertExact(end: CommandEnd, out: string, documents: readonly MadeDocument[]): Said {
  const { faults, files, savedUrls } = audit(out, hashesOf(documents));
  assert.deepEqual(faults, []);
  assert.equal(files.length, savedUrls.size, 'every file has its row');
  const state = stateFilesIn(out).filter((name) => !['failed.txt', 'manifest.jsonl', 'runs.jsonl'].includes(name));
  assert.deepEqual(state, [], 'no temporary files and no lock are left');
  const said = saidBy(end);
  assert.equal(said.saved + said.left, said.lines, end.stderr);
  return said;
}

function saidBy(end: CommandEnd): Said {
  const said =
    /^(\d+) saved(?:; (\d+) of (?:the )?| \()(\d+)(?: not tried| URL lines?(?:\)| read so far not tried))$/m.exec(
      end.stderr,
    );
  assert.ok(said, end.stderr);
  return { saved: Number(said[1]), left: Number(said[2] ?? 0), lines: Number(said[3]) };
}

/** A rerun, when there is room again, completes and asks only for what had no row. */
async function assertRerunCompletes(
  server: EdgarStandIn,
  cwd: string,
  out: string,
  documents: readonly MadeDocument[],
): Promise<void> {
  const before = audit(out, hashesOf(documents));
  server.reset();
  const end = await runCommand(['--out', out], { cwd, stdin: urlsOf(documents, server.origin) });
  assert.deepEqual([end.exitCode, end.stderr], [0, '']);
  const after = audit(out, hashesOf(documents));
  assert.deepEqual([after.faults, after.files.length, after.savedUrls.size], [[], documents.length, documents.length]);
  // Requests that the run before had cancelled may still arrive; they ask for nothing that had a row.
  const asked = new Set(server.requests.map(({ path }) => server.origin + path));
  assert.equal(asked.size, documents.length - before.savedUrls.size, 'only what had no row');
  assert.ok([...before.savedUrls].every((url) => !asked.has(url)));
  assert.deepEqual(stateFilesIn(out), ['manifest.jsonl', 'runs.jsonl']);
}

/** A server that holds its answers from the `from`th request on until it is told to give them. */
async function startHoldingServer(
  context: TestContext,
  documents: readonly MadeDocument[],
  from: number,
): Promise<{ server: EdgarStandIn; release: () => void }> {
  const held: (() => void)[] = [];
  const bodies = served(documents);
  let holding = true;
  const server = await startEdgarStandIn({
    documents: bodies,
    intercept: (request, response, number) => {
      if (!holding || number < from) return false;
      held.push(() => response.end(bodies.get(request.url ?? '')?.body));
      return true;
    },
  });
  context.after(() => server.close());
  const release = (): void => {
    holding = false;
    for (const answer of held.splice(0)) answer();
  };
  return { server, release };
}

test(
  'a disk that is too small for the list: exit 4 at the first occurrence, and a rerun after making room completes',
  { skip: smallDiskSkip },
  async (context) => {
    const cwd = testFolder(context);
    const documents = madeDocuments(120, 50_000);
    const { server } = await startHoldingServer(context, documents, Infinity);
    const disk = mountSmallDisk(context, 2048);
    const out = join(disk.path, 'd');
    const end = await runCommand(['--out', out], { cwd, stdin: urlsOf(documents, server.origin) });
    assertCannotWrite(end, out, /^the disk is full; make room and run the same command again$/);
    const said = assertExact(end, out, documents);
    assert.ok(said.saved >= 20 && said.saved < 50, `${said.saved} saved`);
    // 16 connections, and what had come before a save failed.
    assert.ok(server.countRequests() <= said.saved + 40, 'nothing is asked for after the first occurrence');
    disk.resize(20_000);
    await assertRerunCompletes(server, cwd, out, documents);
  },
);

test(
  'a large document that fills the disk while it comes leaves no temporary file',
  { skip: smallDiskSkip },
  async (context) => {
    const cwd = testFolder(context);
    const documents = [...madeDocuments(10, 2_000), ...madeDocuments(1, 6_000_000, 'large')];
    const { server } = await startHoldingServer(context, documents, Infinity);
    const disk = mountSmallDisk(context, 2048);
    const out = join(disk.path, 'd');
    const end = await runCommand(['--out', out], { cwd, stdin: urlsOf(documents, server.origin) });
    assertCannotWrite(end, out, /^the disk is full/);
    assertExact(end, out, documents);
    disk.resize(20_000);
    await assertRerunCompletes(server, cwd, out, documents);
  },
);

test('a disk that somebody else fills while the run goes on', { skip: smallDiskSkip }, async (context) => {
  const cwd = testFolder(context);
  const documents = madeDocuments(200, 10_000);
  const { server, release } = await startHoldingServer(context, documents, 60);
  const disk = mountSmallDisk(context, 8192);
  const out = join(disk.path, 'd');
  const run = startCommand(['--out', out], { cwd, stdin: urlsOf(documents, server.origin) });
  await until('59 documents are saved', () => audit(out, hashesOf(documents)).rows.length === 59);
  const { bavail, bsize } = statfsSync(disk.path);
  writeFileSync(join(disk.path, 'somebody-elses'), Buffer.alloc(bavail * bsize));
  release();
  const end = await run.ended;
  assertCannotWrite(end, out, /^the disk is full/);
  assert.equal(assertExact(end, out, documents).saved, 59);
  disk.resize(20_000);
  await assertRerunCompletes(server, cwd, out, documents);
});

test(
  'a disk that is full before the run starts: exit 4 before any request, nothing left',
  { skip: smallDiskSkip },
  async (context) => {
    const cwd = testFolder(context);
    const documents = madeDocuments(2, 1_000);
    const { server } = await startHoldingServer(context, documents, Infinity);
    const disk = mountSmallDisk(context, 64);
    const out = join(disk.path, 'd');
    mkdirSync(out);
    writeFileSync(join(disk.path, 'filler'), Buffer.alloc(64 * 1024));
    const end = await runCommand(['--out', out], { cwd, stdin: urlsOf(documents, server.origin) });
    assertCannotWrite(end, out, /^the disk is full/);
    assert.equal(end.stderr.trimEnd().split('\n').length, 1, end.stderr);
    assert.deepEqual(stateFilesIn(out), []);
    assert.equal(server.countRequests(), 0);
    disk.resize(2048);
    await assertRerunCompletes(server, cwd, out, documents);
  },
);

/** A destination on a roomy disk, whose manifest lies on one of 8 KiB until room is made. */
function smallManifest(context: TestContext): { out: string; makeRoom: () => void } {
  const disk = mountSmallDisk(context, 20_000);
  const tiny = join(mountSmallDisk(context, 8).path, 'manifest');
  const out = join(disk.path, 'd');
  const manifest = join(out, '.edgar-fetch', 'manifest.jsonl');
  mkdirSync(dirname(manifest), { recursive: true });
  for (const path of [tiny, manifest]) writeFileSync(path, '');
  const unbind = bind(tiny, manifest);
  const makeRoom = (): void => {
    unbind();
    copyFileSync(tiny, manifest);
  };
  return { out, makeRoom };
}

test('documents whose rows cannot be written are removed again', { skip: smallDiskSkip }, async (context) => {
  const cwd = testFolder(context);
  const documents = madeDocuments(80, 2_000);
  const { server } = await startHoldingServer(context, documents, Infinity);
  const { out, makeRoom } = smallManifest(context);
  const end = await runCommand(['--out', out], { cwd, stdin: urlsOf(documents, server.origin) });
  assertCannotWrite(end, out, /^the disk is full/);
  const said = assertExact(end, out, documents);
  assert.ok(said.saved > 5 && said.saved < 40, `${said.saved} saved`);
  makeRoom();
  await assertRerunCompletes(server, cwd, out, documents);
});

test(
  "a stranger's file that was adopted is not removed when its row cannot be written",
  { skip: smallDiskSkip },
  async (context) => {
    const cwd = testFolder(context);
    const documents = madeDocuments(80, 2_000);
    const { server } = await startHoldingServer(context, documents, Infinity);
    const { out, makeRoom } = smallManifest(context);
    for (const { name, body } of documents) writeFileSync(join(out, name), body);
    const end = await runCommand(['--out', out], { cwd, stdin: urlsOf(documents, server.origin) });
    assertCannotWrite(end, out, /^the disk is full/);
    const { faults, files } = audit(out, hashesOf(documents));
    assert.deepEqual([faults, files.length], [[], documents.length], 'they were there before us');
    makeRoom();
    await assertRerunCompletes(server, cwd, out, documents);
  },
);

test(
  'a document that was fetched again and whose new row cannot be written leaves the old row with its file',
  { skip: smallDiskSkip },
  async (context) => {
    const cwd = testFolder(context);
    const old = madeDocuments(12, 2_000);
    const changed = madeDocuments(12, 3_000);
    let now = old;
    const server = await startEdgarStandIn({ documents: (path) => served(now).get(path) });
    context.after(() => server.close());
    const { out, makeRoom } = smallManifest(context);
    const stdin = urlsOf(old, server.origin);
    assert.equal((await runCommand(['--out', out], { cwd, stdin })).exitCode, 0);
    now = changed;
    const end = await runCommand(['--out', out, '--existing', 'replace'], { cwd, stdin });
    assertCannotWrite(end, out, /^the disk is full/);
    const rows = audit(out, new Map()).rows;
    // Rows of one moment are one write, and fail together: that may be all.
    assert.ok(rows.length >= old.length && rows.length < 2 * old.length, `${rows.length} rows`);
    const asRecorded = new Map(rows.map((row) => [row.path ?? '', row.sha256 ?? '']));
    const { faults, files } = audit(out, asRecorded);
    assert.deepEqual([faults, files.length], [[], old.length]);
    makeRoom();
    const rerun = await runCommand(['--out', out, '--existing', 'replace'], { cwd, stdin });
    assert.deepEqual([rerun.exitCode, rerun.stderr], [0, '']);
    for (const { name, sha256 } of changed) assert.equal(sha256OfFile(join(out, name)), sha256);
  },
);

test(
  'a file system that becomes read-only ends the run: exit 4, and a rerun completes',
  { skip: smallDiskSkip },
  async (context) => {
    const cwd = testFolder(context);
    const documents = madeDocuments(100, 2_000);
    const { server, release } = await startHoldingServer(context, documents, 30);
    const out = join(mountSmallDisk(context, 20_000).path, 'd');
    const run = startCommand(['--out', out], { cwd, stdin: urlsOf(documents, server.origin) });
    await until('29 documents are saved', () => audit(out, hashesOf(documents)).rows.length === 29);
    const makeWritable = makeReadOnly(out);
    release();
    const end = await run.ended;
    makeWritable();
    assertCannotWrite(end, out, /^the file system is read-only; choose another --out or mount it writable$/);
    const { faults, files, savedUrls } = audit(out, hashesOf(documents));
    assert.deepEqual([faults, files.length, savedUrls.size], [[], 29, 29]);
    assert.equal(saidBy(end).saved, 29);
    await assertRerunCompletes(server, cwd, out, documents);
  },
);

test(
  'a destination on a read-only file system: exit 4 before any request',
  { skip: smallDiskSkip },
  async (context) => {
    const cwd = testFolder(context);
    const documents = madeDocuments(2, 1_000);
    const { server } = await startHoldingServer(context, documents, Infinity);
    const folder = join(mountSmallDisk(context, 1024).path, 'read-only');
    for (const path of ['empty', 'used/.edgar-fetch']) mkdirSync(join(folder, path), { recursive: true });
    makeReadOnly(folder);
    for (const name of ['empty', 'used', 'new', 'new/deep']) {
      const out = join(folder, name);
      const end = await runCommand(['--out', out], { cwd, stdin: urlsOf(documents, server.origin) });
      assertCannotWrite(end, out, /^the file system is read-only/);
      assert.equal(end.stderr.trimEnd().split('\n').length, 1, end.stderr);
    }
    assert.equal(server.countRequests(), 0);
  },
);

const AS_NOBODY = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'] as const;
const nobodySkip =
  process.getuid?.() !== 0
    ? 'becoming another user needs root'
    : !works('setpriv', [...AS_NOBODY.slice(1), process.execPath, '-e', `fs.readdirSync('${dirname(REPOSITORY)}')`]) &&
      'setpriv is missing, or another user may not read this repository';

test(
  'a destination that is not permitted: exit 2, one sentence, nothing created',
  { skip: nobodySkip },
  async (context) => {
    const cwd = testFolder(context);
    chmodSync(cwd, 0o755);
    const documents = madeDocuments(2, 1_000);
    const { server } = await startHoldingServer(context, documents, Infinity);
    const stdin = urlsOf(documents, server.origin);
    mkdirSync(join(cwd, 'roots'));
    assert.equal((await runCommand(['--out', 'of-root'], { cwd, stdin })).exitCode, 0);
    server.reset();
    const before = readdirSync(cwd);
    for (const out of ['roots', 'roots/new', 'new', 'of-root']) {
      const end = await runWrapped(AS_NOBODY, ['--out', out, '--existing', 'replace'], { cwd, stdin });
      const says = `edgar-fetch: --out ${join(cwd, out)} is not permitted; check permissions, or choose a folder that you may write to\n`;
      assert.deepEqual([end.exitCode, end.stdout, end.stderr], [2, '', says]);
    }
    assert.deepEqual(readdirSync(cwd), before);
    assert.deepEqual(readdirSync(join(cwd, 'roots')), []);
    // A folder that may be written to, with a single file that may not.
    const manifest = join(cwd, 'of-root/.edgar-fetch/manifest.jsonl');
    for (const folder of ['of-root', 'of-root/.edgar-fetch']) chownSync(join(cwd, folder), NOBODY, NOBODY);
    chmodSync(manifest, 0o600);
    const end = await runWrapped(AS_NOBODY, ['--out', 'of-root'], { cwd, stdin });
    assert.equal(end.exitCode, 2, end.stderr);
    assert.match(
      end.stderr,
      /^edgar-fetch: cannot write \S+ \(\d[\d.]* [kMG]?B free\): permission was denied; [^\n]+\n$/,
    );
    assert.ok(end.stderr.includes(` ${manifest} `), end.stderr);
    assert.equal(server.countRequests(), 0);
  },
);

test('write permission that is lost while the run goes on: exit 4', { skip: nobodySkip }, async (context) => {
  const cwd = testFolder(context);
  chmodSync(cwd, 0o755);
  const documents = madeDocuments(60, 1_000);
  const { server, release } = await startHoldingServer(context, documents, 30);
  const out = join(cwd, 'd');
  mkdirSync(out);
  chownSync(out, NOBODY, NOBODY);
  const run = runWrapped(AS_NOBODY, ['--out', out], { cwd, stdin: urlsOf(documents, server.origin) });
  await until('29 documents are saved', () => audit(out, hashesOf(documents)).rows.length === 29);
  chmodSync(out, 0o555);
  release();
  const end = await run;
  chmodSync(out, 0o755);
  assertCannotWrite(end, out, /^permission was denied/);
  assert.equal(assertExact(end, out, documents).saved, 29);
  assert.equal(readFileSync(join(out, 'doc-0.xml'), 'utf8'), documents[0]!.body.toString());
  await assertRerunCompletes(server, cwd, out, documents);
});
