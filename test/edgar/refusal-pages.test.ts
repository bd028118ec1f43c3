// EDGAR's "no" is known by its body; a document that merely quotes such a page, and every genuine one, is not taken for it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { looksLikeHtml, recognisePage, type RefusalPage } from '../../src/edgar/refusal-pages.ts';
import { corpusFiles, corpusSkip } from '../support/corpus.ts';

const RECORDED: Readonly<Record<string, RefusalPage>> = {
  '403-automated-access-2026-RECONSTRUCTED.html': 'automated-access',
  '403-request-rate-threshold-exceeded-2022.html': 'throttle',
  '403-s3-accessdenied-missing-object-1.xml': 'missing',
  '403-s3-accessdenied-missing-object-2.xml': 'missing',
  '403-undeclared-automated-tool-2025.html': 'undeclared-tool',
  '404-s3-nosuchkey-data.sec.gov.xml': 'missing',
  '503-file-unavailable-maintenance-1.html': 'maintenance',
  '503-file-unavailable-maintenance-2.html': 'maintenance',
};

test('each recorded page of refusal is recognised', { skip: corpusSkip }, () => {
  const found = Object.fromEntries(corpusFiles('errors').map(({ name, body }) => [name, recognisePage(body)]));
  assert.deepEqual(found, RECORDED);
});

test('no instance and no index file of the corpus is taken for a refusal', { skip: corpusSkip }, () => {
  for (const folder of ['xbrl', 'index']) {
    for (const { name, body } of corpusFiles(folder)) {
      assert.equal(recognisePage(body), undefined, name);
      assert.equal(recognisePage(body.subarray(0, 65 * 1024)), undefined, `the beginning of ${name}`);
      assert.equal(recognisePage(body.subarray(0, 8 * 1024)), undefined, `the first 8 KiB of ${name}`);
    }
  }
});

test('no genuine XML document is taken for HTML', { skip: corpusSkip }, () => {
  for (const { name, body } of [...corpusFiles('xbrl'), ...corpusFiles('index')]) {
    if (name.endsWith('.xml')) assert.equal(looksLikeHtml(body.toString('latin1', 0, 8192)), false, name);
  }
});

const S3 = (code: string): string => `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code></Error>`;
const html = (title: string, body = ''): string =>
  `<html><head><title>${title}</title></head><body>${body}</body></html>`;

const PAGES: readonly (readonly [string, string, RefusalPage])[] = [
  ['S3 AccessDenied', S3('AccessDenied'), 'missing'],
  ['S3 NoSuchKey without a declaration', '<Error><Code>NoSuchKey</Code></Error>', 'missing'],
  ['S3 NoSuchKey behind a byte order mark', `\ufeff${S3('NoSuchKey')}`, 'missing'],
  ['S3 SlowDown', S3('SlowDown'), 'storage-error'],
  ['S3 InternalError', S3('InternalError'), 'storage-error'],
  ['the throttle page in small letters', html('sec.gov | request rate threshold exceeded', 'exceeded'), 'throttle'],
  ['the throttle title alone', html('Request Rate Threshold Exceeded'), 'throttle'],
  [
    'the throttle title, declare your traffic',
    html('SEC.gov | Request Rate Threshold Exceeded', 'Please declare your traffic'),
    'undeclared-tool',
  ],
  [
    'an undeclared tool',
    html('SEC.gov | Your Request Originates from an Undeclared Automated Tool'),
    'undeclared-tool',
  ],
  ['File Not Found', html('SEC.gov | File Not Found Error Alert (404)'), 'missing'],
  ['Page Not Found', html('SEC.gov | Page Not Found'), 'missing'],
  ['File Unavailable', html('SEC.gov | File Unavailable'), 'maintenance'],
  [
    'a title before the doctype',
    `<title>SEC.gov | File Unavailable</title>\n<!DOCTYPE html><html></html>`,
    'maintenance',
  ],
  ['a title in capitals', `<HTML><HEAD><TITLE>SEC.gov | File Not Found</TITLE></HEAD></HTML>`, 'missing'],
];

for (const [name, body, page] of PAGES) {
  test(`${name} is a page of the kind ${page}`, () => assert.equal(recognisePage(Buffer.from(body)), page));
}

/** What the refusal page advises; a longer page of sec.gov's for developers may well say the same. */
const ADVICE = 'Please declare your traffic by updating your user agent to include company specific information.';

const GENUINE: readonly (readonly [string, string])[] = [
  ['an empty body', ''],
  [
    'an instance that quotes the throttle page',
    `<?xml version="1.0"?><xbrl><!-- ${html('SEC.gov | Request Rate Threshold Exceeded')} --></xbrl>`,
  ],
  ['an instance that quotes S3', `<xbrl><Error><Code>AccessDenied</Code></Error></xbrl>`],
  ['an instance behind a comment that quotes S3', `<!-- ${S3('NoSuchKey')} --><xbrl/>`],
  [
    'a filing whose text quotes a refusal',
    html('10-K', '<h1>SEC.gov | Request Rate Threshold Exceeded</h1> Undeclared Automated Tool'),
  ],
  ['a filing whose title mentions the throttle page', html('On the "Request Rate Threshold Exceeded" page')],
  ['a submission in text that quotes a page', `<SEC-DOCUMENT>a.txt\n${html('SEC.gov | File Unavailable')}`],
  ['an XBRL document with an Error element inside', '<Errors><Error><Code>AccessDenied</Code></Error></Errors>'],
  ['a filing named "File maintenance"', html('Acme | File maintenance')],
  ['JSON that quotes a page', JSON.stringify({ page: html('SEC.gov | File Not Found') })],
  ['a page of sec.gov on maintenance fees', html('SEC.gov | Maintenance of Books and Records', 'A rule of ours.')],
  [
    "the SEC's own advice for developers",
    html('SEC.gov | Webmaster Frequently Asked Questions', `${'<p>About feeds.</p>'.repeat(1500)}<p>${ADVICE}</p>`),
  ],
];

for (const [name, body] of GENUINE) {
  test(`${name} is no page of refusal`, () => assert.equal(recognisePage(Buffer.from(body)), undefined));
}

test('a body larger than any recorded page is none', () => {
  const page = html('SEC.gov | Request Rate Threshold Exceeded', 'x'.repeat(70 * 1024));
  assert.equal(recognisePage(Buffer.from(page)), undefined);
});
