// Owns whether an XML document is whole: it must begin with a root element and end with that element's own end tag, with
// only whitespace, comments and processing instructions around, and hold no second document. The body is walked through
// once, window by window (see xml-walk.ts).
import type { ByteSource } from '../model/body.ts';
import { isLong, runThrough, type Turns } from './turns.ts';
import { encodingOf, findRoot, type RootTag, type TextEncoding } from './xml-root.ts';
import { XmlWalk, type XmlEnd } from './xml-walk.ts';

export type XmlVerdict =
  /** `name` is that of the root element with its prefix, `root` without. */
  | { readonly kind: 'document'; readonly name: string; readonly root: string }
  | { readonly kind: 'rejected'; readonly rule: string; readonly message: string };

const WINDOW_BYTES = 1024 * 1024;

/** Judges all of `source` without a pause: for bodies that lie in memory. */
export function checkXml(source: ByteSource, windowBytes = WINDOW_BYTES): XmlVerdict {
  return runThrough(judgeXml(source, windowBytes));
}

/** Judges all of `source`. `windowBytes` changes nothing but the speed. */
export function* judgeXml(source: ByteSource, windowBytes = WINDOW_BYTES): Turns<XmlVerdict> {
  const encoding = encodingOf(source.read(0, 4));
  const root = findRoot(source, encoding);
  if (root === 'none') return reject('xml-root', 'the body does not begin as an XML document does');
  if (root === 'too-far') return reject('xml-root', 'no root element begins within the first 16 MiB of the body');
  const name = printable(root.name, encoding);
  const end = yield* endOf(source, encoding, root, windowBytes);
  if (end !== 'whole') return reject('xml-end', messageOf(end, root.selfClosing ? `<${name}/>` : `</${name}>`));
  return { kind: 'document', name, root: name.slice(name.indexOf(':') + 1) };
}

function messageOf(end: Exclude<XmlEnd, 'whole'>, closing: string): string {
  switch (end) {
    case 'cut':
      return `the document does not end with ${closing}`;
    case 'cut-in-section':
      return 'the document breaks off inside a comment, a CDATA section or an instruction';
    case 'followed':
      return `something that is not of the document follows its end (${closing})`;
    case 'second-document':
      return 'a second XML document begins inside the document';
  }
}

function* endOf(source: ByteSource, encoding: TextEncoding, root: RootTag, windowBytes: number): Turns<XmlEnd> {
  const name = encoding === 'latin1' ? Buffer.from(root.name, 'latin1') : narrowed(Buffer.from(root.name, 'utf16le'));
  const walker = new XmlWalk(name, root.selfClosing);
  const bytesOfUnit = encoding === 'latin1' ? 1 : 2;
  if (source.size % bytesOfUnit !== 0) return 'cut';
  const size = source.size / bytesOfUnit;
  for (let position = root.end; position < size && !walker.isOver;) {
    const read = source.read(position * bytesOfUnit, (windowBytes + walker.reach) * bytesOfUnit);
    const bytes = encoding === 'latin1' ? read : narrowed(encoding === 'utf16be' ? Buffer.from(read).swap16() : read);
    const isLast = position + bytes.length === size;
    position += walker.take(bytes, isLast ? bytes.length : windowBytes);
    if (isLong(source)) yield;
  }
  return walker.finish();
}

/**
 * One byte for each unit of UTF-16: what is beyond Latin-1 takes a byte that no mark has. So a name of such letters may be
 * taken for another of its length, which is of no account.
 */
function narrowed(utf16le: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(utf16le.length >> 1);
  for (let at = 0; at < bytes.length; at++) {
    const unit = utf16le.readUInt16LE(2 * at);
    bytes[at] = unit < 0x100 ? unit : 0x80 | (unit & 0x7f);
  }
  return bytes;
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
