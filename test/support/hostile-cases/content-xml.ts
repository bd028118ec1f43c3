// XML that came with right framing and is not the document: cut, padded, doubled, or something else altogether.
import { inGroup, saved, transient } from './define.ts';
import {
  cut,
  htmlPage,
  instanceDocument,
  instanceInside,
  instanceText,
  ROOT_OPEN,
  schemaDocument,
} from './documents.ts';
import { inTurn, whole } from './replies.ts';
import type { HostileCase } from './types.ts';

const content = inGroup('content');
const WELL_FORMED = 'XML 1.0 section 2.1';
const unexpected = transient('unexpected-content');

/** A body sent whole and rightly framed in place of the document. */
const inPlace = (id: string, name: string, source: string, body: (genuine: Buffer) => Buffer | string): HostileCase =>
  content({ id, name, source, expect: unexpected, serve: (genuine) => whole(toBytes(body(genuine))) });

const toBytes = (body: Buffer | string): Buffer => (typeof body === 'string' ? Buffer.from(body, 'utf8') : body);

const upTo = (genuine: Buffer, text: string): Buffer => genuine.subarray(0, genuine.lastIndexOf(text));

/** The same length, the tail overwritten: a file of which not all blocks reached the disk of the server. */
const tailOverwritten = (genuine: Buffer, bytes: number, filler: number): Buffer => {
  const copy = Buffer.from(genuine);
  copy.fill(filler, copy.length - bytes);
  return copy;
};

const utf16 = (text: string): Buffer => Buffer.from(`\ufeff${text}`, 'utf16le');
const UTF16_DECLARATION = '<?xml version="1.0" encoding="UTF-16"?>\n';

/** 200 KB, well beyond what the two ends of a document show. */
const LONG_TEXT = 'a text block of many words, '.repeat(7500);

export const xmlCases: readonly HostileCase[] = [
  inPlace('xml-empty', 'An empty body', 'RFC 9110 section 8.6 (a length of 0 is legal)', () => ''),
  inPlace('xml-white-space', 'Nothing but white space', WELL_FORMED, () => '\n\n   \n'),
  inPlace('xml-cut', 'Half of the document, rightly framed', WELL_FORMED, (genuine) => cut(genuine)),
  inPlace('xml-cut-gone-end-tag', 'All but the root end tag', WELL_FORMED, (genuine) => upTo(genuine, '</xbrl>')),
  inPlace('xml-cut-in-end-tag', 'Cut inside the root end tag', WELL_FORMED, (genuine) => upTo(genuine, 'l>')),
  inPlace('xml-cut-before-bracket', 'Cut before the very last bracket', WELL_FORMED, (genuine) => upTo(genuine, '>')),
  inPlace(
    'xml-cut-after-child',
    'Cut right after the end tag of a child, so that it ends in a bracket',
    WELL_FORMED,
    (genuine) => genuine.subarray(0, genuine.indexOf('</us-gaap:Assets>') + '</us-gaap:Assets>'.length),
  ),
  inPlace('xml-declaration-only', 'The XML declaration and nothing else', WELL_FORMED, () => '<?xml version="1.0"?>\n'),
  inPlace('xml-comment-only', 'A comment and no element', WELL_FORMED, () => '<?xml version="1.0"?>\n<!-- to do -->\n'),
  inPlace('xml-start-tag-only', 'Cut inside the start tag of the root', WELL_FORMED, (genuine) => cut(genuine, 0.02)),
  inPlace(
    'xml-cut-behind-quoted-end-tag',
    'Cut behind a comment that quotes the root end tag',
    'XML 1.0 section 2.5',
    () => `${ROOT_OPEN}\n${instanceInside('quoted')}\n<!-- the end would be </xbrl> -->\n`,
  ),
  inPlace('xml-open-comment-at-end', 'After the end tag a comment that never closes', 'XML 1.0 section 2.5', () =>
    instanceText('open-comment', { epilog: '\n<!-- generated on ' }),
  ),
  inPlace(
    'xml-tail-nul',
    'The last 600 bytes are NUL',
    'a server after a crash: length right, blocks lost',
    (genuine) => tailOverwritten(genuine, 600, 0),
  ),
  inPlace('xml-last-byte-nul', 'Whole, with one NUL behind it', 'XML 1.0 section 2.2', (genuine) =>
    Buffer.concat([genuine, Buffer.alloc(1)]),
  ),
  inPlace(
    'xml-all-nul',
    'As long as the document, all NUL',
    'a server after a crash: length right, blocks lost',
    (genuine) => Buffer.alloc(genuine.length),
  ),
  inPlace('xml-tail-spaces', 'The last 600 bytes are spaces', 'a padded record', (genuine) =>
    tailOverwritten(genuine, 600, 0x20),
  ),
  inPlace('xml-twice', 'The document twice', WELL_FORMED, (genuine) => Buffer.concat([genuine, genuine])),
  inPlace('xml-twice-far-seam', 'Two documents of 200 KB, the seam far from both ends', WELL_FORMED, () => {
    const document = instanceText('far-seam', { inside: LONG_TEXT });
    return document + document;
  }),
  inPlace(
    'xml-twice-no-declaration',
    'Two documents without declaration, the seam far from both ends',
    WELL_FORMED,
    () => {
      const document = instanceText('bare-seam', { declaration: '', inside: LONG_TEXT });
      return document + document;
    },
  ),
  inPlace('xml-cut-then-whole', 'A cut document, and the whole one right behind it', WELL_FORMED, (genuine) =>
    Buffer.concat([cut(genuine), genuine]),
  ),
  inPlace(
    'xml-cut-then-whole-bare',
    'A cut document and the whole one behind it, without declarations',
    WELL_FORMED,
    () => {
      const document = Buffer.from(instanceText('bare', { declaration: '', inside: LONG_TEXT }));
      return Buffer.concat([cut(document), document]);
    },
  ),
  inPlace('xml-tail-twice', 'The document, and its second half once more', 'a range that was sent twice', (genuine) =>
    Buffer.concat([genuine, genuine.subarray(genuine.length >> 1)]),
  ),
  inPlace(
    'xml-cut-in-long-cdata',
    'Cut in a CDATA section of 200 KB, right behind a root end tag that it quotes',
    'XML 1.0 section 2.7',
    () => `${ROOT_OPEN}\n<![CDATA[${LONG_TEXT}</xbrl>\n`,
  ),
  inPlace(
    'xml-cut-in-long-comment',
    'Cut in a comment of 200 KB, right behind a root end tag that it quotes',
    'XML 1.0 section 2.5',
    () => `${ROOT_OPEN}\n<!-- <![CDATA[ ${LONG_TEXT} ]]> </xbrl>\n`,
  ),
  inPlace(
    'xml-cut-in-instruction',
    'Cut in a processing instruction, right behind a root end tag that it quotes',
    'XML 1.0 section 2.6',
    () => `${ROOT_OPEN}\n${instanceInside('instruction')}\n<?note </xbrl>\n`,
  ),
  inPlace('xml-utf16-twice', 'Two UTF-16 documents, one behind the other', 'XML 1.0 section 4.3.3', () => {
    const document = instanceText('utf16-twice', { declaration: '', inside: LONG_TEXT });
    return Buffer.concat([utf16(document), Buffer.from(document, 'utf16le')]);
  }),
  inPlace('xml-junk-after', 'Text after the root end tag', WELL_FORMED, (genuine) =>
    Buffer.concat([genuine, Buffer.from('Warning: division by zero in line 12\n')]),
  ),
  inPlace('xml-html-after', 'An error page behind the document', WELL_FORMED, (genuine) =>
    Buffer.concat([genuine, htmlPage('Error', 'The request could not be completed.')]),
  ),
  inPlace('xml-junk-before', 'Text before the document', WELL_FORMED, (genuine) =>
    Buffer.concat([Buffer.from('Notice: cache is cold\n'), genuine]),
  ),
  inPlace(
    'xml-other-end-tag',
    'It ends with the end tag of another root: two documents spliced',
    'XML 1.0 section 3 (element type match)',
    () => instanceText('other-end-tag', { close: '</linkbase>' }),
  ),
  inPlace(
    'xml-end-tag-of-longer-name',
    'The end tag has a name of which the root is only the start',
    'XML 1.0 section 3 (element type match)',
    () => instanceText('longer-end-tag', { close: '</xbrlX>' }),
  ),
  inPlace(
    'xml-end-tag-with-prefix',
    'The end tag has a prefix, the root has none',
    'XML 1.0 section 3 (element type match)',
    () => instanceText('prefixed-end-tag', { close: '</xbrli:xbrl>' }),
  ),
  inPlace('xml-middle-of-file', 'The second half only', WELL_FORMED, (genuine) =>
    genuine.subarray(genuine.length >> 1),
  ),
  inPlace('xml-utf16-cut', 'UTF-16, cut in the middle', 'XML 1.0 section 4.3.3', () =>
    cut(utf16(instanceText('utf16-cut', { declaration: UTF16_DECLARATION }))),
  ),
  inPlace('xml-utf16-odd', 'UTF-16 without its very last byte', 'XML 1.0 section 4.3.3', () =>
    utf16(instanceText('utf16-odd', { declaration: UTF16_DECLARATION, epilog: '' })).subarray(0, -1),
  ),
  inPlace('xml-html', 'An HTML page in place of the XML', 'EDGAR.md (a 200 may carry an error page)', () =>
    htmlPage('We are sorry', 'The page that you asked for is not here.'),
  ),
  inPlace(
    'xml-html-no-doctype',
    'An HTML page without a doctype, in capitals',
    'HTML Living Standard section 13.1',
    () => '<HTML><HEAD><TITLE>Error</TITLE></HEAD><BODY>Something went wrong</BODY></HTML>\n',
  ),
  inPlace(
    'xml-xhtml',
    'A well-formed XHTML page with an XML declaration',
    'EDGAR recordings: the refusal pages are XHTML',
    () =>
      '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" ' +
      '"http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">\n<html xmlns="http://www.w3.org/1999/xhtml">' +
      '<head><title>Sign in</title></head><body><p>Sign in to the network</p></body></html>\n',
  ),
  inPlace(
    'xml-json',
    'A JSON error in place of the XML',
    'API gateways',
    () => '{"message":"Internal server error"}\n',
  ),
  inPlace(
    'xml-text',
    'A sentence in place of the XML',
    'proxies',
    () => 'upstream connect error or disconnect/reset\n',
  ),
  inPlace('xml-binary', 'A picture in place of the XML', 'a confused cache', () =>
    Buffer.from('89504e470d0a1a0a0000000d4948445200000001000000010802000000', 'hex'),
  ),
  inPlace(
    'xml-captive-portal',
    'A page that forwards to a login',
    'captive portals',
    () => '<html><head><meta http-equiv="refresh" content="0; url=http://login.example/"></head><body></body></html>',
  ),
  inPlace(
    'xml-html-piece',
    'A piece of HTML that is well-formed XML',
    'proxies',
    () => '<table width="100%"><tr><td>The origin could not be reached</td></tr></table>\n',
  ),
  ...['instance-20260331%2Exml', 'instance-20260331.%78ml'].map((file, index) =>
    content({
      id: `xml-html-encoded-${index}`,
      name: `An HTML page in place of XML whose name is written ${file}`,
      source: 'RFC 3986 section 2.3 (equivalent)',
      file,
      expect: unexpected,
      serve: () => whole(htmlPage('We are sorry', 'Not here.')),
    }),
  ),
  content({
    id: 'xml-cut-encoded',
    name: 'Half of XML whose name has its dot encoded',
    source: 'RFC 3986 section 2.3 (equivalent)',
    file: 'instance-20260331%2Exml',
    expect: unexpected,
    serve: (genuine) => whole(cut(genuine)),
  }),
  content({
    id: 'xsd-html',
    name: 'An HTML page in place of a schema (.xsd)',
    source: WELL_FORMED,
    file: 'abc-20260331.xsd',
    genuine: schemaDocument('xsd-html'),
    expect: unexpected,
    serve: () => whole(htmlPage('We are sorry', 'Not here.')),
  }),
  content({
    id: 'xsd-cut',
    name: 'Half of a schema (.xsd), rightly framed',
    source: WELL_FORMED,
    file: 'abc-20260331.xsd',
    genuine: schemaDocument('xsd-cut'),
    expect: unexpected,
    serve: (genuine) => whole(cut(genuine)),
  }),
  content({
    id: 'rendered-view',
    name: 'A rendered view of an ownership form: HTML under .../xslF345X03/....xml',
    source: 'EDGAR.md (primaryDocument may start with an xsl folder)',
    file: 'xslF345X03/primary_doc.xml',
    expect: unexpected,
    serve: () =>
      whole(htmlPage('SEC FORM 4', 'Statement of changes in beneficial ownership'), {
        fields: ['Content-Type: text/html'],
      }),
  }),
  content({
    id: 'rendered-view-edgar-path',
    name: 'The same under a URL of EDGAR’s own shape',
    source: 'EDGAR.md (primaryDocument may start with an xsl folder)',
    path: '/Archives/edgar/data/1000045/000100004526000901/xslF345X05/primary_doc.xml',
    expect: unexpected,
    serve: () =>
      whole(htmlPage('SEC FORM 4', 'Statement of changes in beneficial ownership'), {
        fields: ['Content-Type: text/html'],
      }),
  }),
  content({
    id: 'xml-cut-then-good',
    name: 'Half of the document at the first attempt, all of it at the second',
    source: WELL_FORMED,
    genuine: instanceDocument('xml-cut-then-good'),
    expect: saved(2),
    serve: (genuine) => inTurn(whole(cut(genuine)), whole(genuine)),
  }),
  content({
    id: 'html-then-good',
    name: 'An HTML page at the first attempt, the document at the second',
    source: 'EDGAR.md (a 200 may carry an error page)',
    expect: saved(2),
    serve: (genuine) => inTurn(whole(htmlPage('Busy', 'Try again later.')), whole(genuine)),
  }),
];
