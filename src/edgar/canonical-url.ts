// Owns the canonical form of a URL, which is a document's identity: sec.gov addresses get the form that EDGAR answers
// without a redirect (https, www.sec.gov, no zero padding of the CIK, the viewer unwrapped), any other keeps its own.
import { isSecHost } from './fair-access.ts';

/** A URL that went through `canonicalUrl`. */
type CanonicalUrl = string & { readonly canonical: unique symbol };

export type CanonicalVerdict =
  | { readonly valid: true; readonly url: CanonicalUrl; readonly sec: boolean }
  | { readonly valid: false; readonly reason: string };

/** The shape of nearly every line of a list, which needs no parser (*plan*: 1 s a million). */
const PLAIN_ARCHIVES = /^https:\/\/www\.sec\.gov\/Archives\/edgar\/data\/[1-9]\d{0,9}\/\d{18}\/(?!\.{1,2}$)[\w.-]+$/;

const VIEWER = /^\/(?:ix|ixviewer\/(?:ix\.html|doc\/ix\.html)|cgi-bin\/viewer\/ix)$/;
const ZERO_PADDED_CIK = /^\/Archives\/edgar\/data\/0+(?=\d)/;

/** The verdict on a text that is a canonical URL as it stands; undefined where a parser has to tell. */
export function plainUrl(text: string): CanonicalVerdict | undefined {
  return PLAIN_ARCHIVES.test(text) ? accept(text, true) : undefined;
}

export function canonicalUrl(text: string): CanonicalVerdict {
  if (text.startsWith('https://sec.gov/')) return canonicalUrl(`https://www.${text.slice('https://'.length)}`);
  const plain = plainUrl(text);
  if (plain !== undefined) return plain;
  const parsed = parse(text);
  if (parsed === undefined) return reject('it is not an http or https URL');
  if (parsed.username !== '' || parsed.password !== '') return reject('user names in URLs are refused');
  parsed.hash = '';
  return isSecHost(parsed.hostname) ? canonicalSecUrl(parsed) : accept(parsed.href, false);
}

function canonicalSecUrl(url: URL): CanonicalVerdict {
  url.protocol = 'https:';
  url.port = '';
  if (url.hostname.endsWith('.')) url.hostname = url.hostname.slice(0, -1);
  if (url.hostname === 'sec.gov') url.hostname = 'www.sec.gov';
  const wrapped = VIEWER.test(url.pathname) ? url.searchParams.get('doc') : null;
  if (wrapped !== null) return unwrapViewer(wrapped);
  url.pathname = url.pathname.replace(ZERO_PADDED_CIK, '/Archives/edgar/data/');
  return accept(url.href, true);
}

/** `https://www.sec.gov/ix?doc=/Archives/...` is the inline viewer around a document. */
function unwrapViewer(wrapped: string): CanonicalVerdict {
  if (URL.canParse(wrapped, 'https://www.sec.gov/')) {
    const document = canonicalUrl(new URL(wrapped, 'https://www.sec.gov/').href);
    if (document.valid && document.sec) return document;
  }
  return reject('the address that the viewer (ix?doc=) wraps is not one of EDGAR');
}

function parse(text: string): URL | undefined {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.hostname === '' ? undefined : url;
}

function accept(url: string, sec: boolean): CanonicalVerdict {
  return { valid: true, url: url as CanonicalUrl, sec };
}

function reject(reason: string): CanonicalVerdict {
  return { valid: false, reason };
}
