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
import { whole } from './replies.ts';
import type { HostileCase } from './types.ts';

const content = inGroup('content');

export const genuineOtherCases: readonly HostileCase[] = [
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
