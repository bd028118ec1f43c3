// JSON, gzip, zip and text that came with right framing and is not the document.
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
const TEXT_KIND: Kind = {
  file: '0001000045-26-000006.txt',
  make: submissionDocument,
  source: 'DESIGN.md (anything else is not empty)',
};

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
  content({
    id: 'json-number-until-close',
    name: 'A number as JSON, and nothing says that it has ended',
    source: 'RFC 8259 section 6; RFC 9112 section 8',
    file: 'CIK0001000045.json',
    genuine: Buffer.from('12345'),
    expect: fails('truncated'),
    serve: () => raw(['HTTP/1.1 200 OK\r\n\r\n', '12'], 'fin'),
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
