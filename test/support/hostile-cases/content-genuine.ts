// Genuine documents of other kinds that a careless check would refuse: all must be saved, byte for byte.
import { gzipSync } from 'node:zlib';
import { genuineCase, inGroup, saved } from './define.ts';
import {
  htmlPage,
  instanceDocument,
  jsonDocument,
  REFUSAL_WORDS,
  schemaDocument,
  submissionDocument,
  zipDocument,
} from './documents.ts';
import { underFields, whole } from './replies.ts';
import type { HostileCase } from './types.ts';

const content = inGroup('content');

/** Neither length nor chunks: only the document itself shows that it is whole. */
const untilClose = (id: string, name: string, file: string, genuine: Buffer): HostileCase =>
  content({
    id,
    name,
    source: 'RFC 9112 section 8; scrapy/scrapy#4120',
    file,
    genuine,
    expect: saved(),
    serve: (document) => underFields(['Connection: close'], document),
  });

export const genuineOtherCases: readonly HostileCase[] = [
  untilClose(
    'eof-submission',
    'Neither length nor chunks, a submission that ends as it began',
    '0001000045-26-000007.txt',
    submissionDocument('eof-submission'),
  ),
  untilClose(
    'eof-htm',
    'Neither length nor chunks, a page that ends with its last tag',
    'form8k.htm',
    htmlPage('FORM 8-K', 'Report'),
  ),
  genuineCase('xsd-good', 'A schema (.xsd)', 'EDGAR.md', schemaDocument('xsd-good'), { file: 'abc-20260331.xsd' }),
  genuineCase('json-good', 'JSON', 'RFC 8259', jsonDocument('json-good'), { file: 'CIK0001000045.json' }),
  genuineCase(
    'json-spaces',
    'JSON with white space around it',
    'RFC 8259 section 2',
    Buffer.from(`\r\n\t ${jsonDocument('json-spaces').toString()} \n\n`),
    {
      file: 'index.json',
    },
  ),
  genuineCase('json-null', 'JSON that is the word null', 'RFC 8259 section 3', Buffer.from('null\n'), {
    file: 'index.json',
  }),
  genuineCase(
    'json-quotes-refusals',
    'JSON that quotes a refusal page',
    'the full-text search finds such filings',
    Buffer.from(JSON.stringify({ text: REFUSAL_WORDS.replaceAll('&lt;', '<').replaceAll('&gt;', '>') })),
    {
      file: 'search.json',
    },
  ),
  genuineCase(
    'gz-good',
    'A .gz document without any coding stays gzip',
    'EDGAR full-index/.../xbrl.gz',
    gzipSync(submissionDocument('gz-good')),
    {
      file: 'xbrl.gz',
      fields: ['Content-Type: application/x-gzip'],
    },
  ),
  content({
    id: 'gz-in-gzip',
    name: 'A .gz document that is sent under gzip once more, rightly said',
    source: 'RFC 9110 section 8.4; EDGAR full-index/.../xbrl.gz',
    file: 'xbrl.gz',
    genuine: gzipSync(submissionDocument('gz-in-gzip')),
    expect: saved(),
    serve: (genuine) => whole(gzipSync(genuine), { fields: ['Content-Encoding: gzip'] }),
  }),
  genuineCase('zip-good', 'A zip', 'APPNOTE.TXT section 4.3.16', zipDocument('zip-good'), { file: 'abc-xbrl.zip' }),
  genuineCase(
    'zip-comment',
    'A zip with a comment behind its end record',
    'APPNOTE.TXT section 4.3.16 (comment up to 65,535 bytes)',
    zipDocument('zip-comment', 'Filed by agent. '.repeat(2000)),
    { file: 'abc-xbrl.zip' },
  ),
  genuineCase('text-good', 'A complete submission (.txt)', 'EDGAR recordings', submissionDocument('text-good'), {
    file: '0001000045-26-000004.txt',
  }),
  genuineCase(
    'text-quotes-refusals',
    'A .txt that quotes a refusal page and an S3 error',
    'the corpus: filings write about the SEC',
    Buffer.concat([
      submissionDocument('quotes'),
      Buffer.from(`${REFUSAL_WORDS} <Error><Code>AccessDenied</Code></Error>\n`),
    ]),
    { file: '0001000045-26-000005.txt' },
  ),
  genuineCase(
    'htm-quotes-refusals',
    'An .htm document whose text quotes Request Rate Threshold Exceeded',
    'the corpus: filings write about the SEC',
    htmlPage(
      'FORM 8-K',
      'On May 1 our crawler was told: SEC.gov | Request Rate Threshold Exceeded. Undeclared Automated Tool.',
    ),
    { file: 'form8k.htm' },
  ),
  genuineCase('txt-page-tag', 'A .txt that begins with a tag of EDGAR’s', 'EDGAR.md', Buffer.from('<PAGE>\n   1\n'), {
    file: 'exhibit1.txt',
  }),
  genuineCase(
    'txt-table-tag',
    'A .txt that begins with a table as EDGAR writes it',
    'EDGAR Filer Manual, volume II (ASCII tables)',
    Buffer.from('<TABLE>\n<CAPTION>\n<S>             <C>\nAssets          12\n</TABLE>\n'),
    { file: 'exhibit2.txt' },
  ),
  genuineCase(
    'txt-document-tag',
    'A .txt that begins as a document of a submission and then holds HTML',
    'EDGAR recordings',
    Buffer.concat([Buffer.from('<DOCUMENT>\n<TYPE>EX-99\n<TEXT>\n'), htmlPage('EX-99', 'Press release')]),
    { file: 'exhibit3.txt' },
  ),
  genuineCase(
    'htm-document-tag',
    'An .htm that begins as a document of a submission',
    'EDGAR recordings',
    Buffer.concat([Buffer.from('<DOCUMENT>\n<TYPE>8-K\n<TEXT>\n'), htmlPage('8-K', 'x'), Buffer.from('</TEXT>\n')]),
    { file: 'form8k.htm' },
  ),
  genuineCase(
    'htm-utf16',
    'An .htm in UTF-16 with a byte order mark: half of its bytes are NUL',
    'HTML Living Standard section 13.2.3.2',
    Buffer.from(`\ufeff${htmlPage('FORM 8-K', 'Report').toString()}`, 'utf16le'),
    { file: 'utf16.htm' },
  ),
  genuineCase('no-extension-html', 'HTML under a name without extension', 'EDGAR.md', htmlPage('Index', 'x'), {
    file: 'browse-edgar',
  }),
  genuineCase('asp-html', 'HTML under a name of pages', 'RFC 9110 section 8.3', htmlPage('Index', 'x'), {
    file: 'index.aspx',
  }),
  genuineCase(
    'jpg-is-png',
    'A PNG under the name .jpg',
    'EDGAR: 7 of 167 real .jpg',
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    {
      file: 'logo.jpg',
    },
  ),
  genuineCase('pdf-good', 'A PDF', 'ISO 32000-1 section 7.5.2', Buffer.from('%PDF-1.7\n%%EOF\n'), {
    file: 'report.pdf',
  }),
  genuineCase(
    'doc-nul',
    'A .doc, whose bytes are mostly NUL',
    '[MS-CFB] section 2.2',
    Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(2000)]),
    { file: 'letter.doc' },
  ),
  genuineCase(
    'xml-encoded-dot',
    'XML whose name has its dot encoded',
    'RFC 3986 section 2.3 (equivalent)',
    instanceDocument('xml-encoded-dot'),
    { file: 'instance-20260331%2Exml' },
  ),
  genuineCase('htm-good', 'An .htm document', 'EDGAR.md', htmlPage('FORM 10-K', 'Annual report'), {
    file: 'form10k.htm',
  }),
  genuineCase(
    'etag-not-md5',
    'An ETag of 32 hex digits that is not the MD5, from a host that is not the SEC',
    'RFC 9110 section 8.8.3 (opaque)',
    instanceDocument('etag-not-md5'),
    {
      fields: ['ETag: "0123456789abcdef0123456789abcdef"'],
    },
  ),
  genuineCase(
    'evil-disposition',
    'A Content-Disposition that names another file outside the folder',
    'RFC 6266 section 4.3; CVE-2010-2252 (wget)',
    instanceDocument('evil-disposition'),
    {
      fields: [
        'Content-Disposition: attachment; filename="../../../evil.xml"',
        'Content-Location: /elsewhere/evil.xml',
      ],
    },
  ),
];
