// The hostile cases against the real command line: one run over the whole table, then one test a case on what the
// manifest says, what lies on disk, and how often the server was asked. The limits are short (connect 1 s, idle 1 s,
// attempt 3 s, 5 MiB, one retry), so that the run takes seconds; the cases in support/hostile-cases assume them.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { hostileCases } from './support/hostile-cases/index.ts';
import { MAX_SIZE_BYTES, type Expectation, type HostileCase } from './support/hostile-cases/types.ts';
import { folderOf, startHostileServer, type HostileServer } from './support/hostile-server.ts';

const PROGRAM = join(import.meta.dirname, '..', 'bin', 'edgar-fetch.js');
const FLAGS = [
  ...['--layout', 'filing', '--retries', '1', '--max-size', String(MAX_SIZE_BYTES)],
  ...['--connect-timeout', '1s', '--idle-timeout', '1s', '--max-time', '3s'],
];
const LONGEST_RUN_MS = 120_000;

interface Row {
  readonly url: string;
  readonly status: string;
  readonly path?: string;
  readonly bytes?: number;
  readonly sha256?: string;
  readonly error?: { readonly code: string; readonly message: string };
}

interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly tookMs: number;
}

const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');

/** Mixes the cases in an order that does not change, so that bad and good ones of a host alternate. */
const mixed = (cases: readonly HostileCase[]): HostileCase[] =>
  [...cases].sort((one, other) => sha256(one.id).localeCompare(sha256(other.id)));

const runProgram = (args: readonly string[], home: string): Promise<Finished> =>
  new Promise((resolve, reject) => {
    const begun = Date.now();
    const child = spawn(process.execPath, [PROGRAM, ...args], {
      env: { PATH: process.env['PATH'], HOME: home, EDGAR_FETCH_STATE_DIR: join(home, 'state') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (bytes: Buffer) => (stdout += bytes.toString()));
    child.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString()));
    const limit = setTimeout(() => child.kill('SIGKILL'), LONGEST_RUN_MS);
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(limit);
      resolve({ code, stdout, stderr, tookMs: Date.now() - begun });
    });
  });

/** Every file below the folder but the tool's own. */
const documentsIn = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((path) => !path.startsWith('.edgar-fetch/'));
};

const byUrl = (rows: readonly Row[]): Map<string, Row[]> => {
  const groups = new Map<string, Row[]>();
  for (const row of rows) groups.set(row.url, [...(groups.get(row.url) ?? []), row]);
  return groups;
};

const requestBounds = ({ requests, retried }: Expectation): readonly [number, number] => {
  if (requests !== undefined) return requests;
  if (retried === undefined) return [0, 12];
  // A request on a kept connection that dies is sent once more, uncharged: two attempts are up to four requests.
  return retried ? [2, 4] : [1, 1];
};

describe('a hostile server', () => {
  let server: HostileServer;
  let home: string;
  let out: string;
  let finished: Finished;
  let rows: Map<string, Row[]>;
  let documents: string[];

  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'hostile-'));
    out = join(home, 'out');
    await mkdir(out);
    server = await startHostileServer({ cases: hostileCases });
    const list = join(home, 'urls.txt');
    await writeFile(
      list,
      mixed(hostileCases)
        .map((one) => `${server.urlFor(one)} ${one.id}\n`)
        .join(''),
    );
    finished = await runProgram([list, '--out', out, ...FLAGS], home);
    const lines = await readFile(join(out, '.edgar-fetch', 'manifest.jsonl'), 'utf8');
    const parsed = lines
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Row);
    rows = byUrl(parsed);
    documents = await documentsIn(out);
  });

  after(async () => {
    await server.close();
    await rm(home, { recursive: true, force: true });
  });

  it('settles every URL once, and exits 1', () => {
    assert.equal(finished.code, 1, finished.stderr);
    assert.equal(finished.stdout, '');
    assert.equal(rows.size, hostileCases.length);
  });

  it('takes well below its longest time', () => {
    assert.ok(finished.tookMs < LONGEST_RUN_MS / 2, `${finished.tookMs} ms`);
  });

  it('leaves no file without a saved row', () => {
    const named = [...rows.values()].flat().flatMap((row) => (row.status === 'saved' ? [row.path] : []));
    assert.deepEqual(documents.sort(), named.sort());
  });

  const judgeDocument = async (one: HostileCase, row: Row): Promise<void> => {
    const marker = folderOf(one.path).split('/').at(-1)!;
    const left = documents.filter((path) => path.split('/').includes(marker));
    assert.deepEqual(left, one.expect.status === 'saved' ? [row.path] : []);
    if (one.expect.status !== 'saved') return;
    const bytes = await readFile(join(out, row.path!));
    assert.ok(bytes.equals(one.genuine), `${bytes.length} bytes differ from the ${one.genuine.length} genuine ones`);
    assert.deepEqual([row.bytes, row.sha256], [one.genuine.length, sha256(one.genuine)]);
  };

  for (const one of hostileCases) {
    it(`${one.group}: ${one.name} (${one.id})`, async () => {
      const settled = rows.get(server.urlFor(one)) ?? [];
      assert.equal(settled.length, 1, 'rows in the manifest');
      const row = settled[0]!;
      const codes = one.expect.status === 'failed' ? one.expect.codes : undefined;
      assert.equal(row.status, one.expect.status, row.error?.message ?? 'no error in the row');
      if (codes !== undefined)
        assert.ok(
          codes.some((code) => code === row.error?.code),
          `${JSON.stringify(row.error)}, wanted ${codes.join(' or ')}`,
        );
      await judgeDocument(one, row);
      const asked = server.requestsFor(one.id);
      const [fewest, most] = requestBounds(one.expect);
      assert.ok(asked >= fewest && asked <= most, `${asked} requests, wanted ${fewest} to ${most}`);
    });
  }
});
