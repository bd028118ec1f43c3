// kill -9 at any instant: no wrong file under a final name, not even for a moment; no saved row without its file; and the
// next run fetches only what has no row. Real processes, killed at moments that are spread evenly over a measured run.
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { byEffort } from '../support/effort.ts';
import { runCommand, startCommand, testFolder, type CommandEnd } from '../support/command-line.ts';
import { audit, type Audit } from '../support/destination-audit.ts';
import { stateFilesIn } from '../support/destination.ts';
import { startEdgarStandIn, type EdgarStandIn } from '../support/edgar-stand-in.ts';
import { madeDocument, madeDocuments, served, urlsOf } from '../support/made-documents.ts';
import { watchNames } from '../support/name-watcher.ts';
import { until } from '../support/polling.ts';

const KILLS = byEffort(6, 24, 200);

const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

interface Moment {
  readonly since: 'start' | 'first request';
  readonly delayMs: number;
}

/** Some are too large to be held in memory: they are written to temporary files as they come. */
const documents = [
  ...madeDocuments(120, 3_000, 'early'),
  ...madeDocuments(4, 1_600_000, 'large'),
  ...madeDocuments(120, 3_000, 'late'),
];
const expected = new Map(documents.map(({ name, sha256 }) => [name, sha256]));
const pathOfUrl = (url: string): string => new URL(url).pathname;

test(`${KILLS} times kill -9, spread evenly over the run, cost nothing but time`, async (context) => {
  const cwd = testFolder(context);
  let onFirstRequest = (): void => undefined;
  const server: EdgarStandIn = await startEdgarStandIn({
    documents: served(documents),
    framing: 'mixed',
    onRequest: () => {
      if (server.countRequests() === 1) onFirstRequest();
    },
  });
  context.after(() => server.close());
  writeFileSync(join(cwd, 'urls.txt'), urlsOf(documents, server.origin));
  const out = join(cwd, 'downloads');
  mkdirSync(out);
  const args = ['urls.txt', '--workers', '2'];
  const watcher = await watchNames(out, expected);
  context.after(() => watcher.close());
  const figures = { tooLate: 0, torn: 0, live: 0, locks: 0, leftovers: 0, unrowed: 0, rowsAtKill: [] as number[] };

  /** Runs, killed at `moment` if it is given and not over before, and checks everything that must hold whatever happened. */
  const runAndCheck = async (moment?: Moment): Promise<{ end: CommandEnd; after: Audit; startedAtMs: number }> => {
    const before = audit(out, expected);
    server.reset();
    const startedAtMs = performance.now();
    const run = startCommand(args, { cwd });
    const stopKilling = moment === undefined ? undefined : killAt(run.child, moment);
    const end = await run.ended;
    stopKilling?.();
    const after = audit(out, expected);
    assert.deepEqual(after.faults, []);
    const again = server.requests.filter(({ path }) => before.savedUrls.has(server.origin + path));
    assert.deepEqual(again, [], 'a document with a row was requested again');
    const sighting = await watcher.report();
    assert.deepEqual(sighting.wrong, []);
    figures.live += sighting.live;
    for (const url of before.savedUrls) assert.ok(after.savedUrls.has(url), `the row of ${url} is gone`);
    return { end, after, startedAtMs };
  };
  const killAt = (child: ChildProcess, { since, delayMs }: Moment): (() => void) => {
    let timer: NodeJS.Timeout | undefined;
    const arm = (): void => {
      timer = setTimeout(() => child.kill('SIGKILL'), delayMs);
    };
    onFirstRequest = since === 'first request' ? arm : () => undefined;
    if (since === 'start') arm();
    return () => {
      onFirstRequest = () => undefined;
      clearTimeout(timer);
    };
  };
  const empty = (): void => {
    for (const name of readdirSync(out)) rmSync(join(out, name), { recursive: true });
  };
  const assertComplete = ({ end, after }: { end: CommandEnd; after: Audit }): void => {
    assert.deepEqual([end.exitCode, end.stdout, end.stderr], [0, '', '']);
    assert.equal(after.savedUrls.size, documents.length);
    assert.equal(after.files.length, documents.length);
    assert.equal(after.torn, false);
    assert.deepEqual(stateFilesIn(out), ['manifest.jsonl', 'runs.jsonl']);
  };
  const note = (after: Audit): void => {
    figures.rowsAtKill.push(after.rows.length);
    if (after.torn) figures.torn++;
    if (existsSync(join(out, '.edgar-fetch', 'lock'))) figures.locks++;
    const temporary = join(out, '.edgar-fetch', 'tmp');
    if (existsSync(temporary) && readdirSync(temporary).length > 0) figures.leftovers++;
    figures.unrowed += after.files.length - after.savedUrls.size;
  };

  // The first run warms caches on both sides; the second is the measure.
  const measured = { startMs: 0, workMs: 0 };
  for (let round = 0; round < 2; round++) {
    empty();
    const run = await runAndCheck();
    assertComplete(run);
    const firstRequestMs = server.requests[0]!.startedAtMs;
    measured.startMs = firstRequestMs - run.startedAtMs;
    measured.workMs = performance.now() - firstRequestMs;
  }

  // Each fourth kill falls into the start of a run, the others into its work. Runs continue what earlier ones left until
  // little is left; a kill that comes too late, because this run was quicker, is tried again a little earlier.
  empty();
  let done = 0;
  let haste = 1;
  while (figures.rowsAtKill.length < KILLS) {
    const part = (figures.rowsAtKill.length * GOLDEN_RATIO) % 1;
    const atStart = figures.rowsAtKill.length % 4 === 0;
    if (!atStart && done > 0 && done + part > 0.8) {
      assertComplete(await runAndCheck());
      empty();
      done = 0;
    }
    const moment: Moment = atStart
      ? { since: 'start', delayMs: part * measured.startMs * haste }
      : { since: 'first request', delayMs: part * measured.workMs * haste };
    const run = await runAndCheck(moment);
    if (run.end.signal === 'SIGKILL') {
      note(run.after);
      if (!atStart) done += part;
      haste = 1;
    } else {
      assertComplete(run);
      empty();
      done = 0;
      haste *= 0.8;
      figures.tooLate++;
      assert.ok(haste > 0.01, 'runs end before they can be killed');
    }
  }
  assertComplete(await runAndCheck());
  context.diagnostic(
    `a run takes ${Math.round(measured.startMs)} ms to its first request and ${Math.round(measured.workMs)} ms from there; ` +
      `${KILLS} kills (${figures.tooLate} came too late and were repeated), with so many rows in place: ` +
      `${figures.rowsAtKill.sort((one, other) => one - other).join(' ')}; ${figures.live} names watched as they appeared; ${figures.locks} left a lock, ` +
      `${figures.leftovers} temporary files, ${figures.torn} a torn line, ${figures.unrowed} files without a row; ` +
      `0 wrong files, 0 rows without file, 0 requests for a document with a row`,
  );
  assert.ok(figures.locks > KILLS / 4, 'kills met runs that held the destination');
  assert.ok(figures.live > documents.length * 2, 'the watcher saw names appear');
});

test('the next run removes the temporary files and the lock of the dead one, and takes a torn last line for what it is', async (context) => {
  const cwd = testFolder(context);
  const small = madeDocuments(20, 1_000);
  const large = madeDocument('large.xml', 4_000_000);
  let holding = true;
  const server = await startEdgarStandIn({
    documents: served([...small, large]),
    encoding: 'identity',
    intercept: (request, response) => {
      if (!holding || request.url !== large.path) return false;
      response.writeHead(200, { 'Content-Length': large.body.length }).write(large.body.subarray(0, 3_000_000));
      return true;
    },
  });
  context.after(() => server.close());
  const out = join(cwd, 'downloads');
  const state = join(out, '.edgar-fetch');
  const stdin = urlsOf([large, ...small], server.origin);
  const hashes = new Map([...small, large].map(({ name, sha256 }) => [name, sha256]));
  const temporaryFiles = (): string[] => (existsSync(join(state, 'tmp')) ? readdirSync(join(state, 'tmp')) : []);

  const first = startCommand([], { cwd, stdin });
  await until(
    'the small are saved and the large one has a temporary file',
    () => audit(out, hashes).rows.length === small.length && temporaryFiles().length === 1,
  );
  first.child.kill('SIGKILL');
  await first.ended;
  assert.equal(temporaryFiles().length, 1, 'a killed run cannot clean up');
  const lock = readFileSync(join(state, 'lock'), 'utf8');
  assert.equal((JSON.parse(lock) as { pid: number }).pid, first.child.pid);
  writeFileSync(join(state, 'tmp', 'of-the-dead-run'), 'x');
  // The kill may fall into the writing of a row.
  const manifest = join(state, 'manifest.jsonl');
  const lines = readFileSync(manifest, 'utf8').trimEnd().split('\n');
  const lost = (JSON.parse(lines.at(-1)!) as { url: string }).url;
  writeFileSync(manifest, `${lines.slice(0, -1).join('\n')}\n${lines.at(-1)!.slice(0, 90)}`);

  server.reset();
  const second = startCommand([], { cwd, stdin });
  await until('the large one is asked for again', () => server.countRequests(large.path) > 0);
  assert.notEqual(readFileSync(join(state, 'lock'), 'utf8'), lock, 'the lock was taken over');
  assert.equal(existsSync(join(state, 'tmp', 'of-the-dead-run')), false);
  holding = false;
  second.child.kill('SIGKILL');
  await second.ended;

  server.reset();
  const last = await runCommand([], { cwd, stdin });
  assert.deepEqual([last.exitCode, last.stderr], [0, '']);
  const after = audit(out, hashes);
  assert.deepEqual([after.faults, after.rows.length, after.torn], [[], small.length + 1, false]);
  const asked = server.requests.map(({ path }) => path);
  assert.ok(asked.includes(large.path));
  assert.ok(
    asked.every((path) => path === large.path || path === pathOfUrl(lost)),
    'only what has no row',
  );
  assert.deepEqual(stateFilesIn(out), ['manifest.jsonl', 'runs.jsonl']);
});
