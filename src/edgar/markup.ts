// Owns the reading of the beginning of HTML or XML that may be anything: its first tag, and the text of an element near its
// beginning. Not a parser: every piece is found with one search, so the work grows with the length and no faster.
// Markup is the latin1 view of bytes, in which each byte is a character.

/** Visible characters that may come before whatever counts as the beginning. */
const MAX_TEXT_BEFORE = 512;

/** Of the text of a title, a heading or a code, no more is read. */
const MAX_ELEMENT_TEXT = 512;

/** `end`: where the next piece begins. Names are local and in small letters. */
type Piece =
  | { readonly kind: 'text'; readonly text: string; readonly end: number }
  | { readonly kind: 'tag'; readonly name: string; readonly form: 'start' | 'end' | 'empty'; readonly end: number }
  | { readonly kind: 'doctype'; readonly name: string; readonly end: number }
  /** A comment, a processing instruction, another declaration. */
  | { readonly kind: 'aside'; readonly end: number }
  /** The markup ends before this piece has said what it is. */
  | { readonly kind: 'cut'; readonly end: number };

export type FirstTag =
  /** `afterText`: something legible comes before it. A doctype counts as the tag of the element it announces. */
  | { readonly kind: 'tag'; readonly name: string; readonly afterText: boolean }
  /** The body is text, JSON, or no text at all. */
  | { readonly kind: 'text' }
  /** The markup ends first: a longer piece of the body may tell. */
  | { readonly kind: 'unfinished' };

/** What the markup begins with: byte order mark, white space, comments, processing instructions and a little text aside. */
export function firstTag(markup: string): FirstTag {
  let before = 0;
  for (const piece of pieces(markup)) {
    switch (piece.kind) {
      case 'tag':
        if (piece.form === 'end') return { kind: 'text' };
        return { kind: 'tag', name: piece.name, afterText: before > 0 };
      case 'doctype':
        if (piece.name === 'html') return { kind: 'tag', name: piece.name, afterText: before > 0 };
        break;
      case 'text': {
        const text = piece.text.trim();
        if ((before === 0 && /^["[{]/.test(text)) || text.includes('\0')) return { kind: 'text' };
        before += text.length;
        if (before > MAX_TEXT_BEFORE) return { kind: 'text' };
        break;
      }
      case 'aside':
      case 'cut':
    }
  }
  return { kind: 'unfinished' };
}

/** The text of the first element whose name matches, if it comes before much other text; undefined if there is none. */
export function elementText(markup: string, name: RegExp): string | undefined {
  let before = 0;
  let element: { readonly name: string; text: string } | undefined;
  for (const piece of pieces(markup)) {
    if (element !== undefined) {
      if (piece.kind === 'tag' && piece.form === 'end' && piece.name === element.name) break;
      if (piece.kind === 'tag') element.text += ' ';
      if (piece.kind === 'text') element.text += piece.text.slice(0, MAX_ELEMENT_TEXT);
      if (element.text.length >= MAX_ELEMENT_TEXT) break;
    } else if (piece.kind === 'tag' && piece.form !== 'end' && name.test(piece.name)) {
      if (piece.form === 'empty') return '';
      element = { name: piece.name, text: '' };
    } else if (piece.kind === 'text') {
      before += piece.text.trim().length;
      if (before > MAX_TEXT_BEFORE) return undefined;
    }
  }
  return element?.text.slice(0, MAX_ELEMENT_TEXT);
}

/** The first `maxCharacters` that a reader would see, the title included; scripts, styles and comments are not. */
export function visibleText(markup: string, maxCharacters: number): string {
  let text = '';
  for (const piece of pieces(markup)) {
    if (piece.kind === 'tag') text += ' ';
    if (piece.kind === 'text') text += piece.text.trim() === '' ? ' ' : piece.text.slice(0, maxCharacters);
    if (text.length >= maxCharacters) break;
  }
  return text.slice(0, maxCharacters);
}

function* pieces(markup: string): Generator<Piece, void> {
  let at = /^(?:\u00ef\u00bb\u00bf|\ufeff)+/.exec(markup)?.[0].length ?? 0;
  while (at < markup.length) {
    const piece = pieceAt(markup, at);
    yield piece;
    at = piece.end;
  }
}

function pieceAt(markup: string, at: number): Piece {
  if (markup[at] === '<') {
    const next = markup[at + 1];
    if (next === '!') return declarationAt(markup, at);
    if (next === '?') return asideUntil(markup, '?>', at + 2);
    const tag = tagAt(markup, at, next === '/');
    if (tag !== undefined) return tag;
  }
  const end = markup.indexOf('<', at + 1);
  return textUntil(markup, at, end < 0 ? markup.length : end);
}

function textUntil(markup: string, at: number, end: number): Piece {
  return { kind: 'text', text: markup.slice(at, end), end };
}

/** HTML counts `<!-->` as a whole comment, so the closing dashes may be the opening ones. */
function declarationAt(markup: string, at: number): Piece {
  if (markup.startsWith('<!--', at)) return asideUntil(markup, '-->', at + 2);
  if (markup.startsWith('<![CDATA[', at)) {
    const close = markup.indexOf(']]>', at);
    const text = markup.slice(at + 9, close < 0 ? markup.length : close);
    return { kind: 'text', text, end: close < 0 ? markup.length : close + 3 };
  }
  const end = declarationEnd(markup, at);
  if (end < 0) return { kind: 'cut', end: markup.length };
  if (markup.slice(at + 2, at + 9).toLowerCase() !== 'doctype') return { kind: 'aside', end };
  const name = /^\s{0,64}([\w.:-]{1,64})/.exec(markup.slice(at + 9, at + 9 + 128))?.[1] ?? '';
  return { kind: 'doctype', name: name.slice(name.indexOf(':') + 1).toLowerCase(), end };
}

/** Behind the `>` of a declaration, its internal subset in brackets included; -1 if it does not end. */
function declarationEnd(markup: string, at: number): number {
  const end = behind(markup, '>', at);
  if (end < 0 || !markup.slice(at, end).includes('[')) return end;
  const subsetEnd = markup.indexOf(']', at);
  return subsetEnd < 0 ? -1 : behind(markup, '>', subsetEnd);
}

function asideUntil(markup: string, closing: string, from: number): Piece {
  const end = behind(markup, closing, from);
  return end < 0 ? { kind: 'cut', end: markup.length } : { kind: 'aside', end };
}

const NAME = /(?:[\w.-]{1,64}:)?([A-Za-z_][\w.-]{0,63})/y;

/** Undefined if no name follows the `<`: then it is text. */
function tagAt(markup: string, at: number, isEnd: boolean): Piece | undefined {
  NAME.lastIndex = at + (isEnd ? 2 : 1);
  const name = NAME.exec(markup)?.[1]?.toLowerCase();
  if (name === undefined) return undefined;
  if (NAME.lastIndex === markup.length) return { kind: 'cut', end: markup.length };
  const close = markup.indexOf('>', NAME.lastIndex);
  const end = close < 0 ? markup.length : close + 1;
  if (isEnd) return { kind: 'tag', name, form: 'end', end };
  if (markup[close - 1] === '/') return { kind: 'tag', name, form: 'empty', end };
  return { kind: 'tag', name, form: 'start', end: rawTextEnd(markup, name, end) };
}

/** What scripts and styles hold is no markup: only their own end tag ends them. */
function rawTextEnd(markup: string, name: string, from: number): number {
  if (name !== 'script' && name !== 'style') return from;
  const closing = name === 'script' ? /<\/script/gi : /<\/style/gi;
  closing.lastIndex = from;
  return closing.exec(markup)?.index ?? markup.length;
}

function behind(markup: string, closing: string, from: number): number {
  const at = markup.indexOf(closing, from);
  return at < 0 ? -1 : at + closing.length;
}
