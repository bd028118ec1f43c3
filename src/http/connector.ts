// Owns how a connection to an origin comes about: directly, or through the user's proxy. The CONNECT exchange is node:http's;
// undici's ProxyAgent is not used because it reconnects for ever, without an error, to a proxy that closes on CONNECT.
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type Socket } from 'node:net';
import { connect as tlsConnect, type TLSSocket } from 'node:tls';
import { buildConnector } from 'undici';
import { basicAuthorization, parseProxy, proxyFor, type ProxySettings } from './proxy.ts';
import { errorCode } from '../model/errors.ts';
import { readableDuration } from '../model/units.ts';

/** Node's default of 250 ms an address is too short for a slow network with several addresses. */
const ADDRESS_ATTEMPT_MS = 2_500;

export class ConnectTimeoutError extends Error {
  override readonly name = 'ConnectTimeoutError';
}

export class ProxyError extends Error {
  override readonly name = 'ProxyError';
  /** False if trying again cannot help: the proxy wants other credentials, or refuses. */
  readonly transient: boolean;

  constructor(message: string, transient: boolean) {
    super(message);
    this.transient = transient;
  }
}

type ConnectFunction = buildConnector.connector;

export interface Connector {
  readonly connect: ConnectFunction;
  /** Origin that is dialled for requests to `origin`: the proxy's for plain http behind one, else `origin` itself. */
  dialOrigin(origin: string): string;
  /** Proxy that plain-http requests to `origin` are sent to in absolute form, with its credentials. */
  forwardProxy(origin: string): { readonly host: string; readonly authorization?: string } | undefined;
}

export function createConnector(proxies: ProxySettings, connectTimeoutMs: number): Connector {
  const direct = buildConnector({
    timeout: connectTimeoutMs,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: Math.min(ADDRESS_ATTEMPT_MS, connectTimeoutMs),
  });
  const forward = (origin: string): URL | undefined =>
    proxies.httpProxy !== undefined && origin.startsWith('http:') ? proxyFor(new URL(origin), proxies) : undefined;
  const forwardOrigin = proxies.httpProxy === undefined ? undefined : parseProxy(proxies.httpProxy)?.origin;
  return {
    connect(options, callback) {
      const target = new URL(`${options.protocol}//${options.host ?? options.hostname}`);
      const proxy = options.protocol === 'https:' ? proxyFor(target, proxies) : undefined;
      if (proxy === undefined) direct(options, target.origin === forwardOrigin ? naming(target, callback) : callback);
      else tunnelTo(target, proxy, connectTimeoutMs, callback);
    },
    dialOrigin: (origin) => forward(origin)?.origin ?? origin,
    forwardProxy(origin) {
      const proxy = forward(origin);
      if (proxy === undefined) return undefined;
      const authorization = basicAuthorization(proxy);
      return { host: proxy.host, ...(authorization === undefined ? {} : { authorization }) };
    },
  };
}

type ConnectCallback = Parameters<ConnectFunction>[1];

/** A connection to a proxy that takes plain http: what fails is the proxy, unless this process is short of files. */
function naming(proxy: URL, callback: ConnectCallback): ConnectCallback {
  return (...[error, socket]) => {
    if (error === null) return callback(null, socket);
    const [first = error] = error instanceof AggregateError ? (error.errors as Error[]) : [];
    const isProxys = /^E(?!MFILE|NFILE)[A-Z]+$/.test(errorCode(first));
    callback(isProxys ? proxyFailed(proxy, first) : error, null);
  };
}

function proxyFailed(proxy: URL, error: Error): ProxyError {
  return new ProxyError(`the proxy ${proxy.host} failed (${error.message})`, true);
}

/** Opens a TLS connection to `target` through the proxy, all within one timeout; calls back exactly once. */
function tunnelTo(target: URL, proxy: URL, timeoutMs: number, callback: ConnectCallback): void {
  let settled = false;
  let opened: Socket | TLSSocket | undefined;
  const settle = (error: Error | null, socket: Socket | TLSSocket | null): void => {
    if (settled) return;
    settled = true;
    clearTimeout(timer);
    if (error !== null) {
      connecting.destroy();
      opened?.destroy();
      callback(error, null);
    } else if (socket !== null) callback(null, socket);
  };
  const timer = setTimeout(() => {
    settle(
      new ConnectTimeoutError(`no tunnel through the proxy ${proxy.host} within ${readableDuration(timeoutMs)}`),
      null,
    );
  }, timeoutMs);
  const connecting = requestTunnel(target, proxy);
  connecting.once('error', (error: Error) => settle(proxyFailed(proxy, error), null));
  connecting.once('response', (response) => settle(proxyRefusal(proxy, response.statusCode ?? 0), null));
  connecting.once('connect', (response, socket: Socket) => {
    opened = socket;
    if (response.statusCode !== 200) return settle(proxyRefusal(proxy, response.statusCode ?? 0), null);
    const host = target.hostname.replace(/^\[|\]$/g, '');
    // RFC 6066 3: no address as server name.
    const name = isIP(host) === 0 ? { servername: host } : {};
    const secure = tlsConnect({ socket, host, ...name, ALPNProtocols: ['http/1.1'] });
    opened = secure;
    secure.once('error', (error: Error) => settle(error, null));
    secure.once('close', () =>
      settle(new ProxyError(`the tunnel through ${proxy.host} closed during the TLS handshake`, true), null),
    );
    secure.once('secureConnect', () => settle(null, secure));
  });
  connecting.end();
}

function requestTunnel(target: URL, proxy: URL): ReturnType<typeof httpRequest> {
  const authorization = basicAuthorization(proxy);
  const authority = `${target.hostname}:${target.port === '' ? '443' : target.port}`;
  const request = proxy.protocol === 'https:' ? httpsRequest : httpRequest;
  return request({
    host: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: proxy.port === '' ? (proxy.protocol === 'https:' ? 443 : 80) : Number(proxy.port),
    method: 'CONNECT',
    path: authority,
    agent: false,
    headers: { host: authority, ...(authorization === undefined ? {} : { 'proxy-authorization': authorization }) },
  });
}

function proxyRefusal(proxy: URL, status: number): ProxyError {
  const advice = status === 407 ? '; give user and password in HTTPS_PROXY' : '';
  const transient = status >= 500;
  return new ProxyError(`the proxy ${proxy.host} answered CONNECT with ${status}${advice}`, transient);
}
