// What one line of a list says: a URL and its tag, or what is wrong with it and what to do.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { judgeLine, whyNoList } from '../../src/plan/list-line.ts';

const DOCUMENT = 'https://www.sec.gov/Archives/edgar/data/1000697/000095012310017583/wat-20091231.xml';
const OTHER = 'https://a.example/x.xml';

function judge(text: string): ReturnType<typeof judgeLine> {
  return judgeLine({ text, tooLong: false });
}

function reasonOf(text: string): string {
  const verdict = judge(text);
  return verdict.valid ? `valid: ${verdict.url}` : verdict.reason;
}

test('text after the first whitespace is the tag, trimmed', () => {
  for (const url of [DOCUMENT, OTHER]) {
    assert.deepEqual(judge(url), { valid: true, url, given: url, sec: url === DOCUMENT });
    for (const [text, tag] of [
      [`${url} b  c`, 'b  c'],
      [`${url}\t\tb`, 'b'],
      [`${url} 10-K, 2009; a/b "x"`, '10-K, 2009; a/b "x"'],
      [`${url} http: is no URL`, 'http: is no URL'],
    ] as const)
      assert.deepEqual(judge(text), { valid: true, url, given: url, sec: url === DOCUMENT, tag });
  }
});

test('the form that was given is kept beside the canonical one', () => {
  const verdict = judge('http://sec.gov/Archives/edgar/data/0001000697/000095012310017583/wat-20091231.xml#top');
  assert.ok(verdict.valid);
  assert.deepEqual([verdict.url, verdict.given.slice(0, 15)], [DOCUMENT, 'http://sec.gov/']);
});

const CSV = 'looks like a line of a CSV; give the column of URLs alone, or the URL, a space and your own tag';
const SECOND = 'has a second URL; give one URL a line';
const JOINED = `${SECOND} (is a newline missing at the end of a file that was joined?)`;
const PLAIN = 'give one URL a line, beginning with https://';

const BAD: readonly (readonly [string, string])[] = [
  ['www.sec.gov/Archives/edgar/data/1/2/a.xml', 'https:// is missing before it'],
  ['sec.gov/Archives/edgar/data/1/2/a.xml', 'https:// is missing before it'],
  ['data.sec.gov/api/xbrl/companyfacts/CIK0000320193.json a tag', 'https:// is missing before it'],
  ['WWW.SEC.GOV/Archives/a.xml', 'https:// is missing before it'],
  ['//www.sec.gov/Archives/a.xml', 'https: is missing before it'],
  ['a.example:8080/x.xml', 'https:// is missing before it'],
  ['edgar/data/1/2/a.xml', 'https://www.sec.gov/Archives/ is missing before it'],
  ['/edgar/data/1/2/a.xml', 'https://www.sec.gov/Archives is missing before it'],
  ['/Archives/edgar/data/1/2/a.xml', 'https://www.sec.gov is missing before it'],
  ['Archives/edgar/data/1/2/a.xml', 'https://www.sec.gov/ is missing before it'],
  [`${DOCUMENT} ${OTHER}`, SECOND],
  [`${DOCUMENT}\t10-K\t${OTHER}`, SECOND],
  [`${DOCUMENT},${OTHER}`, SECOND],
  [`${DOCUMENT};${OTHER}`, SECOND],
  [`${OTHER}, ${OTHER}`, SECOND],
  [`${OTHER},"HTTPS://a.example/2"`, SECOND],
  [`${DOCUMENT}${DOCUMENT}`, JOINED],
  [`${DOCUMENT},10-K`, CSV],
  [`${DOCUMENT}, 10-K`, CSV],
  [`${DOCUMENT};10-K`, CSV],
  [`"${DOCUMENT}","10-K"`, 'the URL must come first; put your own tag after it'],
  [`10-K ${DOCUMENT}`, 'the URL must come first; put your own tag after it'],
  [`{"url":"${DOCUMENT}"}`, 'it looks like JSON; give the URLs in it, one a line'],
  [`<a href="${DOCUMENT}">`, 'it looks like HTML or XML; give the URLs in it, one a line'],
  ['1000697|WATERS CORP|10-K|2010-02-26|edgar/data/1000697/0000950123-10-017583.txt', 'it looks like a line of an EDGAR index; give https://www.sec.gov/Archives/ and the file name of its last column'],
  ['ftp://ftp.sec.gov/edgar/data/1/a.txt', 'only http:// and https:// can be fetched'],
  ['file:///etc/passwd', 'only http:// and https:// can be fetched'],
  ['https://me:secret@a.example/x', 'user names in URLs are refused'],
  ['https://', 'it is not an http or https URL'],
  ['https:/www.sec.gov/x', PLAIN],
  ['0000950123-10-017583', PLAIN],
  ['url', PLAIN],
  ['root:*:19000:0:99999:7:::', PLAIN],
]; // prettier-ignore

for (const [text, reason] of BAD) {
  test(`not a URL: ${text}`, () =>
    assert.equal(reasonOf(text), /^(?:has|looks)/.test(reason) ? reason : `is not a URL: ${reason}`));
}

test('commas, semicolons and URLs in a path are legal on other hosts, and in the query of sec.gov a URL is', () => {
  for (const text of [
    'https://a.example/x,y.xml',
    'https://a.example/x;v=1',
    `https://web.archive.org/web/2020/${DOCUMENT}`,
    'https://www.sec.gov/cgi-bin/x?u=https://www.sec.gov/a',
    'https://www.sec.gov/cgi-bin/x?a=1;b=2',
    'https://www.sec.gov/a%2Cb.xml',
  ])
    assert.equal(reasonOf(text), `valid: ${text}`);
  assert.equal(
    reasonOf(`https://www.sec.gov/ix?doc=${DOCUMENT.slice('https://www.sec.gov'.length)}`),
    `valid: ${DOCUMENT}`,
  );
});

test('a line that is too long is not looked at', () => {
  const verdict = judgeLine({ text: DOCUMENT, tooLong: true });
  assert.deepEqual(verdict, { valid: false, reason: 'is longer than 8 KiB; give one URL a line' });
});

test('a reason copies nothing of a line that may be secret', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[!-~]{12,40}$/), (secret) => {
      const reason = reasonOf(`${secret} ${secret}`);
      assert.ok(reason.startsWith('valid: ') || !reason.includes(secret), reason);
    }),
  );
});

test('a list without a URL is answered by the line that tells most', () => {
  const lines = ['url,form', `${DOCUMENT},10-K`, 'www.sec.gov/a'].map((text) => ({ text, tooLong: false }));
  assert.deepEqual(whyNoList(lines), { line: lines[1], reason: CSV });
  assert.deepEqual(whyNoList(lines.slice(0, 1)), { line: lines[0], reason: `is not a URL: ${PLAIN}` });
  assert.equal(whyNoList([...lines, { text: OTHER, tooLong: false }]), undefined);
  assert.equal(whyNoList([]), undefined);
});
