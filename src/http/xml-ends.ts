// Owns the two ends of an XML document: it must begin with a root element and end with that element's end tag, with only
// white space, comments and processing instructions around. What lies between is not read.
import type { ByteSource } from './byte-source.ts';

export type XmlVerdict =
  /** `root` is the local name of the root element. */
  | { readonly kind: 'document'; readonly root: string }
  | { readonly kind: 'rejected'; readonly rule: string; readonly message: string };

/** A long comment or internal subset may fill a window; then the next one is tried. */
const WINDOW_BYTES: readonly number[] = [32 * 1024, 1024 * 1024, 16 * 1024 * 1024];

/** Most root elements stand in the first 4 KB. */
const HEAD_WINDOW_BYTES: readonly number[] = [4 * 1024, ...WINDOW_BYTES];

const MISC = /(?:\s+|<!--[\s\S]*?-->|<\?[\s\S]*?\?>)*/y;
const NAME = '[A-Za-z_:\\u0080-\\uffff][\\w:.\\-\\u0080-\\uffff]*';
const START_TAG = new RegExp(`<(${NAME})(?:\\s(?:[^<>"']|"[^"]*"|'[^']*')*|/)?>`, 'y');
const DOCTYPE = /<!DOCTYPE\b(?:[^[>"']|"[^"]*"|'[^']*')*(?:\[(?:[^\]"']|"[^"]*"|'[^']*')*\]\s*)?>/iy;

type TextEncoding = 'latin1' | 'utf16le' | 'utf16be';

interface RootTag {
  readonly name: string;
  readonly selfClosing: boolean;
  /** Offset in characters just behind the start tag. */
  readonly end: number;
}

/** Judges the two ends of `source`. */
export function checkXml(source: ByteSource): XmlVerdict {
  const encoding = encodingOf(source.read(0, 4));
  const root = findRoot(source, encoding);
  if (root === undefined) return reject('xml-root', 'the body does not begin as an XML document does');
  const complete = root.selfClosing
    ? onlyMiscAfter(source, encoding, root.end)
    : endsWithTag(source, encoding, root.name);
  if (!complete) return reject('xml-end', `the document does not end with </${printable(root.name)}>`);
  return { kind: 'document', root: printable(root.name.slice(root.name.indexOf(':') + 1)) };
}

/** By byte order mark, or by how `<` is written without one (XML 1.0, appendix F). */
function encodingOf(start: Buffer): TextEncoding {
  if (start.length < 2) return 'latin1';
  const [first, second] = start;
  if ((first === 0xff && second === 0xfe) || (first === 0x3c && second === 0)) return 'utf16le';
  if ((first === 0xfe && second === 0xff) || (first === 0 && second === 0x3c)) return 'utf16be';
  return 'latin1';
}

function findRoot(source: ByteSource, encoding: TextEncoding): RootTag | undefined {
  for (const windowBytes of HEAD_WINDOW_BYTES) {
    const text = textAt(source, encoding, 0, windowBytes);
    const root = rootOf(text);
    if (root !== undefined) return root;
    if (windowBytes >= source.size || !mayStillBegin(text)) return undefined;
  }
  return undefined;
}

/** Cheap guard: what does not even begin with a tag will not do so in a larger window. */
function mayStillBegin(text: string): boolean {
  return /^(?:\u00ef\u00bb\u00bf|\ufeff)?\s*(?:<|$)/.test(text);
}

function rootOf(text: string): RootTag | undefined {
  let at = skipMisc(text, /^(?:\u00ef\u00bb\u00bf|\ufeff)/.exec(text)?.[0].length ?? 0);
  DOCTYPE.lastIndex = at;
  const doctype = DOCTYPE.exec(text);
  if (doctype !== null) at = skipMisc(text, at + doctype[0].length);
  START_TAG.lastIndex = at;
  const tag = START_TAG.exec(text);
  if (tag?.[1] === undefined) return undefined;
  return { name: tag[1], selfClosing: tag[0].endsWith('/>'), end: at + tag[0].length };
}

function onlyMiscAfter(source: ByteSource, encoding: TextEncoding, end: number): boolean {
  const text = textAt(source, encoding, 0, Math.max(...WINDOW_BYTES));
  return skipMisc(text, end) === text.length;
}

function endsWithTag(source: ByteSource, encoding: TextEncoding, name: string): boolean {
  for (const windowBytes of WINDOW_BYTES) {
    const start = Math.max(0, source.size - windowBytes);
    const text = textAt(source, encoding, start, source.size - start);
    if (tailEndsWithTag(text, name)) return true;
    if (start === 0 || !/(?:-->|\?>|\s)\s*$/.test(text.slice(-64))) return false;
  }
  return false;
}

/** The last end tag may stand in a trailing comment, so each one is tried, from the last. */
function tailEndsWithTag(text: string, name: string): boolean {
  const opening = `</${name}`;
  for (let at = text.lastIndexOf(opening); at >= 0; at = at === 0 ? -1 : text.lastIndexOf(opening, at - 1)) {
    const close = /^\s*>/.exec(text.slice(at + opening.length, at + opening.length + 1024));
    if (close === null) continue;
    const after = skipMisc(text, at + opening.length + close[0].length);
    if (after === text.length) return !insideUnclosed(text.slice(0, at));
    if (text.length - at > 2 * 1024 * 1024) return false;
  }
  return false;
}

/** True if the text ends within a comment or CDATA section: an end tag there is text, and the document was cut. */
function insideUnclosed(text: string): boolean {
  // Looking backwards for a text is slow (50 us for 32 KB); forwards for one character, which few documents have, is not.
  let comment = -1;
  let cdata = -1;
  for (let at = text.indexOf('!'); at >= 0; at = text.indexOf('!', at + 1)) {
    if (text.startsWith('<!--', at - 1)) comment = at - 1;
    else if (text.startsWith('<![CDATA[', at - 1)) cdata = at - 1;
  }
  return isUnclosed(text, comment) || isUnclosed(text, cdata);
}

function isUnclosed(text: string, opening: number): boolean {
  return opening >= 0 && !text.includes('-->', opening) && !text.includes(']]>', opening);
}

function skipMisc(text: string, from: number): number {
  MISC.lastIndex = from;
  return from + (MISC.exec(text)?.[0].length ?? 0);
}

function textAt(source: ByteSource, encoding: TextEncoding, position: number, length: number): string {
  if (encoding === 'latin1') return source.read(position, length).toString('latin1');
  const even = position & ~1;
  const bytes = source.read(even, length + (position - even));
  if (encoding === 'utf16le') return bytes.toString('utf16le');
  return Buffer.from(bytes.subarray(0, bytes.length & ~1))
    .swap16()
    .toString('utf16le');
}

/** Latin-1 was a way to see the bytes; names are UTF-8 in nearly all documents. */
function printable(name: string): string {
  // eslint-disable-next-line no-control-regex -- everything beyond ASCII
  return /[^\x00-\xff]/.test(name) ? name : Buffer.from(name, 'latin1').toString('utf8');
}

function reject(rule: string, message: string): XmlVerdict {
  return { kind: 'rejected', rule, message };
}
