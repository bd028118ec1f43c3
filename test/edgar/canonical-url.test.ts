// One document has one canonical URL: sec.gov addresses get the form that EDGAR answers without a redirect; others are
// left as they are.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalUrl } from '../../src/edgar/canonical-url.ts';

const FILING = '/Archives/edgar/data/1000697/000095012310017583/wat-20091231.xml';
const SEC = `https://www.sec.gov${FILING}`;

const ACCEPTED: readonly (readonly [string, string, boolean])[] = [
  // given, canonical, of the SEC
  [SEC, SEC, true],
  [`https://sec.gov${FILING}`, SEC, true],
  [`http://sec.gov${FILING}`, SEC, true],
  [`http://www.sec.gov${FILING}`, SEC, true],
  [`HTTPS://WWW.SEC.GOV${FILING}`, SEC, true],
  [`https://www.sec.gov:443${FILING}`, SEC, true],
  [`http://www.sec.gov:80${FILING}`, SEC, true],
  [`http://www.sec.gov:443${FILING}`, SEC, true],
  [`https://www.sec.gov:8443${FILING}`, SEC, true],
  [`${SEC}#fact-1`, SEC, true],
  [`${SEC}#`, SEC, true],
  [`https://www.sec.gov/Archives/edgar/data/0001000697/000095012310017583/wat-20091231.xml`, SEC, true],
  [`https://www.sec.gov/Archives/edgar/data/x/../1000697/000095012310017583/wat-20091231.xml`, SEC, true],
  ['https://www.sec.gov/Archives/edgar/data/000/a.txt', 'https://www.sec.gov/Archives/edgar/data/0/a.txt', true],
  ['https://www.sec.gov/cgi-bin/0001', 'https://www.sec.gov/cgi-bin/0001', true],
  ['https://data.sec.gov/submissions/CIK0000320193.json', 'https://data.sec.gov/submissions/CIK0000320193.json', true],
  ['http://efts.sec.gov/LATEST/search-index?q=a', 'https://efts.sec.gov/LATEST/search-index?q=a', true],
  [`https://www.sec.gov/ix?doc=${FILING}`, SEC, true],
  [`https://www.sec.gov/ix?doc=${encodeURIComponent(FILING)}`, SEC, true],
  [`https://sec.gov/ix?doc=${FILING}#fact-1`, SEC, true],
  [`https://www.sec.gov/ix?doc=http://sec.gov${FILING}`, SEC, true],
  [`https://www.sec.gov/ixviewer/ix.html?doc=${FILING}`, SEC, true],
  [`https://www.sec.gov/cgi-bin/viewer/ix?doc=${FILING}`, SEC, true],
  [
    'https://www.sec.gov/ix?doc=/Archives/edgar/data/0001/a.htm',
    'https://www.sec.gov/Archives/edgar/data/1/a.htm',
    true,
  ],
  ['https://www.sec.gov/ix?other=1', 'https://www.sec.gov/ix?other=1', true],
  [
    'http://mirror.example:8080/Archives/edgar/data/0001/a.xml',
    'http://mirror.example:8080/Archives/edgar/data/0001/a.xml',
    false,
  ],
  ['http://MIRROR.example', 'http://mirror.example/', false],
  ['https://mirror.example/ix?doc=/a', 'https://mirror.example/ix?doc=/a', false],
  ['https://mirror.example/a#b', 'https://mirror.example/a', false],
  ['https://notsec.gov/a', 'https://notsec.gov/a', false],
  ['https://sec.gov.evil.example/a', 'https://sec.gov.evil.example/a', false],
];

for (const [given, url, sec] of ACCEPTED) {
  test(`${given} is taken as ${url}`, () => assert.deepEqual(canonicalUrl(given), { valid: true, url, sec }));
}

const REFUSED: readonly (readonly [string, RegExp])[] = [
  ['', /not an http or https URL/],
  ['www.sec.gov/a.xml', /not an http or https URL/],
  ['ftp://ftp.sec.gov/a.xml', /not an http or https URL/],
  ['file:///etc/passwd', /not an http or https URL/],
  ['https://', /not an http or https URL/],
  ['https://[::1', /not an http or https URL/],
  ['https:/www.sec.gov/a.xml', /not an http or https URL/],
  [`https://me@www.sec.gov${FILING}`, /user names/],
  [`https://me:secret@www.sec.gov${FILING}`, /user names/],
  ['https://:secret@mirror.example/a', /user names/],
  ['https://www.sec.gov/ix?doc=https://evil.example/a.htm', /viewer/],
  ['https://www.sec.gov/ix?doc=//evil.example/a.htm', /viewer/],
];

for (const [given, reason] of REFUSED) {
  test(`"${given}" is refused`, () => {
    const verdict = canonicalUrl(given);
    assert.equal(verdict.valid, false);
    assert.match(verdict.reason, reason);
    assert.doesNotMatch(verdict.reason, /secret/);
  });
}

test('a host name that ends in a dot is the SEC all the same', () => {
  for (const host of ['www.sec.gov.', 'sec.gov.', 'WWW.SEC.GOV.']) {
    assert.deepEqual(canonicalUrl(`https://${host}${FILING}`), { valid: true, url: SEC, sec: true });
  }
});

test('a user name within the address that the viewer wraps is refused too', () => {
  assert.equal(canonicalUrl(`https://www.sec.gov/ix?doc=https://me:secret@www.sec.gov${FILING}`).valid, false);
});

const host = fc.constantFrom('sec.gov', 'www.sec.gov', 'data.sec.gov', 'www.sec.gov:443', 'mirror.example');
const segment = fc.oneof(
  fc.constantFrom('Archives', 'edgar', 'data', '0001000697', '000095012310017583', 'a.xml', '.', '..', '', 'ix'),
  fc.string({ maxLength: 8 }),
);
const anyUrl = fc
  .tuple(
    fc.constantFrom('http', 'https', 'HTTPS'),
    host,
    fc.array(segment, { maxLength: 8 }),
    fc.string({ maxLength: 6 }),
  )
  .map(([scheme, name, path, end]) => `${scheme}://${name}/${path.join('/')}${end}`);

test('the canonical form of a canonical URL is itself', () => {
  const viewer = fc.oneof(anyUrl, fc.constant(SEC)).map((url) => `https://www.sec.gov/ix?doc=${url}`);
  fc.assert(
    fc.property(fc.oneof(anyUrl, viewer), (text) => {
      const verdict = canonicalUrl(text);
      if (verdict.valid) assert.deepEqual(canonicalUrl(verdict.url), verdict);
    }),
    { numRuns: 1000, examples: [[`https://www.sec.gov/ix?doc=/ix?doc=${FILING}`]] },
  );
});

test('a URL that is taken has no user name, no fragment and, if it is of the SEC, https on the standard port', () => {
  fc.assert(
    fc.property(anyUrl, (text) => {
      const verdict = canonicalUrl(text);
      if (!verdict.valid) return;
      const url = new URL(verdict.url);
      assert.deepEqual([url.username, url.password, url.hash], ['', '', '']);
      assert.equal(verdict.url, url.href, 'it is written as the URL standard writes it');
      if (!verdict.sec) return;
      assert.equal(url.origin.replace(/^https:\/\/(?:www|data)\.sec\.gov$/, ''), '');
    }),
    { numRuns: 1000 },
  );
});

test('the short way through gives what the parser gives', () => {
  const name = fc.oneof(
    fc.stringMatching(/^[\w.-]{1,20}$/),
    fc.constantFrom('.', '..', '...', '.a', 'a.', '-', '_', '%2e', 'a b', 'é.xml'),
  );
  const digits = (length: number): fc.Arbitrary<string> => fc.stringMatching(new RegExp(`^\\d{${length}}$`));
  const archives = fc
    .tuple(
      fc.constantFrom('sec.gov', 'www.sec.gov'),
      fc.stringMatching(/^\d{1,12}$/),
      fc.oneof(digits(18), digits(17)),
      name,
    )
    .map(([hostname, cik, accession, file]) => `${hostname}/Archives/edgar/data/${cik}/${accession}/${file}`);
  fc.assert(
    // A fragment and a port are taken away, but only the parser can do so.
    fc.property(archives, (rest) => {
      const expected = canonicalUrl(`https://${rest.replace('.gov/', '.gov:443/')}#`);
      assert.deepEqual(canonicalUrl(`https://${rest}`), expected);
    }),
    { numRuns: 1000 },
  );
});
