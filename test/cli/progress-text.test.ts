// The line of progress at every width: what matters most stays, nothing is wider than the terminal; a pause counts down.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pauseBegins, pauseEnds, type Pause } from '../../src/cli/pause-text.ts';
import { progressLine, progressSentence, type ProgressFacts } from '../../src/cli/progress-text.ts';
import type { Standing } from '../../src/model/standing.ts';

const NOW_MS = 1_700_000_000_000;

const STANDING: Standing = {
  done: 12_345,
  asked: 12_345,
  inFlight: 4,
  missing: 0,
  failed: 0,
  bytes: 1.24e9,
  draining: false,
};

function facts(standing: Partial<Standing> = {}, more: Partial<ProgressFacts> = {}): ProgressFacts {
  const usual = { total: 100_000, perSecond: 7.96, leftMs: 11_012_000, pause: undefined, nowMs: NOW_MS };
  return { standing: { ...STANDING, ...standing }, ...usual, ...more };
}

function pause(cause: Pause['cause'], restMs: number, host = 'sec.gov'): { readonly pause: Pause } {
  return { pause: { kind: 'waiting', host, cause, untilMs: NOW_MS + restMs } };
}

const BLOCK = pause('block', 432_000);
const UNKNOWN = { total: undefined, leftMs: undefined };
const TROUBLE = { failed: 3, missing: 12 };
const BAR_50 = `[======${' '.repeat(44)}]  `;

const LINES: readonly (readonly [number, ProgressFacts, string])[] = [
  [200, facts(TROUBLE), `${BAR_50}12,345 of 100,000  12%  8.0 documents/s  1.2 GB  3h 3m left  3 failed, 12 missing`],
  [80, facts(TROUBLE), '12,345 of 100,000  12%  8.0/s  1.2 GB  3h 3m left  3 failed, 12 missing'],
  [80, facts(), '12,345 of 100,000  12%  8.0 documents/s  1.2 GB  3h 3m left'],
  [40, facts(TROUBLE), '12,345 of 100,000  12%  3h 3m left'],
  [30, facts(), '12,345 of 100,000  3h 3m left'],
  [20, facts(), '12,345 of 100,000'],
  [10, facts(), '12%'],
  [3, facts(), ''],
  [
    200,
    facts(TROUBLE, BLOCK),
    `${BAR_50}12,345 of 100,000  12%  rate-limited by the SEC, resuming in 7m 12s  3h 3m left  3 failed, 12 missing`,
  ],
  [80, facts(TROUBLE, BLOCK), '12,345 of 100,000  12%  rate-limited by the SEC, resuming in 7m 12s  3h 3m left'],
  [60, facts({}, BLOCK), '12,345 of 100,000  12%  rate-limited, resuming in 7m 12s'],
  [40, facts({}, BLOCK), '12%  rate-limited, resuming in 7m 12s'],
  [40, facts({ done: 99 }, { ...BLOCK, total: 300 }), '99 of 300  33%  resuming in 7m 12s'],
  [20, facts({}, BLOCK), 'resuming in 7m 12s'],
  [80, facts({}, pause('block', -1)), '12,345 of 100,000  12%  asking the SEC whether it answers again  3h 3m left'],
  [
    80,
    facts({}, pause('outage', 9000, 'a.example')),
    '12,345 of 100,000  12%  a.example does not answer, asking again in 9s',
  ],
  [
    100,
    facts({}, pause('retry-after', 9000, 'a.example')),
    '12,345 of 100,000  12%  a.example asks to wait, resuming in 9s  3h 3m left',
  ],
  [80, facts(TROUBLE, UNKNOWN), '12,345 done  8.0 documents/s  1.2 GB  3 failed, 12 missing'],
  [30, facts({}, UNKNOWN), '12,345 done  8.0/s  1.2 GB'],
  [80, facts({ asked: 0 }, { perSecond: 123_456 }), '12,345 of 100,000  12%  123,456 lines/s  1.2 GB  3h 3m left'],
  [80, facts({ done: 0, bytes: 0 }, { perSecond: undefined, leftMs: undefined }), '0 of 100,000  0%  0 B'],
  [80, facts({ done: 99_999 }, { leftMs: 125 }), '99,999 of 100,000  99%  8.0 documents/s  1.2 GB  1s left'],
  [80, facts({ done: 100_000 }, { leftMs: 0 }), '100,000 of 100,000  100%  8.0 documents/s  1.2 GB  finishing'],
  [80, facts({ draining: true, failed: 1 }), '12,345 of 100,000  12%  ending: 4 in flight  1 failed'],
  [30, facts({ draining: true }), '12,345 of 100,000  ending'],
];

test('the line says as much as there is room for', () => {
  for (const [columns, seen, line] of LINES) assert.equal(progressLine(seen, columns), line, `${columns} columns`);
});

test('no line reaches the last column, however narrow the terminal', () => {
  for (const [, seen] of LINES) {
    for (let columns = 1; columns <= 220; columns++) {
      const line = progressLine(seen, columns);
      assert.ok(line.length < columns, `${columns} columns: ${line}`);
    }
  }
});

test('the bar has one length, whatever the line says', () => {
  for (const columns of [100, 120, 200]) {
    const lengths = [0, 50_000, 100_000].map(
      (done) => /^\[.*?\]/.exec(progressLine(facts({ done }), columns))?.[0].length,
    );
    assert.deepEqual(new Set(lengths).size, 1, lengths.join());
  }
});

test('the line a minute is a sentence', () => {
  const sentence = '12,345 of 100,000, 12%, 8.0 documents/s, 1.2 GB, 3h 3m left, 3 failed, 12 missing';
  assert.equal(progressSentence(facts(TROUBLE)), sentence);
  assert.equal(
    progressSentence(facts({}, BLOCK)),
    '12,345 of 100,000, 12%, rate-limited by the SEC, resuming in 7m 12s, 1.2 GB, 3h 3m left',
  );
  assert.equal(progressSentence(facts({}, UNKNOWN)), '12,345 done, 8.0 documents/s, 1.2 GB');
});

test('a pause says why it begins, and at what rate it goes on', () => {
  const { pause: block } = BLOCK;
  assert.equal(
    pauseBegins(block),
    'sec.gov: the SEC asked for silence ("too fast"); nothing is sent until 2023-11-14T22:20:32.000Z',
  );
  const half = { perSecond: 4, fullPerSecond: 8 };
  assert.equal(
    pauseEnds('sec.gov', half),
    'the SEC answers again; going on at 4 requests a second, and 1 more for each hour without a block, up to 8',
  );
  assert.equal(
    pauseEnds('sec.gov', { perSecond: 8, fullPerSecond: 8 }),
    'the SEC answers again; going on at 8 requests a second',
  );
  assert.equal(pauseEnds('a.example', undefined), 'a.example answers again');
});
