// Owns the wire of a thread, the port through which requests are sent: each on a connection that carries nothing else, and
// what is listened for behind its reply. HTTP/1.1 has no mark that joins a reply to its request, only their order: where a
// server sent one reply too many, the next request is answered by it, well-formed, and its own answer still comes.
import { Connections, type Connection } from './connection.ts';
import type { Connector } from './connector.ts';
import type { ReplyHead } from './reply-head.ts';
import { Exchanges, type ExchangeEnd, type ReplyReceiver, type ReplyTiming } from './exchange.ts';

export interface WireRequest {
  /** Without user name and fragment. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Longest exchange altogether. */
  readonly wholeMs: number;
  /** On a new connection, where there is no doubt whose reply comes. */
  readonly fresh: boolean;
}

export interface Listening {
  /**
   * False if the reply may be the answer to another request: more came behind it that nobody had asked for. Known only when
   * an answer of its own would have come.
   */
  readonly isOwn: Promise<boolean>;
  readonly takesTime: boolean;
}

export type WireEnd =
  | Exclude<ExchangeEnd, { kind: 'complete' }>
  | {
      readonly kind: 'complete';
      readonly head: ReplyHead;
      readonly wireBytes: number;
      /** More bytes came right behind the reply's end: where the end is may be a lie. */
      readonly isFollowed: boolean;
      /** The reply came on a kept connection. Undefined where there is no doubt whose answer it is. */
      readonly listening: Listening | undefined;
      /** The proxy that took the request in plain http, and may have answered it itself. */
      readonly proxy?: string;
    };

export interface Wire {
  /** Sends one GET; its reply goes to the receiver as it comes. Resolves when the exchange is over; never rejects. */
  send(request: WireRequest, receiver: ReplyReceiver): Promise<WireEnd>;
}

export interface WireSettings {
  readonly idleTimeoutMs: number;
  /** Connections that are kept at most while nothing is asked on them. */
  readonly maxIdle: number;
  /** Ends everything in flight at once. */
  readonly cancelled: AbortSignal;
}

export class NetworkWire implements Wire {
  readonly #connector: Connector;
  readonly #connections: Connections;
  readonly #exchanges: Exchanges;

  constructor(connector: Connector, settings: WireSettings) {
    this.#connector = connector;
    this.#connections = new Connections(connector, settings.maxIdle);
    this.#exchanges = new Exchanges(settings.idleTimeoutMs, settings.cancelled);
  }

  async send(request: WireRequest, receiver: ReplyReceiver): Promise<WireEnd> {
    const { origin } = request.url;
    const connection = request.fresh ? this.#connections.fresh(origin) : this.#connections.take(origin);
    const end = await this.#exchanges.run(connection, this.#addressed(request, origin), receiver);
    if (end.kind !== 'complete') {
      this.#connections.release(connection);
      return end;
    }
    const { head, wireBytes, timing } = end;
    const proxy = this.#connector.forwardProxy(origin)?.host;
    const via = proxy === undefined ? {} : { proxy };
    if (end.reused) {
      const listening = listenBehind(connection, timing);
      void listening.isOwn.then(() => this.#connections.release(connection));
      return { kind: 'complete', head, wireBytes, isFollowed: false, listening, ...via };
    }
    connection.habits.add(timing.beganAfterMs, timing.seenLate);
    const isFollowed = !(await connection.staysSilent(0));
    this.#connections.release(connection);
    return { kind: 'complete', head, wireBytes, isFollowed, listening: undefined, ...via };
  }

  /** Closes what is idle; may be called more than once. */
  close(): void {
    this.#connections.close();
  }

  /** A proxy that takes plain http is asked for the whole URL. */
  #addressed({ url, headers, wholeMs }: WireRequest, origin: string): Parameters<Exchanges['run']>[1] {
    const proxy = this.#connector.forwardProxy(origin);
    if (proxy === undefined) return { path: url.href.slice(origin.length), headers, wholeMs };
    const authorization = proxy.authorization === undefined ? {} : { 'proxy-authorization': proxy.authorization };
    return { path: url.href, headers: { ...headers, host: url.host, ...authorization }, wholeMs };
  }
}

/**
 * Listens on a kept connection until the answer to its request should have come. Behind a reply that closes its connection
 * nothing can come; there a reply that came too early is doubted.
 */
function listenBehind(connection: Connection, { sentAtMs, beganAfterMs, seenLate }: ReplyTiming): Listening {
  const { habits } = connection;
  const closed = !connection.isOpen;
  const listenMs = closed ? 0 : habits.listenMs(performance.now() - sentAtMs, seenLate);
  const isOwn = connection.staysSilent(listenMs).then((silent) => {
    if (!silent || (closed && habits.isEarly(beganAfterMs))) return false;
    habits.add(beganAfterMs, seenLate);
    return true;
  });
  return { isOwn, takesTime: listenMs >= 1 };
}
