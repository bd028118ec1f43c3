// The pool survives its workers: whatever takes a thread down, every URL settles exactly once and the run goes on.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runCommand, testFolder, type CommandEnd } from '../support/command-line.ts';
import { documentsIn, manifestRows, stateFilesIn } from '../support/destination.ts';
import { startEdgarStandIn } from '../support/edgar-stand-in.ts';

const PRELOAD = fileURLToPath(new URL('../support/crash-worker.cjs', import.meta.url));
const COUNT = 200;
const NAMES = Array.from({ length: COUNT }, (_, number) => `doc-${number}.xml`);

interface Crash {
  readonly how: 'exit-0' | 'exit-7' | 'throw' | 'heap';
  readonly names: readonly string[];
  readonly once: boolean;
}

async function runWithCrash(
  context: Parameters<typeof testFolder>[0],
  crash: Crash,
): Promise<{ end: CommandEnd; out: string }> {
  const cwd = testFolder(context);
  const server = await startEdgarStandIn({ documents: (path) => ({ body: Buffer.from(`<a>${path}</a>`) }) });
  context.after(() => server.close());
  const markers = join(cwd, 'markers');
  mkdirSync(markers);
  const end = await runCommand(['--workers', '2'], {
    cwd,
    stdin: NAMES.map((name) => `${server.origin}/x/${name}\n`).join(''),
    env: {
      // A small heap runs out soon.
      NODE_OPTIONS: `--require ${PRELOAD} --max-old-space-size=64`,
      CRASH_NAMES: crash.names.join(','),
      CRASH_HOW: crash.how,
      ...(crash.once ? { CRASH_ONCE: markers } : {}),
    },
  });
  return { end, out: join(cwd, 'downloads') };
}

for (const how of ['exit-0', 'exit-7', 'throw', 'heap'] as const) {
  test(`a thread that ends by ${how} in the middle of its batch costs no document`, async (context) => {
    const { end, out } = await runWithCrash(context, { how, names: ['doc-20.xml', 'doc-111.xml'], once: true });
    assert.deepEqual([end.exitCode, end.stderr], [0, '']);
    assert.deepEqual(documentsIn(out), [...NAMES].sort());
    assert.equal(new Set(manifestRows(out).map(({ url }) => url)).size, COUNT);
    assert.equal(manifestRows(out).length, COUNT, 'one row a URL');
    assert.deepEqual(stateFilesIn(out), ['manifest.jsonl', 'runs.jsonl']);
  });
}

test('a document that takes a worker down twice settles as worker-crashed, its neighbours are saved', async (context) => {
  const { end, out } = await runWithCrash(context, { how: 'exit-7', names: ['doc-20.xml', 'doc-21.xml'], once: false });
  assert.equal(end.exitCode, 1);
  assert.match(end.stderr, /worker-crashed.*took a worker thread down twice/);
  const rows = manifestRows(out);
  assert.equal(rows.length, COUNT);
  const failed = rows.filter(({ status }) => status === 'failed');
  assert.deepEqual(
    failed.map(({ url, error }) => `${url.slice(url.lastIndexOf('/') + 1)} ${error?.code ?? ''}`).sort(),
    ['doc-20.xml worker-crashed', 'doc-21.xml worker-crashed'],
  );
  assert.equal(documentsIn(out).length, COUNT - 2);
});
