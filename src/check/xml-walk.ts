// Owns the walk through an XML document from behind its root's start tag to its last byte. Comments, CDATA sections and
// instructions are jumped over as XML does; of the elements only those of the root's own name are counted, since some
// genuine EDGAR XML is malformed in the middle.
import {
  find,
  GREATER_THAN,
  isWhite,
  LESS_THAN,
  reachOf,
  sectionAt,
  SLASH,
  WindowMarks,
  type SectionKind,
} from './xml-marks.ts';

export type XmlEnd =
  /** The root's end tag, and behind it whitespace, comments and instructions only. */
  | 'whole'
  | 'cut'
  /** Cut inside a comment, a CDATA section or an instruction. */
  | 'cut-in-section'
  /** Something else stands behind the root's end. */
  | 'followed'
  /** An XML declaration stands behind the root's end. */
  | 'second-document';

type Place =
  | { readonly kind: 'content' }
  | { readonly kind: 'section'; readonly closing: Buffer }
  /** In a start tag of the root's name; `quote` is 0 outside of values. */
  | { readonly kind: 'start-tag'; quote: number; last: number }
  /** Behind the name in an end tag. */
  | { readonly kind: 'end-tag' }
  /** Behind the root's end. */
  | { readonly kind: 'epilog' }
  | { readonly kind: 'over'; readonly end: XmlEnd };

const CLOSINGS: Readonly<Record<SectionKind, Buffer>> = {
  comment: Buffer.from('-->'),
  cdata: Buffer.from(']]>'),
  instruction: Buffer.from('?>'),
};
const LONGEST_CLOSING = 3;

const CONTENT: Place = { kind: 'content' };
const END_TAG: Place = { kind: 'end-tag' };
const EPILOG: Place = { kind: 'epilog' };

export class XmlWalk {
  /** Bytes that a window must have behind the `end` up to which it is walked through, unless the document ends before. */
  readonly reach: number;
  readonly #name: Buffer;
  #depth: number;
  #place: Place;

  /** `name` is the root's. */
  constructor(name: Buffer, rootIsClosed: boolean) {
    this.reach = reachOf(name);
    this.#name = name;
    this.#depth = rootIsClosed ? 0 : 1;
    this.#place = rootIsClosed ? EPILOG : CONTENT;
  }

  get isOver(): boolean {
    return this.#place.kind === 'over';
  }

  /** Walks through the next bytes up to `end`, or a little beyond; returns where the next window must begin. */
  take(bytes: Buffer, end: number): number {
    const marks = new WindowMarks(bytes, end, this.#name);
    let at = 0;
    while (at < end && !this.isOver) at = this.#step(bytes, at, end, marks);
    return at;
  }

  /** All bytes were taken. */
  finish(): XmlEnd {
    switch (this.#place.kind) {
      case 'over':
        return this.#place.end;
      case 'epilog':
        return 'whole';
      case 'section':
        return 'cut-in-section';
      case 'content':
      case 'start-tag':
      case 'end-tag':
        return 'cut';
    }
  }

  #step(bytes: Buffer, at: number, end: number, marks: WindowMarks): number {
    switch (this.#place.kind) {
      case 'content':
        return this.#walkContent(at, end, marks);
      case 'section':
        return this.#walkSection(bytes, at, end, this.#place.closing);
      case 'start-tag':
        return this.#walkStartTag(bytes, at, this.#place);
      case 'end-tag':
        return this.#walkEndTag(bytes, at);
      case 'epilog':
        return this.#walkEpilog(bytes, at, end);
      case 'over':
        return at;
    }
  }

  #walkContent(at: number, end: number, marks: WindowMarks): number {
    const mark = marks.next(at);
    if (mark === undefined) return end;
    switch (mark.kind) {
      case 'declaration':
        // Malformed, and maybe genuine: a whole document that begins here shows by its tags.
        this.#place = { kind: 'section', closing: CLOSINGS.instruction };
        return mark.end;
      case 'start-tag':
        this.#depth++;
        this.#place = { kind: 'start-tag', quote: 0, last: 0 };
        return mark.end;
      case 'end-tag':
        this.#place = END_TAG;
        return mark.end;
      case 'comment':
      case 'cdata':
      case 'instruction':
        this.#place = { kind: 'section', closing: CLOSINGS[mark.kind] };
        return mark.end;
    }
  }

  #walkSection(bytes: Buffer, at: number, end: number, closing: Buffer): number {
    const found = find(bytes, closing, at);
    if (found < 0) return Math.max(end, bytes.length - LONGEST_CLOSING + 1);
    this.#place = this.#depth === 0 ? EPILOG : CONTENT;
    return found + closing.length;
  }

  #walkStartTag(bytes: Buffer, from: number, place: Extract<Place, { kind: 'start-tag' }>): number {
    for (let at = from; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0;
      // A tag never holds a `<`: it was cut, and counts as one that is open.
      if (byte === LESS_THAN || (byte === GREATER_THAN && place.quote === 0)) {
        if (byte === GREATER_THAN && place.last === SLASH) this.#depth--;
        this.#place = CONTENT;
        return byte === GREATER_THAN ? at + 1 : at;
      }
      if (place.quote === byte) place.quote = 0;
      else if (place.quote === 0 && (byte === DOUBLE_QUOTE || byte === SINGLE_QUOTE)) place.quote = byte;
      place.last = byte;
    }
    return bytes.length;
  }

  #walkEndTag(bytes: Buffer, from: number): number {
    let at = from;
    while (isWhite(bytes[at])) at++;
    if (at === bytes.length) return at;
    if (bytes[at] === GREATER_THAN) this.#depth--;
    this.#place = this.#depth === 0 ? EPILOG : CONTENT;
    return bytes[at] === GREATER_THAN ? at + 1 : at;
  }

  #walkEpilog(bytes: Buffer, from: number, end: number): number {
    let at = from;
    while (at < end && isWhite(bytes[at])) at++;
    if (at >= end) return at;
    const mark = sectionAt(bytes, at);
    switch (mark?.kind) {
      case 'comment':
      case 'instruction':
        this.#place = { kind: 'section', closing: CLOSINGS[mark.kind] };
        return mark.end;
      case 'declaration':
        return this.#stop('second-document', at);
      default:
        return this.#stop('followed', at);
    }
  }

  #stop(end: XmlEnd, at: number): number {
    this.#place = { kind: 'over', end };
    return at;
  }
}

const DOUBLE_QUOTE = 0x22;
const SINGLE_QUOTE = 0x27;
