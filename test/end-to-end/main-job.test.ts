// The main job as a user runs it: a list in, every document on disk, byte for byte; a second run that asks for nothing.
import assert from 'node:assert/strict';
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCommand, testFolder } from '../support/command-line.ts';
import { corpusFiles, corpusSkip } from '../support/corpus.ts';
import { documentsIn, manifestRows, rowsOf, sha256, sha256OfFile, stateFilesIn } from '../support/destination.ts';
import { startEdgarStandIn, type StandInDocument } from '../support/edgar-stand-in.ts';
import { byEffort } from '../support/effort.ts';
import { syntheticSeries } from '../support/synthetic-xbrl.ts';

interface Listed {
  readonly url: string;
  readonly path: string;
  readonly name: string;
  readonly body: Buffer;
}

function listed(name: string, body: Buffer, number: number): Listed {
  const path = `/Archives/edgar/data/${1_000_000 + number}/${String(95_012_310_000_000 + number).padStart(18, '0')}/${name}`;
  return { url: `https://sec.gov${path}`, path, name, body };
}

const series = syntheticSeries({ seed: 'main-job', targetBytes: 30_000, templates: 4 });
const synthetic = Array.from({ length: 60 }, (_, number) => listed(`doc-${number}.xml`, series(number).body, number));

function documentsOf(all: readonly Listed[]): Map<string, StandInDocument> {
  return new Map(all.map(({ path, body }) => [path, { body }]));
}

function listOf(all: readonly Listed[]): string {
  return all.map(({ url }) => `${url}\n`).join('');
}

test('a list is saved under base names, and a second run sends nothing and says nothing', async (context) => {
  const cwd = testFolder(context);
  const server = await startEdgarStandIn({ documents: documentsOf(synthetic), framing: 'mixed' });
  context.after(() => server.close());
  writeFileSync(join(cwd, 'urls.txt'), listOf(synthetic));
  const args = ['urls.txt', '--mirror', server.origin];
  const first = await runCommand(args, { cwd });
  assert.deepEqual([first.exitCode, first.stdout, first.stderr], [0, '', '']);
  const out = join(cwd, 'downloads');
  assert.deepEqual(documentsIn(out), synthetic.map(({ name }) => name).sort());
  for (const { name, body } of synthetic) assert.equal(sha256OfFile(join(out, name)), sha256(body));
  assert.equal(server.countRequests(), synthetic.length);
  assert.deepEqual(stateFilesIn(out), ['manifest.jsonl', 'runs.jsonl']);

  server.reset();
  const second = await runCommand(args, { cwd });
  assert.deepEqual([second.exitCode, second.stdout, second.stderr], [0, '', '']);
  assert.equal(server.countRequests(), 0);
  assert.equal(manifestRows(out).length, synthetic.length, 'a skipped URL appends nothing');

  rmSync(join(out, 'doc-3.xml'));
  truncateSync(join(out, 'doc-5.xml'), 100);
  const third = await runCommand(args, { cwd });
  assert.equal(third.exitCode, 0);
  assert.deepEqual(server.requests.map(({ path }) => path).sort(), [synthetic[3]!.path, synthetic[5]!.path]);
  for (const { name, body } of synthetic) assert.equal(sha256OfFile(join(out, name)), sha256(body));
});

test('a row has the fields of the contract, in its order', async (context) => {
  const cwd = testFolder(context);
  const [document] = synthetic;
  assert.ok(document);
  const server = await startEdgarStandIn({ documents: documentsOf([document]) });
  context.after(() => server.close());
  const end = await runCommand(['-', '--mirror', server.origin, '--json'], {
    cwd,
    stdin: `${document.url}\tmy key\r\n`,
  });
  assert.equal(end.exitCode, 0);
  const [row] = manifestRows(join(cwd, 'downloads'));
  assert.ok(row);
  assert.deepEqual(rowsOf(end.stdout), [row], '--json prints the row of the manifest');
  assert.deepEqual(Object.keys(row), [
    'url', 'status', 'path', 'bytes', 'sha256', 'httpStatus', 'wireBytes', 'etag', 'lastModified', 'root', 'attempts',
    'requests', 'startedAt', 'settledAt', 'run', 'line', 'given', 'tag', 'via',
  ]); // prettier-ignore
  assert.equal(row.url, document.url.replace('https://sec.gov', 'https://www.sec.gov'));
  assert.equal(row.given, document.url);
  assert.equal(row.tag, 'my key');
  assert.equal(row.bytes, document.body.length);
  assert.equal(row.sha256, sha256(document.body));
  assert.equal(row.root, 'xbrl');
  assert.equal(row.via, server.origin);
  assert.match(row.settledAt ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  const again = await runCommand(['--mirror', server.origin, '--json'], { cwd, stdin: document.url });
  assert.equal((JSON.parse(again.stdout) as { status: string }).status, 'unchanged');
});

test('duplicates are dropped, original and amendment of one name both kept', async (context) => {
  const cwd = testFolder(context);
  const original = listed('exfilingfees_htm.xml', Buffer.from('<a>original</a>'), 1);
  const amendment = listed('exfilingfees_htm.xml', Buffer.from('<a>amendment</a>'), 2);
  const server = await startEdgarStandIn({ documents: documentsOf([original, amendment]) });
  context.after(() => server.close());
  const variants = [
    original.url,
    original.url.replace('https://sec.gov', 'http://www.sec.gov'),
    `${original.url}#top`,
    amendment.url,
  ];
  const end = await runCommand(['--mirror', server.origin], { cwd, stdin: variants.join('\n') });
  assert.equal(end.exitCode, 0);
  assert.equal(server.countRequests(), 2);
  const out = join(cwd, 'downloads');
  const accession = amendment.path.split('/').at(-2) ?? '';
  assert.deepEqual(documentsIn(out), [`${accession}-exfilingfees_htm.xml`, 'exfilingfees_htm.xml'].sort());
  assert.equal(readFileSync(join(out, 'exfilingfees_htm.xml'), 'utf8'), '<a>original</a>');
});

test('one document that takes long does not hold up the quick ones of its worker', async (context) => {
  const cwd = testFolder(context);
  const quick = Array.from({ length: 500 }, (_, number) =>
    listed(`quick-${number}.xml`, Buffer.from(`<a>${number}</a>`), number),
  );
  const slow = listed('slow.xml', Buffer.from('<a>slow</a>'), 999);
  let finishSlow: (() => void) | undefined;
  const server = await startEdgarStandIn({
    documents: documentsOf([...quick, slow]),
    intercept: (request, response) => {
      if (request.url !== slow.path) return false;
      finishSlow = () => response.end(slow.body);
      return true;
    },
  });
  context.after(() => server.close());
  const run = runCommand(['--mirror', server.origin, '--workers', '1', '--json'], {
    cwd,
    stdin: listOf([slow, ...quick]),
  });
  const out = join(cwd, 'downloads');
  // The slow one is answered only when all the others have their rows: a worker that it idled would wait for ever.
  while (manifestRows(out).length < quick.length) await new Promise((resolve) => setTimeout(resolve, 20));
  finishSlow?.();
  assert.equal((await run).exitCode, 0);
  assert.equal(manifestRows(out).length, quick.length + 1);
});

interface Way {
  readonly source: string;
  readonly workers: string;
  readonly layout: string;
}

const WAYS: readonly Way[] = ['file', 'stdin'].flatMap((source) =>
  ['1', '4'].flatMap((workers) => ['flat', 'filing'].map((layout) => ({ source, workers, layout }))),
);

const WIRES = (['gzip', 'identity'] as const).flatMap((encoding) =>
  (['content-length', 'chunked'] as const).map((framing) => ({ encoding, framing })),
);

for (const [wire, { encoding, framing }] of WIRES.entries()) {
  test(`the corpus comes byte for byte with ${encoding}, ${framing}`, { skip: corpusSkip }, async (context) => {
    const files = corpusFiles('xbrl');
    assert.equal(files.length, 46);
    const all = files.map(({ name, body }, number) => listed(name, body, number));
    const server = await startEdgarStandIn({ documents: documentsOf(all), encoding, framing });
    context.after(() => server.close());
    const ways = byEffort(
      WAYS.filter((_, way) => way % WIRES.length === wire),
      WAYS,
    );
    for (const { source, workers, layout } of ways) {
      const cwd = testFolder(context);
      if (source === 'file') writeFileSync(join(cwd, 'urls.txt'), listOf(all));
      const list = source === 'file' ? 'urls.txt' : '-';
      const args = [list, '--mirror', server.origin, '--workers', workers, '--layout', layout];
      const end = await runCommand(args, { cwd, stdin: source === 'stdin' ? listOf(all) : '' });
      assert.deepEqual([end.exitCode, end.stderr], [0, '']);
      const out = join(cwd, 'downloads');
      assert.equal(documentsIn(out).length, files.length);
      for (const [number, { name, sha256: expected }] of files.entries()) {
        const folder = layout === 'flat' ? '' : `${all[number]!.path.split('/').slice(4, 6).join('/')}/`;
        assert.equal(sha256OfFile(join(out, folder + name)), expected, name);
      }
      rmSync(cwd, { recursive: true });
    }
  });
}
