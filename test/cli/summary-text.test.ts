// The summary says what became of the URLs, what it cost and what to do next.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shellWord } from "../../src/cli/shown-text.ts";
import type { RunEnd } from '../../src/model/run-end.ts';
import { emptyCounts, type RunCounts } from '../../src/model/summary.ts';

function lines(
  counts: Partial<RunCounts>,
  exitCode: number,
  more: Partial<SummaryFacts> = {},
  end: RunEnd = { kind: 'completed' },
): string[] {
  const result = { end, exitCode, counts: { ...emptyCounts(), ...counts }, elapsedMs: 1500, emptyList: false };
  return summaryLines({ result, destination: 'downloads', failures: [], sameOptions: '', ...more });
}

test('a run without trouble says what it did and what it cost, and no next step', () => {
  const counts = { lines: 3, saved: 2, unchanged: 1, requests: 2, wireBytes: 1234, savedBytes: 5_000_000 };
  assert.deepEqual(lines(counts, 0), [
    '2 saved, 1 unchanged, 0 missing, 0 failed (3 URL lines)',
    '2 requests, 1.2 kB on the wire, 5.0 MB on disk, 1.5 s',
  ]);
});

test('everything that can be counted is named', () => {
  const counts = {
    lines: 20,
    saved: 9,
    replaced: 2,
    missing: 1,
    failed: 3,
    duplicates: 4,
    left: 3,
    failedByCode: { timeout: 2, forbidden: 1 },
  };
  assert.equal(
    lines(counts, 1)[0],
    '9 saved (2 of them changed; the old bytes are kept), 0 unchanged, 1 missing, 3 failed (2 timeout, 1 forbidden), 4 duplicates, 3 left (20 URL lines)',
  );
});

test('the first failures are shown, and how many more there are', () => {
  const failure = { url: 'https://a.example/1', line: 7, code: 'timeout', message: 'slow' } as const;
  const failures = Array.from({ length: 12 }, () => failure);
  const shown = lines({ lines: 30, failed: 25, missing: 5, missingKnown: 2 }, 1, { failures });
  assert.equal(shown.filter((line) => line === '  timeout: https://a.example/1 (line 7): slow').length, 10);
  assert.ok(shown.includes('  ... and 18 more'));
  assert.equal(
    lines({ lines: 1, failed: 1 }, 1, { failures: [failure] }).some((line) => line.includes('more')),
    false,
  );
});

test('failed documents are to be tried with the failed list and the same options', () => {
  const next = lines({ lines: 1, failed: 1 }, 1, { destination: 'my downloads', sameOptions: "--out 'my downloads'" });
  assert.equal(next.at(-1), "next: edgar-fetch 'my downloads/.edgar-fetch/failed.txt' --out 'my downloads'");
});

const ENDS: readonly (readonly [RunEnd, number, string, RegExp | undefined])[] = [
  [{ kind: 'interrupted', signal: 'SIGINT' }, 130, 'stopped by SIGINT', /same command again/],
  [
    { kind: 'interrupted', signal: 'closed-stdout' },
    130,
    'stopped: nobody reads stdout any more',
    /same command again/,
  ],
  [{ kind: 'cannot-write', message: 'full' }, 4, 'full', /same command again/],
  [{ kind: 'gave-up', message: 'gave up' }, 75, 'gave up', /same command again/],
  [{ kind: 'stopped-after' }, 75, 'stopped by --stop-after', /same command again/],
  [{ kind: 'usage', message: 'set a User-Agent' }, 2, 'set a User-Agent', undefined],
  [{ kind: 'user-agent-refused', message: 'refused' }, 3, 'refused', undefined],
];

for (const [end, exitCode, first, next] of ENDS) {
  test(`a run that ended by ${JSON.stringify(end)} says so first${next === undefined ? '' : ', and that it can be run again'}`, () => {
    const all = lines({ lines: 5, saved: 2, left: 3 }, exitCode, {}, end);
    assert.equal(all[0], first);
    if (next === undefined)
      assert.equal(
        all.some((line) => line.startsWith('next:')),
        false,
      );
    else assert.match(all.at(-1) ?? '', next);
  });
}

test('bytes and durations are readable', () => {
  const bytes: readonly (readonly [number, string])[] = [
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [12_345, '12 kB'],
    [1_500_000, '1.5 MB'],
    [2.5e9, '2.5 GB'],
    [4e15, '4000 TB'],
  ];
  for (const [wireBytes, text] of bytes) assert.ok(lines({ wireBytes }, 0)[1]?.includes(` ${text} on the wire`), text);
  const durations: readonly (readonly [number, string])[] = [
    [0, '0.0 s'],
    [59_900, '59.9 s'],
    [60_000, '1 min 0 s'],
    [3_599_999, '59 min 59 s'],
    [90_000_000, '25 h 0 min'],
  ];
  for (const [elapsedMs, text] of durations) {
    const result = {
      end: { kind: 'completed' } as const,
      exitCode: 0,
      counts: emptyCounts(),
      elapsedMs,
      emptyList: false,
    };
    const [, cost] = summaryLines({ result, destination: 'd', failures: [], sameOptions: '' });
    assert.ok(cost?.endsWith(`, ${text}`), text);
  }
});

test('words that a shell would take apart are quoted', () => {
  assert.deepEqual(['a/b-1.txt', 'http://a:1', '', 'a b', "it's", '$x', '*', 'é'].map(shellWord), [
    'a/b-1.txt',
    'http://a:1',
    "''",
    "'a b'",
    "'it'\\''s'",
    "'$x'",
    "'*'",
    "'é'",
  ]);
});
