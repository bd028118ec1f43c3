// An XML document is whole or it is refused: cut anywhere, or with anything else behind or inside it. Nothing that a genuine
// one may have, around its root or in the middle, makes it refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { memorySource, type ByteSource } from '../../src/model/body.ts';
import { checkXml, judgeXml, type XmlVerdict } from '../../src/check/xml-ends.ts';
import { takeTurns } from '../../src/check/turns.ts';
import { corpusFiles, corpusSkip } from '../support/corpus.ts';
import { isWholeDocument } from '../support/xml-reference.ts';
import { byEffort } from '../support/effort.ts';

type Encoding = 'utf8' | 'utf16le' | 'utf16be';

function encode(text: string, encoding: Encoding): Buffer {
  return encoding === 'utf16be' ? Buffer.from(text, 'utf16le').swap16() : Buffer.from(text, encoding);
}

/** The root's name, or undefined if the document is refused. */
function rootOf(bytes: Buffer, windowBytes?: number): string | undefined {
  const verdict = checkXml(memorySource(bytes), windowBytes);
  return verdict.kind === 'document' ? verdict.root : undefined;
}

function messageOf(text: string): string {
  const verdict = checkXml(memorySource(Buffer.from(text)));
  return verdict.kind === 'rejected' ? verdict.message : 'a document';
}

const MIB = 2 ** 20;
const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';
const LONG_COMMENT = `<!-- ${'a long comment, '.repeat(12_800)}-->`;
const LONG_TEXT = 'a long text & more. '.repeat(10_000);

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
  ['CDATA of 200 KB that quotes the end tag and a comment', `<a><![CDATA[</a>${LONG_TEXT}<!-- </a>]]></a>`, 'a'],
  ['a comment of 200 KB that quotes the end tag', `<a><!--</a>${LONG_TEXT}</a>--></a>`, 'a'],
  ['an instruction that quotes tags', '<a><?x </a><a> --> ]]> ?></a>', 'a'],
  ['CDATA that quotes a whole document', `<a><![CDATA[${DECLARATION}<a></a>]]></a>`, 'a'],
  ['a comment that quotes a whole document', `<a><!-- ${DECLARATION}<a></a> --></a>`, 'a'],
  ['a commented-out declaration before the declaration', `<!-- ${DECLARATION} -->${DECLARATION}<a></a>`, 'a'],
  ['a stylesheet in the middle', '<a><?xml-stylesheet href="x"?></a>', 'a'],
  ['comments that are hardly any', '<a><!----><!---><!--> --></a>', 'a'],
  ['CDATA that is hardly any', '<a><![CDATA[]]><![CDATA[]]]]></a>', 'a'],
  ['nested elements of the same name, 200 KB apart', `<a><a>${LONG_TEXT}<a/>${LONG_TEXT}</a></a>`, 'a'],
  ['nested elements of the same name, written otherwise', '<a b="1"><a><a\tc="1"></a ></a></a>', 'a'],
  ['nested elements of the same name that close themselves', '<a><a/><a /><a b="c"/><a b="/>"/><a b=\'">\'/></a>', 'a'],
  [
    'nested elements of the same long name',
    '<x:long-name><x:long-name\n/><x:long-name></x:long-name></x:long-name>',
    'long-name',
  ],
  ['names that begin alike', '<a><ab></ab><a-b/><a.b/><a:b/></a>', 'a'],
  ['names that end alike', '<xs:schema><schema></schema><a:xs:schema/></xs:schema>', 'schema'],
  ['malformed markup in the middle', '<a><b></c>&nope; < ></a>', 'a'],
  ['an XML declaration in the middle', `<a><b>${DECLARATION}<c></c></b></a>`, 'a'],
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
  ['a root cut in an attribute, and a whole document', `<a b="x<a b="1"></a>`],
  ['a root cut in an attribute, and a document whose quotes seem to fit', `<a b="x<a b="1"><c d="e>f"/></a>`],
  ['two whole documents', '<a></a>\n<a></a>'],
  ['two whole documents of a long name', '<linkbase></linkbase>\n<linkbase></linkbase>'],
  ['two whole documents with the seam far from both ends', `<a>${LONG_TEXT}</a>\n<a>${LONG_TEXT}</a>`],
  ['two whole documents with declarations', `${DECLARATION}<a></a>\n${DECLARATION}<a></a>`],
  ['a whole document and the tail of another', '<a><b></b></a><b></b></a>'],
  ['a cut document and a whole one', '<document><b>text<document><b></b></document>'],
  ['a cut document and a whole one with a declaration', `<a><b>text${DECLARATION}<a><b></b></a>`],
  ['a cut document of a long name and a whole one', '<xs:schema x="1"><xs:element<xs:schema\nx="1"></xs:schema>'],
  ['a document cut in a nested start tag and a whole one', '<document><document b="1<document></document>'],
  ['a document cut in its prolog and a whole one', `${DECLARATION}${DECLARATION}<a></a>`],
  ['a document cut behind its doctype and a whole one', '<!DOCTYPE a><!DOCTYPE a><a></a>'],
  ['a declaration behind the end', `<a></a>${DECLARATION}`],
  ['CDATA behind the end', '<a></a><![CDATA[ ]]>'],
  ['a document cut in CDATA of 200 KB that quotes the end tag', `<a><![CDATA[${LONG_TEXT}</a>`],
  ['a document cut in a comment of 200 KB that quotes the end tag', `<a><!--${LONG_TEXT}</a>\n`],
  ['a document cut in an instruction that quotes the end tag', '<a><?x </a>'],
  ['a document cut in a comment that is hardly closed', '<a><!--></a>'],
  ['a nested element that is not closed', '<document><document></document>'],
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

test('it says in a sentence what is wrong', () => {
  assert.equal(messageOf('{}'), 'the body does not begin as an XML document does');
  const far = `<!-- ${' '.repeat(17 * MIB)} --><a></a>`;
  assert.equal(messageOf(far), 'no root element begins within the first 16 MiB of the body');
  assert.equal(messageOf('<x:a><b>'), 'the document does not end with </x:a>');
  assert.equal(
    messageOf('<a><!-- </a>'),
    'the document breaks off inside a comment, a CDATA section or an instruction',
  );
  assert.equal(messageOf('<a></a>x'), 'something that is not of the document follows its end (</a>)');
  assert.equal(messageOf('<a/>x'), 'something that is not of the document follows its end (<a/>)');
  assert.equal(messageOf(`<a></a>${DECLARATION}<a></a>`), 'a second XML document begins inside the document');
});

test('a UTF-16 document with half a character too many is refused', () => {
  const whole = encode('\ufeff<a></a>\n', 'utf16le');
  assert.equal(rootOf(whole), 'a');
  assert.equal(rootOf(Buffer.concat([whole, Buffer.of(0x0a)])), undefined);
});

test('in UTF-16, letters whose low bytes are those of marks are no marks', () => {
  // The low bytes are those of <!-- and of </a>.
  const text = '<a>\u213c\u3c21\u2d2d\u2d2d and \u2f3c\u3c2f\u2f61\u613e</a>';
  for (const encoding of ['utf16le', 'utf16be'] as const) assert.equal(rootOf(encode(text, encoding)), 'a');
});

/** Pieces of which documents and what is not quite one are made; `*` is the root's name. */
const PIECES: readonly string[] = [
  ...['<!--', '-->', '<![CDATA[', ']]>', '<?p', '?>', '<!', '<', '>', '/', '-', ']', '"', "'", ' ', '\n', 'text', '!?'],
  ...['<*b>', '</*b>', '<b:*>', '*', '<!-- </*> -->', '<![CDATA[ </*> <!-- ]]>', '<?p <*> ?>', '<b c="d"/>', '\u3c21'],
];
const OWN_TAGS: readonly string[] = ['<* >', '<* b="/>">', "<* c='\"' />", '<* ', '</*>', '</*', '</*>', '</*>'];
const OTHER_TAGS: readonly string[] = ['<*>', '<*/>', '<*\n>', '<*\tb="1"/>', '</* >', '</*\r\n>', DECLARATION];

/** Texts that begin with a root's start tag, and mostly hold a little that is wrong. */
function textsOf(names: readonly string[], pieces: readonly string[]): fc.Arbitrary<string> {
  const piece = fc.oneof({ weight: 1, arbitrary: fc.constantFrom(...PIECES) }, fc.constantFrom(...pieces));
  return fc
    .tuple(fc.constantFrom(...names), fc.array(piece, { maxLength: 14 }), fc.constantFrom('', '</*>', '</*>\n<!-- -->'))
    .map(([name, middle, end]) => `<* >${middle.join('')}${end}`.replaceAll('*', name));
}

const NAMES = ['a', 'ab', 'x:a', 'xbrl', 'xbrli:xbrl', 'größe-1', 'informationTable', 'a:a:a:a:a'];
const ENCODING = fc.constantFrom<Encoding>('utf8', 'utf16le', 'utf16be');
const WINDOW = fc.integer({ min: 1, max: 40 });

test('the verdict is that of the plainest way to tell, whatever the size of the windows', () => {
  const text = textsOf(NAMES, [...OWN_TAGS, ...OTHER_TAGS]);
  let whole = 0;
  fc.assert(
    fc.property(text, ENCODING, WINDOW, (one, encoding, windowBytes) => {
      const expected = isWholeDocument(one);
      if (expected) whole++;
      assert.equal(rootOf(encode(one, encoding), windowBytes) !== undefined, expected);
      assert.equal(rootOf(encode(one, encoding)) !== undefined, expected);
    }),
    { numRuns: byEffort(1500, 5000) },
  );
  assert.ok(whole > 50, `only ${whole} of the texts were documents`);
});

test('a root whose name is longer than 1024 characters is none: each window would be longer by it, and the row', () => {
  const named = (length: number): Buffer => Buffer.from(`<${'a'.repeat(length)}></${'a'.repeat(length)}>`);
  assert.equal(rootOf(named(1024))?.length, 1024);
  assert.equal(rootOf(named(1025)), undefined);
  assert.equal(rootOf(named(1_000_000)), undefined);
});

test('a cut document and a whole one behind it, without declarations, are no document', () => {
  const seam = `<a b="1"><b>${LONG_TEXT}<a b="1">${LONG_TEXT}</a>`;
  assert.equal(rootOf(Buffer.from(seam)), undefined);
  assert.equal(rootOf(Buffer.from(seam.replaceAll('<a ', '<document ').replaceAll('</a>', '</document>'))), undefined);
});

test('a document with sections of up to 100 KB in the middle is accepted whole, and refused cut anywhere', () => {
  const filler = fc.constantFrom('</a>', '<a>', '<!--', '<![CDATA[', 'text ', DECLARATION, ']]', '--', '?', '\n');
  const section = fc
    .tuple(fc.constantFrom(['<!--', '-->'], ['<![CDATA[', ']]>'], ['<?p ', '?>']), filler, fc.nat(100_000))
    .map(([[opening = '', closing = ''], text, size]) => {
      const content = text.repeat(size / text.length).replaceAll(closing, '');
      return `${opening} ${content} ${closing}`;
    });
  const cut = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(fc.array(section, { maxLength: 4 }), ENCODING, cut, (sections, encoding, share) => {
      const bytes = encode(`\ufeff<a>${sections.join('</b>')}</a>`, encoding);
      assert.equal(rootOf(bytes), 'a');
      assert.equal(rootOf(bytes.subarray(0, Math.floor(bytes.length * share))), undefined);
    }),
    { numRuns: 60 },
  );
});

/** A document that is made as it is read: nothing of it is kept. */
function virtualDocument(size: number, end: string): ByteSource & { readonly most: () => number; total: number } {
  const head = Buffer.from(`${DECLARATION}<xbrl>`);
  const tail = Buffer.from(end);
  const window = Buffer.alloc(2 ** 21, 'x');
  let most = 0;
  return {
    size,
    total: 0,
    most: () => most,
    read(position, length) {
      const count = Math.max(0, Math.min(length, size - position));
      most = Math.max(most, count);
      this.total += count;
      const bytes = window.subarray(0, count).fill('x');
      if (position < head.length) head.copy(bytes, 0, position);
      if (position + count > size - tail.length) tail.copy(bytes, size - tail.length - position);
      return bytes;
    },
  };
}

test('a large document is read once, in windows of 1 MiB, and others have their turns meanwhile', async () => {
  const source = virtualDocument(2 ** 28, '</xbrl>\n');
  let turns = 0;
  const others = setInterval(() => turns++, 0);
  const verdict = await takeTurns(judgeXml(source));
  clearInterval(others);
  assert.deepEqual(verdict, { kind: 'document', name: 'xbrl', root: 'xbrl' } satisfies XmlVerdict);
  assert.ok(source.most() < 1.1 * MIB, `${source.most()} bytes at once`);
  assert.ok(source.total < 1.01 * source.size, `${source.total} bytes`);
  assert.ok(turns > 3, `${turns} turns`);
});

test('a large document that is cut is refused', async () => {
  const verdict = await takeTurns(judgeXml(virtualDocument(2 ** 26, '</xbrl')));
  assert.equal(verdict.kind, 'rejected');
});

test('a document that lies in memory is judged at once', () => {
  assert.ok(!(takeTurns(judgeXml(memorySource(Buffer.from('<a></a>')))) instanceof Promise));
});

function dense(part: string, mebibytes: number): readonly [string, () => string] {
  const name = `${mebibytes} MiB of ${JSON.stringify(part)} behind the root's start tag`;
  return [name, () => `<a>${part.repeat((mebibytes * MIB) / part.length)}`];
}

/** Bodies that are made to make a checker despair; each must be refused, soon, and without an error. */
const HOSTILE: readonly (readonly [string, () => string])[] = [
  ['a start tag that never ends', () => `<a ${'x'.repeat(16 * MIB)}`],
  ['a start tag of 16 MiB of quotes', () => `<a ${`"'`.repeat(8 * MIB)}`],
  ['a doctype that never ends', () => `<!DOCTYPE ${'x'.repeat(16 * MIB)}`],
  ['an internal subset that never ends', () => `<!DOCTYPE a [${'x'.repeat(16 * MIB)}`],
  ['a comment that never ends', () => `<!-- ${'x'.repeat(16 * MIB)}`],
  ['white space that never ends', () => ' '.repeat(17 * MIB)],
  ['instructions without end', () => '<?a?>'.repeat(4 * MIB)],
  ['open tags without end', () => '<a>'.repeat(MIB)],
  ['30,000 unclosed comments, each behind an end tag', () => `<a>${'</a><!--'.repeat(30_000)}\n`],
  ['30,000 unclosed instructions, each behind an end tag', () => `<a>${'</a><?x'.repeat(30_000)}\n`],
  ['declarations without end', () => `<a>${DECLARATION.repeat(400_000)}`],
  ['white space behind the end and then a letter', () => `<a></a>${' '.repeat(16 * MIB)}x`],
  ['white space in an end tag and then a letter', () => `<a></a${' '.repeat(16 * MIB)}x`],
  ...['!', '<!--', '<!-->', '?', '</a', '<a', '<a ', ']]>', '"', `"'`, ' ', '\0'].map((part) => dense(part, 16)),
  ...['<!', '<!-', '<!---->', '<!--->', '<![CDATA[', '<![CDATA[]]>', '-->', '-', ']', '<! --'].map((part) =>
    dense(part, 2),
  ),
  ...['<?', '<?>', '<?a?>', '<?xml', '<a/>', '<a></a>', '</a x>', '<a "', '<a b="'].map((part) => dense(part, 2)),
  ...['a', '<', '>', '/', '</', '&', 'x'].map((part) => dense(part, 2)),
  ['4 MiB of the beginning of a long name', () => `<x:long-name>${'x:long-nam'.repeat(0.4 * MIB)}`],
  ['4 MiB of the name of a long root', () => `<x:long-name>${'x:long-name'.repeat(0.4 * MIB)}`],
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
