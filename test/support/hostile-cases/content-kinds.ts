// JSON, gzip, zip, pictures and text that came with right framing and is not the document.
import { gzipSync } from 'node:zlib';
import { fails, inGroup, saved, transient } from './define.ts';
import { cut, htmlPage, jsonDocument, submissionDocument, zipDocument } from './documents.ts';
import { inTurn, raw, whole } from './replies.ts';
import type { HostileCase } from './types.ts';

const content = inGroup('content');
const unexpected = transient('unexpected-content');

interface Kind {
  readonly file: string;
  readonly make: (seed: string) => Buffer;
  readonly source: string;
}

const JSON_KIND: Kind = { file: 'CIK0001000045.json', make: jsonDocument, source: 'RFC 8259 section 2' };
const GZ_KIND: Kind = {
  file: 'xbrl.gz',
  make: (seed) => gzipSync(submissionDocument(seed)),
  source: 'RFC 1952 section 2.3',
};
const ZIP_KIND: Kind = {
  file: 'abc-xbrl.zip',
  make: (seed) => zipDocument(seed),
  source: 'APPNOTE.TXT section 4.3.16',
};
const XLSX_KIND: Kind = { ...ZIP_KIND, file: 'Financial_Report.xlsx' };
const PICTURE_KIND: Kind = {
  file: 'logo.jpg',
  make: (seed) => Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.from(seed)]),
  source: 'DESIGN.md (unexpected-content: HTML)',
};
const PDF_KIND: Kind = {
  file: 'report.pdf',
  make: (seed) => Buffer.from(`%PDF-1.4\n% ${seed}\n%%EOF\n`),
  source: 'ISO 32000-1 section 7.5.2 (file header)',
};
const TEXT_KIND: Kind = {
  file: '0001000045-26-000006.txt',
  make: submissionDocument,
  source: 'DESIGN.md (anything else is not empty)',
};
const EXHIBIT_KIND: Kind = {
  file: 'exhibit99.txt',
  make: (seed) => Buffer.from(`<PAGE>\n                 PRESS RELEASE of ${seed}\n`),
  source: 'EDGAR: none of 164 real .txt begins as HTML',
};
const PAGE_KIND: Kind = {
  file: 'report.htm',
  make: (seed) => htmlPage('FORM 8-K', `Report ${seed}`),
  source: 'EDGAR: none of 838 real texts holds a NUL',
};

/** The same document under a name whose dot or extension is percent-encoded: the file is named without. */
const encoded = (kind: Kind, file: string): Kind => ({ ...kind, file, source: 'RFC 3986 section 2.3 (equivalent)' });

const SIGN_IN =
  '<html>\r\n<head><title>Sign in</title></head>\r\n<body onload="go()">Welcome to our Wi-Fi</body></html>\r\n';
const EDGE_ERROR =
  '<HTML><HEAD>\n<TITLE>Access Denied</TITLE>\n</HEAD><BODY>\n<H1>Access Denied</H1>\n \nReference&#32;&#35;18&#46;1\n</BODY>\n</HTML>\n';

const inPlace = (kind: Kind, id: string, name: string, body: (genuine: Buffer) => Buffer | string): HostileCase =>
  content({
    id,
    name,
    source: kind.source,
    file: kind.file,
    genuine: kind.make(id),
    expect: unexpected,
    serve: (genuine) => {
      const bytes = body(genuine);
      return whole(typeof bytes === 'string' ? Buffer.from(bytes, 'utf8') : bytes);
    },
  });

export const kindCases: readonly HostileCase[] = [
  inPlace(JSON_KIND, 'json-empty', 'An empty body for JSON', () => ''),
  inPlace(JSON_KIND, 'json-cut', 'Half of the JSON', (genuine) => cut(genuine)),
  inPlace(JSON_KIND, 'json-cut-last', 'JSON without its last bracket', (genuine) => genuine.subarray(0, -1)),
  inPlace(JSON_KIND, 'json-twice', 'The JSON twice', (genuine) => Buffer.concat([genuine, genuine])),
  inPlace(JSON_KIND, 'json-tail-nul', 'JSON with NUL bytes behind it', (genuine) =>
    Buffer.concat([genuine, Buffer.alloc(64)]),
  ),
  inPlace(JSON_KIND, 'json-html', 'An HTML page in place of the JSON', () => htmlPage('Sorry', 'Not here.')),
  inPlace(JSON_KIND, 'json-xml', 'XML in place of the JSON', () => '<?xml version="1.0"?>\n<error>internal</error>\n'),
  inPlace(
    JSON_KIND,
    'json-callback',
    'JSON inside a call of a function',
    (genuine) => `callback(${genuine.toString()});`,
  ),
  inPlace(JSON_KIND, 'json-word', 'A word that is no JSON', () => 'undefined\n'),
  inPlace(GZ_KIND, 'gz-cut', 'Half of a .gz document', (genuine) => cut(genuine)),
  inPlace(GZ_KIND, 'gz-no-trailer', 'A .gz document without its trailer', (genuine) => genuine.subarray(0, -8)),
  inPlace(GZ_KIND, 'gz-html', 'An HTML page in place of a .gz', () => htmlPage('Sorry', 'Not here.')),
  inPlace(GZ_KIND, 'gz-empty', 'An empty body for a .gz', () => ''),
  content({
    id: 'gz-said-as-coding',
    name: 'A .gz document whose own gzip is said to be a coding: what comes out is plain text under the name .gz',
    source: 'BitBoxSwiss/dbb-app#292, notatallshaw/nab#545 (servers that type by extension)',
    file: 'xbrl.gz',
    genuine: gzipSync(submissionDocument('gz-said-as-coding')),
    expect: unexpected,
    lenient: 'This tool does not decode, so the stored file comes out as it is.',
    serve: (genuine) => whole(genuine, { fields: ['Content-Encoding: gzip'] }),
  }),
  inPlace(ZIP_KIND, 'zip-cut', 'Half of a zip: no end record', (genuine) => cut(genuine)),
  inPlace(ZIP_KIND, 'zip-cut-end', 'A zip cut inside its end record', (genuine) => genuine.subarray(0, -6)),
  inPlace(ZIP_KIND, 'zip-html', 'An HTML page in place of a zip', () => htmlPage('Sorry', 'Not here.')),
  inPlace(ZIP_KIND, 'zip-tail-nul', 'A zip of which the second half is NUL', (genuine) =>
    Buffer.concat([cut(genuine), Buffer.alloc(genuine.length >> 1)]),
  ),
  inPlace(XLSX_KIND, 'xlsx-cut', 'Half of a workbook: no end record', (genuine) => cut(genuine)),
  inPlace(XLSX_KIND, 'xlsx-html', 'An HTML page in place of a workbook', () => htmlPage('Sorry', 'Not here.')),
  inPlace(PICTURE_KIND, 'jpg-html', 'An HTML page in place of a picture', () => htmlPage('Sign in', 'Wi-Fi')),
  inPlace(PICTURE_KIND, 'jpg-text', 'A sentence in place of a picture', () => 'upstream connect error\n'),
  inPlace(PICTURE_KIND, 'jpg-nul', 'A picture of which all is NUL', (genuine) => Buffer.alloc(genuine.length)),
  inPlace(PDF_KIND, 'pdf-html', 'An HTML page in place of a PDF', () => SIGN_IN),
  inPlace(PDF_KIND, 'pdf-json', 'A JSON error in place of a PDF', () => '{"message":"Forbidden"}\n'),
  inPlace(PDF_KIND, 'pdf-gzip', 'A PDF that was gzipped, and nothing says so', (genuine) => gzipSync(genuine)),
  inPlace(EXHIBIT_KIND, 'txt-html', 'The page of a captive portal in place of a .txt', () => SIGN_IN),
  inPlace(EXHIBIT_KIND, 'txt-nul-inside', 'A .txt with a hole of NULs', (genuine) =>
    Buffer.concat([genuine, Buffer.alloc(600), genuine]),
  ),
  inPlace(EXHIBIT_KIND, 'txt-gzip', 'A .txt that was gzipped, and nothing says so', (genuine) => gzipSync(genuine)),
  inPlace(EXHIBIT_KIND, 'txt-blank', 'Blank lines in place of a .txt', () => ' \r\n\r\n\t\n'),
  inPlace(encoded(EXHIBIT_KIND, 'exhibit99%2Etxt'), 'txt-html-encoded', 'HTML for a .txt whose dot is encoded', () =>
    htmlPage('Sorry', 'Not here.'),
  ),
  inPlace(TEXT_KIND, 'submission-html', 'An edge server’s error page in place of a submission', () => EDGE_ERROR),
  inPlace(TEXT_KIND, 'submission-all-nul', 'As long as the submission, all NUL', (genuine) =>
    Buffer.alloc(genuine.length),
  ),
  inPlace(PAGE_KIND, 'htm-tail-nul', 'An .htm of which the last 40 bytes are NUL', (genuine) =>
    Buffer.from(genuine).fill(0, genuine.length - 40),
  ),
  inPlace(PAGE_KIND, 'htm-picture', 'A picture in place of an .htm', () =>
    Buffer.from('89504e470d0a1a0a0000000d4948445200000001000000010802000000', 'hex'),
  ),
  inPlace(
    { file: 'form10k.paper', make: (seed) => Buffer.from(`paper ${seed}\n`), source: EXHIBIT_KIND.source },
    'unknown-extension-html',
    'An HTML page under an extension without a rule of its own',
    () => EDGE_ERROR,
  ),
  inPlace(
    encoded(ZIP_KIND, 'abc-xbrl%2Ezip'),
    'zip-html-encoded',
    'HTML for a zip whose dot is encoded',
    () => SIGN_IN,
  ),
  inPlace(
    encoded(ZIP_KIND, 'abc-xbrl.%7Aip'),
    'zip-cut-encoded',
    'Half of a zip whose extension is encoded',
    (genuine) => cut(genuine),
  ),
  content({
    id: 'json-number-until-close',
    name: 'A number as JSON, and nothing says that it has ended',
    source: 'RFC 8259 section 6; RFC 9112 section 8',
    file: 'CIK0001000045.json',
    genuine: Buffer.from('12345'),
    expect: fails('truncated'),
    serve: () => raw(['HTTP/1.1 200 OK\r\n\r\n', '12'], 'fin'),
  }),
  content({
    id: 'htm-inner-page-until-close',
    name: 'A page cut right behind another that it embeds, and nothing says that it has ended',
    source: 'RFC 9112 section 8',
    file: 'report.htm',
    genuine: Buffer.concat([Buffer.from('<html><body>'), htmlPage('EX-99', 'x'), Buffer.from('</body></html>')]),
    expect: transient('truncated'),
    serve: (genuine) => raw(['HTTP/1.1 200 OK\r\n\r\n', genuine.subarray(0, -'</body></html>'.length)], 'fin'),
  }),
  inPlace(TEXT_KIND, 'text-empty', 'An empty body for a .txt', () => ''),
  inPlace(
    { ...TEXT_KIND, file: 'report.htm', make: () => htmlPage('FORM 8-K', 'Report') },
    'htm-empty',
    'An empty body for an .htm',
    () => '',
  ),
  content({
    id: 'json-cut-then-good',
    name: 'Half of the JSON at the first attempt, all of it at the second',
    source: 'RFC 8259 section 2',
    file: 'CIK0001000045.json',
    genuine: jsonDocument('json-cut-then-good'),
    expect: saved(2),
    serve: (genuine) => inTurn(whole(cut(genuine)), whole(genuine)),
  }),
];
