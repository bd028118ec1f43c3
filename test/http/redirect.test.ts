// Where a reply sends us on: http and https only, never from https to http, and without user names.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redirectionOf } from '../../src/http/redirect.ts';

const FROM = 'https://www.sec.gov/Archives/a.xml';

function hop(status: number, location: string | string[] | undefined, from = FROM): ReturnType<typeof redirectionOf> {
  return redirectionOf(new URL(from), { status, fields: { location } }, true);
}

for (let status = 200; status <= 599; status++) {
  if ([300, 301, 302, 303, 307, 308].includes(status)) continue;
  if (status % 50 !== 0 && (status < 300 || status > 310)) continue;
  test(`status ${status} is no redirect, whatever its Location`, () => {
    assert.equal(hop(status, 'https://other.example/'), undefined);
  });
}

const FOLLOWED: readonly (readonly [string, string, string])[] = [
  [FROM, 'https://other.example/b', 'https://other.example/b'],
  [FROM, '/b.xml?x=1#y', 'https://www.sec.gov/b.xml?x=1'],
  [FROM, 'b.xml', 'https://www.sec.gov/Archives/b.xml'],
  [FROM, '//other.example/b', 'https://other.example/b'],
  [FROM, ' /b.xml ', 'https://www.sec.gov/b.xml'],
  [FROM, 'https://me:secret@other.example/b', 'https://other.example/b'],
  ['http://mirror.example/a', 'https://mirror.example/a', 'https://mirror.example/a'],
  // Into the SEC: never in clear text, never by way of another redirect.
  ['http://mirror.example/a', 'http://www.sec.gov/Archives/a.xml', 'https://www.sec.gov/Archives/a.xml'],
  ['http://mirror.example/a', 'http://me:secret@sec.gov:80/a.xml', 'https://www.sec.gov/a.xml'],
  [FROM, '/ix?doc=/Archives/edgar/data/0000320193/a.htm', 'https://www.sec.gov/Archives/edgar/data/320193/a.htm'],
  // Raw UTF-8, as it comes: a byte a character.
  [
    'http://mirror.example/a',
    Buffer.from('/größe.xml').toString('latin1'),
    'http://mirror.example/gr%C3%B6%C3%9Fe.xml',
  ],
  ['http://mirror.example/a', '/gr\u00f6\u00dfe.xml', 'http://mirror.example/gr%C3%B6%C3%9Fe.xml'],
  ['http://mirror.example/a', 'http://mirror.example/b', 'http://mirror.example/b'],
];

for (const status of [300, 301, 302, 303, 307, 308]) {
  test(`status ${status} sends on to its Location`, () => {
    for (const [from, location, address] of FOLLOWED) {
      const next = hop(status, location, from);
      assert.ok(next?.kind === 'redirected', location);
      assert.equal(next.url.href, address);
    }
  });
}

const REFUSED: readonly (readonly [string | string[] | undefined, RegExp])[] = [
  [undefined, /without a Location/],
  ['', /without a Location/],
  ['   ', /without a Location/],
  ['http://www.sec.gov/Archives/a.xml', /from https to http/],
  ['ftp://ftp.sec.gov/a.xml', /ftp:/],
  ['file:///etc/passwd', /file:/],
  ['javascript:alert(1)', /javascript:/],
  ['https://[::1', /not a URL/],
];

for (const [location, message] of REFUSED) {
  test(`a redirect to ${location === undefined ? 'nowhere' : JSON.stringify(location)} fails the document for good`, () => {
    const next = hop(301, location);
    assert.ok(next?.kind === 'failed');
    assert.deepEqual([next.failure.code, next.failure.transient], ['redirect', false]);
    assert.match(next.failure.message, message);
  });
}

test('without a User-Agent that the SEC accepts no redirect leads there, and any other is followed', () => {
  const from = new URL('http://mirror.example/a');
  const next = (location: string): string | undefined =>
    redirectionOf(from, { status: 302, fields: { location } }, false)?.kind;
  assert.equal(next('https://www.sec.gov/a.xml'), 'failed');
  assert.equal(next('http://data.sec.gov./a.xml'), 'failed');
  assert.equal(next('https://other.example/a.xml'), 'redirected');
});
