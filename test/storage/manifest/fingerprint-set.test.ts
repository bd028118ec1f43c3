// The table numbers its members in the order of their arrival, as a Map from member to its size at that moment would.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fingerprintOf } from '../../../src/storage/manifest/fingerprint.ts';
import { FingerprintSet } from '../../../src/storage/manifest/fingerprint-set.ts';

test('it behaves like a Map from text to order of arrival', () => {
  const text = fc
    .constantFrom(...Array.from('abcdefghijklmnopqrstuvwxyz'))
    .chain((one) => fc.constantFrom(one, `${one}${one}`));
  fc.assert(
    fc.property(fc.array(fc.record({ add: fc.boolean(), text }), { maxLength: 200 }), (steps) => {
      const table = new FingerprintSet();
      const model = new Map<string, number>();
      for (const step of steps) {
        const known = model.get(step.text);
        assert.equal(table.indexOf(fingerprintOf(step.text)), known ?? -1);
        assert.equal(table.has(fingerprintOf(step.text)), known !== undefined);
        if (!step.add) continue;
        assert.equal(table.add(fingerprintOf(step.text)), known === undefined ? model.size : -1 - known);
        if (known === undefined) model.set(step.text, model.size);
        assert.equal(table.size, model.size);
      }
    }),
  );
});

test('members keep their numbers while the table grows past its slots and segments', () => {
  const table = new FingerprintSet();
  for (let number = 0; number < 40_000; number++) assert.equal(table.add(fingerprintOf(`url ${number}`)), number);
  for (let number = 0; number < 40_000; number += 7) {
    assert.equal(table.indexOf(fingerprintOf(`url ${number}`)), number);
    assert.equal(table.add(fingerprintOf(`url ${number}`)), -1 - number);
  }
  assert.equal(table.indexOf(fingerprintOf('url 40000')), -1);
  assert.equal(table.size, 40_000);
});

test('room that is made at once changes nothing', () => {
  const table = new FingerprintSet();
  table.add(fingerprintOf('first'));
  table.reserve(10_000);
  table.reserve(5);
  for (let number = 1; number < 12_000; number++) assert.equal(table.add(fingerprintOf(`url ${number}`)), number);
  assert.equal(table.indexOf(fingerprintOf('first')), 0);
  assert.equal(table.indexOf(fingerprintOf('url 11999')), 11_999);
});

test('members whose first words collide are told apart', () => {
  const table = new FingerprintSet();
  const fingerprints = Array.from({ length: 3_000 }, (_, number) => Int32Array.of(7, number, number * 3, -number));
  fingerprints.forEach((fingerprint, number) => assert.equal(table.add(fingerprint), number));
  fingerprints.forEach((fingerprint, number) => assert.equal(table.indexOf(fingerprint), number));
  assert.equal(table.indexOf(Int32Array.of(7, 0, 0, 1)), -1);
});
