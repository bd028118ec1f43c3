// The table numbers its members in the order of their arrival, as a Map from member to its size at that moment would.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { digestOfText } from '../../../src/storage/manifest/digest.ts';
import { DigestTable } from '../../../src/storage/manifest/digest-table.ts';

test('it behaves like a Map from text to order of arrival', () => {
  const text = fc
    .constantFrom(...Array.from('abcdefghijklmnopqrstuvwxyz'))
    .chain((one) => fc.constantFrom(one, `${one}${one}`));
  fc.assert(
    fc.property(fc.array(fc.record({ add: fc.boolean(), text }), { maxLength: 200 }), (steps) => {
      const table = new DigestTable();
      const model = new Map<string, number>();
      for (const step of steps) {
        const known = model.get(step.text);
        assert.equal(table.indexOf(digestOfText(step.text)), known ?? -1);
        assert.equal(table.has(digestOfText(step.text)), known !== undefined);
        if (!step.add) continue;
        assert.equal(table.add(digestOfText(step.text)), known === undefined ? model.size : -1 - known);
        if (known === undefined) model.set(step.text, model.size);
        assert.equal(table.size, model.size);
      }
    }),
  );
});

test('members keep their numbers while the table grows past its slots and segments', () => {
  const table = new DigestTable();
  for (let number = 0; number < 40_000; number++) assert.equal(table.add(digestOfText(`url ${number}`)), number);
  for (let number = 0; number < 40_000; number += 7) {
    assert.equal(table.indexOf(digestOfText(`url ${number}`)), number);
    assert.equal(table.add(digestOfText(`url ${number}`)), -1 - number);
  }
  assert.equal(table.indexOf(digestOfText('url 40000')), -1);
  assert.equal(table.size, 40_000);
});

test('room that is made at once changes nothing', () => {
  const table = new DigestTable();
  table.add(digestOfText('first'));
  table.reserve(10_000);
  table.reserve(5);
  for (let number = 1; number < 12_000; number++) assert.equal(table.add(digestOfText(`url ${number}`)), number);
  assert.equal(table.indexOf(digestOfText('first')), 0);
  assert.equal(table.indexOf(digestOfText('url 11999')), 11_999);
});

test('members whose first words collide are told apart', () => {
  const table = new DigestTable();
  const digests = Array.from({ length: 3_000 }, (_, number) => Int32Array.of(7, number, number * 3, -number));
  digests.forEach((digest, number) => assert.equal(table.add(digest), number));
  digests.forEach((digest, number) => assert.equal(table.indexOf(digest), number));
  assert.equal(table.indexOf(Int32Array.of(7, 0, 0, 1)), -1);
});
