// What is published: what runs and what a user reads, with the licences of what is bundled; and what its command says where
// it cannot run.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { testFolder } from '../support/command-line.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MANIFEST = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
};

interface Packed {
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}

test('the package holds what runs and what a user reads, in less than 250 kB', () => {
  // Not built anew: other tests run what is there.
  const said = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const [packed] = JSON.parse(said) as Packed[];
  assert.ok(packed!.size < 250_000, `${packed!.size} bytes`);
  const paths = packed!.files.map(({ path }) => path);
  for (const path of [
    'README.md',
    'LICENSE',
    'bin/edgar-fetch.js',
    'dist/main.js',
    'dist/thread.js',
    'dist/edgar-fetch.1',
    'dist/LICENSES.txt',
  ])
    assert.ok(paths.includes(path), path);
  assert.deepEqual(
    paths.filter((path) => /\.map$|^(?:src|test|bench)\//.test(path)),
    [],
  );
});

test('the manual page is that of this version, names every option, and no line of it is taken for a macro', () => {
  const page = readFileSync(join(ROOT, 'dist/edgar-fetch.1'), 'utf8');
  assert.ok(page.startsWith(`.TH EDGAR-FETCH 1 "" "edgar-fetch ${MANIFEST.version}"\n`));
  for (const option of ['out', 'user\\-agent', 'no\\-fsync', 'give\\-up', 'repair'])
    assert.match(page, new RegExp(`^\\.B .*\\\\-\\\\-${option.replaceAll('\\', '\\\\')}\\b`, 'm'));
  const macros = page.split('\n').filter((line) => /^[.']/.test(line));
  assert.deepEqual([...new Set(macros.map((line) => line.split(' ')[0]))].sort(), [
    '.B',
    '.SH',
    '.TH',
    '.TP',
    '.br',
    '.fi',
    '.nf',
  ]);
});

test('every bundled package has its licence in the package, and none of them is a dependency', () => {
  const licences = readFileSync(join(ROOT, 'dist/LICENSES.txt'), 'utf8');
  for (const name of ['commander', 'p-limit', 'undici', 'yocto-queue']) {
    assert.match(licences, new RegExp(`^${name} [\\d.]+ \\(MIT\\)$`, 'm'));
    assert.ok(!(name in MANIFEST.dependencies), name);
  }
  const bundle = readFileSync(join(ROOT, 'dist/main.js'), 'utf8') + readFileSync(join(ROOT, 'dist/thread.js'), 'utf8');
  for (const name of Object.keys(MANIFEST.dependencies))
    assert.ok(bundle.includes(`require("${name}")`), `${name} is a dependency and is not loaded`);
});

function binOf(folder: string, node: string): { status: number | null; stdout: string; stderr: string } {
  cpSync(join(ROOT, 'bin'), join(folder, 'bin'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ version: '1.2.3', engines: { node: `>=${node}` } }));
  return spawnSync(process.execPath, ['bin/edgar-fetch.js', 'urls.txt'], { cwd: folder, encoding: 'utf8' });
}

test('a clone that was not built, and a Node that is too old, are told in a sentence', (context) => {
  const unbuilt = testFolder(context);
  const { status, stdout, stderr } = binOf(unbuilt, '20.18.1');
  assert.deepEqual([status, stdout], [2, '']);
  assert.equal(stderr, 'edgar-fetch was not built: run `npm ci && npm run build` in its folder first\n');

  for (const needed of ['99.0.0', `${process.versions.node}9`]) {
    const folder = testFolder(context);
    mkdirSync(join(folder, 'dist'));
    writeFileSync(join(folder, 'dist/main.js'), 'process.exitCode = 0;\n');
    const old = binOf(folder, needed);
    assert.equal(old.status, 2);
    assert.equal(old.stderr, `edgar-fetch needs Node ${needed} or later; this is ${process.versions.node}\n`);
    assert.equal(binOf(folder, process.versions.node).status, 0);
  }
});
