// Statuses other than 200: which mean missing, forbidden, later, or never, and interim replies before a good one.
import { fails, inGroup, missing, permanent, saved, transient } from './define.ts';
import { htmlPage } from './documents.ts';
import { head, inTurn, raw, whole } from './replies.ts';
import type { Expectation, HostileCase, Serve } from './types.ts';

const strictness = inGroup('strictness');
const content = inGroup('content');
const NOT_A_PLAIN_200 = 'The body happens to be the document; the status says that it need not be.';

const plainText = (status: string): Serve => whole(`${status}\n`, { status, fields: ['Content-Type: text/plain'] });

/** An error status with a short text. */
const answers = (status: string, expect: Expectation, source: string): HostileCase =>
  content({
    id: `status-${status.slice(0, 3)}`,
    name: `Status ${status}`,
    source,
    expect,
    serve: () => plainText(status),
  });

/** A status other than 200 over the very document. */
const carries = (status: string, source: string, ...fields: string[]): HostileCase =>
  strictness({
    id: `document-under-${status.slice(0, 3)}`,
    name: `Status ${status} over the document`,
    source,
    expect: permanent('http-status'),
    lenient: NOT_A_PLAIN_200,
    serve: (genuine) => whole(genuine, { status, fields }),
  });

const later = transient('http-status');
const never = permanent('http-status');
const forbidden = permanent('forbidden');

const before200 =
  (interim: string): ((genuine: Buffer) => Serve) =>
  (genuine) =>
    raw(
      [interim, head('200 OK', 'Content-Type: application/xml', `Content-Length: ${genuine.length}`), genuine],
      'keep',
    );

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
const EARLY_HINTS = 'HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload; as=style\r\n\r\n';

export const statusCases: readonly HostileCase[] = [
  answers('400 Bad Request', never, 'RFC 9110 section 15.5.1'),
  answers('401 Unauthorized', forbidden, 'RFC 9110 section 15.5.2'),
  answers('404 Not Found', missing, 'RFC 9110 section 15.5.5'),
  answers('405 Method Not Allowed', never, 'RFC 9110 section 15.5.6'),
  answers('406 Not Acceptable', never, 'RFC 9110 section 15.5.7'),
  answers('407 Proxy Authentication Required', forbidden, 'RFC 9110 section 15.5.8'),
  answers('408 Request Timeout', later, 'RFC 9110 section 15.5.9'),
  answers('410 Gone', missing, 'RFC 9110 section 15.5.11'),
  answers('416 Range Not Satisfiable', never, 'RFC 9110 section 15.5.17'),
  answers('418 Teapot', never, 'RFC 9110 section 15.5.19'),
  answers('425 Too Early', later, 'RFC 8470 section 5.2'),
  answers('429 Too Many Requests', later, 'RFC 6585 section 4'),
  answers('451 Unavailable For Legal Reasons', forbidden, 'RFC 7725'),
  answers('500 Internal Server Error', later, 'RFC 9110 section 15.6.1'),
  answers('501 Not Implemented', later, 'RFC 9110 section 15.6.2'),
  answers('502 Bad Gateway', later, 'RFC 9110 section 15.6.3'),
  answers('503 Service Unavailable', later, 'RFC 9110 section 15.6.4'),
  answers('504 Gateway Timeout', later, 'RFC 9110 section 15.6.5'),
  answers('520 Web Server Returned an Unknown Error', later, 'RFC 9110 section 15.1 (an unknown status is its x00)'),
  carries('201 Created', 'RFC 9110 section 15.3.2'),
  carries('202 Accepted', 'RFC 9110 section 15.3.3'),
  carries('203 Non-Authoritative Information', 'RFC 9110 section 15.3.4 (changed on the way)'),
  carries('226 IM Used', 'RFC 3229 section 10.4.1'),
  carries('999 Request Denied', 'RFC 9110 section 15 (600 to 999 are invalid)'),
  strictness({
    id: 'status-204',
    name: 'Status 204 No Content',
    source: 'RFC 9110 section 15.3.5',
    expect: never,
    serve: () => raw(head('204 No Content'), 'keep'),
  }),
  strictness({
    id: 'status-204-with-body',
    name: 'Status 204 with the document behind it all the same',
    source: 'RFC 9110 section 15.3.5; RFC 9112 section 6.3, rule 1',
    listener: 'own',
    expect: fails('http-status', 'connection', 'truncated'),
    serve: (genuine) => raw([head('204 No Content', `Content-Length: ${genuine.length}`), genuine]),
  }),
  strictness({
    id: 'status-205',
    name: 'Status 205 Reset Content',
    source: 'RFC 9110 section 15.3.6',
    expect: never,
    serve: () => whole('', { status: '205 Reset Content' }),
  }),
  strictness({
    id: 'status-206-part',
    name: 'Status 206 to a plain GET, with the first half',
    source: 'RFC 9110 section 15.3.7; undici lets it through',
    expect: never,
    serve: (genuine) => {
      const half = genuine.subarray(0, genuine.length >> 1);
      return whole(half, {
        status: '206 Partial Content',
        fields: [`Content-Range: bytes 0-${half.length - 1}/${genuine.length}`],
      });
    },
  }),
  strictness({
    id: 'status-206-all',
    name: 'Status 206 to a plain GET, with all of the document',
    source: 'RFC 9110 section 15.3.7',
    expect: never,
    lenient: NOT_A_PLAIN_200,
    serve: (genuine) =>
      whole(genuine, {
        status: '206 Partial Content',
        fields: [`Content-Range: bytes 0-${genuine.length - 1}/${genuine.length}`],
      }),
  }),
  strictness({
    id: 'status-304',
    name: 'Status 304 to a GET without a condition',
    source: 'RFC 9110 section 15.4.5',
    expect: never,
    serve: () => raw(head('304 Not Modified', 'ETag: "abc"'), 'keep'),
  }),
  strictness({
    id: 'status-304-with-length',
    name: 'Status 304 with the Content-Length of the document, and no body',
    source: 'RFC 9110 section 8.6; undici gives its head, then an error and a dead socket',
    listener: 'own',
    expect: fails('http-status'),
    serve: (genuine) => raw(head('304 Not Modified', `Content-Length: ${genuine.length}`), 'keep'),
  }),
  strictness({
    id: 'status-101',
    name: 'Status 101 Switching Protocols, which nobody asked for',
    source: 'RFC 9110 section 15.2.2',
    expect: fails('http-status', 'connection'),
    lenient: 'The document came over the protocol that nobody asked for, as if it were a body.',
    serve: (genuine) => raw([head('101 Switching Protocols', 'Upgrade: h2c', 'Connection: Upgrade'), genuine]),
  }),
  strictness({
    id: 'interim-100',
    name: '100 Continue before the 200',
    source: 'RFC 9110 section 15.2.1',
    expect: saved(),
    serve: before200(CONTINUE),
  }),
  strictness({
    id: 'interim-100-twice',
    name: '100 Continue with a field of its own, then 100 again, before the 200',
    source: 'RFC 9110 section 15.2 (one or more)',
    expect: saved(),
    serve: before200(`HTTP/1.1 100 Continue\r\nX-Via: proxy\r\n\r\n${CONTINUE}`),
  }),
  strictness({
    id: 'interim-103',
    name: '103 Early Hints before the 200',
    source: 'RFC 8297; undici shows it as the start of a response',
    expect: saved(),
    serve: before200(EARLY_HINTS),
  }),
  strictness({
    id: 'interim-several',
    name: '102, two 103 and a 100 before the 200',
    source: 'RFC 9110 section 15.2 (one or more)',
    expect: saved(),
    serve: before200(`HTTP/1.1 102 Processing\r\n\r\n${EARLY_HINTS}${EARLY_HINTS}${CONTINUE}`),
  }),
  strictness({
    id: 'status-503-cut',
    name: 'A 503 whose body is cut',
    source: 'RFC 9110 section 15.6.4 (the status is known by then)',
    expect: transient('http-status', 'truncated'),
    serve: () => raw([head('503 Service Unavailable', 'Content-Length: 5000'), 'busy']),
  }),
  strictness({
    id: 'status-404-cut',
    name: 'A 404 whose body never comes',
    source: 'EDGAR.md (the body decides, not the status)',
    expect: transient('truncated'),
    serve: () => raw(head('404 Not Found', 'Content-Length: 5000'), 'fin'),
  }),
  strictness({
    id: 'status-404-coding-broken',
    name: 'A 404 under a broken gzip',
    source: 'EDGAR.md (error bodies come gzipped unasked)',
    expect: { status: 'missing', codes: ['not-found'] },
    serve: () => whole('no gzip at all', { status: '404 Not Found', fields: ['Content-Encoding: gzip'] }),
  }),
  strictness({
    id: 'retry-after-one',
    name: 'A 503 with Retry-After: 1, then the document',
    source: 'RFC 9110 section 10.2.3',
    listener: 'own',
    expect: saved(2),
    serve: (genuine) =>
      inTurn(whole('busy', { status: '503 Service Unavailable', fields: ['Retry-After: 1'] }), whole(genuine)),
  }),
  strictness({
    id: 'retry-after-past-date',
    name: 'A 429 with a Retry-After date that is over, then the document',
    source: 'RFC 9110 section 10.2.3',
    listener: 'own',
    expect: saved(2),
    serve: (genuine) =>
      inTurn(
        whole('slow', { status: '429 Too Many Requests', fields: ['Retry-After: Wed, 21 Oct 2015 07:28:00 GMT'] }),
        whole(genuine),
      ),
  }),
  strictness({
    id: 'retry-after-garbage',
    name: 'A 503 with a Retry-After that is neither number nor date, then the document',
    source: 'RFC 9110 section 10.2.3',
    listener: 'own',
    expect: saved(2),
    serve: (genuine) =>
      inTurn(whole('busy', { status: '503 Service Unavailable', fields: ['Retry-After: soon'] }), whole(genuine)),
  }),
  strictness({
    id: 'retry-after-too-long',
    name: 'A 503 with Retry-After: 86400: no second request, and no day of waiting',
    source: 'RFC 9110 section 10.2.3; undici’s retry helper clamps it to 30 s',
    listener: 'own',
    expect: permanent('http-status'),
    serve: () => whole('busy', { status: '503 Service Unavailable', fields: ['Retry-After: 86400'] }),
  }),
  ...['500 Internal Server Error', '502 Bad Gateway', '503 Service Unavailable', '429 Too Many Requests'].map(
    (status) =>
      content({
        id: `status-${status.slice(0, 3)}-then-good`,
        name: `Status ${status} at the first attempt, the document at the second`,
        source: 'RFC 9110 section 15.6',
        expect: saved(2),
        serve: (genuine) => inTurn(plainText(status), whole(genuine)),
      }),
  ),
  content({
    id: 'status-404-html',
    name: 'An unknown HTML page under 404',
    source: 'RFC 9110 section 15.5.5',
    expect: missing,
    serve: () => whole(htmlPage('Nothing here', 'Try the search.'), { status: '404 Not Found' }),
  }),
];
