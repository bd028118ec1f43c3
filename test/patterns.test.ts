// Every regular expression of src/ is linear: no text that a server, a list or a manifest may hold keeps a thread busy for
// longer than reading it takes. A pattern that needs time in the square of its text shows itself at 64 KiB.
import assert from 'node:assert/strict';
import { before, describe, it, test } from 'node:test';
import { HANGS_MS, slowPatterns, type SlowPattern } from './support/patterns/probe.ts';
import { patternsOfSource } from './support/patterns/source-patterns.ts';
import { byEffort } from './support/effort.ts';

/** Patterns that the code lets meet short texts only: how many characters at most, and why. Nearly empty, and stays so. */
const SHORT_TEXTS: ReadonlyMap<string, { readonly length: number; readonly because: string }> = new Map([]);

const patterns = patternsOfSource();

describe('every pattern of src/ is linear', () => {
  let slow: ReadonlyMap<number, SlowPattern>;

  before(async () => {
    const probed = patterns.map((pattern) => {
      const length = SHORT_TEXTS.get(pattern.source)?.length;
      return { pattern, ...(length === undefined ? {} : { length }) };
    });
    slow = new Map((await slowPatterns(probed)).map((found) => [found.number, found]));
  });

  for (const [number, { place, source, flags }] of patterns.entries()) {
    it(`/${source}/${flags} (${place})`, () => {
      const found = slow.get(number);
      assert.equal(found, undefined, `${place}: ${found === undefined ? '' : sentenceOf(found)}`);
    });
  }

  it('no entry of the table of short texts is left over', () => {
    const known = new Set(patterns.map(({ source }) => source));
    assert.deepEqual(
      [...SHORT_TEXTS.keys()].filter((source) => !known.has(source)),
      [],
    );
  });
});

const sentenceOf = ({ textName, ms }: SlowPattern): string =>
  `${ms === undefined ? `does not end within ${HANGS_MS} ms` : `takes ${Math.round(ms)} ms`} on ${textName}`;

test('a slow pattern is found, whatever makes it slow', async () => {
  const slow = [
    '^(?:\\s+|<!--[\\s\\S]*?-->)*<Error>',
    '<title[^>]*>',
    '^x[a-z]*[a-z0-9]*!',
    ...byEffort([], ['(?<=,)\\s*\\s*x', '[,;]+$']),
  ];
  const linear = ['^\\s+', '<title>', '^x[a-z]*,[a-z0-9]*!', '(?<=,)\\s*x', '[,;]+'];
  const found = await slowPatterns(
    [...slow, ...linear].map((source) => ({ pattern: { place: 'here', source, flags: '' }, length: 36 * 1024 })),
  );
  assert.deepEqual(
    found.map(({ number }) => number),
    slow.map((_, number) => number),
  );
});
