// What a reply means, by its body first and its status second: all statuses in one table, and every page of refusal.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { verdictOnReply, type Verdict } from '../../src/http/verdict.ts';
import { corpusFiles, corpusSkip } from '../support/corpus.ts';
import { BODY_SHAPES, HTML_SHAPES } from '../support/page-shapes.ts';

const FROM_SEC = { fromSec: true, conditional: false };
const FROM_ELSEWHERE = { fromSec: false, conditional: false };

interface Facts {
  readonly status: number;
  readonly body: Buffer | undefined;
  readonly fromSec: boolean;
  readonly conditional: boolean;
  readonly retryAfter?: string;
}

function verdictOn({ status, body, fromSec, conditional, retryAfter }: Facts): Verdict | undefined {
  const head = { status, fields: { 'retry-after': retryAfter } };
  return verdictOnReply({ head, fromSec, conditional, nowMs: 0 }, body);
}

/** A verdict in short: its kind (of what holds a document, what the host is told), and the code and lasting of its failure. */
function short(facts: Facts): string {
  const verdict = verdictOn(facts);
  if (verdict === undefined) return 'document';
  const { end, report } = verdict;
  if (!('failure' in end)) return end.kind;
  const kind = end.kind === 'held' ? report.kind : end.kind;
  return `${kind} ${end.failure.code} ${end.failure.transient ? 'transient' : 'permanent'}`;
}

/** What a status without a body means from a host other than the SEC. */
function expected(status: number): string {
  if (status === 200) return 'document';
  if (status === 404 || status === 410) return 'missing not-found permanent';
  if ([401, 403, 407, 451].includes(status)) return 'failed forbidden permanent';
  if ([408, 425, 429].includes(status) || status >= 500) return 'failed http-status transient';
  return 'failed http-status permanent';
}

const THROTTLED = 'throttled blocked transient';
const unreachable = { kind: 'unreachable', message: 'the server answers with status 503' };
const NEW_WORDING = Buffer.from('<!DOCTYPE html><html><head><title>Slow down, please</title></head></html>');

test('every status from 200 to 599 without a body means what the contract says', () => {
  for (let status = 200; status <= 599; status++) {
    for (const body of [undefined, Buffer.alloc(0), Buffer.from('plain text'), Buffer.from('{"message":"denied"}')]) {
      assert.equal(short({ status, body, ...FROM_ELSEWHERE }), expected(status), `${status} from elsewhere`);
      const mayBePage = status === 403 && body === undefined;
      const fromSec = status === 429 || mayBePage ? THROTTLED : expected(status);
      assert.equal(short({ status, body, ...FROM_SEC }), fromSec, `${status} from the SEC`);
    }
  }
});

/** How a reply of the SEC under 403 is meant. */
function page(body: Buffer | undefined): string {
  const { end, report } = verdictOn({ status: 403, body, ...FROM_SEC })!;
  if (end.kind !== 'held') return end.kind;
  return report.kind === 'throttled' ? `${report.kind} ${report.page}` : report.kind;
}

test('a 403 from the SEC that nobody can read is a block, and not about the document', () => {
  assert.equal(page(undefined), 'throttled unrecognised');
  assert.equal(page(Buffer.from([0x8b, 0x05, 0x80, 0x03, 0x00, 0xff])), 'throttled unrecognised');
  assert.equal(page(NEW_WORDING), 'throttled unrecognised');
  assert.equal(page(Buffer.from(NEW_WORDING.toString(), 'utf16le')), 'throttled unrecognised');
  assert.equal(page(gzipSync(NEW_WORDING)), 'throttled unrecognised');
});

test('a 403 from the SEC in plain words means what they say', () => {
  assert.equal(page(Buffer.from('Request rate threshold exceeded\n')), 'throttled throttle');
  assert.equal(page(Buffer.from('{"message":"Rate limit exceeded"}')), 'throttled unrecognised');
  assert.equal(page(Buffer.from('Please declare your traffic.')), 'user-agent-refused');
  assert.equal(page(Buffer.from('Automated access to our sites must comply with...')), 'throttled automated-access');
  assert.equal(page(Buffer.from('<Error><Code>AccessDenied</Code></Error>')), 'missing');
  for (const body of ['', '\n', 'Forbidden', '{"message":"Missing Authentication Token"}', '<fault>no</fault>']) {
    assert.equal(page(Buffer.from(body)), 'failed', body);
  }
});

test('plain words on a rate are a block under 403 and 429 from the SEC only', () => {
  const body = Buffer.from('Request rate threshold exceeded');
  assert.equal(short({ status: 200, body, ...FROM_SEC }), 'document');
  for (const status of [401, 403, 404, 429, 503]) {
    assert.equal(short({ status, body, ...FROM_ELSEWHERE }), expected(status));
    const fromSec = status === 403 || status === 429 ? THROTTLED : expected(status);
    assert.equal(short({ status, body, ...FROM_SEC }), fromSec);
  }
});

test('what a host is told follows from what asks for silence, else from 429, 503 and Retry-After alone', () => {
  const reports: readonly (readonly [Omit<Facts, 'conditional'>, unknown])[] = [
    [{ status: 404, body: undefined, fromSec: true, retryAfter: '7' }, { kind: 'answered' }],
    [{ status: 429, body: undefined, fromSec: false }, { kind: 'answered' }],
    [
      { status: 429, body: undefined, fromSec: false, retryAfter: '7' },
      { kind: 'retry-after', retryAfterMs: 7_000 },
    ],
    [
      { status: 503, body: undefined, fromSec: true, retryAfter: '7' },
      { kind: 'retry-after', retryAfterMs: 7_000 },
    ],
    [{ status: 503, body: undefined, fromSec: true, retryAfter: '0' }, unreachable],
    [{ status: 503, body: undefined, fromSec: false }, unreachable],
    [{ status: 500, body: undefined, fromSec: false }, { kind: 'answered' }],
    [
      { status: 429, body: undefined, fromSec: true },
      { kind: 'throttled', page: 'unrecognised' },
    ],
    [
      { status: 429, body: Buffer.alloc(0), fromSec: true },
      { kind: 'throttled', page: 'bare' },
    ],
    [
      { status: 403, body: NEW_WORDING, fromSec: true, retryAfter: '7' },
      { kind: 'throttled', page: 'unrecognised', retryAfterMs: 7_000 },
    ],
  ];
  for (const [facts, report] of reports) {
    assert.deepEqual(verdictOn({ ...facts, conditional: false })?.report, report, JSON.stringify(facts));
  }
});

test('304 confirms a document only if the request was conditional', () => {
  assert.equal(short({ status: 304, body: undefined, fromSec: true, conditional: true }), 'not-modified');
  assert.equal(short({ status: 304, body: undefined, ...FROM_SEC }), 'failed http-status permanent');
  assert.equal(short({ status: 200, body: undefined, fromSec: true, conditional: true }), 'document');
});

test('an HTML page of new wording under 403 or 429 from the SEC is taken for "too fast"', () => {
  for (const status of [403, 429]) {
    assert.equal(short({ status, body: NEW_WORDING, ...FROM_SEC }), THROTTLED);
    assert.equal(short({ status, body: NEW_WORDING, ...FROM_ELSEWHERE }), expected(status));
  }
  for (const status of [401, 404, 500, 503]) {
    assert.equal(short({ status, body: NEW_WORDING, ...FROM_SEC }), expected(status));
  }
  assert.equal(short({ status: 200, body: NEW_WORDING, ...FROM_SEC }), 'document');
});

/** Recorded page: what it means from the SEC, and from another host or a mirror. */
const PAGES: Readonly<Record<string, readonly [string, string]>> = {
  '403-automated-access-2026-RECONSTRUCTED.html': [
    'throttled user-agent-refused permanent',
    'failed user-agent-refused permanent',
  ],
  '403-request-rate-threshold-exceeded-2022.html': [THROTTLED, 'failed blocked transient'],
  '403-undeclared-automated-tool-2025.html': [
    'user-agent-refused user-agent-refused permanent',
    'failed user-agent-refused permanent',
  ],
  '403-s3-accessdenied-missing-object-1.xml': ['missing not-found permanent', 'missing not-found permanent'],
  '403-s3-accessdenied-missing-object-2.xml': ['missing not-found permanent', 'missing not-found permanent'],
  '404-s3-nosuchkey-data.sec.gov.xml': ['missing not-found permanent', 'missing not-found permanent'],
  '503-file-unavailable-maintenance-1.html': ['failed http-status transient', 'failed http-status transient'],
  '503-file-unavailable-maintenance-2.html': ['failed http-status transient', 'failed http-status transient'],
};

test('each recorded page of refusal means the same under any status', { skip: corpusSkip }, () => {
  const files = corpusFiles('errors');
  assert.deepEqual(files.map(({ name }) => name).sort(), Object.keys(PAGES).sort());
  for (const { name, body } of files) {
    for (const status of [200, 403, 404, 429, 503]) {
      const [fromSec, fromElsewhere] = PAGES[name]!;
      // How the page of 2026 is held is the run's to decide; the failure's code is not looked at then.
      const verdict = short({ status, body, ...FROM_SEC });
      if (name.includes('automated-access')) assert.match(verdict, /^throttled /, name);
      else assert.equal(verdict, fromSec, `${name} under ${status} from the SEC`);
      assert.equal(short({ status, body, ...FROM_ELSEWHERE }), fromElsewhere, `${name} under ${status} from elsewhere`);
    }
  }
});

test('each recorded page means the same from the SEC in other shapes', { skip: corpusSkip }, () => {
  for (const { name, body } of corpusFiles('errors')) {
    const shapes = name.endsWith('.html') ? [...BODY_SHAPES, ...HTML_SHAPES] : BODY_SHAPES;
    for (const status of [200, 403, 429]) {
      const plain = short({ status, body, ...FROM_SEC });
      for (const { id, reshape } of shapes) {
        assert.equal(short({ status, body: reshape(body), ...FROM_SEC }), plain, `${name}, ${id}, under ${status}`);
      }
    }
  }
});

test('a genuine document under 200 is a document', { skip: corpusSkip }, () => {
  for (const { name, body } of corpusFiles('xbrl')) {
    assert.equal(short({ status: 200, body: body.subarray(0, 65 * 1024), ...FROM_SEC }), 'document', name);
  }
});
