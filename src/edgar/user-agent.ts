// Owns which User-Agent the SEC accepts: a name and a contact address. Refused there: none, a library's default, a
// browser's, and addresses at noreply or github.com. Pure; the edge decides what to do about the answer.

export type UserAgentVerdict = { readonly usable: true } | { readonly usable: false; readonly reason: string };

/** Lengths are those of RFC 5321 4.5.3.1 and RFC 1035 2.3.4. */
const EMAIL =
  /[^\s@<>()"',;:]{1,64}@([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?){1,20})/i;
const SAMPLE_DOMAINS = [
  'example.com',
  'example.org',
  'example.net',
  'company.com',
  'domain.com',
  'samplecompany.com',
  'your-company.com',
  'yourcompany.com',
];
const AUTOMATON_OR_BROWSER =
  /^(?:mozilla\/|opera\/|curl\/|wget|aria2|python-requests|python-urllib|python\/|aiohttp|httpx|java\/|okhttp|go-http-client|node(?=$|[\s/])|undici|axios|got\b|libwww|scrapy)/i;

/** Says whether the SEC may be contacted with this User-Agent, and if not, why. */
export function judgeUserAgent(text: string | undefined): UserAgentVerdict {
  const userAgent = text?.trim() ?? '';
  if (userAgent === '') return refuse('none is set');
  if (!/^[\x20-\x7e]+$/.test(userAgent)) return refuse('it has characters that a header cannot carry');
  if (AUTOMATON_OR_BROWSER.test(userAgent)) return refuse("it looks like a browser's or a library's");
  const email = EMAIL.exec(userAgent);
  if (email === null) return refuse('it has no e-mail address');
  const address = email[0].toLowerCase();
  const domain = (email[1] ?? '').toLowerCase();
  if (/no-?reply/.test(address)) return refuse('nobody reads a noreply address');
  if (domain === 'github.com' || domain.endsWith('.github.com')) return refuse('the SEC refuses github.com addresses');
  if (SAMPLE_DOMAINS.some((sample) => domain === sample || domain.endsWith(`.${sample}`))) {
    return refuse(`${domain} is a sample address, not yours`);
  }
  return { usable: true };
}

function refuse(reason: string): UserAgentVerdict {
  return { usable: false, reason };
}
