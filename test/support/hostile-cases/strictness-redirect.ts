// Redirects: the good ones of every form, and those that lead nowhere, in circles, or out of http.
import { fails, inGroup, permanent, saved, savedWithin, transient } from './define.ts';
import { htmlPage } from './documents.ts';
import { redirecting, whole } from './replies.ts';
import type { HostileCase, RequestHead, Serve } from './types.ts';

const strictness = inGroup('strictness');
const FILE = 'instance-20260331.xml';

const isFirst = (request: RequestHead): boolean => request.path.endsWith(`/${FILE}`);

/** One hop from the case's own path to this Location, then the document. */
const oneHop =
  (location: (request: RequestHead) => string, status = '302 Found') =>
  (genuine: Buffer): Serve =>
    redirecting((request) => (isFirst(request) ? location(request) : undefined), whole(genuine), status);

const good = (
  id: string,
  name: string,
  source: string,
  location: (request: RequestHead) => string,
  status?: string,
): HostileCase => strictness({ id, name, source, expect: saved(2), serve: oneHop(location, status) });

/** A Location that must not be followed. */
const bad = (id: string, name: string, location: string, source = 'RFC 9110 section 10.2.2'): HostileCase =>
  strictness({
    id,
    name,
    source,
    expect: permanent('redirect'),
    serve: () => whole('', { status: '302 Found', fields: [`Location: ${location}`] }),
  });

const hopNumber = (request: RequestHead): number => Number(/hop-(\d+)/.exec(request.path)?.[1] ?? 0);

/** So many hops, each to a path of its own. */
const chain =
  (hops: number) =>
  (genuine: Buffer): Serve =>
    redirecting((request) => (hopNumber(request) < hops ? `hop-${hopNumber(request) + 1}` : undefined), whole(genuine));

const endless = (most = 30) => ({ status: 'failed', codes: ['redirect'], requests: [2, most] }) as const;

export const redirectCases: readonly HostileCase[] = [
  strictness({
    id: 'redirect-location-twice-same',
    name: 'A redirect with the same Location twice',
    source: 'RFC 9110 section 5.3',
    expect: saved(2),
    serve: oneHop(() => 'moved.xml\r\nLocation: moved.xml'),
  }),
  strictness({
    id: 'redirect-location-twice',
    name: 'A redirect with two Locations',
    source: 'RFC 9110 section 5.3 (a field of one value may not be repeated)',
    expect: permanent('redirect'),
    serve: () => whole('', { status: '302 Found', fields: ['Location: a.xml', 'Location: b.xml'] }),
  }),
  good('redirect-relative', 'A redirect to a relative reference', 'RFC 9110 section 10.2.2', () => 'moved.xml'),
  good('redirect-path', 'A redirect to an absolute path', 'RFC 9110 section 10.2.2', (request) =>
    request.path.replace(FILE, 'elsewhere/moved.xml'),
  ),
  good(
    'redirect-301',
    'A 301 to a whole URL',
    'RFC 9110 section 15.4.2; EDGAR recording (sec.gov to www.sec.gov)',
    (request) => `${request.origin}${request.path.replace(FILE, 'moved.xml')}`,
    '301 Moved Permanently',
  ),
  good('redirect-303', 'A 303', 'RFC 9110 section 15.4.4', () => 'moved.xml', '303 See Other'),
  good('redirect-307', 'A 307', 'RFC 9110 section 15.4.8', () => 'moved.xml', '307 Temporary Redirect'),
  good('redirect-308', 'A 308', 'RFC 9110 section 15.4.9', () => 'moved.xml', '308 Permanent Redirect'),
  good(
    'redirect-scheme-relative',
    'A Location that begins with two slashes',
    'RFC 3986 section 4.2',
    (request) => `${request.origin.replace('http:', '')}${request.path.replace(FILE, 'moved.xml')}`,
  ),
  good('redirect-fragment', 'A Location with a fragment', 'RFC 9110 section 10.2.2', () => 'moved.xml#part'),
  good('redirect-query', 'A Location that is a query only', 'RFC 3986 section 5.4', () => 'moved.xml?x=1&y=%2F'),
  strictness({
    id: 'redirect-chain-of-three',
    name: 'Three redirects in a row',
    source: 'RFC 9110 section 15.4',
    expect: saved(4),
    serve: chain(3),
  }),
  strictness({
    id: 'redirect-with-body',
    name: 'A redirect with a page in its body',
    source: 'RFC 9110 section 15.4.3 (usually a short note)',
    expect: saved(2),
    serve: (genuine) => (socket, request, attempt) => {
      const hop = whole(htmlPage('Moved', 'The document has moved.'), {
        status: '302 Found',
        fields: ['Location: moved.xml'],
      });
      return (isFirst(request) ? hop : whole(genuine))(socket, request, attempt);
    },
  }),
  strictness({
    id: 'redirect-self-then-good',
    name: 'A redirect to the same URL, which then answers',
    source: 'Scrapy’s dupe filter; servers that set a cookie first',
    expect: savedWithin(2, 2),
    serve: (genuine) => (socket, request, attempt) =>
      (attempt === 1
        ? whole('', { status: '302 Found', fields: [`Location: ${FILE}`, 'Set-Cookie: seen=1'] })
        : whole(genuine))(socket, request, attempt),
  }),
  strictness({
    id: 'redirect-loop-self',
    name: 'A redirect to itself without end',
    source: 'RFC 9110 section 15.4 (cyclical redirections)',
    expect: endless(),
    serve: () => whole('', { status: '302 Found', fields: [`Location: ${FILE}`] }),
  }),
  strictness({
    id: 'redirect-loop-two',
    name: 'Two URLs that point at each other',
    source: 'RFC 9110 section 15.4 (cyclical redirections)',
    expect: endless(),
    serve: (genuine) => redirecting((request) => (isFirst(request) ? 'other.xml' : FILE), whole(genuine)),
  }),
  strictness({
    id: 'redirect-chain-of-sixty',
    name: 'Sixty redirects in a row, each to a new URL',
    source: 'RFC 9110 section 15.4; curl and wget stop at their own number',
    expect: endless(),
    serve: chain(60),
  }),
  strictness({
    id: 'redirect-growing',
    name: 'Redirects without end, each Location longer than the last',
    source: 'RFC 9110 section 4.1 (limits on URIs)',
    expect: endless(),
    serve: (genuine) => redirecting((request) => `${request.path.slice(0, 8000)}x`, whole(genuine)),
  }),
  strictness({
    id: 'redirect-no-location',
    name: 'A 302 without a Location',
    source: 'RFC 9110 section 15.4 (should)',
    expect: permanent('redirect'),
    serve: () => whole('', { status: '302 Found' }),
  }),
  strictness({
    id: 'redirect-no-location-document',
    name: 'A 302 without a Location, over the document',
    source: 'RFC 9110 section 15.4 (should)',
    expect: permanent('redirect'),
    lenient: 'The body happens to be the document; the status says that it is elsewhere.',
    serve: (genuine) => whole(genuine, { status: '302 Found' }),
  }),
  strictness({
    id: 'redirect-300',
    name: 'A 300 with a list of choices and no Location',
    source: 'RFC 9110 section 15.4.1',
    expect: permanent('redirect', 'http-status'),
    serve: () => whole(htmlPage('Choose', 'One of two.'), { status: '300 Multiple Choices' }),
  }),
  bad('redirect-empty-location', 'An empty Location', '', 'RFC 3986 section 4.4 (the same document: a circle)'),
  bad('redirect-bad-location', 'A Location that is no URL', 'http://[::1'),
  bad(
    'redirect-bad-port',
    'A Location with an impossible port',
    'http://127.0.0.1:99999/instance.xml',
    'RFC 3986 section 3.2.3',
  ),
  bad('redirect-ftp', 'A Location at ftp:', 'ftp://127.0.0.1/instance.xml', 'wget follows it'),
  bad('redirect-file', 'A Location at file:', 'file:///etc/hostname', 'CVE-2009-0037 (curl)'),
  bad('redirect-javascript', 'A Location at javascript:', 'javascript:alert(1)'),
  bad('redirect-data', 'A Location at data:', 'data:application/xml,%3Ca%2F%3E', 'RFC 2397'),
  strictness({
    id: 'redirect-to-html',
    name: 'A redirect to a login page',
    source: 'captive portals',
    expect: transient('unexpected-content'),
    serve: () =>
      redirecting(
        (request) => (isFirst(request) ? 'login.html' : undefined),
        whole(htmlPage('Sign in', 'Name and password')),
      ),
  }),
  strictness({
    id: 'redirect-to-missing',
    name: 'A redirect to a URL that is not there',
    source: 'RFC 9110 section 15.5.5',
    expect: { status: 'missing', codes: ['not-found'], requests: [2, 2] },
    serve: () =>
      redirecting(
        (request) => (isFirst(request) ? 'moved.xml' : undefined),
        whole('Not found\n', { status: '404 Not Found' }),
      ),
  }),
  strictness({
    id: 'redirect-to-closed-port',
    name: 'A redirect to a port where nothing listens',
    source: 'RFC 9110 section 10.2.2',
    expect: fails('connection'),
    serve: () => whole('', { status: '302 Found', fields: ['Location: http://127.0.0.1:1/instance.xml'] }),
  }),
];
