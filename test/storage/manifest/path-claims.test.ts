// Paths that URLs claim are found among any number of others: those of one URL, and those that several have.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { foldCase } from '../../../src/edgar/layout.ts';
import { PathColumn } from '../../../src/storage/manifest/column.ts';
import { PathClaims } from '../../../src/storage/manifest/path-claims.ts';

function claimsOf(paths: readonly (string | undefined)[], offsets: readonly number[] = []): PathClaims {
  const column = new PathColumn();
  for (const [url, path] of paths.entries()) if (path !== undefined) column.set(url, Buffer.from(path));
  return new PathClaims(column, paths.length, (url) => offsets[url] ?? url);
}

function sharedOf(paths: readonly (string | undefined)[], offsets: readonly number[]): Record<string, number> {
  return Object.fromEntries(claimsOf(paths, offsets).shared);
}

const path = fc.oneof(
  fc.constantFrom(
    'a.xml',
    'A.xml',
    'b.xml',
    '1/2/a.xml',
    'ü',
    'Ü',
    'k',
    '\u212a',
    'caf\u00e9',
    'cafe\u0301',
    '',
    undefined,
  ),
  fc.string({ unit: 'grapheme' }),
  fc.nat(20).map((number) => 'x'.repeat(number)),
);

test('they are those that a naive count finds, with the URL whose row came last', () => {
  fc.assert(
    fc.property(fc.array(path, { maxLength: 40 }), fc.infiniteStream(fc.nat()), (paths, numbers) => {
      const offsets = paths.map((_, url) => (numbers.next().value ?? 0) * 64 + url);
      const expected: Record<string, number> = {};
      for (const one of paths) {
        if (one === undefined) continue;
        const key = foldCase(one);
        const urls = [...paths.keys()].filter((url) => paths[url] !== undefined && foldCase(paths[url]) === key);
        if (urls.length > 1) expected[key] = urls.reduce((a, b) => (offsets[a]! > offsets[b]! ? a : b));
      }
      assert.deepEqual({ ...sharedOf(paths, offsets) }, expected);
    }),
  );
});

test('a path is claimed if a URL has it, in whatever letter case or Unicode form', () => {
  fc.assert(
    fc.property(fc.array(path, { maxLength: 40 }), path, (paths, other = 'none') => {
      const claims = claimsOf(paths);
      const folded = new Set(paths.map((one) => one !== undefined && foldCase(one)));
      for (const one of [...paths, other]) {
        if (one === undefined) continue;
        assert.equal(claims.has(one), folded.has(foldCase(one)), one);
        assert.equal(claims.has(one.toUpperCase()), folded.has(foldCase(one.toUpperCase())), one);
      }
    }),
  );
});

test('two among 300,000 are found, and of all whether they are claimed', () => {
  const paths = Array.from(
    { length: 300_000 },
    (_, url) => `${url % 9_000}/${String(url).padStart(18, '0')}/primary_doc.xml`,
  );
  assert.deepEqual(sharedOf(paths, []), {});
  paths[299_999] = paths[17]!.toUpperCase();
  const claims = claimsOf(paths);
  assert.deepEqual(Object.fromEntries(claims.shared), { [paths[17]!]: 299_999 });
  assert.ok(paths.every((one) => claims.has(one)));
  assert.ok(paths.every((one) => !claims.has(`${one}x`)));
});
