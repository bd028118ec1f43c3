// Which proxy a URL goes through, from the variables as users write them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { basicAuthorization, parseProxy, proxyFor } from '../../src/http/proxy.ts';

const PROXIES = { httpProxy: 'http://plain.proxy:3128', httpsProxy: 'http://secure.proxy:3128' };

function proxied(url: string, noProxy?: string): boolean {
  return proxyFor(new URL(url), noProxy === undefined ? PROXIES : { ...PROXIES, noProxy }) !== undefined;
}

test('https and http URLs each have their own proxy', () => {
  assert.equal(proxyFor(new URL('https://www.sec.gov/a'), PROXIES)?.host, 'secure.proxy:3128');
  assert.equal(proxyFor(new URL('http://mirror.example/a'), PROXIES)?.host, 'plain.proxy:3128');
  assert.equal(proxyFor(new URL('http://mirror.example/a'), { httpsProxy: 'http://secure.proxy' }), undefined);
  assert.equal(proxyFor(new URL('https://www.sec.gov/a'), {}), undefined);
});

/** NO_PROXY, a URL, and whether it is excepted. */
const EXCEPTIONS: readonly (readonly [string, string, boolean])[] = [
  ['', 'http://mirror.example/', false],
  ['*', 'http://mirror.example/', true],
  ['mirror.example', 'http://mirror.example/', true],
  ['MIRROR.example', 'http://mirror.EXAMPLE/', true],
  ['mirror.example', 'http://a.mirror.example/', true],
  ['mirror.example', 'http://notmirror.example/', false],
  ['.mirror.example', 'http://a.mirror.example/', true],
  ['.mirror.example', 'http://mirror.example/', true],
  ['*.mirror.example', 'http://a.mirror.example/', true],
  ['*.mirror.example', 'http://notmirror.example/', false],
  ['mirror.example:8080', 'http://mirror.example:8080/', true],
  ['mirror.example:8080', 'http://mirror.example/', false],
  ['mirror.example:80', 'http://mirror.example/', true],
  ['mirror.example:443', 'https://mirror.example/', true],
  ['mirror.example:443', 'http://mirror.example/', false],
  ['127.0.0.1', 'http://127.0.0.1:8080/', true],
  ['127.0.0.1', 'http://127.0.0.10/', false],
  ['localhost, mirror.example', 'http://mirror.example/', true],
  ['localhost mirror.example', 'http://mirror.example/', true],
  [' ,, ', 'http://mirror.example/', false],
  ['[::1]', 'http://[::1]:8080/', true],
  ['[::1]:8080', 'http://[::1]:8080/', true],
  ['[::1]:8080', 'http://[::1]:9090/', false],
  ['::1', 'http://[::1]:8080/', true],
  ['fe80::1:2', 'http://[fe80::1:2]/', true],
  ['fe80::abc', 'http://[fe80::abc]/', true],
];

for (const [noProxy, url, excepted] of EXCEPTIONS) {
  test(`NO_PROXY="${noProxy}" ${excepted ? 'excepts' : 'does not except'} ${url}`, () => {
    assert.equal(proxied(url, noProxy), !excepted);
  });
}

const ADDRESSES: readonly (readonly [string, string | undefined])[] = [
  ['http://proxy.example:3128', 'http://proxy.example:3128/'],
  ['https://proxy.example', 'https://proxy.example/'],
  ['proxy.example:3128', 'http://proxy.example:3128/'],
  ['me:secret@proxy.example:3128', 'http://me:secret@proxy.example:3128/'],
  ['socks5://proxy.example', undefined],
  ['http://', undefined],
  ['http://[', undefined],
];

for (const [text, address] of ADDRESSES) {
  test(`"${text}" is ${address ?? 'no'} proxy address`, () => assert.equal(parseProxy(text)?.href, address));
}

test('user and password become Basic authorization, percent-decoded', () => {
  assert.equal(basicAuthorization(new URL('http://proxy.example')), undefined);
  const expected = `Basic ${Buffer.from('me:p@ss:wörd').toString('base64')}`;
  assert.equal(basicAuthorization(new URL('http://me:p%40ss%3Aw%C3%B6rd@proxy.example')), expected);
});

test('a password with a percent sign that encodes nothing is taken as it stands', () => {
  const expected = `Basic ${Buffer.from('me:100%').toString('base64')}`;
  assert.equal(basicAuthorization(new URL('http://me:100%@proxy.example')), expected);
});
