// EDGAR's pages of refusal in other shapes, in place of documents whose kind shows nothing (.htm, .txt), and genuine
// documents that come close to one. A page in another shape must not be saved; each of the others must be.
import { BODY_SHAPES, HTML_SHAPES, TITLE_SHAPES, type PageShape } from '../page-shapes.ts';
import { fails, genuineCase, inGroup, missing } from './define.ts';
import { htmlPage, instanceDocument, submissionDocument } from './documents.ts';
import { MAINTENANCE, NOT_FOUND, SHORT_FORM, THROTTLED, UNDECLARED } from './edgar-pages.ts';
import { whole } from './replies.ts';
import type { Expectation, HostileCase } from './types.ts';

const content = inGroup('content');
const SHAPES = new Map([...TITLE_SHAPES, ...BODY_SHAPES, ...HTML_SHAPES].map((shape) => [shape.id, shape]));

interface Page {
  readonly id: string;
  readonly name: string;
  readonly body: Buffer;
  readonly expect: Expectation;
}

const throttled: Page = { id: 'throttle', name: 'The throttle page', body: THROTTLED, expect: fails('blocked') };
const undeclared: Page = {
  id: 'undeclared',
  name: 'The page on undeclared tools',
  body: UNDECLARED,
  expect: fails('user-agent-refused'),
};
const shortForm: Page = {
  id: 'short-form',
  name: 'The short refusal of 2026',
  body: SHORT_FORM,
  expect: fails('user-agent-refused', 'blocked'),
};
const maintenance: Page = {
  id: 'maintenance',
  name: 'The maintenance page',
  body: MAINTENANCE,
  expect: fails('http-status'),
};
const notFound: Page = { id: 'not-found', name: 'The page File Not Found', body: NOT_FOUND, expect: missing };

/** Each shape in turn in place of an .htm and of a .txt. */
const inShapes = (page: Page, ...shapeIds: readonly string[]): HostileCase[] =>
  shapeIds.map((shapeId, index) => {
    const shape = SHAPES.get(shapeId);
    if (shape === undefined) throw new Error(`there is no shape ${shapeId}`);
    return inShape(page, shape, index % 2 === 0 ? 'htm' : 'txt');
  });

const inShape = (page: Page, shape: PageShape, extension: 'htm' | 'txt'): HostileCase => {
  const id = `${page.id}-shape-${shape.id}`;
  const document = { htm: () => htmlPage('FORM 8-K', id), txt: () => submissionDocument(id) }[extension]();
  return content({
    id,
    name: `${page.name} under 200 in place of ${extension === 'htm' ? 'an .htm' : 'a .txt'}: ${shape.name}`,
    source: 'EDGAR recording, reshaped (EDGAR.md: the wording changes)',
    file: { htm: 'form8k.htm', txt: '0001000045-26-000007.txt' }[extension],
    genuine: document,
    expect: page.expect,
    serve: () => whole(shape.reshape(page.body), { fields: ['Content-Type: text/html'] }),
  });
};

const S3_FORMS: readonly (readonly [string, string, Buffer | string])[] = [
  ['small', 'in small letters', '<error><code>AccessDenied</code></error>'],
  ['capitals', 'in capitals', '<?xml version="1.0"?>\n<ERROR><CODE>NoSuchKey</CODE></ERROR>'],
  ['doctype', 'behind a doctype', '<!DOCTYPE Error [ <!ENTITY a ">"> ]>\n<Error><Code>NoSuchKey</Code></Error>'],
  [
    'utf16',
    'in UTF-16',
    Buffer.from('\ufeff<?xml version="1.0" encoding="UTF-16"?>\n<Error><Code>AccessDenied</Code></Error>', 'utf16le'),
  ],
  [
    'all-forms',
    'with prefix, comments and CDATA, in small letters',
    '<!-- a --><s3:error xmlns:s3="urn:s3"><s3:code ><!-- b --><![CDATA[AccessDenied]]></s3:code></s3:error>',
  ],
];

const s3Cases = S3_FORMS.map(([form, name, body]) =>
  content({
    id: `s3-200-text-${form}`,
    name: `A missing key of S3 under 200 in place of a .txt, ${name}`,
    source: 'DESIGN.md (S3 AccessDenied or NoSuchKey under any status)',
    file: '0001000045-26-000007.txt',
    genuine: submissionDocument(form),
    expect: missing,
    serve: () => whole(body, { fields: ['Content-Type: application/xml'] }),
  }),
);

const PHRASE = 'SEC.gov | Request Rate Threshold Exceeded';
const htm = { file: 'form8k.htm' } as const;
const txt = { file: '0001000045-26-000008.txt' } as const;
const WRITES_ABOUT_US = 'the corpus: filings write about the SEC';

const genuineCases: readonly HostileCase[] = [
  genuineCase(
    'gofiler-prolog',
    'An instance behind 40 indented lines of comment, as GoFiler writes a few',
    'the corpus: taci-20141231.xml',
    instanceDocument('gofiler-prolog', {
      prolog: '    <!-- Field: Doc-Info; Name: Generator; Value: GoFiler Complete; Version: 4.9c -->\n'.repeat(40),
    }),
  ),
  genuineCase(
    'blanks-before-root',
    'An instance without a declaration behind 60 blanks',
    'XML 1.0 section 2.8 (Misc)',
    instanceDocument('blanks-before-root', { declaration: ' '.repeat(60) }),
  ),
  genuineCase(
    'htm-filing-guide',
    'An .htm with the title "SEC.gov filing guide"',
    WRITES_ABOUT_US,
    htmlPage('SEC.gov filing guide', 'Please declare your traffic, and mind the request rate threshold.'),
    htm,
  ),
  genuineCase(
    'htm-quotes-in-heading',
    'An .htm without a title that quotes the throttle page in a heading far below',
    WRITES_ABOUT_US,
    Buffer.from(
      `<html><body>\n${'<p>A line of the current report.</p>\n'.repeat(60)}<h2>${PHRASE}</h2>\n</body></html>\n`,
    ),
    htm,
  ),
  genuineCase(
    'htm-quotes-in-comment',
    'An .htm that holds the whole throttle page in a comment before its own title',
    WRITES_ABOUT_US,
    Buffer.from(`<html><!-- ${THROTTLED.toString()} -->\n<head><title>10-K</title></head><body>Report</body></html>\n`),
    htm,
  ),
  genuineCase(
    'txt-quotes-page',
    'A report in text that quotes the whole throttle page and goes on',
    WRITES_ABOUT_US,
    Buffer.from(
      `FORM 8-K\n\nOn May 1 our crawler was told:\n\n${THROTTLED.toString()}\nIt has waited since.\nSIGNATURE\n`,
    ),
    txt,
  ),
  genuineCase(
    'txt-embeds-page',
    'A complete submission of which a document is the throttle page',
    'EDGAR recordings: submissions embed whole HTML documents',
    Buffer.from(
      submissionDocument('txt-embeds-page').toString().replace('<TEXT>\n', `<TEXT>\n${THROTTLED.toString()}`),
    ),
    txt,
  ),
  genuineCase(
    'txt-embeds-page-pem',
    'The same with the privacy-enhanced header of the 1990s',
    'EDGAR submissions before 2001',
    Buffer.from(
      '-----BEGIN PRIVACY-ENHANCED MESSAGE-----\nProc-Type: 2001,MIC-CLEAR\nMIC-Info: RSA-MD5,RSA,\n Q8KhiSVHsGKPbmTlN5\n\n' +
        submissionDocument('pem').toString().replace('<TEXT>\n', `<TEXT>\n${THROTTLED.toString()}`),
    ),
    txt,
  ),
];

export const refusalShapeCases: readonly HostileCase[] = [
  ...inShapes(throttled, 'title-entity-1', 'title-entity-3', 'title-entities', 'title-break', 'title-dash'),
  ...inShapes(throttled, 'title-dash-1252', 'title-dot', 'title-suffix', 'title-year', 'title-letters'),
  ...inShapes(throttled, 'heading-only', 'heading-site-title', 'long', 'padded', 'utf16le-bom', 'utf16be', 'gzip'),
  ...inShapes(throttled, 'gzip-cut', 'gzip-utf16', 'text', 'head', 'ssi', 'lines', 'script', 'doctype-public'),
  ...inShapes(undeclared, 'title-break', 'utf16le', 'gzip', 'heading-only', 'padded'),
  ...inShapes(shortForm, 'title-entities', 'text'),
  ...inShapes(maintenance, 'title-entity-7', 'utf16be-bom', 'long'),
  ...inShapes(notFound, 'title-dash', 'gzip', 'ssi'),
  ...s3Cases,
  ...genuineCases,
];
