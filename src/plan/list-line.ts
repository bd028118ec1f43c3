// Owns what one line of a list says: a URL and its tag, or why it is not a URL and what to do about it. Pure.
import { canonicalUrl, plainUrl } from '../edgar/canonical-url.ts';
import type { ListLine } from './url-list.ts';

export type LineVerdict =
  | {
      readonly valid: true;
      /** In its canonical form, and as it was given. */
      readonly url: string;
      readonly given: string;
      readonly sec: boolean;
      readonly tag?: string;
    }
  /** What is said of the line; copies nothing of it. */
  | { readonly valid: false; readonly reason: string };

/** Judges a line; text after the first whitespace is the caller's own tag. */
export function judgeLine({ text, tooLong }: Pick<ListLine, 'text' | 'tooLong'>): LineVerdict {
  if (tooLong) return invalid('is longer than 8 KiB; give one URL a line');
  const plain = plainUrl(text);
  if (plain?.valid === true) return { valid: true, url: text, given: text, sec: plain.sec };
  const blank = text.search(/\s/);
  const given = blank < 0 ? text : text.slice(0, blank);
  const tag = blank < 0 ? undefined : text.slice(blank).trim();
  if (!/^https?:\/\//i.test(given)) return notUrl(whyNoUrl(text));
  if (/[,;]["'<]?https?:\/\//i.test(given) || (tag !== undefined && /https?:\/\//i.test(tag)))
    return invalid('has a second URL; give one URL a line');
  const verdict = canonicalUrl(given);
  if (!verdict.valid) return notUrl(verdict.reason);
  const { url, sec } = verdict;
  const misread = sec ? misreadSecUrl(url) : undefined;
  if (misread !== undefined) return invalid(misread);
  return tag === undefined ? { valid: true, url, given, sec } : { valid: true, url, given, sec, tag };
}

/**
 * The line that says best why none of these is a URL, and why, without a word of theirs; undefined if one is.
 */
export function whyNoList<Line extends Pick<ListLine, 'text' | 'tooLong'>>(
  lines: readonly Line[],
): { readonly line: Line; readonly reason: string } | undefined {
  const found: { readonly line: Line; readonly reason: string }[] = [];
  for (const line of lines) {
    const verdict = judgeLine(line);
    // A URL that is too long to be one is bad, but whoever wrote it wrote a list.
    if (verdict.valid || (line.tooLong && /^https?:/i.test(line.text))) return undefined;
    found.push({ line, reason: verdict.reason });
  }
  return found.find(({ reason }) => !reason.endsWith(NO_HINT)) ?? found[0];
}

/** EDGAR's paths have no comma, no semicolon and no URL in them; other hosts may. */
function misreadSecUrl(url: string): string | undefined {
  const [path = ''] = url.split('?', 1);
  if (/https?:\/\//i.test(path.slice('https://'.length)))
    return 'has a second URL; give one URL a line (is a newline missing at the end of a file that was joined?)';
  if (!url.includes(',') && !path.includes(';')) return undefined;
  return 'looks like a line of a CSV; give the column of URLs alone, or the URL, a space and your own tag';
}

const NO_HINT = 'give one URL a line, beginning with https://';

const WWW = 'https://www.sec.gov';

/** What stands before a document's path in EDGAR's own lists, and in others'. */
const LACKING: readonly (readonly [RegExp, string])[] = [
  [/^\/\/[\w-]+\.\w/, 'https:'],
  [/^(?:[\w-]+\.)*sec\.gov(?:[/:?]|$)/i, 'https://'],
  [/^Archives\//i, `${WWW}/`],
  [/^\/Archives\//i, WWW],
  [/^\/edgar\/data\//i, `${WWW}/Archives`],
  [/^edgar\/data\//i, `${WWW}/Archives/`],
];

/** What has to be put before a text to make it a URL, if it has the shape of one without it. */
export function prefixMissing(text: string): string | undefined {
  return LACKING.find(([shape]) => shape.test(text))?.[1];
}

function whyNoUrl(text: string): string {
  const prefix = prefixMissing(text);
  if (prefix !== undefined) return `${prefix} is missing before it`;
  if (/^[a-z\d](?:[\w-]*\.)+[a-z]{2,}(?::\d+)?\//i.test(text)) return 'https:// is missing before it';
  if (/^<[!?a-z]/i.test(text)) return 'it looks like HTML or XML; give the URLs in it, one a line';
  if (/^[{[]/.test(text)) return 'it looks like JSON; give the URLs in it, one a line';
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(text)) return 'only http:// and https:// can be fetched';
  if (/https?:\/\//i.test(text)) return 'the URL must come first; put your own tag after it';
  if (/edgar\/data\//i.test(text))
    return `it looks like a line of an EDGAR index; give ${WWW}/Archives/ and the file name of its last column`;
  return NO_HINT;
}

function notUrl(why: string): LineVerdict {
  return invalid(`is not a URL: ${why}`);
}

function invalid(reason: string): LineVerdict {
  return { valid: false, reason };
}
