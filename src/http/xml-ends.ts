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

const NAME = /[A-Za-z_:\u0080-\uffff][\w:.\-\u0080-\uffff]*/y;
const TAG_DELIMITER = /["'<>]/g;
const WHITE = new Set([' ', '\t', '\r', '\n']);

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
  if (!complete) return reject('xml-end', `the document does not end with </${printable(root.name, encoding)}>`);
  return { kind: 'document', root: printable(root.name.slice(root.name.indexOf(':') + 1), encoding) };
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
  const start = skipMisc(text, /^(?:\u00ef\u00bb\u00bf|\ufeff)/.exec(text)?.[0].length ?? 0);
  const at = skipMisc(text, skipDoctype(text, start));
  if (text[at] !== '<') return undefined;
  NAME.lastIndex = at + 1;
  const name = NAME.exec(text)?.[0];
  if (name === undefined) return undefined;
  const end = tagEnd(text, at + 1 + name.length);
  return end < 0 ? undefined : { name, selfClosing: text[end - 2] === '/', end };
}

/** Position behind a doctype with its internal subset; `at` itself if there is none, or none that ends. */
function skipDoctype(text: string, at: number): number {
  if (text.slice(at, at + 9).toUpperCase() !== '<!DOCTYPE') return at;
  let inSubset = false;
  for (let next = at + 9; next < text.length; next++) {
    const character = text[next];
    if (character === '"' || character === "'") next = endOf(text, character, next + 1);
    else if (inSubset && text.startsWith('<!--', next)) next = endOf(text, '-->', next + 4);
    else if (inSubset && text.startsWith('<?', next)) next = endOf(text, '?>', next + 2);
    else if (character === '[') inSubset = true;
    else if (character === ']') inSubset = false;
    else if (character === '>' && !inSubset) return next + 1;
  }
  return at;
}

/** Position behind the `>` that ends a tag, quoted values skipped; -1 if the text or another tag comes first. */
function tagEnd(text: string, from: number): number {
  if (!WHITE.has(text[from] ?? '') && text[from] !== '>' && text[from] !== '/') return -1;
  // A root element often declares 2 KB of namespaces: character by character they cost 15 us.
  for (let next = from; ;) {
    TAG_DELIMITER.lastIndex = next;
    const found = TAG_DELIMITER.exec(text);
    if (found === null || found[0] === '<') return -1;
    if (found[0] === '>') return found.index + 1;
    next = endOf(text, found[0], found.index + 1) + 1;
  }
}

/** Position of the last character of `closing`; beyond the text if it never comes. */
function endOf(text: string, closing: string, from: number): number {
  const found = text.indexOf(closing, from);
  return found < 0 ? text.length : found + closing.length - 1;
}

function onlyMiscAfter(source: ByteSource, encoding: TextEncoding, end: number): boolean {
  const text = textAt(source, encoding, 0, Math.max(...WINDOW_BYTES));
  return skipMisc(text, end) === text.length;
}

function endsWithTag(source: ByteSource, encoding: TextEncoding, name: string): boolean {
  for (const windowBytes of WINDOW_BYTES) {
    const start = Math.max(0, source.size - windowBytes);
    const text = textAt(source, encoding, start, source.size - start);
    if (tailEndsWithTag(text, name)) return !holdsSecondDocument(text, name);
    if (start === 0 || !/(?:-->|\?>|\s)\s*$/.test(text.slice(-64))) return false;
  }
  return false;
}

/** Two documents in one body, as far as the seam lies in sight: an XML declaration stands at the beginning only. */
function holdsSecondDocument(text: string, name: string): boolean {
  for (let at = indexOfTag(text, '?xml ', 1); at >= 0; at = indexOfTag(text, '?xml ', at + 1)) {
    if (
      text
        .slice(Math.max(0, at - 1024), at)
        .trimEnd()
        .endsWith(`</${name}>`)
    )
      return true;
  }
  return false;
}

/** The last end tag may stand in a trailing comment, so each one is tried, from the last, within a bounded effort. */
function tailEndsWithTag(text: string, name: string): boolean {
  const opening = `</${name}`;
  let effort = 4 * text.length + 1024;
  for (
    let at = text.lastIndexOf(opening);
    at >= 0 && effort > 0;
    at = at === 0 ? -1 : text.lastIndexOf(opening, at - 1)
  ) {
    let close = at + opening.length;
    while (WHITE.has(text[close] ?? '')) close++;
    if (text[close] !== '>') continue;
    const after = skipMisc(text, close + 1);
    if (after === text.length) return !isOpen(text, at, COMMENT, CDATA) && !isOpen(text, at, CDATA, COMMENT);
    // Nothing earlier can reach beyond a comment that never ends.
    const unended = text.startsWith('<!--', after);
    if (unended) return false;
    effort -= text.startsWith('<?', after) ? text.length - at : after - at + 64;
  }
  return false;
}

interface Section {
  /** What follows the `<`. */
  readonly opening: string;
  readonly closing: string;
}

const COMMENT: Section = { opening: '!--', closing: '-->' };
const CDATA: Section = { opening: '![CDATA[', closing: ']]>' };

/** True if position `end` lies in a section: an end tag there is text, and the document was cut. */
function isOpen(text: string, end: number, section: Section, other: Section): boolean {
  const opening = lastTag(text, section.opening, end);
  if (opening < 0 || isClosed(text, section, opening, end)) return false;
  const outer = lastTag(text, other.opening, opening);
  return outer < 0 || isClosed(text, other, outer, opening);
}

function isClosed(text: string, section: Section, opening: number, end: number): boolean {
  const closing = text.indexOf(section.closing, opening);
  return closing >= 0 && closing + section.closing.length <= end;
}

/** The last before `end`. Looking forwards from the first: backwards costs 50 us for 32 KB. */
function lastTag(text: string, rest: string, end: number): number {
  let last = -1;
  for (let at = indexOfTag(text, rest, 0); at >= 0 && at < end; at = indexOfTag(text, rest, at + 1)) last = at;
  return last;
}

/** Position of `<` and `rest`, or -1. What follows the `<` is rare in a document, `<` itself is not: 60 us less for 20 KB. */
function indexOfTag(text: string, rest: string, from: number): number {
  for (let at = text.indexOf(rest, from + 1); at >= 0; at = text.indexOf(rest, at + 1)) {
    if (text[at - 1] === '<') return at - 1;
  }
  return -1;
}

/** Position behind white space, comments and processing instructions; one that never ends is not skipped. */
function skipMisc(text: string, from: number): number {
  for (let at = from; ;) {
    while (WHITE.has(text[at] ?? '')) at++;
    const closing = text.startsWith('<!--', at) ? '-->' : text.startsWith('<?', at) ? '?>' : undefined;
    if (closing === undefined) return at;
    const end = text.indexOf(closing, at + (closing === '-->' ? 4 : 2));
    if (end < 0) return at;
    at = end + closing.length;
  }
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
function printable(name: string, encoding: TextEncoding): string {
  if (encoding !== 'latin1') return name;
  const decoded = Buffer.from(name, 'latin1').toString('utf8');
  return decoded.includes('\ufffd') ? name : decoded;
}

function reject(rule: string, message: string): XmlVerdict {
  return { kind: 'rejected', rule, message };
}
