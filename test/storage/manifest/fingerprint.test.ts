// Digests stand for URLs in memory: equal for the same text however it is given, different for different texts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fingerprintOfBytes, fingerprintOf } from '../../../src/storage/manifest/fingerprint.ts';

const anyText = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.webUrl());

test('a text and its UTF-8 bytes have the same fingerprint, wherever the bytes lie', () => {
  fc.assert(
    fc.property(anyText, fc.nat(40), fc.nat(40), (text, before, after) => {
      const bytes = Buffer.concat([Buffer.alloc(before, 0xaa), Buffer.from(text), Buffer.alloc(after, 0xbb)]);
      assert.deepEqual([...fingerprintOfBytes(bytes, before, bytes.length - after)], [...fingerprintOf(text)]);
    }),
  );
});

test('what was fingerprinted before does not change a fingerprint', () => {
  fc.assert(
    fc.property(anyText, anyText, (one, other) => {
      const alone = [...fingerprintOf(one)];
      fingerprintOf(other);
      fingerprintOf('x'.repeat(100));
      assert.deepEqual([...fingerprintOf(one)], alone);
    }),
  );
});

test('texts that differ in one character, their length or trailing zeros have different fingerprints', () => {
  const texts = ['', '\0', '\0\0', 'a', 'a\0', 'ab', 'ba', 'é', 'e\u0301', 'A', ' a', '\u{1f600}', 'x'.repeat(16)];
  texts.push(`${'x'.repeat(16)}\0`, 'x'.repeat(32));
  assert.equal(new Set(texts.map((text) => fingerprintOf(text).join())).size, texts.length);
});

test('50,000 URLs of one shape have 50,000 fingerprints, and 50,000 first words that differ nearly all', () => {
  const fingerprints = new Set<string>();
  const words = new Set<number>();
  for (let number = 0; number < 50_000; number++) {
    const fingerprint = fingerprintOf(`https://www.sec.gov/Archives/edgar/data/1/000000000000000001/doc-${number}.xml`);
    fingerprints.add(fingerprint.join());
    words.add(fingerprint[0]!);
  }
  assert.equal(fingerprints.size, 50_000);
  assert.ok(words.size > 49_900, `${words.size} first words`);
});

test('a text longer than the scratch space is fingerprinted whole', () => {
  const long = 'https://www.sec.gov/'.repeat(5_000);
  const bytes = Buffer.from(long);
  assert.deepEqual([...fingerprintOfBytes(bytes, 0, bytes.length)], [...fingerprintOf(long)]);
  assert.notDeepEqual([...fingerprintOf(`${long}a`)], [...fingerprintOf(`${long}b`)]);
});
