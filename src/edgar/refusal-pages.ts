// Owns what "no" looks like: the pages that EDGAR sends in place of a document, known by their body, not by their status.
// Pure. A genuine filing that merely quotes such a page is none: only the title and the beginning of a small body count.
// Sources: the recordings described in docs/fair-access.md.

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

/** No page of refusal on record is larger. */
const MAX_PAGE_BYTES = 64 * 1024;

const START_BYTES = 4096;

/** Recorded pages have 8 KB at most; a page with another title must be as small to be told by its text. */
const MAX_REWORDED_BYTES = 16 * 1024;

/** S3's errors, and those of what imitates it: a root `Error`, with or without prefix and namespace, that has a `Code`. */
const S3_ERROR_START = /^(?:\u00ef\u00bb\u00bf)?(?:\s+|<\?[^>]*\?>|<!--[\s\S]*?-->)*<(?:[\w.-]+:)?Error(?:\s[^>]*)?>/;
const S3_ERROR_CODE = /<(?:[\w.-]+:)?Code(?:\s[^>]*)?>\s*(?:<!\[CDATA\[)?\s*(\w+)\s*(?:\]\]>)?\s*<\//;

/** Recognises a page by the decoded body's bytes; undefined for anything else, genuine documents included. */
export function recognisePage(body: Buffer): RefusalPage | undefined {
  if (body.length > MAX_PAGE_BYTES) return undefined;
  // Nearly every body is a document, and shows it at its beginning.
  const start = body.toString('latin1', 0, START_BYTES);
  const mayBeS3 = S3_ERROR_START.test(start);
  if (!mayBeS3 && !looksLikeHtml(start)) return undefined;
  const text = body.toString('latin1');
  const code = mayBeS3 ? S3_ERROR_CODE.exec(text)?.[1] : undefined;
  if (code !== undefined) return code === 'AccessDenied' || code === 'NoSuchKey' ? 'missing' : 'storage-error';
  return pageOfTitle(titleOf(text), text);
}

/** True if the body begins as an HTML page does (white space, BOM, comments and an XML declaration aside). */
export function looksLikeHtml(text: string): boolean {
  const start = text
    .slice(0, START_BYTES)
    .replace(/^(?:\u00ef\u00bb\u00bf|\ufeff)/, '')
    .replace(/^(?:\s+|<\?xml[^>]*\?>|<!--[\s\S]*?-->)+/, '');
  return /^<(?:!doctype\s+html\b|html\b|head\b|title\b|body\b)/i.test(start);
}

function titleOf(html: string): string {
  return /<title[^>]*>([\s\S]{0,300}?)<\/title>/i.exec(html)?.[1]?.trim() ?? '';
}

function pageOfTitle(title: string, text: string): RefusalPage | undefined {
  if (/undeclared automated tool/i.test(title)) return 'undeclared-tool';
  if (/^(?:SEC\.gov\s*\|\s*)?request rate threshold exceeded$/i.test(title)) return pageOfThrottleTitle(text);
  if (!/^SEC\.gov\b|^File (?:Not Found|Unavailable)/i.test(title)) return undefined;
  if (/file unavailable/i.test(title)) return 'maintenance';
  if (/file not found|page not found/i.test(title)) return 'missing';
  if (text.length <= MAX_REWORDED_BYTES && /declare your traffic/i.test(text)) return 'undeclared-tool';
  return undefined;
}

function pageOfThrottleTitle(text: string): RefusalPage {
  if (/declare your traffic|undeclared automated tool/i.test(text)) return 'undeclared-tool';
  return /automated access to our sites must comply/i.test(text) &&
    !/exceeded/i.test(text.replace(/<title[\s\S]*?<\/title>/i, ''))
    ? 'automated-access'
    : 'throttle';
}
