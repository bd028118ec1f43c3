// A real HTTP server on loopback that answers as EDGAR's recorded exchanges do: the same header shapes, gzip made on the
// fly, the MD5 as ETag, S3 errors for missing documents, the two redirects. It behaves well unless a test says otherwise
// through `intercept`, `refuse` and the page builders below; broken wire formats belong to the hostile server.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  createServer as createHttpServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { deflateSync, gzipSync } from 'node:zlib';

export interface StandInDocument {
  readonly body: Buffer;
  /** The body as one gzip member, if it is at hand; otherwise made once for each `body` and kept as long as that. */
  readonly gzip?: Buffer | undefined;
  /** Of the body, hexadecimal; otherwise computed once for each `body`. */
  readonly md5?: string | undefined;
  /** Default: by the extension of the path. */
  readonly contentType?: string | undefined;
  /** Default: 26 February 2010. */
  readonly lastModified?: Date | undefined;
}

export interface StandInOptions {
  /** Keys are paths, with the query if there is one; tried with the query first and then without. */
  readonly documents: ReadonlyMap<string, StandInDocument> | ((path: string) => StandInDocument | undefined);
  /** PEM. With it the server speaks https only. */
  readonly tls?: { readonly key: string; readonly cert: string } | undefined;
  /** `negotiate` (default): gzip if asked for. The others are sent whatever was asked; deflate has its zlib wrapper. */
  readonly encoding?: 'negotiate' | 'gzip' | 'identity' | 'deflate' | undefined;
  /** Default `content-length`. `mixed`: each third request of the server is answered chunked. */
  readonly framing?: 'content-length' | 'chunked' | 'mixed' | undefined;
  /** False: no ETag on anything. Default: on all under /Archives but `.htm` and `.html`. */
  readonly etag?: boolean | undefined;
  /** True: a 304 announces the length of the body that it does not have. */
  readonly contentLengthOnNotModified?: boolean | undefined;
  /** Silence before each reply. */
  readonly delayMs?: ((path: string) => number) | undefined;
  /** Sees each request first, `requestNumber` counting from 1; true means that it has answered or will. */
  readonly intercept?:
    ((request: IncomingMessage, response: ServerResponse, requestNumber: number) => boolean) | undefined;
  readonly onRequest?: ((record: RequestRecord) => void) | undefined;
}

export interface RequestRecord {
  /** With the query, as received. */
  readonly path: string;
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  /** `performance.now()` of this process when the head had been read. */
  readonly startedAtMs: number;
  /** Which connection carried it: 1 for the first that carried a request. */
  readonly connection: number;
}

export interface EdgarStandIn {
  /** `http://127.0.0.1:<port>`, or `https://`. */
  readonly origin: string;
  readonly port: number;
  /** In order of arrival; emptied in place by `reset`. */
  readonly requests: readonly RequestRecord[];
  /** All requests, or those for one path, since the start or the last `reset`. */
  countRequests(path?: string): number;
  /** Forgets the requests and counts from 1 again; connections stay. */
  reset(): void;
  /** Destroys all connections and ends delayed replies; may be called twice. */
  close(): Promise<void>;
}

/** Starts a stand-in on a free port of 127.0.0.1. The caller closes it. */
export async function startEdgarStandIn(options: StandInOptions): Promise<EdgarStandIn> {
  const requests: RequestRecord[] = [];
  const connectionNumbers = new WeakMap<Socket, number>();
  const delays = new Set<NodeJS.Timeout>();
  let connections = 0;

  const record = (request: IncomingMessage): RequestRecord => {
    const connection = connectionNumbers.get(request.socket) ?? ++connections;
    connectionNumbers.set(request.socket, connection);
    const { method = '', headers, url: path = '/' } = request;
    return { path, method, headers, startedAtMs: performance.now(), connection };
  };
  const listener: RequestListener = (request, response) => {
    const row = record(request);
    const requestNumber = requests.push(row);
    options.onRequest?.(row);
    if (options.intercept?.(request, response, requestNumber) === true) return;
    const wait = options.delayMs?.(row.path) ?? 0;
    if (wait <= 0) {
      answer(request, response, requestNumber, options);
      return;
    }
    const delay = setTimeout(() => {
      delays.delete(delay);
      answer(request, response, requestNumber, options);
    }, wait);
    delays.add(delay);
  };

  const server = options.tls === undefined ? createHttpServer(listener) : createHttpsServer(options.tls, listener);
  server.keepAliveTimeout = 120_000;
  const closeServer = await listenOnLoopback(server);
  const { port } = server.address() as AddressInfo;
  return {
    origin: `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    requests,
    countRequests: (path) => requests.filter((row) => path === undefined || row.path === path).length,
    reset: () => {
      requests.length = 0;
    },
    close: async () => {
      for (const delay of delays) clearTimeout(delay);
      delays.clear();
      await closeServer();
    },
  };
}

/** Listens on a free port of 127.0.0.1; the returned function destroys every connection and closes the server. */
export async function listenOnLoopback(server: Server): Promise<() => Promise<void>> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return async () => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  requestNumber: number,
  options: StandInOptions,
): void {
  const path = request.url ?? '/';
  const location = redirectTarget(request.headers.host, path);
  if (location !== undefined) {
    response.writeHead(301, { Server: 'AkamaiGHost', 'Content-Length': 0, Location: location, ...alwaysThere() }).end();
    return;
  }
  const document = find(options.documents, path);
  if (document === undefined) {
    const archives = path.startsWith('/Archives/');
    refuse(response, archives ? 403 : 404, archives ? accessDeniedPage() : noSuchKeyPage(path));
    return;
  }
  sendDocument(request, response, document, requestNumber, options);
}

/** EDGAR's two redirects: the bare host, and a zero-padded CIK. */
function redirectTarget(host: string | undefined, path: string): string | undefined {
  if (host?.split(':')[0]?.toLowerCase() === 'sec.gov') return `https://www.sec.gov${path}`;
  const unpadded = path.replace(/^(\/Archives\/edgar\/data\/)0+(?=[1-9])/, '$1');
  return unpadded === path ? undefined : unpadded;
}

function find(documents: StandInOptions['documents'], path: string): StandInDocument | undefined {
  const lookUp = typeof documents === 'function' ? documents : (key: string) => documents.get(key);
  return lookUp(path) ?? (path.includes('?') ? lookUp(path.split('?')[0]!) : undefined);
}

type Coding = 'gzip' | 'deflate' | 'identity';

function sendDocument(
  request: IncomingMessage,
  response: ServerResponse,
  document: StandInDocument,
  requestNumber: number,
  options: StandInOptions,
): void {
  const path = (request.url ?? '/').split('?')[0]!;
  const archives = path.startsWith('/Archives/');
  const coding = chooseCoding(options.encoding ?? 'negotiate', request.headers['accept-encoding'], path);
  const body = encode(document, coding);
  const headers = archives ? archivesHeaders(path, document, coding, options.etag ?? true) : apiHeaders();
  if (archives && isNotModified(request.headers, headers)) {
    if (options.contentLengthOnNotModified === true) headers['Content-Length'] = body.length;
    delete headers['Vary'];
    response.writeHead(304, { ...headers, ...alwaysThere() }).end();
    return;
  }
  headers['Content-Type'] = document.contentType ?? contentTypeOf(path);
  if (coding !== 'identity') headers['Content-Encoding'] = coding;
  const framing = options.framing ?? 'content-length';
  if (framing === 'chunked' || (framing === 'mixed' && requestNumber % 3 === 0)) {
    const asRecorded = { Connection: ['keep-alive', 'Transfer-Encoding'], 'Transfer-Encoding': 'chunked' };
    response.writeHead(200, { ...headers, ...alwaysThere(), ...asRecorded });
    for (let at = 0; at < body.length; at += 16_384) response.write(body.subarray(at, at + 16_384));
    response.end();
    return;
  }
  response.writeHead(200, { ...headers, ...alwaysThere(), 'Content-Length': body.length }).end(body);
}

function chooseCoding(encoding: 'negotiate' | Coding, acceptEncoding: unknown, path: string): Coding {
  if (encoding !== 'negotiate') return encoding;
  const packed = /\.(gz|zip|pdf|jpg|gif|xlsx)$/i.test(path);
  return !packed && /\bgzip\b(?!\s*;\s*q=0(?![.\d]*[1-9]))/i.test(String(acceptEncoding)) ? 'gzip' : 'identity';
}

const gzipped = new WeakMap<Buffer, Buffer>();
const deflated = new WeakMap<Buffer, Buffer>();
const hashed = new WeakMap<Buffer, string>();

function remembered<Value>(memory: WeakMap<Buffer, Value>, body: Buffer, make: (body: Buffer) => Value): Value {
  const known = memory.get(body);
  if (known !== undefined) return known;
  const made = make(body);
  memory.set(body, made);
  return made;
}

function encode(document: StandInDocument, coding: Coding): Buffer {
  switch (coding) {
    case 'gzip':
      return document.gzip ?? remembered(gzipped, document.body, (body) => gzipSync(body));
    case 'deflate':
      return remembered(deflated, document.body, (body) => deflateSync(body));
    case 'identity':
      return document.body;
  }
}

function md5Of(document: StandInDocument): string {
  return document.md5 ?? remembered(hashed, document.body, (body) => createHash('md5').update(body).digest('hex'));
}

function archivesHeaders(path: string, document: StandInDocument, coding: Coding, etag: boolean): OutgoingHttpHeaders {
  const tagged = etag && !/\.html?$/i.test(path);
  return {
    'Accept-Ranges': 'bytes',
    ...(tagged ? { ETag: `"${md5Of(document)}${coding === 'gzip' ? '-gzip' : ''}"` } : {}),
    'Last-Modified': (document.lastModified ?? new Date('2010-02-26T11:04:55Z')).toUTCString(),
    Vary: 'Accept-Encoding',
    'x-amz-id-2': hostId(),
    'x-amz-meta-mode': '33188',
    'x-amz-replication-status': 'COMPLETED',
    'x-amz-request-id': requestId(),
    'x-amz-server-side-encryption': 'AES256',
    'x-amz-version-id': randomBytes(24).toString('base64url'),
  };
}

/** data.sec.gov and what else is not under /Archives: no validators. */
function apiHeaders(): OutgoingHttpHeaders {
  return {
    'Access-Control-Allow-Origin': '*',
    'Cache-Control': 'max-age=0, no-cache, no-store',
    Pragma: 'no-cache',
    Vary: 'Accept-Encoding',
    'x-amz-apigw-id': randomBytes(11).toString('base64'),
    'x-amzn-RequestId': randomBytes(16).toString('hex'),
  };
}

function alwaysThere(): OutgoingHttpHeaders {
  return {
    Connection: 'keep-alive',
    'Strict-Transport-Security': 'max-age=31536000 ; includeSubDomains ; preload',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'SAMEORIGIN',
    'X-XSS-Protection': '1; mode=block',
  };
}

function contentTypeOf(path: string): string {
  const extension = /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase() ?? '';
  const known: Record<string, string> = {
    xml: 'application/xml',
    xsd: 'application/xml',
    txt: 'text/plain',
    idx: 'text/plain',
    htm: 'text/html',
    html: 'text/html',
    json: 'application/json',
    zip: 'application/zip',
  };
  return known[extension] ?? 'binary/octet-stream';
}

/** RFC 9110, 13.2.2: If-None-Match decides alone where it is present. Tags are compared without `W/` and `-gzip`. */
function isNotModified(conditions: IncomingHttpHeaders, headers: OutgoingHttpHeaders): boolean {
  const bare = (tag: string): string =>
    tag
      .trim()
      .replace(/^W\//, '')
      .replace(/-gzip"$/, '"');
  const asked = conditions['if-none-match'];
  if (asked !== undefined) {
    const tag = headers['ETag'];
    return typeof tag === 'string' && asked.split(',').some((one) => one.trim() === '*' || bare(one) === bare(tag));
  }
  const since = Date.parse(conditions['if-modified-since'] ?? '');
  return Date.parse(String(headers['Last-Modified'])) <= since;
}

/**
 * Answers with a page that is no document, with the headers recorded for its kind: S3's for XML; for a 503, those of the
 * maintenance page, which closes the connection. `headers` are added, or replace what is there.
 */
export function refuse(
  response: ServerResponse,
  status: number,
  page: string,
  options: { readonly gzip?: boolean | undefined; readonly headers?: OutgoingHttpHeaders | undefined } = {},
): void {
  const xml = page.startsWith('<?xml');
  const body = options.gzip === true ? gzipSync(page) : Buffer.from(page);
  response.writeHead(status, {
    ...alwaysThere(),
    ...(xml ? { Server: 'Apache', 'x-amz-id-2': hostId(), 'x-amz-request-id': requestId() } : {}),
    ...(status === 503 ? maintenanceHeaders(page) : {}),
    'Cache-Control': 'max-age=0, no-cache, no-store',
    'Content-Type': xml ? 'application/xml' : 'text/html',
    'Content-Length': body.length,
    ...(options.gzip === true ? { 'Content-Encoding': 'gzip' } : {}),
    ...options.headers,
  });
  response.end(body);
}

/** With an ETag that begins with an MD5 and is none. */
function maintenanceHeaders(page: string): OutgoingHttpHeaders {
  const md5 = createHash('md5').update(page).digest('hex');
  return {
    Connection: 'close',
    ETag: `"${md5}:1765825277.092986"`,
    Server: 'AkamaiNetStorage',
    Vary: 'Accept-Encoding',
  };
}

/** 403 or 429: too fast. */
export function throttlePage(): string {
  return secPage(
    'SEC.gov | Request Rate Threshold Exceeded',
    'You’ve Exceeded the SEC’s Traffic Limit',
    `<p>Your request rate has exceeded the SEC’s maximum allowable requests per second. Your access to SEC.gov will be limited for 10 minutes.</p>
<p>The block will be lifted automatically by waiting 10 minutes. Continuing to exceed the rate during the time-out period will extend it.</p>`,
  );
}

/** 403: the User-Agent says nothing about who asks. */
export function undeclaredToolPage(): string {
  return secPage(
    'SEC.gov | Your Request Originates from an Undeclared Automated Tool',
    'Your Request Originates from an Undeclared Automated Tool',
    `<p>To allow for equitable access to all users, SEC reserves the right to limit requests originating from undeclared automated tools.</p>
<p>Please declare your traffic by updating your user agent to include company specific information.</p>`,
  );
}

/** 403: the short form of 2026, about the User-Agent too, under the title of the throttle page. */
export function automatedAccess2026Page(): string {
  return `<html><head><title>SEC.gov | Request Rate Threshold Exceeded</title></head><body><div id='content'><h1>Automated access to our sites must comply with SEC.gov's Privacy and Security Policy.</h1><p>Please visit www.sec.gov/developer for more developer resources and Fair Access guidelines.</p><p>${reference()}</p></div></body></html>`;
}

/** 503. */
export function maintenancePage(): string {
  return `<!DOCTYPE html>
<html lang="en">

<head>
    <meta http-equiv="content-type" content="text/html; charset=utf-8">
    <title>SEC.gov | File Unavailable</title>
</head>

<body class="off-canvas hide-extras">
    <div id="banner-org-name"><a href="/index.htm">U.S. Securities and<br>Exchange Commission</a></div>
    <h1 class="goodbye text-center">This page is temporarily unavailable.</h1><hr/>
    <p>SEC.gov is undergoing maintenance. During this time, webforms will not be available.</p>
</body>

</html>`;
}

/** 404, as a page of the web site. */
export function fileNotFoundPage(): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>SEC.gov | File Not Found Error Alert (404)</title>
</head>
<body>
<h1>File Not Found</h1>
<p>We're sorry, the page you requested could not be found on SEC.gov. Please check the address and try again.</p>
</body>
</html>
`;
}

/** 403 under /Archives: S3's way to say that there is no such document. */
export function accessDeniedPage(): string {
  return s3Error('<Code>AccessDenied</Code><Message>Access Denied</Message>');
}

/** 404 on data.sec.gov. */
export function noSuchKeyPage(path: string): string {
  const key = path.replace(/^\//, '').replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return s3Error(`<Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><Key>${key}</Key>`);
}

function s3Error(inner: string): string {
  const ids = `<RequestId>${requestId()}</RequestId><HostId>${hostId()}</HostId>`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${inner}${ids}</Error>`;
}

/** The frame that the throttle page and the undeclared-tool page share, the policy at the foot included. */
function secPage(title: string, heading: string, paragraphs: string): string {
  return `<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml">
<head>
<meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />
<title>${title}</title>
<style>
html {height: 100%}
#header {background-color:#003968; color:#fff; padding:15px 20px 10px 20px;}
</style>
</head>

<body>
<div id="header">U.S. Securities and Exchange Commission</div>
<div id="content">
<h1>${heading}</h1>
${paragraphs}

<p>For best practices on efficiently downloading information from SEC.gov, visit <a href="https://www.sec.gov/developer" target="_blank">sec.gov/developer</a>. For more information, contact <a href="mailto:opendata@sec.gov">opendata@sec.gov</a>.</p>
<p>${reference()}</p>
<div class="grey_box">
<h3><a name="internet">Internet Security Policy</a></h3>

<p>We reserve the right to block IP addresses that submit excessive requests. Current guidelines limit users to a total of no more than 10 requests per second, regardless of the number of machines used to submit requests.</p>

<p>If a user or application submits more than 10 requests per second, further requests from the IP address(es) may be limited for a brief period. Once the rate of requests has dropped below the threshold for 10 minutes, the user may resume accessing content on SEC.gov.</p>
</div>
<br>
<p class="note"><b>Note:</b> We do not offer technical support for developing or debugging scripted downloading processes.</P>
</div>
</body>
</html>
`;
}

function reference(): string {
  const hex = (bytes: number): string => randomBytes(bytes).toString('hex');
  return `Reference ID: 0.${hex(4)}.${Math.floor(Date.now() / 1000)}.${hex(4)}`;
}

/** S3's ids: 16 capital letters and digits, and 56 random bytes in base64. */
function requestId(): string {
  return Array.from(randomBytes(16), (byte) => 'ABCDEFGHJKMNPQRSTVWXYZ0123456789'[byte % 32]).join('');
}

function hostId(): string {
  return randomBytes(56).toString('base64');
}
