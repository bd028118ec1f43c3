// Whether a body can be the document asked for follows from the extension of its URL, and from the body's two ends.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { memorySource } from '../../src/http/byte-source.ts';
import { checkDocument, type DocumentVerdict } from '../../src/http/document-check.ts';
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

const GENUINE: readonly (readonly [string, string | Buffer, boolean, string?])[] = [
  // name, body, whether the content shows its own end, root
  ['a.xml', '<xbrl></xbrl>', true, 'xbrl'],
  ['a.xsd', '<xs:schema></xs:schema>', true, 'schema'],
  ['A.XML', '<xbrl/>', true, 'xbrl'],
  ['a.xml?x=.json', '<xbrl/>', true, 'xbrl'],
  ['a.json', '{"a": [1, "}"]}\n', true],
  ['a.json', '\ufeff[1]', true],
  ['a.json', 'null', true],
  ['a.gz', gzipSync('x'), true],
  ['a.gz', Buffer.concat([gzipSync('x'), gzipSync('y')]), true],
  ['a.tar.gz', gzipSync(Buffer.alloc(300_000)), true],
  // Beyond reason it is not read through.
  ['a.gz', gzipSync(Buffer.alloc(4_000_000)), false],
  ['a.zip', ZIP, true],
  ['a.zip', zipEnd(0), true],
  ['a.zip', Buffer.concat([ENTRY, zipEnd(ENTRY.length, 'a comment')]), true],
  ['a.htm', HTML, false],
  ['a.htm', 'anything', false],
  ['a.txt', 'x', false],
  ['a.idx', 'x', false],
  ['', 'x', false],
  ['noextension', HTML, false],
  ['a.xml/', 'x', false],
];

for (const [name, body, proven, root] of GENUINE) {
  test(`${name} of ${body.length} bytes is genuine, ${proven ? 'proven' : 'not proven'} complete`, async () => {
    assert.deepEqual(await check(name, body), { genuine: true, proven, ...(root === undefined ? {} : { root }) });
  });
}

const REFUSED: readonly (readonly [string, string | Buffer, string])[] = [
  ['a.txt', '', 'not-empty'],
  ['a.xml', '', 'not-empty'],
  ['a.xml', HTML, 'not-html'],
  ['a.xml', '<html xmlns="http://www.w3.org/1999/xhtml"></html>', 'not-html'],
  ['a.xml', '<?xml version="1.0"?><!DOCTYPE html PUBLIC "x" "y"><html><p></html>', 'not-html'],
  ['a.xml', '<HTML><HEAD></HEAD></HTML>', 'not-html'],
  ['a.xml', '\ufeff<!-- x --><html><br>', 'not-html'],
  ['a.xsd', HTML, 'not-html'],
  ['a.xml', '<title>x</title>\n<!DOCTYPE html><html></html>', 'not-html'],
  ['a.xml', '{"a": 1}', 'xml-root'],
  ['a.xml', 'Service unavailable', 'xml-root'],
  ['a.xml', '<xbrl>', 'xml-end'],
  ['a.xml', '<xbrl></xbrl>junk', 'xml-end'],
  ['a.json', '{"a": ', 'json-parses'],
  ['a.json', '{} x', 'json-parses'],
  ['a.json', HTML, 'json-parses'],
  ['a.json', ' ', 'json-parses'],
  ['a.gz', 'x', 'gzip-magic'],
  ['a.gz', HTML, 'gzip-magic'],
  ['a.gz', gzipSync('x').subarray(0, 5), 'gzip-end'],
  ['a.gz', gzipSync('x').subarray(0, -1), 'gzip-end'],
  ['a.zip', HTML, 'zip-magic'],
  ['a.zip', ENTRY, 'zip-end'],
  ['a.zip', ZIP.subarray(0, -1), 'zip-end'],
  ['a.zip', Buffer.concat([ZIP, Buffer.from('x')]), 'zip-end'],
  ['a.zip', Buffer.concat([ENTRY, zipEnd(ENTRY.length + 500, '', 100)]), 'zip-end'],
];

for (const [name, body, rule] of REFUSED) {
  test(`${name} of ${body.length} bytes is refused by the rule ${rule}`, async () => {
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
      if (name.endsWith('.html')) assert.equal(await ruleOf('a.xml', body), 'not-html', name);
      assert.notEqual(await ruleOf('a.json', body), undefined, name);
      assert.notEqual(await ruleOf('a.gz', body), undefined, name);
      assert.notEqual(await ruleOf('a.zip', body), undefined, name);
    }
  },
);
