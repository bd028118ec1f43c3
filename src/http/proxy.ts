// Owns which proxy a URL goes through, from HTTPS_PROXY, HTTP_PROXY and NO_PROXY as the edge read them. Pure.

export interface ProxySettings {
  readonly httpProxy?: string;
  readonly httpsProxy?: string;
  /** Comma- or space-separated: `*`, host names (also of their subdomains), `host:port`, IP addresses. */
  readonly noProxy?: string;
}

/** The proxy for a URL, or undefined for a direct connection. */
export function proxyFor(url: URL, settings: ProxySettings): URL | undefined {
  const proxy = url.protocol === 'https:' ? settings.httpsProxy : settings.httpProxy;
  if (proxy === undefined || isExcepted(url, settings.noProxy ?? '')) return undefined;
  return parseProxy(proxy);
}

/** Reads a proxy's address; `host:port` without a scheme means http. Undefined if it is none. */
export function parseProxy(text: string): URL | undefined {
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  return url.protocol === 'http:' || url.protocol === 'https:' ? url : undefined;
}

function isExcepted(url: URL, noProxy: string): boolean {
  const host = url.hostname.toLowerCase();
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => entry === '*' || matches(entry, host, port));
}

function matches(entry: string, host: string, port: string): boolean {
  // `::1` is an address, `[::1]:80` one with a port.
  const withPort = /^([^:]*|\[.*\]):(\d+)$/.exec(entry);
  const name = withPort?.[1] ?? entry;
  const entryPort = withPort?.[2];
  if (entryPort !== undefined && entryPort !== port) return false;
  const suffix = name.replace(/^\*?\./, '');
  return host === suffix || host.endsWith(`.${suffix}`) || host === `[${suffix}]`;
}

/** `Proxy-Authorization` for the user and password in a proxy's address. */
export function basicAuthorization(proxy: URL): string | undefined {
  if (proxy.username === '' && proxy.password === '') return undefined;
  const credentials = `${decoded(proxy.username)}:${decoded(proxy.password)}`;
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}

/** A lone percent sign stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
