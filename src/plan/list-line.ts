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
  /** The reason copies nothing of the line. */
  | { readonly valid: false; readonly reason: string };

/** Judges a line; text after the first white space is the caller's own key. */
export function judgeLine({ text, tooLong }: Pick<ListLine, 'text' | 'tooLong'>): LineVerdict {
  if (tooLong) return invalid('it is longer than 8 KiB; give one URL a line');
  const plain = plainUrl(text);
  if (plain?.valid === true) return { ...plain, given: text };
  const blank = text.search(/\s/);
  const given = blank < 0 ? text : text.slice(0, blank);
  const tag = blank < 0 ? undefined : text.slice(blank).trim();
  if (!/^https?:\/\//i.test(given)) return invalid(whyNoUrl(text));
  if (/[,;]["'<]?https?:\/\//i.test(given) || (tag !== undefined && /https?:\/\//i.test(tag)))
    return invalid('a second URL stands on it; give one URL a line');
  const verdict = canonicalUrl(given);
  if (!verdict.valid) return invalid(verdict.reason);
  const { url, sec } = verdict;
  const misread = sec ? misreadSecUrl(url) : undefined;
  if (misread !== undefined) return invalid(misread);
  return tag === undefined ? { valid: true, url, given, sec } : { valid: true, url, given, sec, tag };
}

/** EDGAR's paths have no comma, no semicolon and no URL in them; other hosts may. */
function misreadSecUrl(url: string): string | undefined {
  const [path = ''] = url.split('?', 1);
  if (/https?:\/\//i.test(path.slice('https://'.length)))
    return 'a second URL stands on it; give one URL a line (does a file that was joined lack its last line end?)';
  if (!url.includes(',') && !path.includes(';')) return undefined;
  return 'it looks like a line of a CSV; give the column of the URLs alone, or the URL, a space and your own key';
}

const WWW = 'https://www.sec.gov';

/** What stands before a document's path in EDGAR's own lists, and in others'. */
const LACKING: readonly (readonly [RegExp, string])[] = [
  [/^\/\/[\w-]+\.\w/, 'https:'],
  [/^(?:[\w-]+\.)*sec\.gov(?:[/:?]|$)/i, 'https://'],
  [/^Archives\//i, `${WWW}/`],
  [/^\/Archives\//i, WWW],
  [/^\/edgar\/data\//i, `${WWW}/Archives`],
  [/^edgar\/data\//i, `${WWW}/Archives/`],
  [/^[a-z\d](?:[\w-]*\.)+[a-z]{2,}(?::\d+)?\//i, 'https://'],
];

/** What has to be put before a text to make it a URL, if it has the shape of one without it. */
export function prefixMissing(text: string): string | undefined {
  return LACKING.find(([shape]) => shape.test(text))?.[1];
}

function whyNoUrl(text: string): string {
  const prefix = prefixMissing(text);
  if (prefix !== undefined) return `${prefix} is missing before it`;
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(text)) return 'only http:// and https:// can be fetched';
  if (/https?:\/\//i.test(text)) return 'its URL does not stand first; give the URL, and after it your own key';
  if (/edgar\/data\//i.test(text))
    return `it looks like a line of an EDGAR index; give ${WWW}/Archives/ and the file name of its last column`;
  return 'give one URL a line, beginning with https://';
}

function invalid(reason: string): LineVerdict {
  return { valid: false, reason: `not a URL: ${reason}` };
}
