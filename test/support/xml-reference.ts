// What a whole XML document is, told in the plainest way: character by character over a text that lies in memory. The
// tests compare the real check with it.

const WHITE = /[ \t\r\n]/;
const NAME_CHARACTER = /[\w:.\-\u0080-\uffff]/;

/** True if `text` is one document: see the rules at the head of src/http/xml-ends.ts. */
export function isWholeDocument(text: string): boolean {
  const root = rootTag(text);
  if (root === undefined) return false;
  let depth = root.selfClosing ? 0 : 1;
  for (let at = root.end; at < text.length;) {
    const section = sectionAt(text, at);
    if (section !== undefined) {
      if (section.end === undefined || (depth === 0 && (section.cdata || section.declaration))) return false;
      at = section.end;
      continue;
    }
    if (depth === 0) {
      if (!WHITE.test(text.charAt(at))) return false;
      at++;
      continue;
    }
    if (text[at] !== '<') at++;
    else if (hasName(text, at + 1, root.name, '/')) {
      const tag = tagAt(text, at + 1 + root.name.length);
      if (!tag.selfClosing) depth++;
      at = tag.end;
    } else if (text[at + 1] === '/' && hasName(text, at + 2, root.name, '')) {
      const closing = /^[ \t\r\n]*>/.exec(text.slice(at + 2 + root.name.length))?.[0];
      if (closing !== undefined) depth--;
      at += 2 + root.name.length + (closing?.length ?? 0);
    } else at++;
  }
  return depth === 0;
}

interface Tag {
  readonly name: string;
  readonly selfClosing: boolean;
  readonly end: number;
}

/** The prolog may have comments, instructions and one declaration. */
function rootTag(text: string): Tag | undefined {
  let at = text.startsWith('\ufeff') ? 1 : 0;
  for (let declared = false; ;) {
    while (WHITE.test(text.charAt(at))) at++;
    const section = sectionAt(text, at);
    if (section === undefined || section.cdata) break;
    if (section.end === undefined || (section.declaration && declared)) return undefined;
    declared ||= section.declaration;
    at = section.end;
  }
  if (text[at] !== '<' || !/[A-Za-z_:\u0080-\uffff]/.test(text.charAt(at + 1))) return undefined;
  let nameEnd = at + 1;
  while (NAME_CHARACTER.test(text.charAt(nameEnd))) nameEnd++;
  if (!/[ \t\r\n/>]/.test(text.charAt(nameEnd))) return undefined;
  const { closed, ...tag } = tagAt(text, nameEnd);
  return closed ? { name: text.slice(at + 1, nameEnd), ...tag } : undefined;
}

interface Section {
  readonly cdata: boolean;
  readonly declaration: boolean;
  /** Undefined if it never ends. */
  readonly end: number | undefined;
}

function sectionAt(text: string, at: number): Section | undefined {
  for (const [opening, closing] of [
    ['<!--', '-->'],
    ['<![CDATA[', ']]>'],
    ['<?', '?>'],
  ] as const) {
    if (!text.startsWith(opening, at)) continue;
    const found = text.indexOf(closing, at + opening.length);
    return {
      cdata: opening === '<![CDATA[',
      declaration: /^<\?xml[ \t\r\n]/.test(text.slice(at, at + 6)),
      end: found < 0 ? undefined : found + closing.length,
    };
  }
  return undefined;
}

function hasName(text: string, at: number, name: string, otherDelimiter: string): boolean {
  const delimiter = text.charAt(at + name.length);
  return text.startsWith(name, at) && delimiter !== '' && ` \t\r\n>${otherDelimiter}`.includes(delimiter);
}

/** A tag from behind its name; one that holds a `<` outside or inside of a value was cut there. */
function tagAt(text: string, from: number): { selfClosing: boolean; closed: boolean; end: number } {
  let quote = '';
  for (let at = from; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '<') return { selfClosing: false, closed: false, end: at };
    if (character === '>' && quote === '') return { selfClosing: text[at - 1] === '/', closed: true, end: at + 1 };
    if (character === quote) quote = '';
    else if (quote === '' && (character === '"' || character === "'")) quote = character;
  }
  return { selfClosing: false, closed: false, end: text.length };
}
