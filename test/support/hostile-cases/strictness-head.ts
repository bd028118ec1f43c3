// Heads that break or strain the grammar of HTTP/1.1, and replies that are no HTTP/1.1 at all. The body is the document
// throughout, so a tool that takes it is right by luck or by leniency; where the RFC lets it pass, it must be saved.
import { fails, fine, odd } from './define.ts';
import { htmlPage } from './documents.ts';
import { head, raw, whole } from './replies.ts';
import type { HostileCase, Serve } from './types.ts';

const XML = 'Content-Type: application/xml';

const lengthOf = (body: Buffer): string => `Content-Length: ${body.length}`;

const filler = (kilobytes: number): string[] =>
  Array.from({ length: kilobytes }, (_, index) => `X-Filler-${index}: ${'f'.repeat(1000)}`);

/** A head written as it is given, with nothing added, then the body. */
const literally = (text: string, body: Buffer): Serve => raw([text, body]);

const statusLine = (id: string, name: string, line: string, source = 'RFC 9112 section 4'): HostileCase =>
  odd({
    id,
    name,
    source,
    reply: (genuine) => literally(`${line}\r\n${XML}\r\n${lengthOf(genuine)}\r\n\r\n`, genuine),
  });

const extraFields =
  (...fields: string[]) =>
  (genuine: Buffer): Serve =>
    whole(genuine, { fields: [XML, ...fields] });

export const headCases: readonly HostileCase[] = [
  statusLine('status-line-two-digits', 'A status of two digits', 'HTTP/1.1 20 OK'),
  statusLine('status-line-four-digits', 'A status of four digits', 'HTTP/1.1 2000 OK'),
  statusLine('status-line-word', 'A status that is a word', 'HTTP/1.1 OK OK'),
  statusLine('status-line-no-version', 'A status line without a number after HTTP', 'HTTP 200 OK'),
  statusLine(
    'status-line-http2',
    'A status line that says HTTP/2',
    'HTTP/2 200 OK',
    'RFC 9112 section 2.3; curl on HTTP/2 over clear text',
  ),
  statusLine('status-line-icy', 'A status line of Shoutcast', 'ICY 200 OK', 'curl and VLC know it'),
  fine({
    id: 'status-line-no-reason',
    name: 'A status line without a reason',
    source: 'RFC 9112 section 4 (optional)',
    reply: (genuine) => literally(`HTTP/1.1 200 \r\n${lengthOf(genuine)}\r\nConnection: close\r\n\r\n`, genuine),
  }),
  fine({
    id: 'status-line-reason-beyond-ascii',
    name: 'A reason with letters beyond ASCII',
    source: 'RFC 9112 section 4 (obs-text)',
    reply: (genuine) =>
      literally(`HTTP/1.1 200 D\xe4ccord\r\n${lengthOf(genuine)}\r\nConnection: close\r\n\r\n`, genuine),
  }),
  fine({
    id: 'http10-with-length',
    name: 'HTTP/1.0 with a Content-Length',
    source: 'RFC 9112 section 2.3 and appendix C.1',
    reply: (genuine) => literally(`HTTP/1.0 200 OK\r\n${lengthOf(genuine)}\r\n\r\n`, genuine),
  }),
  odd({
    id: 'head-bare-lf',
    name: 'A head whose lines end in LF only',
    source: 'RFC 9112 section 2.2 (may be recognized)',
    reply: (genuine) => literally(`HTTP/1.1 200 OK\n${XML}\n${lengthOf(genuine)}\n\n`, genuine),
  }),
  odd({
    id: 'head-bare-cr',
    name: 'A bare CR inside a field',
    source: 'RFC 9112 section 2.2 (invalid or replaced)',
    reply: (genuine) => literally(`HTTP/1.1 200 OK\r\nX-Note: a\rb\r\n${lengthOf(genuine)}\r\n\r\n`, genuine),
  }),
  odd({
    id: 'head-space-before-colon',
    name: 'A space between the name and the colon of Content-Length',
    source: 'RFC 9112 section 5.1',
    reply: (genuine) => literally(`HTTP/1.1 200 OK\r\nContent-Length : ${genuine.length}\r\n\r\n`, genuine),
  }),
  odd({
    id: 'head-folded',
    name: 'A field folded over two lines',
    source: 'RFC 9112 section 5.2 (obs-fold)',
    reply: (genuine) =>
      literally(
        `HTTP/1.1 200 OK\r\nX-Note: first\r\n second\r\n${lengthOf(genuine)}\r\nConnection: close\r\n\r\n`,
        genuine,
      ),
  }),
  odd({
    id: 'head-starts-with-space',
    name: 'A space before the first field',
    source: 'RFC 9112 section 2.2 (reject or discard)',
    reply: (genuine) => literally(`HTTP/1.1 200 OK\r\n X-Note: a\r\n${lengthOf(genuine)}\r\n\r\n`, genuine),
  }),
  odd({
    id: 'head-no-colon',
    name: 'A line without a colon',
    source: 'RFC 9112 section 5',
    reply: (genuine) => literally(`HTTP/1.1 200 OK\r\nWarning without colon\r\n${lengthOf(genuine)}\r\n\r\n`, genuine),
  }),
  odd({
    id: 'head-nul',
    name: 'A NUL inside a field',
    source: 'RFC 9110 section 5.5 (dangerous)',
    reply: (genuine) => literally(`HTTP/1.1 200 OK\r\nX-Note: a\x00b\r\n${lengthOf(genuine)}\r\n\r\n`, genuine),
  }),
  odd({
    id: 'head-bad-name',
    name: 'A field name with characters that no name may have',
    source: 'RFC 9110 section 5.6.2 (token)',
    reply: (genuine) => literally(`HTTP/1.1 200 OK\r\nX[Note](1): a\r\n${lengthOf(genuine)}\r\n\r\n`, genuine),
  }),
  odd({
    id: 'head-one-megabyte',
    name: 'A head of 1 MB',
    source: 'RFC 9110 section 5.4 (limits)',
    expect: fails('connection'),
    reply: (genuine) => raw([head('200 OK', XML, lengthOf(genuine), ...filler(1000)), genuine]),
  }),
  fine({
    id: 'head-18-kilobytes',
    name: 'A head of 18 KB',
    source: 'seen in the field; Node and undici stop at 16 KiB',
    reply: extraFields(...filler(18)),
  }),
  fine({
    id: 'head-long-field',
    name: 'One field of 17 KB',
    source: 'seen in the field (Content-Security-Policy); Node and undici stop at 16 KiB',
    reply: extraFields(`Content-Security-Policy: ${"default-src 'self' https://cdn.example; ".repeat(450)}`),
  }),
  fine({
    id: 'head-beyond-ascii',
    name: 'Field values with bytes beyond ASCII, and empty ones',
    source: 'RFC 9110 section 5.5 (obs-text)',
    reply: extraFields('X-Server: Z\xfcrich', 'X-Empty:', 'Server: a/1 (b; "c")'),
  }),
  fine({
    id: 'head-three-hundred-fields',
    name: 'Three hundred short fields',
    source: 'RFC 9110 section 5.4 (limits)',
    reply: extraFields(...Array.from({ length: 300 }, (_, index) => `X-F${index}: ${index}`)),
  }),
  odd({
    id: 'no-http-garbage',
    name: 'Random bytes instead of HTTP',
    source: 'a wrong port',
    reply: () => raw(Buffer.from('8f1c00ff00a3de17b25503e9aa0d0a0d0a7711', 'hex')),
  }),
  odd({
    id: 'no-http-09',
    name: 'HTTP/0.9: the document with no head at all',
    source: 'RFC 1945 section 4.1; curl wants --http0.9 since 7.66',
    reply: (genuine) => raw(genuine),
  }),
  odd({
    id: 'no-http-html',
    name: 'An HTML page with no head at all',
    source: 'RFC 1945 section 4.1',
    reply: () => raw(htmlPage('Router', 'Sign in to this device')),
  }),
  odd({
    id: 'no-http-frames',
    name: 'HTTP/2 frames (SETTINGS, GOAWAY)',
    source: 'RFC 9113 section 3.4',
    reply: () => raw(Buffer.from('00000004000000000000000807000000000000000000000001', 'hex')),
  }),
  odd({
    id: 'no-http-tls-alert',
    name: 'A TLS alert on a plain port',
    source: 'RFC 8446 section 6',
    reply: () => raw(Buffer.from('15030300020250', 'hex')),
  }),
  odd({
    id: 'no-http-ssh',
    name: 'A greeting of SSH, then the end',
    source: 'RFC 4253 section 4.2',
    reply: () => raw('SSH-2.0-OpenSSH_9.2\r\n'),
  }),
];
