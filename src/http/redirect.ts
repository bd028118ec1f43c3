// Owns where a reply sends us on: a pure function of the address asked and the reply's head. Only http and https, and never
// from https to http; the SEC's addresses are put into their canonical form, so that nothing goes to it in clear text.
import { canonicalUrl } from '../edgar/canonical-url.ts';
import { isSecHost } from '../edgar/fair-access.ts';
import { permanentFailure } from '../model/failure.ts';
import type { ReplyHead } from './reply-head.ts';
import type { RequestEnd } from './verdict.ts';

type Redirection = Extract<RequestEnd, { kind: 'redirected' | 'failed' }>;

const REDIRECT_STATUSES: ReadonlySet<number> = new Set([300, 301, 302, 303, 307, 308]);

/** Undefined if the reply is no redirect. `mayContactSec`: with a User-Agent that the SEC accepts. */
export function redirectionOf(from: URL, head: ReplyHead, mayContactSec: boolean): Redirection | undefined {
  if (!REDIRECT_STATUSES.has(head.status)) return undefined;
  const { location: given } = head.fields;
  if (Array.isArray(given) && new Set(given).size > 1) return refuse('the reply names several Locations');
  const location = utf8Of((Array.isArray(given) ? given[0] : given)?.trim() ?? '');
  if (location === '') return refuse(`status ${head.status} without a Location`);
  if (!URL.canParse(location, from.href)) return refuse('the Location is not a URL');
  const url = new URL(location, from);
  url.hash = '';
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return refuse(`a redirect to ${url.protocol} is not followed`);
  url.username = '';
  url.password = '';
  if (from.protocol === 'https:' && url.protocol === 'http:')
    return refuse('a redirect from https to http is not followed');
  return isSecHost(url.hostname) ? secHop(url, mayContactSec) : { kind: 'redirected', url };
}

function secHop(url: URL, mayContactSec: boolean): Redirection {
  const verdict = canonicalUrl(url.href);
  if (verdict.valid && !mayContactSec)
    return refuse('a redirect to sec.gov is not followed without a User-Agent that names a contact (--user-agent)');
  return verdict.valid ? { kind: 'redirected', url: new URL(verdict.url) } : refuse(verdict.reason);
}

/** Header fields come as Latin-1, a byte a character; servers write UTF-8 (RFC 3986 would have it percent-encoded). */
function utf8Of(field: string): string {
  const decoded = Buffer.from(field, 'latin1').toString('utf8');
  return decoded.includes('\ufffd') ? field : decoded;
}

function refuse(message: string): Redirection {
  return { kind: 'failed', failure: permanentFailure('redirect', message) };
}
