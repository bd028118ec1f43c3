// A proxy on loopback for tests: CONNECT tunnels, and plain `GET http://host/...` requests passed on. Every target is
// mapped by the test to a server on loopback; a target without a route, or with one that leads elsewhere, is refused, so
// that nothing here can reach the network.
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { listenOnLoopback } from './edgar-stand-in.ts';

/**
 * What happens to a CONNECT (and, the last one apart, to a plain request): it is served; it gets no answer; its connection
 * is closed; it gets that status; it gets 200 and then a tunnel through which nothing passes.
 */
export type ProxyBehaviour = 'normal' | 'silent' | 'close' | 'refuse-403' | 'refuse-407' | 'refuse-502' | 'dead-tunnel';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface ProxyOptions {
  /** Undefined: 502. */
  readonly route: (host: string, port: number) => Address | undefined;
  /** Default `normal`. A function is asked for each request, counting from 1. */
  readonly behaviour?: ProxyBehaviour | ((requestNumber: number) => ProxyBehaviour) | undefined;
  readonly onConnect?: ((target: string) => void) | undefined;
  /** `user:password`; without it in Proxy-Authorization (Basic) the answer is 407. */
  readonly requireAuth?: string | undefined;
}

export interface ProxyRequestRecord {
  readonly kind: 'connect' | 'forward';
  /** `host:port` of a CONNECT; the whole URL of a plain request. */
  readonly target: string;
  readonly proxyAuthorization: string | undefined;
}

export interface ConnectProxy {
  /** `http://127.0.0.1:<port>`, as for HTTPS_PROXY. */
  readonly origin: string;
  readonly port: number;
  /** In order of arrival, the refused ones too. */
  readonly requests: readonly ProxyRequestRecord[];
  /** Destroys all connections and tunnels; may be called twice. */
  close(): Promise<void>;
}

/** Starts a proxy on a free port of 127.0.0.1. The caller closes it. */
export async function startConnectProxy(options: ProxyOptions): Promise<ConnectProxy> {
  const requests: ProxyRequestRecord[] = [];
  const decide = (request: IncomingMessage, kind: ProxyRequestRecord['kind']): ProxyBehaviour => {
    const target = request.url ?? '';
    const proxyAuthorization = request.headers['proxy-authorization'];
    const requestNumber = requests.push({ kind, target, proxyAuthorization });
    if (kind === 'connect') options.onConnect?.(target);
    const { behaviour = 'normal', requireAuth } = options;
    if (requireAuth !== undefined && proxyAuthorization !== basic(requireAuth)) return 'refuse-407';
    return typeof behaviour === 'function' ? behaviour(requestNumber) : behaviour;
  };

  const server = createServer((request, response) => {
    forward(request, response, decide(request, 'forward'), options);
  });
  server.on('connect', (request: IncomingMessage, client: Duplex, head: Buffer) => {
    openTunnel(request.url ?? '', client, head, decide(request, 'connect'), options);
  });
  const close = await listenOnLoopback(server);
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, port, requests, close };
}

function basic(credentials: string): string {
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}

const REFUSALS = {
  'refuse-403': { status: 403, text: 'Forbidden', headers: {} },
  'refuse-407': {
    status: 407,
    text: 'Proxy Authentication Required',
    headers: { 'Proxy-Authenticate': 'Basic realm="edgar-fetch test proxy"' },
  },
  'refuse-502': { status: 502, text: 'Bad Gateway', headers: {} },
} as const;

function openTunnel(
  target: string,
  client: Duplex,
  head: Buffer,
  behaviour: ProxyBehaviour,
  options: ProxyOptions,
): void {
  client.on('error', () => client.destroy());
  switch (behaviour) {
    case 'silent':
      client.resume();
      return;
    case 'close':
      client.destroy();
      return;
    case 'dead-tunnel':
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      client.resume();
      return;
    case 'refuse-403':
    case 'refuse-407':
    case 'refuse-502':
      refuseTunnel(client, behaviour);
      return;
    case 'normal':
      joinTunnel(client, head, loopbackRoute(options, target, 443));
  }
}

function refuseTunnel(client: Duplex, refusal: keyof typeof REFUSALS): void {
  const { status, text, headers } = REFUSALS[refusal];
  const lines = Object.entries({ ...headers, Connection: 'close', 'Content-Length': '0' });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  client.end(`HTTP/1.1 ${status} ${text}\r\n${head}\r\n`);
}

function joinTunnel(client: Duplex, head: Buffer, address: Address | undefined): void {
  if (address === undefined) {
    refuseTunnel(client, 'refuse-502');
    return;
  }
  const upstream = connect(address.port, address.host);
  let joined = false;
  upstream.once('connect', () => {
    joined = true;
    client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    upstream.write(head);
    upstream.pipe(client).pipe(upstream);
  });
  upstream.once('error', () => {
    if (joined) client.destroy();
    else refuseTunnel(client, 'refuse-502');
  });
  upstream.once('close', () => client.end());
  client.once('close', () => upstream.destroy());
}

function forward(
  request: IncomingMessage,
  response: ServerResponse,
  behaviour: ProxyBehaviour,
  options: ProxyOptions,
): void {
  switch (behaviour) {
    case 'silent':
    case 'dead-tunnel':
      return;
    case 'close':
      request.socket.destroy();
      return;
    case 'refuse-403':
    case 'refuse-407':
    case 'refuse-502':
      refuseForward(response, behaviour);
      return;
    case 'normal':
      passOn(request, response, options);
  }
}

function refuseForward(response: ServerResponse, refusal: keyof typeof REFUSALS): void {
  const { status, text, headers } = REFUSALS[refusal];
  response.writeHead(status, text, { ...headers, 'Content-Length': 0 }).end();
}

function passOn(request: IncomingMessage, response: ServerResponse, options: ProxyOptions): void {
  const url = URL.canParse(request.url ?? '') ? new URL(request.url ?? '') : undefined;
  const address = url?.protocol === 'http:' ? loopbackRoute(options, url.host, 80) : undefined;
  if (url === undefined || address === undefined) {
    refuseForward(response, 'refuse-502');
    return;
  }
  const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !name.startsWith('proxy-')));
  const outgoing = httpRequest({ ...address, path: `${url.pathname}${url.search}`, method: request.method, headers });
  outgoing.once('response', (reply) => {
    response.writeHead(reply.statusCode ?? 502, reply.rawHeaders);
    reply.once('error', () => response.destroy());
    reply.pipe(response);
  });
  outgoing.on('error', () => {
    if (response.headersSent) response.destroy();
    else refuseForward(response, 'refuse-502');
  });
  response.once('close', () => outgoing.destroy());
  request.pipe(outgoing);
}

/** The route of `host:port`, or nothing where there is none or it leads off this machine. */
function loopbackRoute(options: ProxyOptions, target: string, defaultPort: number): Address | undefined {
  const [, host, port] = /^([^:/@]+)(?::(\d{1,5}))?$/.exec(target) ?? [];
  const address = host === undefined ? undefined : options.route(host, Number(port ?? defaultPort));
  return address !== undefined && LOOPBACK.includes(address.host) ? address : undefined;
}

const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];
