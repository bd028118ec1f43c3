// The Python reader that docs/format.md shows is run as it stands, on a manifest with everything that a reader meets.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { ManifestRow } from '../../src/model/manifest-row.ts';
import { statePaths } from '../../src/storage/state-folder.ts';
import { testFolder } from '../support/command-line.ts';

const DOCUMENTATION = join(import.meta.dirname, '../../docs/format.md');

const EFFORT = {
  attempts: 1,
  requests: 1,
  startedAt: '2026-01-02T03:04:05.678Z',
  settledAt: '2026-01-02T03:04:06.789Z',
  run: '00000000-0000-4000-8000-000000000000',
  line: 1,
} as const;

function savedRow(url: string, path: string, bytes: number, sha256: string): ManifestRow {
  return { url, status: 'saved', path, bytes, sha256, httpStatus: 200, wireBytes: 20, ...EFFORT };
}

function settledRow(url: string, status: 'missing' | 'failed', code: 'not-found' | 'timeout'): ManifestRow {
  return { url, status, ...EFFORT, error: { code, message: 'for a reason' } };
}

const URLS = 'https://www.sec.gov/Archives/edgar/data/1/000095012310017583';

/** Superseded rows, a check that failed later, a file that is gone, a damaged line, a field of the future, a torn end. */
const MANIFEST = [
  JSON.stringify(savedRow(`${URLS}/a.xml`, 'a.xml', 1, 'old')),
  JSON.stringify(savedRow(`${URLS}/gone.xml`, '1/000095012310017583/gone.xml', 5, 'g0')),
  JSON.stringify(settledRow(`${URLS}/b.xml`, 'failed', 'timeout')),
  'not json',
  '[]',
  JSON.stringify(savedRow(`${URLS}/a.xml`, 'a.xml', 5, 'a1')),
  JSON.stringify({ ...savedRow(`${URLS}/b.xml`, 'ü.xml', 5, 'b1'), fieldOfTheFuture: true }),
  JSON.stringify(settledRow(`${URLS}/a.xml`, 'failed', 'timeout')),
  JSON.stringify(settledRow(`${URLS}/c.xml`, 'failed', 'timeout')),
  JSON.stringify(settledRow(`${URLS}/d.xml`, 'missing', 'not-found')),
  JSON.stringify(savedRow(`${URLS}/torn.xml`, 'torn.xml', 5, 't0')).slice(0, -20),
].join('\n');

const EXPECTED = `there a.xml a1 ${URLS}/a.xml
gone 1/000095012310017583/gone.xml g0 ${URLS}/gone.xml
there ü.xml b1 ${URLS}/b.xml
failed timeout ${URLS}/c.xml
missing not-found ${URLS}/d.xml
`;

const python = spawnSync('python3', ['--version']);
const skip = python.status === 0 ? false : 'python3 is not on this machine';

test('the Python reader of docs/format.md reads a manifest', { skip }, (context) => {
  const blocks = [...readFileSync(DOCUMENTATION, 'utf8').matchAll(/^```python\n(.*?)^```$/gms)];
  assert.equal(blocks.length, 1, 'docs/format.md has one block of Python');
  const destination = testFolder(context);
  const { manifest } = statePaths(destination);
  mkdirSync(dirname(manifest));
  writeFileSync(manifest, MANIFEST);
  for (const name of ['a.xml', 'ü.xml']) writeFileSync(join(destination, name), '<a/>\n');

  const reader = join(destination, '.edgar-fetch', 'reader.py');
  writeFileSync(reader, blocks[0]?.[1] ?? '');
  const environment = { ...process.env, PYTHONIOENCODING: 'utf-8' };
  const end = spawnSync('python3', [reader, destination], { encoding: 'utf8', env: environment });
  assert.deepEqual([end.status, end.stderr], [0, '']);
  assert.equal(end.stdout, EXPECTED);
});
