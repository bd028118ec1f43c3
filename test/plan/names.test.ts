// Names are given in list order; two URLs never share a path, letter case ignored, and strangers' files are never in the way.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { candidatePaths, type Layout } from '../../src/edgar/layout.ts';
import { Names } from '../../src/plan/names.ts';
import { withFolder } from '../support/test-folder.ts';

const ONE = 'https://www.sec.gov/Archives/edgar/data/1/000000000000000001/primary_doc.xml';
const TWO = 'https://www.sec.gov/Archives/edgar/data/2/000000000000000002/primary_doc.xml';
const TWIN = 'https://www.sec.gov/Archives/edgar/data/2/000000000000000003/Primary_Doc.xml';
const COPY = 'https://www.sec.gov/Archives/edgar/data/9/000000000000000002/primary_doc.xml';

test('the first URL gets the name, later ones their accession, and then the hash', () => {
  withFolder((out) => {
    const names = new Names(out, 'flat');
    assert.deepEqual(names.give(ONE), { paths: ['primary_doc.xml'], collides: false });
    assert.deepEqual(names.give(TWO), { paths: ['000000000000000002-primary_doc.xml'], collides: true });
    // One filing stands under two CIKs: its accession is taken too.
    const hashed = [...candidatePaths(COPY, 'flat')][2]!;
    assert.deepEqual(names.give(COPY), { paths: [hashed], collides: true });
  });
});

test('names that differ in letter case or in Unicode form only are one name', () => {
  withFolder((out) => {
    const names = new Names(out, 'flat');
    names.give(ONE);
    assert.deepEqual(names.give(TWIN), { paths: ['000000000000000003-Primary_Doc.xml'], collides: true });
    assert.equal(names.give('https://a.example/caf%C3%A9.xml').collides, false);
    assert.equal(names.give('https://b.example/cafe%CC%81.xml').collides, true);
    assert.equal(names.give('https://c.example/CAF%C3%89.xml').collides, true);
  });
});

test('a path that a row holds is not given to another URL', () => {
  withFolder((out) => {
    const names = new Names(out, 'flat');
    names.hold('PRIMARY_DOC.xml');
    assert.deepEqual(names.give(ONE), { paths: ['000000000000000001-primary_doc.xml'], collides: true });
  });
});

test("where a stranger's file stands, it is the first choice (it may be equal), with the next name behind it", () => {
  withFolder((out) => {
    writeFileSync(join(out, 'primary_doc.xml'), 'x');
    const names = new Names(out, 'flat');
    assert.deepEqual(names.give(ONE), {
      paths: ['primary_doc.xml', '000000000000000001-primary_doc.xml'],
      collides: false,
    });
    assert.deepEqual(names.give(TWO).paths, ['000000000000000002-primary_doc.xml']);
  });
});

test('a URL whose path leads through the file of another gets a name at the top', () => {
  withFolder((out) => {
    const names = new Names(out, 'filing');
    assert.deepEqual(names.give('https://a.example/x').paths, ['a.example/x']);
    const { paths } = names.give('https://a.example/x/y.xml');
    assert.match(paths[0] ?? '', /^a\.example\/_y-[0-9a-f]{8}\.xml$/);
    assert.deepEqual(names.give('https://b.example/x/y.xml').paths, ['b.example/x/y.xml']);
    const [second] = names.give('https://b.example/x').paths;
    assert.match(second ?? '', /^b\.example\/x-[0-9a-f]{8}$/);
  });
});

const name = fc.constantFrom(
  'a.xml',
  'A.xml',
  'b',
  'a.xml/b',
  'B',
  '%C3%A9',
  'e%CC%81',
  '',
  '.edgar-fetch',
  'con',
  'x'.repeat(300),
);
const url = fc.oneof(
  fc
    .tuple(fc.constantFrom('1', '2', '20'), fc.constantFrom('000000000000000001', '000000000000000002'), name)
    .map(([cik, accession, file]) => `https://www.sec.gov/Archives/edgar/data/${cik}/${accession}/${file}`),
  fc
    .tuple(fc.constantFrom('a.example', 'A.example:8080', '1'), name, fc.constantFrom('', '?x=1', '?x=2'))
    .map((parts) => `http://${parts[0]}/${parts[1]}${parts[2]}`),
);

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`);
}

for (const layout of ['flat', 'filing'] as const satisfies readonly Layout[]) {
  test(`no two URLs share a path, or one needs another's file as a folder, in the ${layout} layout`, () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(url, { maxLength: 14 }),
        fc.array(fc.constantFrom('a.xml', 'b', 'index', '1/000000000000000001/a.xml')),
        (urls, strangers) =>
          withFolder((out) => {
            for (const path of new Set(strangers)) {
              mkdirSync(dirname(join(out, path)), { recursive: true });
              writeFileSync(join(out, path), 'x');
            }
            const names = new Names(out, layout);
            const taken: string[] = [];
            for (const one of urls) {
              const { paths } = names.give(one);
              assert.ok(paths.length > 0, one);
              for (const path of paths) assert.ok([...candidatePaths(one, layout)].includes(path));
              const folded = paths.map((path) => path.toLowerCase().normalize('NFC'));
              for (const path of folded) {
                for (const other of taken) {
                  assert.ok(path !== other && !isBelow(path, other) && !isBelow(other, path), `${path} and ${other}`);
                }
              }
              taken.push(...folded);
            }
            const again = new Names(out, layout);
            assert.deepEqual(
              urls.map((one) => again.give(one)),
              urls.map(
                (
                  (fresh) => (one: string) =>
                    fresh.give(one)
                )(new Names(out, layout)),
              ),
            );
          }),
      ),
      { numRuns: 100 },
    );
  });
}
