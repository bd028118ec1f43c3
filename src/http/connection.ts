// Owns keep-alive connections, one undici Client each, so that we always know which connection carries which request and
// whether it has carried a reply before (undici's pools do not tell). Idle connections close after 60 s, before a NAT
// forgets them in silence.
import { Client } from 'undici';
import type { Connector } from './connector.ts';

const IDLE_CLOSE_MS = 60_000;

/** Heads of 18 KB are real; undici's default is 16 KiB. */
const MAX_HEAD_BYTES = 64 * 1024;

export class Connection {
  readonly origin: string;
  readonly client: Client;
  /** Replies that the present socket has carried; 0 also while there is none. */
  carriedReplies = 0;

  constructor(origin: string, connector: Connector) {
    this.origin = origin;
    this.client = new Client(connector.dialOrigin(origin), {
      connect: connector.connect,
      pipelining: 1,
      keepAliveTimeout: IDLE_CLOSE_MS,
      keepAliveMaxTimeout: IDLE_CLOSE_MS,
      maxHeaderSize: MAX_HEAD_BYTES,
      // Limits are ours, per attempt, in exchange.ts: undici's are idle-only and coarse.
      headersTimeout: 0,
      bodyTimeout: 0,
      allowH2: false,
    });
    this.client.on('connect', () => (this.carriedReplies = 0));
    this.client.on('disconnect', () => (this.carriedReplies = 0));
  }

  /** Closes the socket at once; what is in flight on it ends with an error. */
  destroy(): void {
    this.client.destroy().catch(() => undefined);
  }
}

/** Hands out connections, at most one request on each. The caller bounds how many are out at a time. */
export class Connections {
  readonly #connector: Connector;
  readonly #maxIdle: number;
  /** Idle connections, the longest unused first. */
  #idle: Connection[] = [];

  constructor(connector: Connector, maxIdle: number) {
    this.#connector = connector;
    this.#maxIdle = maxIdle;
  }

  /** An idle connection to the origin, the most recently used, or a new one. */
  take(origin: string): Connection {
    const at = this.#idle.findLastIndex((connection) => connection.origin === origin);
    const [found] = at < 0 ? [] : this.#idle.splice(at, 1);
    return found ?? this.fresh(origin);
  }

  /** A connection that has carried nothing yet. */
  fresh(origin: string): Connection {
    return new Connection(origin, this.#connector);
  }

  /** Gives a connection back after an exchange, however it ended. */
  release(connection: Connection): void {
    if (connection.client.destroyed) return;
    this.#idle.push(connection);
    if (this.#idle.length > this.#maxIdle) this.#idle.shift()?.destroy();
  }

  /** Closes what is idle; may be called more than once. */
  close(): void {
    for (const connection of this.#idle) connection.destroy();
    this.#idle = [];
  }
}
