// Owns the beginning of an XML document: its encoding, what may stand before the root element, and the root's start tag.
import type { ByteSource } from '../model/body.ts';

export type TextEncoding = 'latin1' | 'utf16le' | 'utf16be';

export interface RootTag {
  /** With its prefix. In `latin1` each character stands for one byte of the name. */
  readonly name: string;
  readonly selfClosing: boolean;
  /** Offset just behind the start tag, in characters. */
  readonly end: number;
}

/** Most root elements stand in the first 4 KB. A long comment or internal subset may fill a window; then the next is tried. */
const HEAD_WINDOW_BYTES: readonly number[] = [4 * 1024, 32 * 1024, 1024 * 1024, 16 * 1024 * 1024];

/** A name becomes a part of the manifest's row, and each window of the walk is longer by it: none is longer than this. */
const NAME = /[A-Za-z_:\u0080-\uffff][\w:.\-\u0080-\uffff]{0,1023}/y;
const TAG_DELIMITER = /["'>]/g;
const BYTE_ORDER_MARK = /^(?:\u00ef\u00bb\u00bf|\ufeff)/;
const WHITE = new Set([' ', '\t', '\r', '\n']);

/** By byte order mark, or by how `<` is written without one (XML 1.0, appendix F). Latin-1 is a way to see any other's bytes. */
export function encodingOf(start: Buffer): TextEncoding {
  if (start.length < 2) return 'latin1';
  const [first, second] = start;
  if ((first === 0xff && second === 0xfe) || (first === 0x3c && second === 0)) return 'utf16le';
  if ((first === 0xfe && second === 0xff) || (first === 0 && second === 0x3c)) return 'utf16be';
  return 'latin1';
}

/** The first characters of a body. */
export function headText(source: ByteSource, encoding: TextEncoding, length: number): string {
  const bytes = source.read(0, length);
  if (encoding !== 'utf16be') return bytes.toString(encoding);
  return Buffer.from(bytes.subarray(0, bytes.length & ~1))
    .swap16()
    .toString('utf16le');
}

/** The root's start tag; `none` if something stands before it that may not, `too-far` if it does not end within 16 MiB. */
export function findRoot(source: ByteSource, encoding: TextEncoding): RootTag | 'none' | 'too-far' {
  for (const windowBytes of HEAD_WINDOW_BYTES) {
    const text = headText(source, encoding, windowBytes);
    const root = rootOf(text);
    if (root !== undefined) return root;
    if (windowBytes >= source.size || !mayStillBegin(text)) return 'none';
  }
  return 'too-far';
}

/** Cheap guard: what does not even begin with a tag will not do so in a larger window. */
function mayStillBegin(text: string): boolean {
  return /^(?:\u00ef\u00bb\u00bf|\ufeff)?\s*(?:<|$)/.test(text);
}

function rootOf(text: string): RootTag | undefined {
  const at = prologEnd(text);
  if (text[at] !== '<') return undefined;
  NAME.lastIndex = at + 1;
  const name = NAME.exec(text)?.[0];
  if (name === undefined) return undefined;
  const nameEnd = at + 1 + name.length;
  const end = tagEnd(text, nameEnd);
  return end < 0 ? undefined : { name, selfClosing: text[end - 2] === '/', end };
}

/** Position behind whitespace, comments, instructions, one XML declaration and one doctype, as far as they end. */
function prologEnd(text: string): number {
  const seen = new Set<string>();
  for (let at = BYTE_ORDER_MARK.exec(text)?.[0].length ?? 0; ;) {
    while (WHITE.has(text[at] ?? '')) at++;
    const part = prologPart(text, at);
    // The second declaration or doctype is that of another document.
    if (part === undefined || (part.once && seen.has(part.name))) return at;
    seen.add(part.name);
    at = part.end;
  }
}

interface PrologPart {
  readonly name: 'comment' | 'instruction' | 'declaration' | 'doctype';
  readonly once: boolean;
  readonly end: number;
}

function prologPart(text: string, at: number): PrologPart | undefined {
  if (text.startsWith('<!--', at)) return partTo('comment', behind(text, '-->', at + 4));
  if (text.startsWith('<?', at)) {
    const declares = text.startsWith('xml', at + 2) && WHITE.has(text[at + 5] ?? '');
    return partTo(declares ? 'declaration' : 'instruction', behind(text, '?>', at + 2));
  }
  const isDoctype = text.slice(at, at + 9).toUpperCase() === '<!DOCTYPE';
  return isDoctype ? partTo('doctype', doctypeEnd(text, at)) : undefined;
}

function partTo(name: PrologPart['name'], end: number | undefined): PrologPart | undefined {
  return end === undefined ? undefined : { name, once: name === 'declaration' || name === 'doctype', end };
}

/** Position behind a doctype with its internal subset. */
function doctypeEnd(text: string, at: number): number | undefined {
  let inSubset = false;
  for (let next = at + 9; next < text.length; next++) {
    const character = text[next];
    if (character === '"' || character === "'") next = lastOf(text, character, next + 1);
    else if (inSubset && text.startsWith('<!--', next)) next = lastOf(text, '-->', next + 4);
    else if (inSubset && text.startsWith('<?', next)) next = lastOf(text, '?>', next + 2);
    else if (character === '[') inSubset = true;
    else if (character === ']') inSubset = false;
    else if (character === '>' && !inSubset) return next + 1;
  }
  return undefined;
}

/** Position behind the `>` that ends a tag, quoted values skipped; -1 if the text ends first, or another tag begins. */
function tagEnd(text: string, from: number): number {
  if (!WHITE.has(text[from] ?? '') && text[from] !== '>' && text[from] !== '/') return -1;
  // No `<` stands in a tag, be it in a quoted value (XML 1.0, 3.1): the document was cut there, and another follows.
  const nextTag = text.indexOf('<', from);
  // A root element often declares 2 KB of namespaces: character by character they cost 15 us.
  for (let next = from; ;) {
    TAG_DELIMITER.lastIndex = next;
    const found = TAG_DELIMITER.exec(text);
    if (found === null || (nextTag >= 0 && found.index > nextTag)) return -1;
    if (found[0] === '>') return found.index + 1;
    next = lastOf(text, found[0], found.index + 1) + 1;
  }
}

/** Position behind the next `closing`. */
function behind(text: string, closing: string, from: number): number | undefined {
  const found = text.indexOf(closing, from);
  return found < 0 ? undefined : found + closing.length;
}

/** Position of the last character of the next `closing`; beyond the text if it never comes. */
function lastOf(text: string, closing: string, from: number): number {
  return (behind(text, closing, from) ?? text.length + 1) - 1;
}
