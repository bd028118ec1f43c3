// Owns whether a body can be the document asked for, cheaply: its two ends are judged, never the inside (some genuine
// EDGAR XML is malformed in the middle). Which rule applies follows from the extension of the URL's path.
import { looksLikeHtml } from '../edgar/refusal-pages.ts';
import type { ByteSource } from './byte-source.ts';
import { gzipFileEnds } from './gzip-file.ts';
import { checkXml } from './xml-ends.ts';

export type DocumentVerdict =
  /** `proven`: the content itself shows that nothing is missing, so a body ended by the connection's close is complete. */
  | { readonly genuine: true; readonly proven: boolean; readonly root?: string }
  | { readonly genuine: false; readonly rule: string; readonly message: string };

/** JSON is parsed whole up to this size; of a larger one only the two ends are looked at. */
const MAX_PARSED_JSON_BYTES = 64 * 1024 * 1024;

/** Roots of HTML pages, whole or in pieces (`<h1>Server Error</h1>`). */
const HTML_ROOT = /^(?:html|head|body|title|h[1-6]|div|p|center|script)$/i;

/** Judges a decoded body as the document of `url`. Only a gzip file takes time: it is read through. */
export function checkDocument(source: ByteSource, url: string): DocumentVerdict | Promise<DocumentVerdict> {
  if (source.size === 0) return reject('not-empty', 'the document is empty');
  switch (extensionOf(url)) {
    case '.xml':
    case '.xsd':
      return checkXmlDocument(source, url);
    case '.json':
      return checkJson(source);
    case '.gz':
      return checkGzipFile(source);
    case '.zip':
    case '.xlsx':
      return checkZipFile(source);
    case '.pdf':
    case '.jpg':
    case '.jpeg':
    case '.gif':
    case '.png':
    case '.idx':
      return checkNotHtml(source);
    default:
      return { genuine: true, proven: false };
  }
}

/** `url` is canonical: it has a path, and no fragment. */
function extensionOf(url: string): string {
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  const dot = path.lastIndexOf('.');
  const extension = dot > path.lastIndexOf('/') ? path.slice(dot).toLowerCase() : '';
  return /^\.[a-z0-9]+$/.test(extension) ? extension : '';
}

function checkXmlDocument(source: ByteSource, url: string): DocumentVerdict {
  const verdict = checkXml(source);
  if (verdict.kind === 'document') {
    if (!HTML_ROOT.test(verdict.root)) return { genuine: true, proven: true, root: verdict.root };
  } else if (!looksLikeHtml(source.read(0, 8192).toString('latin1'))) {
    return reject(verdict.rule, verdict.message);
  }
  return reject('not-html', htmlMessage(url));
}

/** Pictures and the like never begin as HTML does; of `.txt`, `.htm` and what has no extension nobody can tell. */
function checkNotHtml(source: ByteSource): DocumentVerdict {
  if (!looksLikeHtml(source.read(0, 8192).toString('latin1'))) return { genuine: true, proven: false };
  return reject('not-html', 'an HTML page came in place of the document');
}

/** EDGAR renders ownership forms below an `xsl...` folder: the raw file is the same address without it. */
function htmlMessage(url: string): string {
  const { pathname } = new URL(url);
  const raw = url.replace(/\/xsl[^/]*(?=\/[^/]+$)/, '');
  if (/\/xsl[^/]*\/[^/]+$/.test(pathname)) return `this is EDGAR's rendered view (HTML); the XML document is ${raw}`;
  return 'an HTML page came in place of the XML document';
}

function checkJson(source: ByteSource): DocumentVerdict {
  if (source.size > MAX_PARSED_JSON_BYTES) return checkJsonEnds(source);
  try {
    const value: unknown = JSON.parse(
      source
        .read(0, source.size)
        .toString('utf8')
        .replace(/^\ufeff/, ''),
    );
    // Of a number more digits may have followed.
    return { genuine: true, proven: typeof value !== 'number' };
  } catch {
    return reject('json-parses', 'the body is not complete JSON');
  }
}

function checkJsonEnds(source: ByteSource): DocumentVerdict {
  const first = source.read(0, 64).toString('latin1').trimStart().slice(0, 1);
  const last = source
    .read(source.size - 64, 64)
    .toString('latin1')
    .trimEnd()
    .slice(-1);
  const whole = (first === '{' && last === '}') || (first === '[' && last === ']');
  return whole ? { genuine: true, proven: true } : reject('json-ends', 'the body is not complete JSON');
}

/** RFC 1952: magic, deflate, and every member's checksum. */
async function checkGzipFile(source: ByteSource): Promise<DocumentVerdict> {
  const head = source.read(0, 3);
  if (head[0] !== 0x1f || head[1] !== 0x8b || head[2] !== 8) return reject('gzip-magic', 'the body is not a gzip file');
  switch (await gzipFileEnds(source)) {
    case 'whole':
      return { genuine: true, proven: true };
    case 'too-large-to-tell':
      return { genuine: true, proven: false };
    case 'broken':
      return reject('gzip-end', 'the gzip file is broken, or breaks off before its end');
  }
}

/** APPNOTE 4.3.16: the end-of-central-directory record lies within the last 65,557 bytes and ends the file. */
function checkZipFile(source: ByteSource): DocumentVerdict {
  const magic = source.read(0, 4).toString('latin1');
  if (magic !== 'PK\x03\x04' && magic !== 'PK\x05\x06') return reject('zip-magic', 'the body is not a zip file');
  const tailStart = Math.max(0, source.size - 65_557);
  const tail = source.read(tailStart, source.size - tailStart);
  for (let at = tail.length - 22; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== 0x06054b50) continue;
    // EDGAR's own archives are padded with NUL bytes.
    const end = at + 22 + tail.readUInt16LE(at + 20);
    if (end > tail.length || tail.subarray(end).some((byte) => byte !== 0)) continue;
    if (zipDirectoryFits(tail, at, tailStart)) return { genuine: true, proven: true };
  }
  return reject('zip-end', 'the zip file breaks off before its end');
}

/** The central directory must lie before its end record (zip64 marks its fields with all ones). */
function zipDirectoryFits(tail: Buffer, at: number, tailStart: number): boolean {
  const size = tail.readUInt32LE(at + 12);
  const offset = tail.readUInt32LE(at + 16);
  return size === 0xffffffff || offset === 0xffffffff || offset + size <= tailStart + at;
}

function reject(rule: string, message: string): DocumentVerdict {
  return { genuine: false, rule, message };
}
