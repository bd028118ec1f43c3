// Names come from the URL alone, and whatever the URL is, no name leaves the destination, touches the state folder or
// exceeds what a file system holds.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalUrl } from '../../src/edgar/canonical-url.ts';
import { candidatePaths, documentName, isDocumentPath, usualPath, type Layout } from '../../src/edgar/layout.ts';

const FILING = 'https://www.sec.gov/Archives/edgar/data/1000697/000095012310017583/';
const ACCESSION = '000095012310017583';

function mark(url: string): string {
  return createHash('sha256').update(url).digest('hex').slice(0, 8);
}

const USUAL: readonly (readonly [string, string, string])[] = [
  // URL, flat, filing
  [`${FILING}wat-20091231.xml`, 'wat-20091231.xml', `1000697/${ACCESSION}/wat-20091231.xml`],
  [`${FILING}xslF345X05/form4.xml`, 'form4.xml', `1000697/${ACCESSION}/form4.xml`],
  [`${FILING}a.xml?x=1/2`, 'a.xml', `1000697/${ACCESSION}/a.xml`],
  [FILING, 'index', `1000697/${ACCESSION}/index`],
  [`${FILING}?x=1`, 'index', `1000697/${ACCESSION}/index`],
  ['https://mirror.example/Archives/edgar/data/7/000095012310017583/b.xml', 'b.xml', `7/${ACCESSION}/b.xml`],
  ['https://www.sec.gov/Archives/edgar/data/7/9501/b.xml', 'b.xml', 'www.sec.gov/Archives/edgar/data/7/9501/b.xml'],
  [
    'https://data.sec.gov/submissions/CIK0000320193.json',
    'CIK0000320193.json',
    'data.sec.gov/submissions/CIK0000320193.json',
  ],
  ['https://mirror.example', 'index', 'mirror.example/index'],
  ['https://mirror.example/', 'index', 'mirror.example/index'],
  ['https://mirror.example//a//b', 'b', 'mirror.example/index/a/index/b'],
  ['http://localhost:8080/a.xml', 'a.xml', 'localhost:8080/a.xml'],
  [`${FILING}%E2%82%AC.xml`, '€.xml', `1000697/${ACCESSION}/€.xml`],
  [`${FILING}a%20b.xml`, 'a b.xml', `1000697/${ACCESSION}/a b.xml`],
  [`${FILING}a%2Fb.xml`, 'a%2Fb.xml', `1000697/${ACCESSION}/a%2Fb.xml`],
  [`${FILING}a%5cb.xml`, 'a%5Cb.xml', `1000697/${ACCESSION}/a%5Cb.xml`],
  [`${FILING}a%00b.xml`, 'a%00b.xml', `1000697/${ACCESSION}/a%00b.xml`],
  [`${FILING}a%0Ab.xml`, 'a%0Ab.xml', `1000697/${ACCESSION}/a%0Ab.xml`],
  [`${FILING}a%252Fb.xml`, 'a%2Fb.xml', `1000697/${ACCESSION}/a%2Fb.xml`],
  [`${FILING}a%FFb.xml`, 'a%FFb.xml', `1000697/${ACCESSION}/a%FFb.xml`],
  [`${FILING}%2E%2E`, '%2E.', `1000697/${ACCESSION}/%2E.`],
  [`${FILING}%2e`, '%2E', `1000697/${ACCESSION}/%2E`],
  [`${FILING}..%2F..%2Fetc`, '..%2F..%2Fetc', `1000697/${ACCESSION}/..%2F..%2Fetc`],
  [`${FILING}.edgar-fetch`, '%2Eedgar-fetch', `1000697/${ACCESSION}/%2Eedgar-fetch`],
  [`${FILING}.EDGAR-Fetch`, '%2EEDGAR-Fetch', `1000697/${ACCESSION}/%2EEDGAR-Fetch`],
  [`${FILING}.hidden`, '.hidden', `1000697/${ACCESSION}/.hidden`],
  [`${FILING}con.xml`, '%63on.xml', `1000697/${ACCESSION}/%63on.xml`],
  [`${FILING}NUL`, '%4EUL', `1000697/${ACCESSION}/%4EUL`],
  [`${FILING}com1.txt`, '%63om1.txt', `1000697/${ACCESSION}/%63om1.txt`],
  [`${FILING}LPT9`, '%4CPT9', `1000697/${ACCESSION}/%4CPT9`],
  [`${FILING}console.xml`, 'console.xml', `1000697/${ACCESSION}/console.xml`],
  [
    `https://www.sec.gov/Archives/edgar/data/12345678901/${ACCESSION}/b.xml`,
    'b.xml',
    `www.sec.gov/Archives/edgar/data/12345678901/${ACCESSION}/b.xml`,
  ],
  ['https://mirror.example/aux/b.xml', 'b.xml', 'mirror.example/%61ux/b.xml'],
  [`${FILING}a%E2%80%AEb.xml`, 'a%E2%80%AEb.xml', `1000697/${ACCESSION}/a%E2%80%AEb.xml`],
];

for (const [url, flat, filing] of USUAL) {
  test(`${url} is named ${flat}, and ${filing} in the filing layout`, () => {
    assert.equal(usualPath(url, 'flat'), flat);
    assert.equal(usualPath(url, 'filing'), filing);
  });
}

const NAMES: readonly (readonly [string, string])[] = [
  [`${FILING}doc.xml`, 'doc.xml'],
  [`${FILING}doc%2Exml`, 'doc.xml'],
  [`${FILING}doc.%78m%6C`, 'doc.xml'],
  [`${FILING}d%2ezip?a=.xml`, 'd.zip'],
  // Decoded once only.
  [`${FILING}doc%252Exml`, 'doc%2Exml'],
  [`${FILING}doc.xml%00`, 'doc.xml%00'],
  [`${FILING}a%2Fb.txt`, 'a%2Fb.txt'],
  [FILING, 'index'],
  ['https://mirror.example', 'index'],
];

for (const [url, name] of NAMES) {
  test(`the document of ${url} is named ${name}`, () => {
    assert.equal(documentName(url), name);
    assert.equal(usualPath(url, 'flat'), name);
  });
}

test('a name of 255 bytes is kept, a longer one is cut and keeps its extension and 8 hex digits of the URL', () => {
  const exact = `${FILING}${'a'.repeat(251)}.xml`;
  assert.equal(usualPath(exact, 'flat'), `${'a'.repeat(251)}.xml`);
  const long = `${FILING}${'a'.repeat(252)}.xml`;
  assert.equal(usualPath(long, 'flat'), `${'a'.repeat(255 - 4 - 9)}-${mark(long)}.xml`);
});

test('a long name of several-byte characters is cut between characters', () => {
  const url = `${FILING}${'%E2%82%AC'.repeat(100)}.xml`;
  const name = usualPath(url, 'flat');
  assert.equal(name, `${'€'.repeat(80)}-${mark(url)}.xml`);
  assert.ok(Buffer.byteLength(name) <= 255);
});

test('two long names that differ only beyond the cut stay apart', () => {
  const one = `${FILING}${'a'.repeat(300)}1.xml`;
  const other = `${FILING}${'a'.repeat(300)}2.xml`;
  assert.notEqual(usualPath(one, 'flat'), usualPath(other, 'flat'));
});

test('a document of a filing that collides gets its accession, and then the 8 hex digits too', () => {
  const url = `${FILING}primary_doc.xml`;
  const distinct = `${ACCESSION}-primary_doc`;
  assert.deepEqual([...candidatePaths(url, 'flat')].slice(0, 3), [
    'primary_doc.xml',
    `${distinct}.xml`,
    `${distinct}-${mark(url)}.xml`,
  ]);
  assert.deepEqual([...candidatePaths(url, 'filing')].slice(0, 3), [
    `1000697/${ACCESSION}/primary_doc.xml`,
    `1000697/${ACCESSION}/${distinct}.xml`,
    `1000697/${ACCESSION}/${distinct}-${mark(url)}.xml`,
  ]);
});

test('a document without an accession that collides gets the 8 hex digits', () => {
  const url = 'https://www.sec.gov/files/company_tickers.json';
  const paths = [...candidatePaths(url, 'flat')];
  assert.deepEqual(paths.slice(0, 2), ['company_tickers.json', `company_tickers-${mark(url)}.json`]);
});

const host = fc.constantFrom('www.sec.gov', 'mirror.example', 'localhost:8080', '[::1]:80', 'con', 'nul.example', '..');
const part = fc.oneof(
  fc.constantFrom(
    '.edgar-fetch',
    '%2e%2e',
    '%2E',
    '..',
    '',
    '%2F',
    '%00',
    'NUL.xml',
    '%c3%28',
    'aux',
    '.edgar%2Dfetch',
  ),
  fc.constantFrom('Archives', 'edgar', 'data', '1000697', ACCESSION),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 12 }).map((text) => encodeURIComponent(Buffer.from(text).toString())),
  fc.tuple(fc.nat(400), fc.constantFrom('a', '€', '\u{1f600}', '%E2%82%AC')).map(([count, text]) => text.repeat(count)),
);
const shaped = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => `Archives/edgar/data/${parts.join('/')}`);
const path = fc.oneof(
  fc.array(part, { maxLength: 6 }).map((parts) => parts.join('/')),
  shaped,
);
const url = fc
  .tuple(host, path)
  .map(([name, rest]) => canonicalUrl(`https://${name}/${rest}`))
  .filter((verdict) => verdict.valid)
  .map((verdict) => verdict.url);

function assertSafe(candidate: string): void {
  assert.ok(isDocumentPath(candidate), 'it is known again as one of ours');
  const segments = candidate.split('/');
  assert.notEqual(segments[0]?.toLowerCase().slice(0, 12), '.edgar-fetch');
  for (const segment of segments) {
    assert.ok(segment !== '' && segment !== '.' && segment !== '..', `segment of ${JSON.stringify(candidate)}`);
    assert.ok(Buffer.byteLength(segment) <= 255, `${Buffer.byteLength(segment)} bytes in ${candidate}`);
    assert.doesNotMatch(segment, /[\p{Cc}\\]/u);
    assert.doesNotMatch(segment, /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i);
    assert.equal(Buffer.from(segment).toString(), segment, 'no half characters');
  }
}

for (const layout of ['flat', 'filing'] as const satisfies readonly Layout[]) {
  test(`every candidate path of any URL is safe and always the same, and the last is not the usual one, in the ${layout} layout`, () => {
    fc.assert(
      fc.property(url, (one) => {
        const paths = [...candidatePaths(one, layout)];
        assert.equal(paths[0], usualPath(one, layout));
        assert.deepEqual([...candidatePaths(one, layout)], paths);
        assert.notEqual(paths.at(-1), paths[0]);
        for (const candidate of paths) assertSafe(candidate);
        if (layout === 'flat') for (const candidate of paths) assert.ok(!candidate.includes('/'), candidate);
      }),
      { numRuns: 200 },
    );
  });
}

test('a CIK or a host of more than 255 bytes does not make a segment that no file system holds', () => {
  for (const long of [
    `https://www.sec.gov/Archives/edgar/data/${'1'.repeat(300)}/${ACCESSION}/a.xml`,
    `https://${'a'.repeat(300)}.example/b/a.xml`,
  ]) {
    for (const candidate of candidatePaths(long, 'filing')) assertSafe(candidate);
  }
});

test('the last candidates of different URLs never share a path', () => {
  fc.assert(
    fc.property(url, url, fc.constantFrom<Layout>('flat', 'filing'), (one, other, layout) => {
      if (one === other) return;
      assert.notEqual([...candidatePaths(one, layout)].at(-1), [...candidatePaths(other, layout)].at(-1));
    }),
    { numRuns: 200 },
  );
});

const NO_PATHS: readonly (readonly [string, string])[] = [
  ['empty', ''],
  ['absolute', '/a.xml'],
  ['a folder', 'a/'],
  ['with an empty name', 'a//b.xml'],
  ['with a dot for a name', './a.xml'],
  ['with a dot in the middle', 'a/./b.xml'],
  ['that leads out', '../a.xml'],
  ['that leads out and back', 'a/../../downloads/a.xml'],
  ['with two dots at the end', 'a/..'],
  ['the state folder', '.edgar-fetch'],
  ['the manifest', '.edgar-fetch/manifest.jsonl'],
  ['the manifest by another name', './.edgar-fetch/manifest.jsonl'],
  ['the manifest in other letters', '.Edgar-FETCH/manifest.jsonl'],
  ['a state folder further down', 'a/.edgar-fetch/x'],
  ['like the state folder', '.edgar-fetch-2/x'],
  ['with a backslash', 'a\\b.xml'],
  ['with a NUL', 'a\0.xml'],
  ['with a line break', 'a\n.xml'],
  ['with an escape', 'a\u001b[31m.xml'],
  ['with a control character of the upper half', 'a\u009b.xml'],
  ['with a line separator', 'a\u2028.xml'],
  ['that turns the direction of writing', 'a\u202elmx.xml'],
  ['with half a character', 'a\ud83d.xml'],
  ['with a name of 256 bytes', `${'a'.repeat(252)}.xml`],
  ['with a folder of 256 bytes', `${'é'.repeat(128)}/a.xml`],
  ['of 4,096 bytes', `${'a/'.repeat(2047)}bb`],
  ['of a megabyte', 'a/'.repeat(500_000)],
];

for (const [name, path] of NO_PATHS) {
  test(`a path ${name} is none that a document may have`, () => {
    assert.equal(isDocumentPath(path), false);
  });
}

test('a path at the limits, of any characters that names have, is one that a document may have', () => {
  for (const path of [
    'a',
    '...',
    '.hidden/..a',
    ' ',
    'a b/%2E',
    'ü€😀.xml',
    '%2Eedgar-fetch/x',
    'edgar-fetch',
    'con.xml',
  ])
    assert.equal(isDocumentPath(path), true, path);
  for (const path of ['a'.repeat(255), `${'é'.repeat(127)}b/${'漢'.repeat(85)}`, `${'a/'.repeat(2047)}b`])
    assert.equal(isDocumentPath(path), true, path);
});
