// The order of system calls, as the kernel sees it: temporary file written and synced, renamed, its folders synced, and only
// then the row written and synced, and only then reported. Nothing is ever written to a final name.
import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { testFolder } from '../support/command-line.ts';
import { documentsIn, manifestRows, rowsOf } from '../support/destination.ts';
import { startEdgarStandIn } from '../support/edgar-stand-in.ts';
import { madeDocument } from '../support/made-documents.ts';
import { readSystemCalls, type SystemCall } from '../support/system-calls.ts';
import { runWrapped, works } from '../support/wrapped-command.ts';

const straceSkip = !works('strace', ['-f', '-o', '/dev/null', 'true']) && 'strace is missing, or may not be used here';

const TRACED =
  'openat,open,creat,write,pwrite64,writev,pwritev,sendfile,copy_file_range,fsync,fdatasync,rename,renameat,renameat2,' +
  'link,linkat,symlink,symlinkat,unlink,unlinkat,mkdir,mkdirat,truncate,ftruncate';

interface Trace {
  readonly out: string;
  readonly calls: readonly SystemCall[];
}

/** One document of each filing is large, so that it takes longer than those after it in the same folder. */
const documents = Array.from({ length: 6 }, (_, filing) =>
  Array.from({ length: 8 }, (_, number) => {
    const document = madeDocument(`f${filing}-d${number}.xml`, number === 0 ? 900_000 : 500);
    const accession = String(95_012_310_000_000 + filing).padStart(18, '0');
    return { ...document, path: `/Archives/edgar/data/${1000 + Math.floor(filing / 2)}/${accession}/${document.name}` };
  }),
).flat();
/** Larger than what is held in memory. */
const streamed = {
  ...madeDocument('streamed.xml', 2_000_000),
  path: '/Archives/edgar/data/7/000000000000000007/streamed.xml',
};
const all = [...documents, streamed];

async function trace(context: TestContext, args: readonly string[], slow: readonly string[] = []): Promise<Trace> {
  const cwd = testFolder(context);
  const server = await startEdgarStandIn({
    documents: new Map(all.map(({ path, body }) => [path, { body }])),
    encoding: 'identity',
  });
  context.after(() => server.close());
  const recording = join(cwd, 'recording');
  const end = await runWrapped(
    ['strace', '-f', '-y', '-s', '2000000', '-o', recording, '-e', `trace=${TRACED}`, ...slow],
    ['-', '--json', '--workers', '2', ...args],
    { cwd, stdin: all.map(({ path }) => `${server.origin}${path}\n`).join('') },
  );
  assert.deepEqual([end.exitCode, end.stderr], [0, '']);
  const out = join(cwd, 'downloads');
  assert.equal(manifestRows(out).length, all.length);
  assert.equal(rowsOf(end.stdout).length, all.length);
  assert.equal(documentsIn(out).length, all.length);
  return { out, calls: readSystemCalls(recording).filter(({ succeeded }) => succeeded) };
}

function one(calls: readonly SystemCall[], what: string): SystemCall {
  assert.equal(calls.length, 1, `${what}: ${calls.length} calls`);
  return calls[0]!;
}

/** Some call of `calls` lies wholly between the two moments. */
function assertBetween(calls: readonly SystemCall[], from: number, to: number, what: string): void {
  assert.ok(
    calls.some(({ startedAt, endedAt }) => startedAt > from && endedAt < to),
    what,
  );
}

const writes = (call: SystemCall): boolean =>
  /^(?:p?writev?(?:64)?|sendfile|copy_file_range|f?truncate)$/.test(call.name);
const syncs = (call: SystemCall): boolean => /^f(?:data)?sync$/.test(call.name);
const renames = (call: SystemCall): boolean => call.name.startsWith('rename');
const target = (call: SystemCall): string => /"([^"]*)"[^"]*$/.exec(call.args)?.[1] ?? '';

/** Nothing opens a final name for writing, writes to it, or puts it there but a rename from the temporary folder. */
function assertFinalNamesUntouched({ out, calls }: Trace): void {
  const isFinal = (path: string): boolean => path.startsWith(`${out}/`) && !path.startsWith(`${out}/.edgar-fetch`);
  for (const call of calls) {
    if (writes(call)) assert.ok(!isFinal(call.path), `${call.name} to ${call.path}`);
    if (/^(?:open|openat|creat)$/.test(call.name) && isFinal(call.path))
      assert.doesNotMatch(call.args, /O_WRONLY|O_RDWR|O_CREAT/, call.args);
    if (/^(?:link|symlink)/.test(call.name)) assert.ok(!isFinal(target(call)), call.args);
    if (renames(call) && isFinal(target(call))) assert.ok(call.path.startsWith(`${out}/.edgar-fetch/tmp/`), call.args);
  }
}

/** Many syncs at a time, of which each third takes long: what must not depend on luck shows that it does. */
const SLOW_DEVICE = ['-E', 'UV_THREADPOOL_SIZE=16', '-e', 'inject=fsync:delay_enter=150000:when=2+3'];

for (const layout of ['flat', 'filing'] as const) {
  test(
    `each document, ${layout}: written, synced, renamed, its folders synced; then its row, synced; then reported`,
    { skip: straceSkip },
    async (context) => {
      const traced = await trace(context, ['--layout', layout], SLOW_DEVICE);
      assertFinalNamesUntouched(traced);
      const { out, calls } = traced;
      const manifest = join(out, '.edgar-fetch', 'manifest.jsonl');
      const folderSyncs = new Map<string, SystemCall[]>();
      for (const call of calls.filter(syncs)) folderSyncs.set(call.path, [...(folderSyncs.get(call.path) ?? []), call]);
      const made = new Map(calls.filter(({ name }) => name.startsWith('mkdir')).map((call) => [call.path, call]));
      let folders = 0;
      for (const row of manifestRows(out)) {
        const final = join(out, row.path!);
        const name = row.path!;
        const rename = one(
          calls.filter((call) => renames(call) && target(call) === final),
          `rename to ${name}`,
        );
        const temporary = rename.path;
        const written = calls.filter((call) => writes(call) && call.path === temporary);
        assert.ok(written.length > 0, `${name} was written to ${temporary}`);
        const lastWrite = Math.max(...written.map(({ endedAt }) => endedAt));
        assertBetween(
          folderSyncs.get(temporary) ?? [],
          lastWrite,
          rename.startedAt,
          `${name}: synced before its rename`,
        );
        const text = JSON.stringify(row.url).replaceAll('"', '\\"');
        const rowWrite = one(
          calls.filter((call) => writes(call) && call.path === manifest && call.args.includes(text)),
          `row of ${name}`,
        );
        assertBetween(
          folderSyncs.get(dirname(final)) ?? [],
          rename.endedAt,
          rowWrite.startedAt,
          `${name}: folder synced before its row`,
        );
        // A folder that the run has made is on the device only when the folder above it is synced.
        for (let folder = dirname(final); folder !== out; folder = dirname(folder)) {
          folders++;
          const moment = made.get(folder)!.endedAt;
          assertBetween(
            folderSyncs.get(dirname(folder)) ?? [],
            moment,
            rowWrite.startedAt,
            `${name}: the entry of ${folder} synced before its row`,
          );
        }
        const rowSyncs = (folderSyncs.get(manifest) ?? []).filter(({ startedAt }) => startedAt > rowWrite.endedAt);
        assert.ok(rowSyncs.length > 0, `${name}: row synced`);
        const report = one(
          calls.filter((call) => call.name.startsWith('write') && /^1</.test(call.args) && call.args.includes(text)),
          `report of ${name}`,
        );
        assert.ok(rowSyncs[0]!.endedAt < report.startedAt, `${name}: reported after its row is on the device`);
      }
      assert.equal(folders, layout === 'flat' ? 0 : 2 * all.length);
    },
  );
}

test(
  'with --no-fsync nothing is synced, and still nothing is written to a final name',
  { skip: straceSkip },
  async (context) => {
    const traced = await trace(context, ['--no-fsync']);
    assertFinalNamesUntouched(traced);
    assert.deepEqual(traced.calls.filter(syncs), []);
    for (const row of manifestRows(traced.out)) {
      const rename = one(
        traced.calls.filter((call) => renames(call) && target(call) === join(traced.out, row.path!)),
        row.path!,
      );
      const text = JSON.stringify(row.url).replaceAll('"', '\\"');
      const rowWrite = traced.calls.find(
        (call) => writes(call) && call.path.endsWith('/manifest.jsonl') && call.args.includes(text),
      );
      assert.ok(rowWrite !== undefined && rename.endedAt < rowWrite.startedAt, 'the row after the rename');
    }
  },
);
