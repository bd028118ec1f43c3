// Owns the form in which wordings are compared: small letters and digits with single blanks between, so that neither
// punctuation nor letter case, white space, entities or the encoding of a dash make another wording of it.

/** `nbsp` and `shy` are entities without their semicolon too. */
const ENTITY = /&(?:#(\d{1,7})|#x([\da-f]{1,6})|(nbsp|shy|[a-z][a-z\d]{1,31}(?=;)));?/gi;

const INVISIBLE = /[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]/g;

/** `text` is the latin1 view of UTF-8; bytes that are no UTF-8 (a dash of windows-1252) count as punctuation. */
export function foldWords(text: string): string {
  return Buffer.from(text, 'latin1')
    .toString('utf8')
    .replace(ENTITY, (_, decimal?: string, hex?: string, name?: string) => characterOf(decimal, hex, name))
    .normalize('NFKC')
    .replace(INVISIBLE, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** A named entity stands for a sign, in every wording that matters here. */
function characterOf(decimal?: string, hex?: string, name?: string): string {
  if (name !== undefined) return name.toLowerCase() === 'shy' ? '' : ' ';
  const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
  return code <= 0x10ffff ? String.fromCodePoint(code) : ' ';
}
