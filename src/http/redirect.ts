// Owns where a reply sends us on: a pure function of the address asked and the reply's head. Only http and https, and never
// from https to http; the SEC's addresses are put into their canonical form, so that nothing goes to it in clear text.
import { canonicalUrl } from '../edgar/canonical-url.ts';
import { isSecHost } from '../edgar/fair-access.ts';
import { permanentFailure, type Failure } from '../model/failure.ts';
import type { ReplyHead } from './reply-head.ts';

export type NextHop =
  /** The reply is no redirect. */
  | { readonly kind: 'stay' }
  | { readonly kind: 'go'; readonly address: URL }
  | { readonly kind: 'refused'; readonly failure: Failure };

const REDIRECT_STATUSES: ReadonlySet<number> = new Set([300, 301, 302, 303, 307, 308]);

/** Cheaper than `nextHop`, for the replies that are none. */
export function isRedirect(head: ReplyHead): boolean {
  return REDIRECT_STATUSES.has(head.status);
}

export function nextHop(from: URL, head: ReplyHead): NextHop {
  if (!isRedirect(head)) return { kind: 'stay' };
  const { location: given } = head.fields;
  if (Array.isArray(given) && new Set(given).size > 1) return refuse('the reply names several Locations');
  const location = utf8Of((Array.isArray(given) ? given[0] : given)?.trim() ?? '');
  if (location === '') return refuse(`status ${head.status} without a Location`);
  if (!URL.canParse(location, from.href)) return refuse('the Location is not a URL');
  const address = new URL(location, from);
  address.hash = '';
  if (address.protocol !== 'http:' && address.protocol !== 'https:')
    return refuse(`a redirect to ${address.protocol} is not followed`);
  address.username = '';
  address.password = '';
  if (from.protocol === 'https:' && address.protocol === 'http:')
    return refuse('a redirect from https to http is not followed');
  return isSecHost(address.hostname) ? secHop(address) : { kind: 'go', address };
}

function secHop(address: URL): NextHop {
  const verdict = canonicalUrl(address.href);
  return verdict.valid ? { kind: 'go', address: new URL(verdict.url) } : refuse(verdict.reason);
}

/** Header fields come as Latin-1, a byte a character; servers write UTF-8 (RFC 3986 would have it percent-encoded). */
function utf8Of(field: string): string {
  const decoded = Buffer.from(field, 'latin1').toString('utf8');
  return decoded.includes('\ufffd') ? field : decoded;
}

function refuse(message: string): NextHop {
  return { kind: 'refused', failure: permanentFailure('redirect', message) };
}
