// Owns how text is written where others read it: on a terminal, no control character that would move the cursor or turn the
// writing direction, and no line without end; in a shell, one word. Pure.

const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** One line of at most `max` characters. */
export function shown(text: string, max: number): string {
  const cut = text.length > max ? `${text.slice(0, max - 1)}…` : text;
  return cut.replaceAll(UNSEEN, '\ufffd');
}

/** A word as a shell reads it. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
