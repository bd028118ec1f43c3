// Genuine XML that a careless check would refuse: all of it must be saved, byte for byte.
import { genuineCase } from './define.ts';
import { instanceDocument, instanceInside, instanceText, REFUSAL_WORDS } from './documents.ts';
import type { HostileCase } from './types.ts';

const swapBytes = (bytes: Buffer): Buffer => Buffer.from(bytes).swap16();

const utf16 = (seed: string): Buffer =>
  Buffer.from(`\ufeff${instanceText(seed, { declaration: '<?xml version="1.0" encoding="UTF-16"?>\n' })}`, 'utf16le');

const INTERNAL_SUBSET = [
  '<!DOCTYPE xbrl [',
  '  <!-- an internal subset > with brackets ]> in a comment -->',
  '  <!ENTITY company "Fish &#38; Chips > Holding">',
  '  <!ELEMENT xbrl ANY>',
  ']>\n',
].join('\n');

const withFact = (seed: string, text: string): Buffer =>
  instanceDocument(seed, {
    inside: `${instanceInside(seed)}\n  <us-gaap:SubsequentEventsTextBlock contextRef="c1">${text}</us-gaap:SubsequentEventsTextBlock>`,
  });

const LONG_TEXT = 'a text block of many words, '.repeat(7500);

export const genuineXmlCases: readonly HostileCase[] = [
  genuineCase('xml-good', 'A plain instance', 'EDGAR recordings', instanceDocument('xml-good')),
  genuineCase(
    'xml-edgar-path',
    'An instance under a URL of EDGAR’s own shape',
    'EDGAR.md',
    instanceDocument('xml-edgar-path'),
    {
      path: '/Archives/edgar/data/1000045/000100004526000902/abc-20260331_htm.xml',
    },
  ),
  genuineCase(
    'xml-trailing-misc',
    'Comments, processing instructions and white space after the root',
    'XML 1.0 section 2.8 (Misc)',
    instanceDocument('xml-trailing-misc', { epilog: '\n<!-- made by a filer --><?page break?>\n\n<!-- -->\t\r\n  ' }),
  ),
  genuineCase(
    'xml-trailing-comment-quotes',
    'A trailing comment that quotes tags, its own beginning and a processing instruction',
    'XML 1.0 section 2.5',
    instanceDocument('xml-trailing-comment-quotes', { epilog: '\n<!-- </other> <!- ?> <?pi <html> </html> > -->\n' }),
  ),
  genuineCase(
    'xml-trailing-comment-long',
    'A trailing comment of 200 KB',
    'XML 1.0 section 2.5 (no limit)',
    instanceDocument('xml-trailing-comment-long', {
      epilog: `\n<!--${' filler of a filing agent'.repeat(8200)} -->\n`,
    }),
  ),
  genuineCase(
    'xml-trailing-pi-quotes',
    'A trailing processing instruction that holds brackets',
    'XML 1.0 section 2.6',
    instanceDocument('xml-trailing-pi-quotes', { epilog: '\n<?note a > b, <c/>, --> and </d>?>\n' }),
  ),
  genuineCase(
    'xml-trailing-white-space-long',
    '100 KB of white space after the root',
    'XML 1.0 section 2.8 (Misc)',
    instanceDocument('xml-trailing-white-space-long', { epilog: '\r\n'.repeat(50_000) }),
  ),
  genuineCase(
    'xml-leading-comments-long',
    'Comments of 100 KB before the root, HTML tags in them',
    'XML 1.0 section 2.8 (prolog)',
    instanceDocument('xml-leading-comments-long', { prolog: `<!-- <html> <body> ${'banner '.repeat(14_000)}-->\n` }),
  ),
  genuineCase(
    'xml-stylesheet',
    'A stylesheet instruction before the root',
    'XML 1.0 section 2.6',
    instanceDocument('xml-stylesheet', { prolog: '<?xml-stylesheet type="text/xsl" href="R.xsl"?>\n' }),
  ),
  genuineCase(
    'xml-no-declaration',
    'No XML declaration',
    'XML 1.0 section 2.8',
    instanceDocument('xml-no-declaration', { declaration: '' }),
  ),
  genuineCase(
    'xml-no-line-end',
    'No line end after the root end tag',
    'XML 1.0 section 2.8',
    instanceDocument('xml-no-line-end', { epilog: '' }),
  ),
  genuineCase(
    'xml-bom',
    'A UTF-8 byte order mark',
    'XML 1.0 appendix F',
    Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), instanceDocument('xml-bom')]),
  ),
  genuineCase('xml-utf16le', 'UTF-16, little-endian, with a mark', 'XML 1.0 section 4.3.3', utf16('xml-utf16le')),
  genuineCase(
    'xml-utf16be',
    'UTF-16, big-endian, with a mark',
    'XML 1.0 section 4.3.3',
    swapBytes(utf16('xml-utf16be')),
  ),
  genuineCase(
    'xml-latin1',
    'ISO-8859-1, declared, with letters that are no UTF-8',
    'XML 1.0 section 4.3.3',
    Buffer.from(
      instanceText('xml-latin1', {
        declaration: '<?xml version="1.0" encoding="ISO-8859-1"?>\n',
        epilog: '\n<!-- Société Générale, Zürich -->\n',
      }),
      'latin1',
    ),
  ),
  genuineCase(
    'xml-ascii-capitals',
    'Encoding written in capitals and single quotes, declared standalone',
    'XML 1.0 section 4.3.3 (case-insensitive)',
    instanceDocument('xml-ascii-capitals', {
      declaration: "<?xml version='1.0' encoding='US-ASCII' standalone='yes'?>\r\n",
    }),
  ),
  genuineCase(
    'xml-internal-subset',
    'A DOCTYPE with an internal subset full of brackets',
    'XML 1.0 section 2.8 (doctypedecl)',
    instanceDocument('xml-internal-subset', { prolog: INTERNAL_SUBSET }),
  ),
  genuineCase(
    'xml-self-closing',
    'A root that is its own end',
    'XML 1.0 section 3.1 (EmptyElemTag)',
    Buffer.from('<a/>'),
  ),
  genuineCase(
    'xml-self-closing-attributes',
    'A root that is its own end, with a bracket and a slash in an attribute',
    'XML 1.0 section 3.1 (EmptyElemTag)',
    Buffer.from('<?xml version="1.0"?>\n<filing note="a > b /" other=\'/>\'\n  date="2026-03-31" />\n<!-- end -->\n'),
  ),
  genuineCase(
    'xml-end-tag-space',
    'White space inside the root end tag',
    'XML 1.0 section 3.1 (ETag)',
    instanceDocument('xml-end-tag-space', { close: '</xbrl \r\n\t >' }),
  ),
  genuineCase(
    'xml-prefixed-root',
    'A root with a prefix, as most instances have it',
    'EDGAR recordings',
    Buffer.from(
      `<?xml version="1.0"?>\n<xbrli:xbrl xmlns:xbrli="http://www.xbrl.org/2003/instance">\n${instanceInside('prefixed')}\n</xbrli:xbrl>\n`,
    ),
  ),
  genuineCase(
    'xml-name-beyond-ascii',
    'A root whose name has letters beyond ASCII',
    'XML 1.0 section 2.3 (Name)',
    Buffer.from('<?xml version="1.0" encoding="utf-8"?>\n<Größe.α-1 einheit="€">12</Größe.α-1>\n'),
  ),
  genuineCase(
    'xml-cdata-end-tag',
    'CDATA that holds a root end tag, HTML and a comment',
    'XML 1.0 section 2.7',
    instanceDocument('xml-cdata-end-tag', {
      inside: `${instanceInside('cdata')}\n<![CDATA[ </xbrl> <html><body> <!-- ]]>`,
    }),
  ),
  genuineCase(
    'xml-cdata-long',
    'CDATA of 200 KB that quotes root tags, a document and a comment, and no line end behind the root',
    'XML 1.0 section 2.7 (no limit)',
    instanceDocument('xml-cdata-long', {
      inside: `<![CDATA[ ${LONG_TEXT}<?xml version="1.0"?><xbrl></xbrl> <!-- ]]>`,
      epilog: '',
    }),
  ),
  genuineCase(
    'xml-comment-long',
    'A comment of 200 KB in the middle that quotes root tags and CDATA, and no line end behind the root',
    'XML 1.0 section 2.5 (no limit)',
    instanceDocument('xml-comment-long', { inside: `<!-- ${LONG_TEXT}</xbrl> <![CDATA[ -->`, epilog: '' }),
  ),
  genuineCase(
    'xml-nested-root-name',
    'Elements of the root’s name inside, far apart, some of them their own end',
    'XML 1.0 section 3.1',
    instanceDocument('xml-nested-root-name', {
      inside: `<xbrl><xbrl/>${LONG_TEXT}<xbrl note="/>"\n/></xbrl ><xbrldi:xbrl/>`,
    }),
  ),
  genuineCase(
    'xml-malformed-middle',
    'Malformed in the middle, right at both ends',
    'EDGAR: some genuine filings are; DESIGN.md judges the ends only',
    instanceDocument('xml-malformed-middle', {
      inside: `${instanceInside('bad')}\n<b><i>AT&T < 5 %</b></i> & more &nosuch;`,
    }),
  ),
  genuineCase('xml-small', 'A document of a few bytes', 'XML 1.0 section 2.1', Buffer.from('<a>1</a>')),
  genuineCase(
    'xml-embedded-html',
    'A text fact that holds escaped HTML',
    'EDGAR recordings (text blocks)',
    withFact('xml-embedded-html', '&lt;!DOCTYPE html&gt;&lt;html&gt;&lt;body&gt;Note 1&lt;/body&gt;&lt;/html&gt;'),
  ),
  genuineCase(
    'xml-quotes-refusals',
    'A text fact that quotes all of EDGAR’s refusal pages',
    'the corpus: filings write about the SEC',
    withFact('xml-quotes-refusals', REFUSAL_WORDS),
  ),
  genuineCase(
    'xml-quotes-s3-error',
    'An element Code with AccessDenied deep inside',
    'DESIGN.md (an S3 error is a root, not a word)',
    withFact('xml-quotes-s3-error', '<Error><Code>AccessDenied</Code><Code>NoSuchKey</Code></Error>'),
  ),
  genuineCase(
    'xml-as-html-type',
    'XML under Content-Type: text/html',
    'misconfigured mirrors',
    instanceDocument('xml-as-html-type'),
    {
      fields: ['Content-Type: text/html; charset=utf-8'],
    },
  ),
];
