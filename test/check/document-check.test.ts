// Whether a body can be the document asked for follows from the extension of the name that its URL gives it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { memorySource, type ByteSource } from '../../src/model/body.ts';
import { checkDocument, type DocumentVerdict } from '../../src/check/document-check.ts';
import { corpusFiles, corpusSkip } from '../support/corpus.ts';

const FOLDER = 'https://www.sec.gov/Archives/edgar/data/1000697/000095012310017583/';

async function check(name: string, body: string | Buffer): Promise<DocumentVerdict> {
  return checkDocument(memorySource(Buffer.from(body)), FOLDER + name);
}

/** The rule that refuses a body, or undefined. */
async function ruleOf(name: string, body: string | Buffer): Promise<string | undefined> {
  const verdict = await check(name, body);
  return verdict.genuine ? undefined : verdict.rule;
}

function startOf(body: string | Buffer): string {
  const start = typeof body === 'string' ? body.slice(0, 40) : body.toString('latin1', 0, 12);
  return `${body.length} bytes, ${JSON.stringify(start)}`;
}

/** An end-of-central-directory record behind `before` bytes, with a comment. */
function zipEnd(before: number, comment = '', directoryBytes = 0): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt32LE(directoryBytes, 12);
  end.writeUInt32LE(before - directoryBytes, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([end, Buffer.from(comment)]);
}

const ENTRY = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), Buffer.alloc(60, 'x')]);
const ZIP = Buffer.concat([ENTRY, zipEnd(ENTRY.length)]);
const HTML = '<!DOCTYPE html><html><body>Hello</body></html>';
const utf16 = (text: string): Buffer => Buffer.from(`\ufeff${text}`, 'utf16le');

const JPEG = Buffer.concat([Buffer.of(0xff, 0xd8, 0xff, 0xe0), Buffer.from('\0\x10JFIF\0')]);
const PNG = Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1');
const SUBMISSION = `<SEC-DOCUMENT>0001000045-26-000001.txt : 20260331\n<DOCUMENT>\n<TEXT>\n${HTML}\n</TEXT>\n</SEC-DOCUMENT>\n`;
const ARMOURED = `-----BEGIN PRIVACY-ENHANCED MESSAGE-----\nProc-Type: 2001,MIC-CLEAR\n\n${SUBMISSION}-----END PRIVACY-ENHANCED MESSAGE-----\n`;

const GENUINE: readonly (readonly [string, string | Buffer, boolean, string?])[] = [
  // name, body, whether the content shows its own end, root
  ['a.xml', '<xbrl></xbrl>', true, 'xbrl'],
  ['a.xsd', '<xs:schema></xs:schema>', true, 'schema'],
  ['A.XML', '<xbrl/>', true, 'xbrl'],
  ['a.xml?x=.json', '<xbrl/>', true, 'xbrl'],
  ['a%2Exml', '<xbrl/>', true, 'xbrl'],
  ['a.xml', '<ix:form xmlns:ix="urn:x"></ix:form>', true, 'form'],
  ['a.xml', '<formData></formData>', true, 'formData'],
  // It is named a%2Exml, which has no extension.
  ['a%252Exml', 'x', false],
  ['a.json', '{"a": [1, "}"]}\n', true],
  ['a.json', '\ufeff[1]', true],
  ['a.json', 'null', true],
  ['a.gz', gzipSync('x'), true],
  ['a.gz', Buffer.concat([gzipSync('x'), gzipSync('y')]), true],
  ['a.tgz', gzipSync('x'), true],
  ['a.taz', gzipSync('x'), false],
  ['a.z', gzipSync('x'), false],
  ['a.svgz', gzipSync('x'), false],
  ['a.tar.gz', gzipSync(Buffer.alloc(300_000)), true],
  // Beyond reason it is not read through.
  ['a.gz', gzipSync(Buffer.alloc(4_000_000)), false],
  ['a.zip', ZIP, true],
  ['a.zip', zipEnd(0), true],
  ['a.zip', Buffer.concat([ENTRY, zipEnd(ENTRY.length, 'a comment')]), true],
  ['a.pdf', '%PDF-1.4\n%âãÏÓ\n', false],
  ['a.pdf', `${'\r\n'.repeat(100)}%PDF-1.4\n`, false],
  ['a.jpg', JPEG, false],
  ['a.jpg', PNG, false],
  ['a.jpeg', 'GIF87a', false],
  ['a.gif', 'GIF89a', false],
  ['a.png', 'BM6', false],
  ['a.tif', 'II*\0', false],
  ['a.gif', 'RIFF\x10\0\0\0WEBPVP8 ', false],
  ['a.htm', 'anything', false],
  ['a.htm', '<DOCUMENT>\n<TYPE>8-K\n<TEXT>\n<HTML><BODY>x</BODY></HTML>\n</TEXT>\n</DOCUMENT>\n', false],
  ['a.htm', utf16(HTML), false],
  ['a.txt', 'x', false],
  ['a.txt', utf16('text\n'), false],
  ['a.txt', '<PAGE>\n  1\n', false],
  ['a.txt', '<TABLE>\n<CAPTION>\n<S>  <C>\n</TABLE>\n', false],
  ['a.txt', '<DOCUMENT>\n<TYPE>EX-99\n<TEXT>\n<HTML>x</HTML>\n', false],
  ['a.txt', '-----BEGIN CERTIFICATE-----\n', false],
  ['0001000045-26-000001.txt', SUBMISSION.replace('</SEC-DOCUMENT>\n', ''), false],
  ['0001000045-96-000001.txt', ARMOURED.replace(/-----END.*\n/, ''), false],
  ['0001000045-26-000001.txt', `\n${SUBMISSION}`, false],
  ['0001000045-26-000001.txt', SUBMISSION, true],
  ['0001000045-26-000001.txt', SUBMISSION.trimEnd(), true],
  ['0001000045-96-000001.txt', `${ARMOURED}\r\n \n`, true],
  ['a.idx', 'x', false],
  ['a.paper', 'x', false],
  ['a.fil', '<DOCUMENT>\n', false],
  ['a.sgml', '<!DOCTYPE submission>\n<SUBMISSION>\n', false],
  ['a.xsl', '<!-- a sheet --><xsl:stylesheet/>', false],
  ['a.css', 'html { color: red }', false],
  ['a.js', 'document.write("<html>")', false],
  ['a.csv', 'title,body\n', false],
  ['a.rtf', '{\\rtf1 <html>}', false],
  ['a.doc', Buffer.from('d0cf11e0a1b11ae100000000', 'hex'), false],
  ['a.xls', Buffer.from('d0cf11e0a1b11ae100000000', 'hex'), false],
  ['a.webm', Buffer.from('1a45dfa300', 'hex'), false],
  ['', 'x', false],
  ['noextension', HTML, false],
  ['press-release-2024.1', HTML, false],
  ['.', HTML, false],
  ['browse.aspx', HTML, false],
  ['a.php', HTML, false],
  ['a.xhtml', HTML, false],
  ['a.xml/', 'x', false],
];

for (const [name, body, proven, root] of GENUINE) {
  test(`${name} with ${startOf(body)} is genuine, ${proven ? 'proven' : 'not proven'} complete`, async () => {
    assert.deepEqual(await check(name, body), { genuine: true, proven, ...(root === undefined ? {} : { root }) });
  });
}

const REFUSED: readonly (readonly [string, string | Buffer, string])[] = [
  ['a.txt', '', 'not-empty'],
  ['a.xml', '', 'not-empty'],
  ['a.xml', ' \n', 'not-empty'],
  ['a.json', ' ', 'not-empty'],
  ['a.txt', ' \r\n\t\f\v', 'not-empty'],
  ['a.htm', Buffer.alloc(5000), 'not-empty'],
  ['a.gz', Buffer.alloc(5000), 'not-empty'],
  ['a.doc', Buffer.alloc(5000, ' '), 'not-empty'],
  ['noextension', ' \n', 'not-empty'],
  ['a.txt', utf16(' \n'), 'not-empty'],
  ['a.txt', '\ufeff', 'not-empty'],
  ['a.xml', HTML, 'not-html'],
  ['a.xml', '<html xmlns="http://www.w3.org/1999/xhtml"></html>', 'not-html'],
  ['a.xml', '<?xml version="1.0"?><!DOCTYPE html PUBLIC "x" "y"><html><p></html>', 'not-html'],
  ['a.xml', '<HTML><HEAD></HEAD></HTML>', 'not-html'],
  ['a.xml', '<h:html xmlns:h="http://www.w3.org/1999/xhtml"></h:html>', 'not-html'],
  ['a.xml', '\ufeff<!-- x --><html><br>', 'not-html'],
  ['a.xsd', HTML, 'not-html'],
  ['a.xml', '<title>x</title>\n<!DOCTYPE html><html></html>', 'not-html'],
  ['a.xml', utf16(HTML.replace('</html>', '')), 'not-html'],
  ...['table', 'FORM', 'span', 'pre', 'b', 'font', 'frameset', 'noscript', 'meta', 'iframe', 'p', 'h1', 'center'].map(
    (root) => ['a.xml', `<${root} class="x">Error</${root}>`, 'not-html'] as const,
  ),
  ['a.xml', '{"a": 1}', 'xml-root'],
  ['a.xml', 'Service unavailable', 'xml-root'],
  ['a.xml', '<xbrl>', 'xml-end'],
  ['a.xml', '<xbrl></xbrl>junk', 'xml-end'],
  ['a%2Exml', HTML, 'not-html'],
  ['a.%78ml', '<xbrl>', 'xml-end'],
  ['a%2e%58%4D%4c?x=1', '<xbrl>', 'xml-end'],
  ['a.xml%20', '<xbrl>', 'xml-end'],
  ['a%2Ezip', HTML, 'not-html'],
  ['a%2Ezip', 'x', 'zip-magic'],
  ['a.%70df', 'x', 'pdf-magic'],
  ['a.json', '{"a": ', 'json-parses'],
  ['a.json', '{} x', 'json-parses'],
  ['a.json', HTML, 'not-html'],
  ['a.gz', 'x', 'gzip-magic'],
  ['a.tgz', 'x', 'gzip-magic'],
  ['a.gz', HTML, 'not-html'],
  ['a.gz', gzipSync('x').subarray(0, 5), 'gzip-end'],
  ['a.gz', gzipSync('x').subarray(0, -1), 'gzip-end'],
  ['a.tgz', gzipSync('x').subarray(0, -1), 'gzip-end'],
  ['a.zip', HTML, 'not-html'],
  ['a.zip', 'x', 'zip-magic'],
  ['a.zip', ENTRY, 'zip-end'],
  ['a.zip', ZIP.subarray(0, -1), 'zip-end'],
  ['a.zip', Buffer.concat([ZIP, Buffer.from('x')]), 'zip-end'],
  ['a.zip', Buffer.concat([ENTRY, zipEnd(ENTRY.length + 500, '', 100)]), 'zip-end'],
  ...['a.txt', '0001000045-26-000001.txt', 'a.idx', 'a.pdf', 'a.jpg', 'a.doc', 'a.xls', 'a.paper', 'a.unknown'].map(
    (name) => [name, HTML, 'not-html'] as const,
  ),
  ...['a.css', 'a.js', 'a.csv', 'a.7z', 'a%2Etxt', 'a.b.txt?x=.htm', 'a.xslt', 'a.TXT'].map(
    (name) => [name, `\n<!-- edge --><HTML><BODY>Sign in</BODY></HTML>`, 'not-html'] as const,
  ),
  ['a.txt', utf16(HTML), 'not-html'],
  ['a.txt', 'text\0text', 'no-nul'],
  ['a.txt', Buffer.concat([Buffer.from('text'), Buffer.alloc(600)]), 'no-nul'],
  ['a.htm', `${HTML}\0`, 'no-nul'],
  ['a.html', JPEG, 'no-nul'],
  ['a.pdf', 'x', 'pdf-magic'],
  ['a.pdf', `${' '.repeat(1024)}%PDF-1.4\n`, 'pdf-magic'],
  ['a.jpg', 'x', 'picture-magic'],
  ['a.jpeg', JPEG.subarray(1), 'picture-magic'],
  ['a.gif', 'GIF90a', 'picture-magic'],
  ['a.png', Buffer.alloc(100, 1), 'picture-magic'],
  ['a.bmp', 'RIFF\x10\0\0\0WAVEfmt ', 'picture-magic'],
  ['a.tiff', '%PDF-1.4', 'picture-magic'],
  ...['a.txt', 'a.htm', 'a.idx', 'a.pdf', 'a.json', 'a.unknown', 'noextension'].map(
    (name) => [name, gzipSync('x'), 'not-gzip'] as const,
  ),
];

for (const [name, body, rule] of REFUSED) {
  test(`${name} with ${startOf(body)} is refused by the rule ${rule}`, async () => {
    assert.equal(await ruleOf(name, body), rule);
  });
}

test('a rendered view says which address has the document', async () => {
  const verdict = await check('xslF345X05/form4.xml', HTML);
  assert.ok(!verdict.genuine);
  assert.equal(verdict.rule, 'not-html');
  assert.match(verdict.message, new RegExp(`${FOLDER}form4\\.xml$`));
});

test('a small JSON document that is cut anywhere is refused, unless only white space is lost', async () => {
  const text = '{"a": [1, 2.5, "}]", {"b": null}], "é": true}\n\n';
  const bytes = Buffer.from(text);
  const needed = Buffer.byteLength(text.trimEnd());
  for (let length = 1; length <= bytes.length; length++) {
    const rule = await ruleOf('a.json', bytes.subarray(0, length));
    assert.equal(rule, length >= needed ? undefined : 'json-parses', `${length} bytes`);
  }
});

test('a gzip file that is cut anywhere, or has one wrong bit in its trailer, is refused', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), fc.nat(10_000), fc.nat(63), async (bytes, at, bit) => {
      const file = gzipSync(bytes);
      assert.equal(await ruleOf('a.gz', file), undefined);
      assert.match((await ruleOf('a.gz', file.subarray(0, 3 + (at % (file.length - 3))))) ?? '', /^gzip-/);
      const place = file.length - 8 + (bit >> 3);
      file[place] = file[place]! ^ (1 << (bit & 7));
      assert.equal(await ruleOf('a.gz', file), 'gzip-end');
    }),
    { numRuns: 60 },
  );
});

test('a zip file that is cut anywhere is refused', async () => {
  for (let length = 1; length < ZIP.length; length++) {
    assert.match((await ruleOf('a.zip', ZIP.subarray(0, length))) ?? '', /^zip-/, `${length} bytes`);
  }
});

const PAGES: readonly (readonly [string, string, boolean])[] = [
  ['a page', HTML, true],
  ['a page in capitals', `${HTML.toUpperCase()}\r\n`, true],
  ['a page with white space in its last tag', `${HTML.slice(0, -1)} \n>`, true],
  ['a page with a comment behind it', `${HTML}\n<!-- made </html by x -->\n`, false],
  ['a page with comments behind it', `${HTML}\n<!-- made by x --> <!-- y -->\n`, true],
  ['an inline XBRL page', `<?xml version="1.0"?>\n<!-- x -->\n<html xmlns="y"><body><!-- z --></body></html>`, true],
  ['a page that is cut', HTML.slice(0, -7), false],
  ['a page with text behind it', `${HTML}x`, false],
  ['a page cut behind one that it embeds', `<html><body>${HTML}`, false],
  ['a page that embeds another', `<html><body>${HTML}</body></html>`, false],
  ['two pages', `${HTML}${HTML}`, false],
  ['a page cut in a comment that quotes its last tag', '<html><body><!-- </html>', false],
  ['a page cut in a long comment that quotes its last tag', `<html><!--${'x'.repeat(100_000)}</html>`, false],
  ['a page that follows text', `text ${HTML}`, false],
];

for (const [name, page, proven] of PAGES) {
  test(`${name} ${proven ? 'shows' : 'does not show'} its own end`, async () => {
    for (const extension of ['.htm', '.html']) {
      assert.deepEqual(await check(`a${extension}`, page), { genuine: true, proven });
    }
    // Of any other name nothing is known.
    assert.deepEqual(await check('a.aspx', page), { genuine: true, proven: false });
  });
}

test('tags across the windows of a page are counted once', async () => {
  const long = 2 ** 20;
  for (let behind = -8; behind <= 8; behind++) {
    const middle = 'x'.repeat(long + behind - '<html>'.length);
    assert.deepEqual(await check('a.htm', `<html>${middle}</html>`), { genuine: true, proven: true }, `${behind}`);
    assert.deepEqual(await check('a.htm', `<html>${middle}<HTML>y</html>`), { genuine: true, proven: false });
    assert.deepEqual(await check('a.htm', `<html>${middle}</html>y</html>`), { genuine: true, proven: false });
  }
});

/** A body of one byte over and over, but for its last. */
function endless(size: number, byte: number, last: number): ByteSource {
  return {
    size,
    read(position, length) {
      const bytes = Buffer.alloc(Math.max(0, Math.min(length, size - position)), byte);
      if (position + bytes.length === size && bytes.length > 0) bytes[bytes.length - 1] = last;
      return bytes;
    },
  };
}

test('a body of 64 MiB is read through, while others have their turns', async () => {
  for (const [byte, last, rule] of [
    [0x20, 0x0a, 'not-empty'],
    [0, 0, 'not-empty'],
    [0x78, 0, 'no-nul'],
    [0x78, 0x78, undefined],
  ] as const) {
    let turns = 0;
    const others = setInterval(() => turns++, 0);
    const verdict = await checkDocument(endless(2 ** 26, byte, last), `${FOLDER}a.txt`);
    clearInterval(others);
    assert.equal(verdict.genuine ? undefined : verdict.rule, rule);
    assert.ok(turns > 0);
  }
});

test('a body that lies in memory is judged at once', () => {
  for (const name of ['a.xml', 'a.txt', 'a.htm', 'a.json', 'a.zip', 'a.jpg']) {
    assert.ok(!(checkDocument(memorySource(Buffer.from(HTML)), FOLDER + name) instanceof Promise), name);
  }
});

test('a refused body is told about in a sentence', async () => {
  for (const [name, body, message] of [
    ['a.txt', ' ', 'the document is empty'],
    ['a.txt', HTML, 'an HTML page came in place of the document'],
    ['a.xml', HTML, 'an HTML page came in place of the XML document'],
    ['a.txt', 'a\0', 'the text holds NUL bytes'],
    ['a.pdf', 'x', 'the body is not a PDF file'],
    ['a.jpg', 'x', 'the body is not a picture'],
    ['a.txt', gzipSync('x'), 'gzip bytes came in place of the document'],
  ] as const) {
    const verdict = await check(name, body);
    assert.equal(verdict.genuine ? '' : verdict.message, message);
  }
});

test('every genuine document of the corpus is accepted under its own name', { skip: corpusSkip }, async () => {
  for (const { name, body } of [...corpusFiles('xbrl'), ...corpusFiles('index')]) {
    assert.equal(await ruleOf(name, body), undefined, name);
  }
});

test(
  'every recorded page of refusal is refused in place of a document that shows its kind',
  { skip: corpusSkip },
  async () => {
    for (const { name, body } of corpusFiles('errors')) {
      if (name.endsWith('.html')) {
        for (const asked of ['a.xml', 'a.txt', 'a.jpg', 'a.paper', 'a.json', 'a.zip']) {
          assert.equal(await ruleOf(asked, body), 'not-html', `${name} for ${asked}`);
        }
      }
      assert.notEqual(await ruleOf('a.json', body), undefined, name);
      assert.notEqual(await ruleOf('a.gz', body), undefined, name);
      assert.notEqual(await ruleOf('a.zip', body), undefined, name);
    }
  },
);
