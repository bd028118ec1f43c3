// Names are given in list order; two URLs never share a path, letter case ignored, and strangers' files are never in the way.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { candidatePaths, foldCase, type Layout } from '../../src/edgar/layout.ts';
import { Names } from '../../src/plan/names.ts';

/** Rows that hold these paths, and files that no row names at those. */
function namesOf(layout: Layout, held: readonly string[] = [], taken: readonly string[] = []): Names {
  const folded = new Set(held.map(foldCase));
  const rows = { holds: (path: string) => folded.has(foldCase(path)), savedPaths: () => held.values() };
  return new Names(layout, rows as ConstructorParameters<typeof Names>[1], (path) => taken.includes(path));
}

const ONE = 'https://www.sec.gov/Archives/edgar/data/1/000000000000000001/primary_doc.xml';
const TWO = 'https://www.sec.gov/Archives/edgar/data/2/000000000000000002/primary_doc.xml';
const TWIN = 'https://www.sec.gov/Archives/edgar/data/2/000000000000000003/Primary_Doc.xml';
const COPY = 'https://www.sec.gov/Archives/edgar/data/9/000000000000000002/primary_doc.xml';

test('the first URL gets the name, later ones their accession, and then the hash', () => {
  const names = namesOf('flat');
  assert.deepEqual(names.give(ONE), { paths: ['primary_doc.xml'], collides: false });
  assert.deepEqual(names.give(TWO), { paths: ['000000000000000002-primary_doc.xml'], collides: true });
  // One filing stands under two CIKs: its accession is taken too.
  const hashed = [...candidatePaths(COPY, 'flat')][2]!;
  assert.deepEqual(names.give(COPY), { paths: [hashed], collides: true });
});

test('names that differ in letter case or in Unicode form only are one name', () => {
  const names = namesOf('flat');
  names.give(ONE);
  assert.deepEqual(names.give(TWIN), { paths: ['000000000000000003-Primary_Doc.xml'], collides: true });
  assert.equal(names.give('https://a.example/caf%C3%A9.xml').collides, false);
  assert.equal(names.give('https://b.example/cafe%CC%81.xml').collides, true);
  assert.equal(names.give('https://c.example/CAF%C3%89.xml').collides, true);
});

test('a path that a row holds is not given to another URL', () => {
  const names = namesOf('flat', ['PRIMARY_DOC.xml']);
  assert.deepEqual(names.give(ONE), { paths: ['000000000000000001-primary_doc.xml'], collides: true });
});

test('where a file without a row stands, it is the first choice (it may be equal), with the next name behind it', () => {
  const names = namesOf('flat', [], ['primary_doc.xml']);
  assert.deepEqual(names.give(ONE), {
    paths: ['primary_doc.xml', '000000000000000001-primary_doc.xml'],
    collides: false,
  });
  assert.deepEqual(names.give(TWO).paths, ['000000000000000002-primary_doc.xml']);
});

test('a URL whose path leads through the file of another gets a name at the top, whether that is new or has a row', () => {
  for (const held of [[], ['a.example/x', 'b.example/x/y.xml']]) {
    const names = namesOf('filing', held);
    if (held.length === 0) assert.deepEqual(names.give('https://a.example/x').paths, ['a.example/x']);
    const { paths } = names.give('https://a.example/x/y.xml');
    assert.match(paths[0] ?? '', /^a\.example\/_y-[0-9a-f]{8}\.xml$/);
    if (held.length === 0) assert.deepEqual(names.give('https://b.example/x/y.xml').paths, ['b.example/x/y.xml']);
    const [second] = names.give('https://b.example/x').paths;
    assert.match(second ?? '', /^b\.example\/x-[0-9a-f]{8}$/);
  }
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
        fc.subarray(['A.xml', 'b', '1/000000000000000001/a.xml', 'a.example/b', 'a.example/a.xml/b']),
        (urls, strangers, rows) => {
          const held = rows.filter((path) => !rows.some((other) => isBelow(other, path)));
          const names = namesOf(layout, held, strangers);
          const taken = held.map(foldCase);
          const given = urls.map((one) => names.give(one));
          for (const [at, { paths }] of given.entries()) {
            assert.ok(paths.length > 0, urls[at]);
            for (const path of paths) assert.ok([...candidatePaths(urls[at]!, layout)].includes(path));
            const folded = paths.map(foldCase);
            for (const path of folded) {
              for (const other of taken) {
                assert.ok(path !== other && !isBelow(path, other) && !isBelow(other, path), `${path} and ${other}`);
              }
            }
            taken.push(...folded);
          }
          const again = namesOf(layout, held, strangers);
          assert.deepEqual(
            urls.map((one) => again.give(one)),
            given,
          );
        },
      ),
      { numRuns: 200 },
    );
  });
}
