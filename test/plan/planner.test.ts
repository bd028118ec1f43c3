// What becomes of each line: fetched, there, known to be missing, a duplicate or bad, by the manifest and the disk alone.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { ManifestRow } from '../../src/model/manifest-row.ts';
import { Planner, validatorsOf, type Plan, type PlannerSettings } from '../../src/plan/planner.ts';
import { FolderDestination } from '../../src/storage/folder/folder-destination.ts';
import { Manifest } from '../../src/storage/manifest/manifest.ts';
import { makeState, withFolder } from '../support/test-folder.ts';

const DAY = 86_400_000;
const NOW = Date.parse('2026-01-12T00:00:00Z');
const FOLDER = 'https://www.sec.gov/Archives/edgar/data/1/000000000000000001/';
const URL_A = `${FOLDER}a.xml`;

interface Setting {
  readonly rows?: readonly ManifestRow[];
  readonly files?: Readonly<Record<string, string>>;
  readonly settings?: Partial<PlannerSettings>;
}

/** Plans the lines in a destination with the given rows and files. */
function plansOf(lines: readonly string[], { rows = [], files = {}, settings = {} }: Setting = {}): Promise<Plan[]> {
  return withFolder(async (out) => {
    const paths = makeState(out);
    writeFileSync(paths.manifest, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(out, path)), { recursive: true });
      writeFileSync(join(out, path), text);
    }
    const manifest = Manifest.read(paths.manifest);
    const resolved: PlannerSettings = { layout: 'flat', existing: 'skip', recheckMissingMs: 7 * DAY, ...settings };
    const newPlanner = (): Planner => new Planner(resolved, manifest, new FolderDestination(out), () => NOW);
    const all = lines.map((text, at) => ({ number: at + 1, text, tooLong: false }));
    const plans = await newPlanner().plan(all);
    // One by one, and together: the plans are the same.
    const planner = newPlanner();
    const single: Plan[] = [];
    for (const line of all) single.push(...(await planner.plan([line])));
    assert.deepEqual(single, plans);
    await manifest.close();
    return plans;
  });
}

async function planOf(line: string, setting: Setting = {}): Promise<Plan> {
  return (await plansOf([line], setting))[0]!;
}

function saved(path = 'a.xml', bytes = 4): ManifestRow {
  return { url: URL_A, status: 'saved', path, bytes, sha256: '0'.repeat(64), etag: '"x"' };
}

function missing(daysAgo: number): ManifestRow {
  return { url: URL_A, status: 'missing', settledAt: new Date(NOW - daysAgo * DAY).toISOString() };
}

const FILES = { 'a.xml': '<a/>' };

test('a new URL is fetched under its usual name, with its own form and tag kept', async () => {
  const plan = await planOf('https://sec.gov/Archives/edgar/data/1/000000000000000001/a.xml \t my  key ');
  assert.deepEqual(plan, {
    kind: 'fetch',
    entry: {
      url: URL_A,
      line: 1,
      given: 'https://sec.gov/Archives/edgar/data/1/000000000000000001/a.xml',
      tag: 'my  key',
    },
    target: {
      fetchUrl: URL_A,
      paths: ['a.xml'],
      owned: false,
      existing: 'skip',
      contactsSec: true,
      collides: false,
    },
  });
});

test('forms of one URL are duplicates, whatever their tags', async () => {
  const plans = await plansOf([
    URL_A,
    `${URL_A} tag`,
    URL_A.replace('www.', ''),
    `${URL_A}#x`,
    URL_A.replace('a.xml', 'b.xml'),
  ]);
  assert.deepEqual(
    plans.map(({ kind }) => kind),
    ['fetch', 'duplicate', 'duplicate', 'duplicate', 'fetch'],
  );
});

test('a URL that has a row is a duplicate when it comes again, too', async () => {
  const plans = await plansOf([URL_A, `${URL_A}#x`, URL_A], { rows: [saved()], files: FILES });
  assert.deepEqual(
    plans.map(({ kind }) => kind),
    ['there', 'duplicate', 'duplicate'],
  );
});

test('lines without an http URL and lines over 8 KiB are bad, and say their number', async () => {
  for (const line of ['no url', 'ftp://a.example/x', 'https://me@www.sec.gov/x', '-']) {
    const plan = await planOf(line);
    assert.ok(plan.kind === 'bad', line);
    assert.deepEqual(plan.entry, { url: line, line: 1 });
    assert.match(plan.message, /line 1 /);
  }
  const settings = { layout: 'flat', existing: 'skip', recheckMissingMs: 0 } as const;
  const planner = new Planner(settings, Manifest.read('/nowhere'), new FolderDestination('/nowhere'), () => NOW);
  const [plan] = await planner.plan([{ number: 7, text: URL_A, tooLong: true }]);
  assert.ok(plan?.kind === 'bad');
  assert.match(plan.message, /8 KiB/);
});

/** Rows of one URL, whether its file is there, --existing, and what follows. */
const KNOWN: readonly (readonly [string, Setting, string])[] = [
  ['saved and there', { rows: [saved()], files: FILES }, 'there'],
  ['saved and gone', { rows: [saved()] }, 'fetch owned a.xml'],
  ['saved and of another size', { rows: [saved()], files: { 'a.xml': '<a' } }, 'fetch owned a.xml'],
  ['saved, and a folder stands there', { rows: [saved()], files: { 'a.xml/b': '<a/>' } }, 'fetch owned a.xml'],
  ['saved below what is now a file', { rows: [saved('f/a.xml')], files: { f: 'x' } }, 'fetch owned f/a.xml'],
  [
    'saved elsewhere, under another layout',
    { rows: [saved('1/2/a.xml')], settings: { layout: 'filing' } },
    'fetch owned 1/2/a.xml',
  ],
  ['saved, then failed, and there', { rows: [saved(), { url: URL_A, status: 'failed' }], files: FILES }, 'there'],
  ['saved, then missing, and there', { rows: [saved(), missing(1)], files: FILES }, 'there'],
  ['saved, then missing, and gone', { rows: [saved(), missing(1)] }, 'fetch owned a.xml'],
  [
    'saved, to be checked',
    { rows: [saved()], files: FILES, settings: { existing: 'check' } },
    'fetch owned a.xml conditional',
  ],
  [
    'saved and damaged, to be checked',
    { rows: [saved()], files: { 'a.xml': '<' }, settings: { existing: 'check' } },
    'fetch owned a.xml',
  ],
  ['saved, to be replaced', { rows: [saved()], files: FILES, settings: { existing: 'replace' } }, 'fetch owned a.xml'],
  ['failed', { rows: [{ url: URL_A, status: 'failed' }] }, 'fetch a.xml'],
  ['missing since yesterday', { rows: [missing(1)] }, 'known-missing'],
  ['missing for 8 days', { rows: [missing(8)] }, 'fetch a.xml'],
  ['missing for exactly 7 days', { rows: [missing(7)] }, 'fetch a.xml'],
  ['missing since tomorrow, by a clock that was set back', { rows: [missing(-1)] }, 'known-missing'],
  ['missing since a time that is years ahead', { rows: [missing(-3_000)] }, 'fetch a.xml'],
  ['missing since no time', { rows: [{ url: URL_A, status: 'missing', settledAt: 'soon' }] }, 'fetch a.xml'],
  ['missing, to be asked for always', { rows: [missing(0)], settings: { recheckMissingMs: 0 } }, 'fetch a.xml'],
  ['missing, to be replaced', { rows: [missing(1)], settings: { existing: 'replace' } }, 'fetch a.xml'],
  ['missing, then failed', { rows: [missing(1), { url: URL_A, status: 'failed' }] }, 'fetch a.xml'],
  ['saved at a path that leads out', { rows: [saved('../a.xml')] }, 'fetch a.xml'],
  ['saved at an absolute path', { rows: [saved('/etc/a.xml')] }, 'fetch a.xml'],
  [
    'saved, by a manifest that somebody edited, as our own state',
    { rows: [saved('.edgar-fetch/manifest.jsonl')] },
    'fetch a.xml',
  ],
];

for (const [name, setting, expected] of KNOWN) {
  test(`a URL that is ${name} is ${expected}`, async () => {
    const plan = await planOf(URL_A, setting);
    if (plan.kind !== 'fetch') return assert.equal(plan.kind, expected);
    const { owned, paths, validators } = plan.target;
    const words = ['fetch', owned ? 'owned' : '', paths.join(), validators === undefined ? '' : 'conditional'];
    assert.equal(words.filter((word) => word !== '').join(' '), expected);
  });
}

test("a path that another URL's row holds is not given away", async () => {
  const other = `${FOLDER.replace('000000000000000001', '000000000000000002')}A.xml`;
  const plan = await planOf(other, { rows: [saved()] });
  assert.ok(plan.kind === 'fetch');
  assert.deepEqual([plan.target.paths, plan.target.collides], [['000000000000000002-A.xml'], true]);
});

test('with a mirror documents of sec.gov are fetched from there, path and query kept, and no others', async () => {
  const settings = { mirror: 'http://localhost:8080' };
  const plans = await plansOf([`${URL_A}?x=1`, 'https://data.sec.gov/b.json', 'https://a.example/c'], { settings });
  assert.deepEqual(
    plans.map((plan) => plan.kind === 'fetch' && [plan.target.fetchUrl, plan.target.contactsSec]),
    [
      ['http://localhost:8080/Archives/edgar/data/1/000000000000000001/a.xml?x=1', false],
      ['http://localhost:8080/b.json', false],
      ['https://a.example/c', false],
    ],
  );
});

const URL_B = `${FOLDER.replace('000000000000000001', '000000000000000002')}a.xml`;

/** Two URLs whose rows name one path, the later row that of the second. */
const CLAIMS: readonly (readonly [string, Setting, readonly [string, string]])[] = [
  ['and one file of the size that both rows say', { files: FILES }, ['fetch', 'there']],
  ['whose file is of neither size', { files: { 'a.xml': '<' } }, ['fetch', 'fetch a.xml or']],
  ['whose file is gone', {}, ['fetch', 'fetch a.xml or']],
  ['that are to be replaced', { files: FILES, settings: { existing: 'replace' } }, ['fetch', 'fetch a.xml or']],
  ['that are to be checked', { files: FILES, settings: { existing: 'check' } }, ['fetch', 'fetch a.xml or']],
];

for (const [name, setting, expected] of CLAIMS) {
  test(`of two URLs with one path ${name} only the later may keep it, and neither replaces what stands there`, async () => {
    const own = ['000000000000000001-a.xml', '000000000000000002-a.xml'];
    for (const path of ['a.xml', 'A.XML']) {
      const files = path === 'a.xml' || setting.files === undefined ? {} : { [path]: '<a/>' };
      const rows = [saved(), { ...saved(path), url: URL_B }];
      const plans = await plansOf([URL_A, URL_B], { ...setting, files: { ...setting.files, ...files }, rows });
      const words = plans.map((plan, at) => {
        if (plan.kind !== 'fetch') return plan.kind;
        assert.equal(plan.target.owned, false);
        assert.equal(plan.target.validators, undefined);
        assert.equal(plan.target.paths.at(-1), own[at]);
        return plan.target.paths.length === 1 ? 'fetch' : `fetch ${plan.target.paths[0]?.toLowerCase()} or`;
      });
      if (path === 'a.xml') assert.deepEqual(words, expected);
      assert.equal(words[0], 'fetch');
    }
  });
}

test("a path that only superseded rows share is nobody else's", async () => {
  const rows = [saved(), { ...saved(), url: URL_B }, saved('b.xml')];
  const kinds = (await plansOf([URL_A, URL_B], { rows, files: { 'a.xml': '<a/>', 'b.xml': '<a/>' } })).map(
    ({ kind }) => kind,
  );
  assert.deepEqual(kinds, ['there', 'there']);
});

test('a request is made conditional only by what may stand in a header, and is bound to bytes', () => {
  const row = { url: 'https://a.example/1', status: 'saved', path: 'a', bytes: 1 } as const;
  const sha256 = 'a1'.repeat(32);
  const etag = '"x\u00e9"';
  const lastModified = 'Mon, 01 Jan 2024 21:30:00 GMT';
  assert.deepEqual(validatorsOf({ ...row, sha256, etag, lastModified }), { etag, lastModified, sha256 });
  assert.deepEqual(validatorsOf({ ...row, sha256, etag }), { etag, lastModified: undefined, sha256 });
  assert.deepEqual(validatorsOf({ ...row, sha256, lastModified }), { etag: undefined, lastModified, sha256 });
  assert.equal(validatorsOf({ ...row, sha256 }), undefined);
  assert.equal(validatorsOf({ ...row, etag, lastModified }), undefined, 'of which bytes?');
  assert.equal(validatorsOf(undefined), undefined);
  for (const unsafe of ['', ' ', ' x', 'x\r\nHost: y', 'x\0', 'x\t', '\u20ac', 'x\u007f', 'x'.repeat(5_000), '"x" ']) {
    assert.equal(validatorsOf({ ...row, sha256, etag: unsafe, lastModified }), undefined, JSON.stringify(unsafe));
    assert.equal(validatorsOf({ ...row, sha256, etag, lastModified: unsafe }), undefined, JSON.stringify(unsafe));
  }
});
