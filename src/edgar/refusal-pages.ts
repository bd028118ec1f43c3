// Owns what "no" looks like: the pages that EDGAR sends in place of a document, known by their body, not by their status.
// Pure. A genuine filing that merely quotes such a page is none: a page is known by its own title, by its first heading if
// its title says nothing, and by nothing further down. Sources: the recordings described in docs/fair-access.md.
import { foldWords } from './folded-words.ts';
import { elementText, firstTag, visibleText, type FirstTag } from './markup.ts';
import { plainStart } from './plain-start.ts';

export type RefusalPage =
  /** "Request Rate Threshold Exceeded": too fast. */
  | 'throttle'
  /** "Undeclared Automated Tool": the User-Agent is refused. */
  | 'undeclared-tool'
  /** The short form of 2026 has the throttle page's title but asks for a declared User-Agent. */
  | 'automated-access'
  /** S3's AccessDenied or NoSuchKey, or EDGAR's File Not Found: there is no such document. */
  | 'missing'
  /** Another error of S3 (SlowDown, InternalError): nothing is said about the document. */
  | 'storage-error'
  /** "File Unavailable": maintenance. */
  | 'maintenance';

/** The first tag of nearly every body lies within it. */
const FIRST_LOOK_BYTES = 4096;

/** How much of a page is read for what it says, once it is known to be a page. */
const MAX_SAID = 8 * 1024;

/** A page with another title gives its advice at once. */
const MAX_BEFORE_ADVICE = 1024;

/** Elements that HTML pages and pieces of them begin with, and no XML document does. */
const HTML_TAGS: ReadonlySet<string> = new Set(
  'html head body title meta script style noscript iframe h1 h2 h3 h4 h5 h6 div p span center font br hr img'.split(
    ' ',
  ),
);

const TITLE = /^title$/;
const HEADING = /^h[1-6]$/;
const S3_CODE = /^code$/;

/** How titles name the site, folded. */
const SITE = /^(?:(?:www )?sec gov|(?:u s )?securities and exchange commission|sec)(?: |$)/;

/** What is left of a title that does not say what the page is. */
const SAYS_NOTHING = /^(?:\d{3} ?)?(?:error(?: \d{3})?|forbidden|access denied|untitled(?: document| page)?)?$/;

/** How titles and headings begin, folded and without the site's name. */
const WORDINGS: readonly (readonly [string, RefusalPage])[] = [
  ['request rate threshold exceeded', 'throttle'],
  ['you ve exceeded the sec s traffic limit', 'throttle'],
  ['your request originates from an undeclared automated tool', 'undeclared-tool'],
  ['undeclared automated tool', 'undeclared-tool'],
  ['automated access to our sites must comply', 'automated-access'],
  ['file not found', 'missing'],
  ['file unavailable', 'maintenance'],
  ['this page is temporarily unavailable', 'maintenance'],
];

const ASKS_FOR_USER_AGENT = /declare your traffic|undeclared automated tool/;
const ASKS_TO_COMPLY = /automated access to our sites must comply/;
const ADVICE = 'please declare your traffic by updating your user agent';

/**
 * Recognises a page by the beginning of the decoded body, which must be its first 64 KiB where there are so many; more is
 * not looked at. Undefined for anything else, genuine documents included.
 */
export function recognisePage(body: Buffer): RefusalPage | undefined {
  const start = plainStart(body);
  const first = firstTagOf(start);
  if (first.kind !== 'tag') return undefined;
  if (first.name === 'error' && !first.afterText) return pageOfS3(start.toString('latin1'));
  if (!HTML_TAGS.has(first.name)) return undefined;
  const markup = start.toString('latin1');
  const page = pageOfHtml(markup);
  return page !== undefined && first.afterText && goesOnAfter(markup) ? undefined : page;
}

/** True if the body begins as an HTML page does (white space, BOM, comments and an XML declaration aside). */
export function looksLikeHtml(text: string): boolean {
  const isUtf16 = text.slice(0, 4).includes('\0');
  const first = firstTag(isUtf16 ? text.replaceAll('\0', '').replace(/^(?:\u00ff\u00fe|\u00fe\u00ff)/, '') : text);
  return first.kind === 'tag' && !first.afterText && HTML_TAGS.has(first.name);
}

/**
 * What the SEC itself says under 403 or 429 in a body that is none of its pages. No filing comes under these, so its words
 * count wherever they stand. `unrecognised`: HTML of another wording, or bytes that nobody can read, which may well be the
 * page. Undefined if it says nothing about us: an empty body, other plain text, JSON, XML.
 */
export function refusalSaid(body: Buffer): RefusalPage | 'unrecognised' | undefined {
  const start = plainStart(body);
  if (start.subarray(0, 512).some(isControl)) return 'unrecognised';
  const markup = start.toString('latin1');
  const said = foldWords(visibleText(markup, MAX_SAID));
  if (ASKS_FOR_USER_AGENT.test(said)) return 'undeclared-tool';
  if (ASKS_TO_COMPLY.test(said)) return 'automated-access';
  if (/request rate threshold exceeded|exceeded the sec s traffic limit/.test(said)) return 'throttle';
  const first = firstTagOf(start);
  const isHtml = first.kind === 'tag' && HTML_TAGS.has(first.name);
  return isHtml || /request rate|rate limit|traffic limit|too many requests/.test(said) ? 'unrecognised' : undefined;
}

/** No text has such a byte, and nothing that is packed or encrypted is without one for long. */
function isControl(byte: number): boolean {
  return byte < 0x20 && (byte < 0x09 || byte > 0x0d);
}

function firstTagOf(start: Buffer): FirstTag {
  const first = firstTag(start.toString('latin1', 0, FIRST_LOOK_BYTES));
  return first.kind === 'unfinished' && start.length > FIRST_LOOK_BYTES ? firstTag(start.toString('latin1')) : first;
}

/** S3's errors, and those of what imitates it: a root `Error`, with or without prefix and namespace, that has a `Code`. */
function pageOfS3(markup: string): RefusalPage | undefined {
  const code = foldWords(elementText(markup, S3_CODE) ?? '');
  if (code === '') return undefined;
  return code === 'accessdenied' || code === 'nosuchkey' ? 'missing' : 'storage-error';
}

function pageOfHtml(markup: string): RefusalPage | undefined {
  const title = foldWords(elementText(markup, TITLE) ?? '');
  const page = pageOfWording(title) ?? pageOfHeading(title, markup);
  if (page === 'throttle') return pageOfThrottleTitle(title, markup);
  if (page === undefined && SITE.test(title)) {
    return foldWords(visibleText(markup, MAX_BEFORE_ADVICE)).includes(ADVICE) ? 'undeclared-tool' : undefined;
  }
  return page;
}

function pageOfHeading(title: string, markup: string): RefusalPage | undefined {
  if (!SAYS_NOTHING.test(title.replace(SITE, ''))) return undefined;
  return pageOfWording(foldWords(elementText(markup, HEADING) ?? ''));
}

function pageOfWording(words: string): RefusalPage | undefined {
  const rest = words.replace(SITE, '');
  if (rest !== words && rest.startsWith('page not found')) return 'missing';
  return WORDINGS.find(([wording]) => rest.startsWith(wording))?.[1];
}

function pageOfThrottleTitle(title: string, markup: string): RefusalPage {
  const said = foldWords(visibleText(markup, MAX_SAID)).replace(title, '');
  if (ASKS_FOR_USER_AGENT.test(said)) return 'undeclared-tool';
  return ASKS_TO_COMPLY.test(said) && !/exceeded/.test(said) ? 'automated-access' : 'throttle';
}

/** A text that quotes a whole page goes on after it; a page with something before it does not. */
function goesOnAfter(markup: string): boolean {
  const end = markup.toLowerCase().lastIndexOf('</html');
  return end >= 0 && visibleText(markup.slice(end), 1024).trim() !== '';
}
