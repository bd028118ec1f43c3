// An XML document is judged by its two ends: cut anywhere it is refused, and nothing that a genuine one may have around
// its root makes it refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { memorySource, type ByteSource } from '../../src/http/byte-source.ts';
import { checkXml } from '../../src/http/xml-ends.ts';
import { corpusFiles, corpusSkip } from '../support/corpus.ts';

type Encoding = 'utf8' | 'utf16le' | 'utf16be';

function encode(text: string, encoding: Encoding): Buffer {
  return encoding === 'utf16be' ? Buffer.from(text, 'utf16le').swap16() : Buffer.from(text, encoding);
}

/** The root's name, or undefined if the document is refused. */
function rootOf(bytes: Buffer): string | undefined {
  const verdict = checkXml(memorySource(bytes));
  return verdict.kind === 'document' ? verdict.root : undefined;
}

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';
const LONG_COMMENT = `<!-- ${'a long comment, '.repeat(12_800)}-->`;

const COMPLETE: readonly (readonly [string, string, string])[] = [
  ['the smallest document', '<a></a>', 'a'],
  ['a self-closing root', '<a/>', 'a'],
  ['a self-closing root with attributes and an end', '<a b="1" c=\'2\' />\n', 'a'],
  ['a self-closing root with > in an attribute', '<a b="x > y"/>', 'a'],
  ['a root with > and /> in attributes', '<a b="/>" c=\'>\'>text</a>', 'a'],
  ['a declaration', `${DECLARATION}<xbrl>text</xbrl>`, 'xbrl'],
  ['white space around', `\n \t<a></a>\r\n\n  `, 'a'],
  ['a prefix', '<xbrli:xbrl xmlns:xbrli="http://www.xbrl.org/2003/instance"></xbrli:xbrl>', 'xbrl'],
  ['comments and instructions before', '<!-- <b> --><?xsl href="a"?><!-- -- --><a></a>', 'a'],
  ['comments and instructions behind', '<a></a><!-- </b> --><?end of it?>\n<!-- x -->', 'a'],
  ['the end tag quoted in a trailing comment', '<a></a><!-- the end tag is </a> -->', 'a'],
  ['the end tag and junk quoted in a trailing comment', '<a></a><!-- </a> </a> x </a > -->', 'a'],
  ['a trailing comment of 200 KB', `<a></a>${LONG_COMMENT}\n`, 'a'],
  ['a leading comment of 200 KB', `${LONG_COMMENT}<a></a>`, 'a'],
  ['a trailing instruction of 100 KB', `<a></a><?x ${'y'.repeat(100_000)}?>`, 'a'],
  ['100 KB of white space behind', `<a></a>${' \n'.repeat(50_000)}`, 'a'],
  ['a self-closing root behind a long comment', `${LONG_COMMENT}<a/>${LONG_COMMENT}`, 'a'],
  ['white space in the end tag', '<a></a \n >', 'a'],
  ['nested elements of the same name', '<a><a></a></a>', 'a'],
  ['a longer name that begins alike', '<ab><a></a></ab>', 'ab'],
  ['a doctype', '<!DOCTYPE a SYSTEM "a>.dtd"><a></a>', 'a'],
  ['a doctype with a public name', `<!DOCTYPE a PUBLIC "-//X//Y" 'a.dtd' >\n<a></a>`, 'a'],
  ['a doctype with an internal subset', '<!DOCTYPE a [ <!ELEMENT a ANY> <!ENTITY e "]>"> ]><a></a>', 'a'],
  [
    'a doctype whose subset has a comment with an apostrophe',
    `<!DOCTYPE a [ <!-- don't --> <!ENTITY e "x"> ]><a></a>`,
    'a',
  ],
  ['a comment with markup inside', '<a><!-- <b> </c> --></a>', 'a'],
  ['CDATA inside', '<a><![CDATA[ </a> <!-- ]]></a>', 'a'],
  ['a comment that names CDATA', '<a><!-- <![CDATA[ --></a>', 'a'],
  ['malformed markup in the middle', '<a><b></c>&nope; < ></a>', 'a'],
  ['letters of other scripts', '<größe></größe>', 'größe'],
  ['a root with a dash, a dot and digits', '<a-1.b_2></a-1.b_2>', 'a-1.b_2'],
  ['a first attribute on a line of its own', '<a\n  b="1"></a>', 'a'],
];

for (const [name, text, root] of COMPLETE) {
  test(`it accepts ${name}, in every encoding, with and without a byte order mark`, () => {
    for (const encoding of ['utf8', 'utf16le', 'utf16be'] as const) {
      assert.equal(rootOf(encode(`\ufeff${text}`, encoding)), root, `${encoding} with a mark`);
      // Without a mark the first < tells UTF-16 (XML 1.0, appendix F).
      if (encoding !== 'utf8' && !text.startsWith('<')) continue;
      assert.equal(rootOf(encode(text, encoding)), root, `${encoding} without a mark`);
    }
  });
}

const REFUSED: readonly (readonly [string, string])[] = [
  ['white space only', ' \n'],
  ['text', 'no XML'],
  ['text before the root', 'x<a></a>'],
  ['no end tag', '<a><b></b>'],
  ['an end tag cut short', '<a></a'],
  ['the end tag of another element', '<a></b>'],
  ['the end tag of a longer name', '<a></ab>'],
  ['the end tag of another prefix', '<x:a></y:a>'],
  ['the end tag in other letters', '<a></A>'],
  ['text behind the end', '<a></a>x'],
  ['a second root', '<a></a><b></b>'],
  ['a second root of another name behind a self-closing one', '<a/><b/>'],
  ['a NUL behind the end', '<a></a>\0'],
  ['a document cut in a trailing comment', '<a></a><!-- x'],
  ['a document cut in a comment that quotes the end tag', '<a><!-- </a>'],
  ['a document cut in CDATA that quotes the end tag', '<a><![CDATA[ <a></a>'],
  ['a document cut in CDATA that quotes a comment and the end tag', '<a><![CDATA[ <!-- x --> </a>'],
  ['a document cut in a comment that quotes CDATA and the end tag', '<a><!-- <![CDATA[ ]]> </a>'],
  ['a root cut in an attribute', '<a b="</a>'],
  ['a declaration alone', DECLARATION],
  ['a comment alone', '<!-- <a></a> -->'],
  ['a doctype alone', '<!DOCTYPE a>'],
  ['JSON', '{"a": "<a></a>"}'],
  ['an end tag alone', '</a>'],
];

for (const [name, text] of REFUSED) {
  test(`it refuses ${name}`, () => {
    for (const encoding of ['utf8', 'utf16le', 'utf16be'] as const) {
      assert.equal(rootOf(encode(text, encoding)), undefined, encoding);
      assert.equal(rootOf(encode(`\ufeff${text}`, encoding)), undefined, `${encoding} with a mark`);
    }
  });
}

test('it refuses an empty body, and bytes of other kinds', () => {
  for (const bytes of [
    Buffer.alloc(0),
    Buffer.of(0xef, 0xbb, 0xbf),
    Buffer.of(0xff, 0xfe),
    Buffer.of(0x3c),
    Buffer.alloc(500),
  ]) {
    assert.equal(rootOf(bytes), undefined);
  }
});

/** Small documents; the tails may be lost without losing anything of the document. */
const DOCUMENTS: readonly string[] = [
  `${DECLARATION}<a b="1"><c>x</c><!-- </a> --><![CDATA[ </a> ]]></a>\n`,
  `<!DOCTYPE a [ <!ENTITY e "x"> ]>\n<x:a xmlns:x="u"><a></a>é</x:a>`,
  `<?p q?><a><b/></a>  \n`,
  `<!-- x --><a b='/>'/>\n`,
];

for (const encoding of ['utf8', 'utf16le', 'utf16be'] as const) {
  test(`a document in ${encoding} that is cut at any byte is refused, unless only white space is lost`, () => {
    for (const text of DOCUMENTS) {
      const whole = encode(`\ufeff${text}`, encoding);
      const mustHave = encode(`\ufeff${text.trimEnd()}`, encoding).length;
      assert.notEqual(rootOf(whole), undefined);
      for (let length = 0; length < whole.length; length++) {
        const accepted = rootOf(whole.subarray(0, length)) !== undefined;
        if (accepted) assert.ok(length >= mustHave, `accepted ${length} of ${whole.length} bytes: ${text}`);
        else assert.ok(length !== mustHave, `refused all but white space of ${text}`);
      }
    }
  });
}

test('a document of random parts is accepted whole, and refused cut before its end tag', () => {
  const name = fc.constantFrom('a', 'xbrl', 'x:a', 'größe');
  const misc = fc.array(fc.constantFrom(' ', '\n', '<!-- </a> -->', '<!-- <b -->', '<?p </a> ?>'), { maxLength: 4 });
  const inside = fc.array(
    fc.constantFrom('text', '<b/>', '<b></b>', '<!-- </a> </xbrl> -->', '<![CDATA[ ]> ]]>', '&amp;', '\n', 'é'),
    { maxLength: 8 },
  );
  const encoding = fc.constantFrom<Encoding>('utf8', 'utf16le', 'utf16be');
  const cut = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(name, misc, inside, misc, encoding, cut, (root, before, content, behind, coding, share) => {
      const upToEnd = `\ufeff${before.join('')}<${root} b="1">${content.join('')}</${root}>`;
      const bytes = encode(upToEnd + behind.join(''), coding);
      assert.equal(rootOf(bytes), root.replace('x:', ''));
      const without = encode(upToEnd, coding).length - 1;
      assert.equal(rootOf(bytes.subarray(0, Math.floor(without * share))), undefined);
    }),
    { numRuns: 400 },
  );
});

test('only windows at the two ends are read of a large document', () => {
  const head = Buffer.from(`${DECLARATION}<xbrl>`);
  const end = Buffer.from('</xbrl>\n');
  const size = 5 * 2 ** 30;
  let bytesRead = 0;
  const source: ByteSource = {
    size,
    read(position, length) {
      const count = Math.max(0, Math.min(length, size - position));
      bytesRead += count;
      const bytes = Buffer.alloc(count, 'x');
      if (position < head.length) head.copy(bytes, 0, position);
      if (position + count > size - end.length) end.copy(bytes, size - end.length - position);
      return bytes;
    },
  };
  assert.deepEqual(checkXml(source), { kind: 'document', root: 'xbrl' });
  assert.ok(bytesRead < 1024 * 1024, `${bytesRead} bytes`);
});

const MIB = 2 ** 20;

/** Bodies that are made to make a checker despair; each must be refused, soon, and without an error. */
const HOSTILE: readonly (readonly [string, () => string])[] = [
  ['a start tag that never ends', () => `<a ${'x'.repeat(16 * MIB)}`],
  ['a start tag of 16 MiB of quotes', () => `<a ${`"'`.repeat(8 * MIB)}`],
  ['a doctype that never ends', () => `<!DOCTYPE ${'x'.repeat(16 * MIB)}`],
  ['an internal subset that never ends', () => `<!DOCTYPE a [${'x'.repeat(16 * MIB)}`],
  ['a comment that never ends', () => `<!-- ${'x'.repeat(16 * MIB)}`],
  ['white space that never ends', () => ' '.repeat(17 * MIB)],
  ['instructions without end', () => '<?a?>'.repeat(4 * MIB)],
  ['open tags without end', () => '<a>'.repeat(5 * MIB)],
  ['30,000 unclosed comments, each behind an end tag', () => `<a>${'</a><!--'.repeat(30_000)}\n`],
  ['30,000 unclosed instructions, each behind an end tag', () => `<a>${'</a><?x'.repeat(30_000)}\n`],
];

for (const [name, make] of HOSTILE) {
  test(`it refuses ${name} in bounded time`, () => {
    const body = Buffer.from(make());
    const startedMs = performance.now();
    assert.equal(rootOf(body), undefined);
    const elapsedMs = performance.now() - startedMs;
    assert.ok(elapsedMs < 5_000, `${Math.round(elapsedMs)} ms`);
  });
}

test('every genuine XML document of the corpus is accepted, and refused when cut', { skip: corpusSkip }, () => {
  for (const { name, body } of [...corpusFiles('xbrl'), ...corpusFiles('index')]) {
    if (!name.endsWith('.xml')) continue;
    assert.notEqual(rootOf(body), undefined, name);
    const trimmed = body.toString('latin1').trimEnd().length;
    for (const length of [trimmed - 1, trimmed - 7, Math.floor(trimmed / 2), 5000, 1000]) {
      if (length < trimmed) assert.equal(rootOf(body.subarray(0, length)), undefined, `${length} bytes of ${name}`);
    }
  }
});
