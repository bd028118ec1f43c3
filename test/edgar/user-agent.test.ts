// The SEC wants a name and a contact address; what it is known to refuse is refused here first.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeUserAgent } from '../../src/edgar/user-agent.ts';

const USABLE = [
  'Jane Doe jane.doe@acme.io',
  'Acme Research AdminContact@acme-research.com',
  'jane@acme.co.uk',
  '  Acme Corp (research) <data+edgar@acme.com>  ',
  'acme-crawler/2.1 (+https://acme.com; ops@acme.com)',
  "O'Neill & Partners o'neill@acme.ie",
  'Nodeware Inc ops@nodeware.com',
  'Nodal Capital it@nodal.com',
  'Gotham Fund it@gotham.com',
  'Curlew Partners it@curlew.com',
  'Javan Research it@javan.com',
  'Pythonic Capital it@pythonic.com',
];

const REFUSED: readonly (readonly [string | undefined, RegExp])[] = [
  [undefined, /none is set/],
  ['', /none is set/],
  ['   ', /none is set/],
  ['Acme Research', /no e-mail/],
  ['Acme Research jane@acme', /no e-mail/],
  ['Acme Research @acme.com', /no e-mail/],
  ['Acmé jane@acme.com', /cannot carry/],
  ['Acme\njane@acme.com', /cannot carry/],
  ['Mozilla/5.0 (X11; Linux x86_64) jane@acme.com', /browser/],
  ['python-requests/2.31 jane@acme.com', /library/],
  ['curl/8.5.0 jane@acme.com', /library/],
  ['Wget/1.21 jane@acme.com', /library/],
  ['node jane@acme.com', /library/],
  ['node/20 jane@acme.com', /library/],
  ['undici jane@acme.com', /library/],
  ['Scrapy/2.11 jane@acme.com', /library/],
  ['Go-http-client/1.1 jane@acme.com', /library/],
  ['Jane noreply@acme.com', /noreply/],
  ['Jane no-reply@acme.com', /noreply/],
  ['Jane 1+jane@users.noreply.github.com', /noreply/],
  ['Jane jane@github.com', /github/],
  ['Jane jane@example.com', /sample/],
  ['Jane jane@mail.example.org', /sample/],
  ['Sample Company Name AdminContact@samplecompany.com', /sample/],
  // The form that our own messages show, copied as it stands.
  ['Your Name your.name@your-company.com', /sample/],
];

for (const text of USABLE) {
  test(`"${text}" may be sent to the SEC`, () => assert.deepEqual(judgeUserAgent(text), { usable: true }));
}

for (const [text, reason] of REFUSED) {
  test(`${text === undefined ? 'none' : JSON.stringify(text)} may not be sent to the SEC`, () => {
    const verdict = judgeUserAgent(text);
    assert.ok(!verdict.usable);
    assert.match(verdict.reason, reason);
  });
}
