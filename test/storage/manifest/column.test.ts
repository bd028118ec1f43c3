// Columns keep what was set last at each index, over all their blocks.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Column, PathColumn } from '../../../src/storage/manifest/column.ts';

const index = fc.oneof(fc.nat(20), fc.nat(100_000), fc.constantFrom(16_383, 16_384, 16_385));

test('a number column behaves like a Map, with 0 where nothing was set', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(index, fc.maxSafeNat()), { maxLength: 60 }), index, (cells, other) => {
      const column = new Column();
      const model = new Map<number, number>();
      for (const [at, value] of cells) {
        column.set(at, value);
        model.set(at, value);
      }
      for (const at of [...model.keys(), other]) assert.equal(column.get(at), model.get(at) ?? 0);
    }),
  );
});

test('a text column behaves like a Map, with undefined where nothing was set', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', minLength: 1 }),
    fc
      .tuple(fc.integer({ min: 1, max: 60_000 }), fc.constantFrom('x', 'é'))
      .map(([count, one]) => one.repeat(Math.ceil(count / 2))),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(index, text), { maxLength: 60 }), index, (cells, other) => {
      const column = new PathColumn();
      const model = new Map<number, string>();
      for (const [at, value] of cells) {
        column.set(at, Buffer.from(value));
        model.set(at, value);
      }
      for (const at of [...model.keys(), other]) assert.equal(column.get(at), model.get(at));
    }),
    { numRuns: 60 },
  );
});

test('texts that fill several blocks are all kept', () => {
  const column = new PathColumn();
  for (let at = 0; at < 400; at++) column.set(at, Buffer.from(`${at}:`.padEnd(10_000, '.')));
  for (let at = 0; at < 400; at++) assert.equal(column.get(at), `${at}:`.padEnd(10_000, '.'));
});

test('bytes are copied: what happens to the buffer later does not matter', () => {
  const column = new PathColumn();
  const bytes = Buffer.from('..path..');
  column.set(3, bytes, 2, 6);
  bytes.fill(0);
  assert.equal(column.get(3), 'path');
});
