// The walk through a JSON text says of every text what JSON.parse says, however it is cut into windows, and holds nobody up.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { memorySource } from '../../src/model/body.ts';
import { judgeJson, type JsonEnd } from '../../src/check/json-text.ts';
import { runThrough, takeTurns } from '../../src/check/turns.ts';

const endOf = (text: string, windowBytes?: number): JsonEnd =>
  runThrough(judgeJson(memorySource(Buffer.from(text)), windowBytes));

function parses(text: string): JsonEnd {
  try {
    return typeof JSON.parse(Buffer.from(text).toString()) === 'number' ? 'number' : 'whole';
  } catch {
    return 'broken';
  }
}

/** White space behind a number shows that it ended; of more than that JSON.parse does not tell. */
const expected = (text: string): JsonEnd =>
  parses(text) === 'number' && /[ \t\r\n]$/.test(text) ? 'whole' : parses(text);

function assertAsParsed(text: string): void {
  for (const windowBytes of [1, 2, 7, undefined]) assert.equal(endOf(text, windowBytes), expected(text), text);
}

test('every token in every place is judged as JSON.parse judges it', () => {
  const tokens = ['{', '}', '[', ']', ',', ':', '"a"', '0', ' ', 'null'];
  const grow = (texts: readonly string[]): string[] => texts.flatMap((text) => tokens.map((token) => text + token));
  const short = grow(grow(['', ...tokens]));
  for (const text of ['', ...short, ...short.map((inner) => `{"k":[${inner}]}`)]) {
    assert.equal(endOf(text), expected(text), text);
  }
});

const PIECES = [
  ...['0', '-0', '01', '-', '1.', '.5', '1.5', '1e5', '1E+5', '1e-', '1e', '-1.25e-10', '+1', '1 2', '0x1', 'Infinity'],
  ...[
    'true',
    'tru',
    'trues',
    'True',
    'false',
    'null',
    'nul',
    'NaN',
    'undefined',
    "'a'",
    '"',
    '"a',
    '"\\"',
    '"\\',
    '""',
  ],
  ...[
    '"\\n\\/\\\\"',
    '"\\x"',
    '"\\u12aF"',
    '"\\u12g4"',
    '"\\u123"',
    '"\t"',
    '"\u007f"',
    '"é\ud83d"',
    '"\n"',
    '/**/',
    '\0',
  ],
];

test('numbers, words and strings of every form are judged as JSON.parse judges them', () => {
  for (const piece of PIECES) {
    for (const text of [piece, ` ${piece} `, `[${piece}]`, `[1,${piece}]`, `{"a":${piece}}`, `{${piece}:1}`])
      assertAsParsed(text);
  }
});

test('JSON with one byte lost, doubled or changed is judged as JSON.parse judges it', () => {
  const byte = fc.constantFrom(...Array.from('{}[],:"\\0-.eEu tfn\n\u0001é'));
  fc.assert(
    fc.property(fc.json(), fc.nat(), fc.nat(2), byte, (json, place, change, other) => {
      assertAsParsed(json);
      const at = place % json.length;
      const kept = change === 0 ? '' : change === 1 ? json.charAt(at) + other : other;
      assertAsParsed(json.slice(0, at) + kept + json.slice(at + 1));
      assertAsParsed(json.slice(0, at));
    }),
    { numRuns: 300 },
  );
});

test('a byte order mark is passed over, once', () => {
  assert.equal(endOf('\ufeff{}'), 'whole');
  assert.equal(endOf('\ufeff\ufeff{}'), 'broken');
  assert.equal(endOf('\ufeff'), 'broken');
});

test('what would be a million objects costs no memory, and others have their turns meanwhile', async () => {
  const text = Buffer.from(`[${'{},'.repeat(6_000_000)}[]]`);
  let turns = 0;
  const count = (): void => {
    turns++;
    timer = setImmediate(count);
  };
  let timer = setImmediate(count);
  const usedBefore = process.memoryUsage().heapUsed;
  const end = takeTurns(judgeJson(memorySource(text)));
  assert.equal(await end, 'whole');
  clearImmediate(timer);
  assert.ok(turns >= 10, `${turns} turns`);
  assert.ok(process.memoryUsage().heapUsed - usedBefore < 50_000_000);
  const deep = Buffer.alloc(1_000_000, '[');
  assert.equal(runThrough(judgeJson(memorySource(deep))), 'broken');
});
