// Owns the SEC's fair-access numbers and what counts as the SEC. Sources: https://www.sec.gov/os/webmaster-faq#developers
// and the recordings described in docs/fair-access.md.

/** The SEC's limit is 10; clients measured at 9.7 to 9.9 requests a second were still blocked: jitter makes 10 into 11. */
export const SEC_MAX_RATE_PER_SECOND = 9;

export const SEC_DEFAULT_RATE_PER_SECOND = 8;

/** Names the SEC's hosts as one where permits are asked for. */
export const SEC_HOST_KEY = 'sec.gov';

/** One budget for everything under sec.gov: www, data and efts are counted together. */
export function isSecHost(hostname: string): boolean {
  // A trailing dot names the same host (RFC 1034 3.1).
  const name = hostname.endsWith('.') ? hostname.slice(0, -1) : hostname;
  return name === 'sec.gov' || name.endsWith('.sec.gov');
}

/** The name under which permits for an address are asked for: any host but the SEC's has its own. */
export function hostKeyOf(address: URL): string {
  return isSecHost(address.hostname) ? SEC_HOST_KEY : address.host;
}
