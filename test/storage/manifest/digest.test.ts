// Digests stand for URLs in memory: equal for the same text however it is given, different for different texts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { digestOfBytes, digestOfText } from '../../../src/storage/manifest/digest.ts';

const anyText = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.webUrl());

test('a text and its UTF-8 bytes have the same digest, wherever the bytes lie', () => {
  fc.assert(
    fc.property(anyText, fc.nat(40), fc.nat(40), (text, before, after) => {
      const bytes = Buffer.concat([Buffer.alloc(before, 0xaa), Buffer.from(text), Buffer.alloc(after, 0xbb)]);
      assert.deepEqual([...digestOfBytes(bytes, before, bytes.length - after)], [...digestOfText(text)]);
    }),
  );
});

test('what was digested before does not change a digest', () => {
  fc.assert(
    fc.property(anyText, anyText, (one, other) => {
      const alone = [...digestOfText(one)];
      digestOfText(other);
      digestOfText('x'.repeat(100));
      assert.deepEqual([...digestOfText(one)], alone);
    }),
  );
});

test('texts that differ in one character, their length or trailing zeros have different digests', () => {
  const texts = ['', '\0', '\0\0', 'a', 'a\0', 'ab', 'ba', 'é', 'e\u0301', 'A', ' a', '\u{1f600}', 'x'.repeat(16)];
  texts.push(`${'x'.repeat(16)}\0`, 'x'.repeat(32));
  assert.equal(new Set(texts.map((text) => digestOfText(text).join())).size, texts.length);
});

test('50,000 URLs of one shape have 50,000 digests, and 50,000 first words that differ nearly all', () => {
  const digests = new Set<string>();
  const words = new Set<number>();
  for (let number = 0; number < 50_000; number++) {
    const digest = digestOfText(`https://www.sec.gov/Archives/edgar/data/1/000000000000000001/doc-${number}.xml`);
    digests.add(digest.join());
    words.add(digest[0]!);
  }
  assert.equal(digests.size, 50_000);
  assert.ok(words.size > 49_900, `${words.size} first words`);
});

test('a text longer than the scratch space is digested whole', () => {
  const long = 'https://www.sec.gov/'.repeat(5_000);
  const bytes = Buffer.from(long);
  assert.deepEqual([...digestOfBytes(bytes, 0, bytes.length)], [...digestOfText(long)]);
  assert.notDeepEqual([...digestOfText(`${long}a`)], [...digestOfText(`${long}b`)]);
});
