// Owns whether a body can be the document asked for. Which rule applies follows from the extension of the name that the
// document gets; what the rules have in common is that they refuse no real document of EDGAR.
import { documentName } from '../edgar/layout.ts';
import { looksLikeHtml } from '../edgar/refusal-pages.ts';
import type { ByteSource } from '../model/body.ts';
import { gzipFileEnds } from './gzip-file.ts';
import { judgeJson } from './json-text.ts';
import { isGzip, isPdf, isPicture, PDF_HEADER_BYTES } from './magic.ts';
import { holdsNul, htmlShowsEnd, isBlank, submissionShowsEnd } from './text-check.ts';
import { takeTurns, type Turns } from './turns.ts';
import { judgeXml } from './xml-ends.ts';
import { encodingOf, headText } from './xml-root.ts';
import { zipFileEnds } from './zip-file.ts';

export type DocumentVerdict =
  /** `proven`: the content itself shows that nothing is missing, so a body ended by the connection's close is complete. */
  | { readonly genuine: true; readonly proven: boolean; readonly root?: string }
  | { readonly genuine: false; readonly rule: string; readonly message: string };

const HTML_START_BYTES = 8192;

/** Roots of HTML pages, whole or in pieces (`<h1>Server Error</h1>`). No EDGAR form has such a root. */
const HTML_ROOT =
  /^(?:(?:[\w.-]+:)?html|head|body|title|meta|script|noscript|h[1-6]|div|p|span|center|pre|b|font|table|form|frameset|iframe)$/i;

/** Pages are named so. Of a name without extension nobody can tell. */
const MAY_BE_HTML = /^(?:|\.(?:html?|xhtml?|shtml?|stm|aspx?|php\d?|jspx?|cfm|cgi|do|pl))$/;

/** Names of gzip files: `.gz`, `.tgz`, `.taz`, `.z` and others of that family. */
const MAY_BE_GZIP = /^\.(?:\w{0,4}z|gzip)$/;

/** Judges a decoded body as the document of `url`. Only a gzip file, and a body of more than 4 MiB, take time. */
export function checkDocument(source: ByteSource, url: string): DocumentVerdict | Promise<DocumentVerdict> {
  const extension = extensionOf(documentName(url));
  if (/^\.t?gz$/.test(extension) && isGzip(source.read(0, 3))) return checkGzipFile(source);
  return takeTurns(judge(source, extension, url));
}

/** What no name has at its end is no extension: `/press/2024.1`. */
function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.');
  const extension = name.slice(dot).trimEnd().toLowerCase();
  return dot >= 0 && /^\.[\w-]{1,16}$/.test(extension) && /[a-z]/.test(extension) ? extension : '';
}

function* judge(source: ByteSource, extension: string, url: string): Turns<DocumentVerdict> {
  if (yield* isBlank(source)) return reject('not-empty', 'the document is empty');
  if (extension === '.xml' || extension === '.xsd') return yield* checkXmlDocument(source, url);
  const isHtml = startsAsHtml(source);
  if (isHtml && !MAY_BE_HTML.test(extension)) {
    return reject('not-html', 'an HTML page came in place of the document');
  }
  if (isGzip(source.read(0, 3)) && !MAY_BE_GZIP.test(extension)) {
    return reject('not-gzip', 'gzip bytes came in place of the document');
  }
  switch (extension) {
    case '.txt':
      return yield* checkText(source, submissionShowsEnd(source));
    case '.htm':
    case '.html':
      return yield* checkText(source, isHtml && (yield* htmlShowsEnd(source)));
    case '.json':
      return yield* checkJson(source);
    case '.gz':
    case '.tgz':
      return reject('gzip-magic', 'the body is not a gzip file');
    case '.zip':
    case '.xlsx':
      return checkZipFile(source);
    case '.pdf':
      return isPdf(source.read(0, PDF_HEADER_BYTES)) ? UNPROVEN : reject('pdf-magic', 'the body is not a PDF file');
    case '.jpg':
    case '.jpeg':
    case '.gif':
    case '.png':
    case '.bmp':
    case '.tif':
    case '.tiff':
      return isPicture(source.read(0, 16)) ? UNPROVEN : reject('picture-magic', 'the body is not a picture');
    default:
      return UNPROVEN;
  }
}

const UNPROVEN: DocumentVerdict = { genuine: true, proven: false };

function* checkXmlDocument(source: ByteSource, url: string): Turns<DocumentVerdict> {
  const verdict = yield* judgeXml(source);
  if (verdict.kind === 'document') {
    if (!HTML_ROOT.test(verdict.name)) return { genuine: true, proven: true, root: verdict.root };
  } else if (!startsAsHtml(source)) {
    return reject(verdict.rule, verdict.message);
  }
  return reject('not-html', htmlMessage(url));
}

function startsAsHtml(source: ByteSource): boolean {
  return looksLikeHtml(headText(source, encodingOf(source.read(0, 4)), HTML_START_BYTES));
}

/** EDGAR renders ownership forms below an `xsl...` folder: the raw file is the same address without it. */
function htmlMessage(url: string): string {
  const { pathname } = new URL(url);
  const raw = url.replace(/\/xsl[^/]*(?=\/[^/]+$)/, '');
  if (/\/xsl[^/]*\/[^/]+$/.test(pathname)) return `this is EDGAR's rendered view (HTML); the XML document is ${raw}`;
  return 'an HTML page came in place of the XML document';
}

/** None of 838 texts of EDGAR holds a NUL: a server lost a block. */
function* checkText(source: ByteSource, proven: boolean): Turns<DocumentVerdict> {
  return (yield* holdsNul(source)) ? reject('no-nul', 'the text holds NUL bytes') : { genuine: true, proven };
}

function* checkJson(source: ByteSource): Turns<DocumentVerdict> {
  const end = yield* judgeJson(source);
  if (end === 'broken') return reject('json-parses', 'the body is not complete JSON');
  return { genuine: true, proven: end === 'whole' };
}

async function checkGzipFile(source: ByteSource): Promise<DocumentVerdict> {
  switch (await gzipFileEnds(source)) {
    case 'whole':
      return { genuine: true, proven: true };
    case 'too-large-to-tell':
      return UNPROVEN;
    case 'broken':
      return reject('gzip-end', 'the gzip file is broken, or breaks off before its end');
  }
}

function checkZipFile(source: ByteSource): DocumentVerdict {
  switch (zipFileEnds(source)) {
    case 'whole':
      return { genuine: true, proven: true };
    case 'no-zip':
      return reject('zip-magic', 'the body is not a zip file');
    case 'cut':
      return reject('zip-end', 'the zip file breaks off before its end');
  }
}

function reject(rule: string, message: string): DocumentVerdict {
  return { genuine: false, rule, message };
}
