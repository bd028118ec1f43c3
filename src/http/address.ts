// Owns the address of a request: URLs that were put into their canonical form are split, not parsed again, and what follows
// from the origin alone is worked out once. (Three `new URL` a document cost 20 us.)
import { hostKeyOf, isSecHost } from '../edgar/fair-access.ts';

/** What all addresses of one origin share. */
interface AddressOrigin {
  readonly origin: string;
  /** With the port, where it is not the usual one. */
  readonly host: string;
  /** Name under which permits are asked for. */
  readonly hostKey: string;
  /** Any host of *.sec.gov. */
  readonly isSec: boolean;
}

export interface Address {
  readonly href: string;
  readonly at: AddressOrigin;
  /** With the query. */
  readonly path: string;
}

/** Lists name few hosts; one that names many pays for a parse now and then. */
const MAX_KNOWN = 256;

const known = new Map<string, AddressOrigin>();

/** The address of a URL without a fragment. Throws TypeError if it is none. */
export function addressOf(url: string): Address {
  const slash = url.indexOf('/', 'https://'.length);
  const origin = slash < 0 ? undefined : known.get(url.slice(0, slash));
  if (origin !== undefined) return { href: url, at: origin, path: url.slice(slash) };
  const parsed = new URL(url);
  const at: AddressOrigin = {
    origin: parsed.origin,
    host: parsed.host,
    hostKey: hostKeyOf(parsed),
    isSec: isSecHost(parsed.hostname),
  };
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(at.origin, at);
  return { href: parsed.href, at, path: parsed.pathname + parsed.search };
}
