// The summary says what failed, what became of the URLs, what it cost and what to do next; the counts stand at its end.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shellWord, shown } from '../../src/cli/shown-text.ts';
import type { NotableFailure, SummaryFacts } from '../../src/cli/summary-facts.ts';
import { summaryLines } from '../../src/cli/summary-text.ts';
import type { FailureCode } from '../../src/model/failure.ts';
import type { RunEnd } from '../../src/model/run-end.ts';
import { emptyCounts, type RunCounts } from '../../src/model/summary.ts';

function lines(
  counts: Partial<RunCounts>,
  exitCode: number,
  more: Partial<SummaryFacts> = {},
  end: RunEnd = { kind: 'completed' },
): string[] {
  const result = { end, exitCode, counts: { ...emptyCounts(), ...counts }, elapsedMs: 1500, emptyList: false };
  const facts = {
    destination: 'downloads',
    listName: 'urls.txt',
    total: undefined,
    examples: new Map(),
    sameOptions: '',
  };
  return summaryLines({ result, ...facts, ...more });
}

const SIGINT: RunEnd = { kind: 'interrupted', signal: 'SIGINT' };

function examples(...all: readonly (readonly [FailureCode, ...NotableFailure[]])[]): SummaryFacts['examples'] {
  return new Map(all.map(([code, ...failures]) => [code, failures]));
}

function failure(line: number, message = 'slow'): NotableFailure {
  return { url: `https://a.example/${line}`, line, message };
}

test('a run without trouble says what it did, where and at what cost, and no next step', () => {
  const counts = { lines: 3, saved: 2, unchanged: 1, requests: 2, wireBytes: 1234, savedBytes: 5_000_000 };
  assert.deepEqual(lines(counts, 0), [
    '2 saved, 1 unchanged (3 URL lines)',
    '5.0 MB saved to downloads; 2 requests, 1.2 kB received, 1.5 s',
  ]);
});

const OUTCOMES: readonly (readonly [Partial<RunCounts>, number | undefined, RunEnd, string])[] = [
  [{ lines: 1, saved: 1 }, 1, { kind: 'completed' }, '1 saved (1 URL line)'],
  [{ lines: 1234, saved: 1234 }, undefined, { kind: 'completed' }, '1,234 saved (1,234 URL lines)'],
  [
    { lines: 19, saved: 9, replaced: 2, unchanged: 1, missing: 1, failed: 4, duplicates: 4 },
    19,
    { kind: 'completed' },
    '9 saved (2 of them changed; the old bytes are kept), 1 unchanged, 1 missing, 4 failed, 4 duplicates (19 URL lines)',
  ],
  [{ lines: 2, saved: 1, duplicates: 1 }, 2, { kind: 'completed' }, '1 saved, 1 duplicate (2 URL lines)'],
  [{ lines: 45, saved: 29, left: 16 }, 100_000, SIGINT, '29 saved; 99,971 of 100,000 not tried'],
  [{ lines: 45, saved: 29, left: 16 }, undefined, SIGINT, '29 saved; 16 of the 45 URL lines read so far not tried'],
  [{ lines: 1, saved: 1 }, undefined, SIGINT, '1 saved; 0 of the 1 URL line read so far not tried'],
  [{ lines: 45, saved: 44, missing: 1 }, 45, SIGINT, '44 saved, 1 missing (45 URL lines)'],
  [{ lines: 45, saved: 29, left: 16 }, 40, SIGINT, '29 saved; 16 of 45 not tried'],
  [{ lines: 45, saved: 29, left: 16 }, 45, { kind: 'completed' }, '29 saved; 16 of 45 not tried'],
];

for (const [counts, total, end, text] of OUTCOMES) {
  test(`"${text}"`, () => {
    assert.ok(lines(counts, 1, { total }, end).includes(text), lines(counts, 1, { total }, end).join('\n'));
  });
}

test('failures stand by code, the most frequent first, with two examples each; then the counts', () => {
  const counts = {
    lines: 1300,
    saved: 60,
    failed: 1235,
    missing: 7,
    missingKnown: 2,
    failedByCode: { forbidden: 1, timeout: 1234 },
  };
  const some = examples(
    ['forbidden', failure(9, 'no')],
    ['timeout', failure(7), failure(8)],
    ['not-found', { url: 'https://a.example/x', message: 'there is no such document' }],
  );
  assert.deepEqual(lines(counts, 1, { examples: some }).slice(0, 11), [
    'timeout: 1,234',
    '  https://a.example/7 (line 7): slow',
    '  https://a.example/8 (line 8): slow',
    '  and 1,232 more',
    'not-found: 5',
    '  https://a.example/x: there is no such document',
    '  and 4 more',
    'forbidden: 1',
    '  https://a.example/9 (line 9): no',
    '60 saved, 7 missing, 1,235 failed (1,300 URL lines)',
    '0 B saved to downloads; 0 requests, 0 B received, 1.5 s',
  ]);
});

const AGAIN = 'run the same command again; it fetches only what is not there';
const MISSING = 'check the URLs that are missing; they are asked for again after --recheck-missing (7d by default)';
const FAILED_LIST = 'edgar-fetch downloads/.edgar-fetch/failed.txt';

const STEPS: readonly (readonly [string, Partial<RunCounts>, SummaryFacts['examples'], readonly string[]])[] = [
  ['only transient', { failed: 2, failedTransient: 2, failedByCode: { timeout: 2 } }, examples(), [`next: ${AGAIN}`]],
  [
    'too large',
    { failed: 1, failedByCode: { 'too-large': 1 } },
    examples(),
    ['next: give a larger --max-size for what is too large', `then: ${AGAIN}`],
  ],
  [
    'one bad line',
    { failed: 1, failedByCode: { 'invalid-url': 1 } },
    examples(['invalid-url', failure(3)]),
    ['next: fix line 3 of urls.txt', `then: ${AGAIN}`],
  ],
  [
    'two bad lines',
    { failed: 2, failedByCode: { 'invalid-url': 2 } },
    examples(['invalid-url', failure(3), failure(9)]),
    ['next: fix lines 3 and 9 of urls.txt', `then: ${AGAIN}`],
  ],
  [
    'many bad lines',
    { failed: 1002, failedByCode: { 'invalid-url': 1002 } },
    examples(['invalid-url', failure(3), failure(9)]),
    ['next: fix lines 3, 9 and 1,000 more of urls.txt', `then: ${AGAIN}`],
  ],
  [
    'a certificate',
    { failed: 1, failedByCode: { connection: 1 } },
    examples(['connection', failure(1, 'its issuer is unknown; give its CA file in NODE_EXTRA_CA_CERTS')]),
    ['next: set NODE_EXTRA_CA_CERTS to the CA file of whoever signs the certificate', `then: ${AGAIN}`],
  ],
  ['missing', { missing: 1 }, examples(), [`next: ${MISSING}`]],
  ['missing that was known', { missing: 1, missingKnown: 1 }, examples(), []],
  ['forbidden', { failed: 1, failedByCode: { forbidden: 1 } }, examples(), [`next: ${FAILED_LIST}`]],
  [
    'forbidden, too large and missing',
    { failed: 2, missing: 1, failedByCode: { forbidden: 1, 'too-large': 1 } },
    examples(),
    ['next: ' + MISSING, 'then: give a larger --max-size for what is too large', `then: ${FAILED_LIST}`],
  ],
  [
    'many missing that count as failed',
    { failed: 40, failedByCode: { 'not-found': 40 } },
    examples(),
    [`next: ${FAILED_LIST}`],
  ],
];

for (const [what, counts, some, steps] of STEPS) {
  test(`the next step after: ${what}`, () => {
    const next = lines({ lines: 1, ...counts }, 1, { examples: some }).filter((line) => /^(?:next|then): /.test(line));
    assert.deepEqual(next, steps);
  });
}

test('the failed list is named as a shell reads it, with the same options', () => {
  const counts = { lines: 1, failed: 1, failedByCode: { forbidden: 1 } } as const;
  const next = lines(counts, 1, { destination: 'my downloads', sameOptions: "--out 'my downloads'" });
  assert.equal(next.at(-1), "next: edgar-fetch 'my downloads/.edgar-fetch/failed.txt' --out 'my downloads'");
});

const ENDS: readonly (readonly [RunEnd, number, string, boolean])[] = [
  [SIGINT, 130, 'stopped by SIGINT', true],
  [{ kind: 'interrupted', signal: 'closed-stdout' }, 130, 'stopped: nobody reads stdout any more', true],
  [{ kind: 'cannot-write', message: 'full' }, 4, 'full', true],
  [
    { kind: 'gave-up', message: 'gave up; run the same command again later' },
    75,
    'gave up; run the same command again later',
    false,
  ],
  [{ kind: 'stopped-after' }, 75, 'stopped by --stop-after', true],
  [{ kind: 'usage', message: 'set a User-Agent' }, 2, 'set a User-Agent', false],
  [{ kind: 'user-agent-refused', message: 'refused' }, 3, 'refused', false],
];

for (const [end, exitCode, first, again] of ENDS) {
  test(`a run that ended by ${JSON.stringify(end)} says so before the counts${again ? ', and that it can be run again' : ''}`, () => {
    const all = lines({ lines: 5, saved: 2, left: 3 }, exitCode, {}, end);
    assert.equal(all[0], first);
    assert.equal(all.at(-1) === `next: ${AGAIN}`, again);
  });
}

test('what a server or a list says cannot steer the terminal, and is cut', () => {
  assert.equal(shown('a\x1b[31mb\r\nc\u009b\u202ed\u2028e', 100), 'a\ufffd[31mb\ufffd\ufffdc\ufffd\ufffdd\ufffde');
  assert.equal(shown('x'.repeat(301), 300), `${'x'.repeat(299)}…`);
  const some = examples(['invalid-url', { url: `\x1b]0;${'y'.repeat(9000)}`, line: 1, message: '\x1b[2J' }]);
  const text = lines({ lines: 1, failed: 1, failedByCode: { 'invalid-url': 1 } }, 1, { examples: some }).join('\n');
  assert.ok(!text.includes('\x1b') && text.length < 1000, text);
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
