// Owns keep-alive connections, one undici Client each, so that we always know which connection carries which request and
// whether it has carried a reply before (undici's pools do not tell). Idle connections close after 60 s, before a NAT
// forgets them in silence.
import type { Socket } from 'node:net';
import { Client, errors } from 'undici';
import type { Connector } from './connector.ts';
import { ReplyTiming } from './reply-timing.ts';

const IDLE_CLOSE_MS = 60_000;

/** Heads of 18 KB are real; undici's default is 16 KiB. */
const MAX_HEAD_BYTES = 64 * 1024;

/** Lists name few hosts; what is forgotten of one that names many is learned again. */
const MAX_TIMED_ORIGINS = 256;

export class Connection {
  readonly origin: string;
  readonly client: Client;
  /** How long replies of this origin take to begin; shared by all connections to it. */
  readonly timing: ReplyTiming;
  /** Replies that the present socket has carried; 0 also while there is none. */
  carriedReplies = 0;
  #socket: Socket | undefined;

  constructor(origin: string, connector: Connector, timing: ReplyTiming) {
    this.origin = origin;
    this.timing = timing;
    this.client = new Client(connector.dialOrigin(origin), {
      connect: (options, callback) => {
        connector.connect(options, (...result) => {
          const [, socket] = result;
          if (socket !== null) this.#socket = socket;
          callback(...result);
        });
      },
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

  /** The present socket is not closed. */
  get isOpen(): boolean {
    return this.#socket?.destroyed === false;
  }

  /**
   * Whether no bytes follow the last reply until `delayMs` from now (and until what has come by then is read). Nothing may be
   * asked on the connection meanwhile. A server that closes it is silent.
   */
  staysSilent(delayMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      // A turn of the loop reads what has come, also where the timer was late.
      const look = (): void => void setImmediate(() => resolve(this.isOpen || !isUnaskedBytes(this.#socket?.errored)));
      if (delayMs >= 1) setTimeout(look, delayMs);
      else look();
    });
  }

  /** Closes the socket at once; what is in flight on it ends with an error. */
  destroy(): void {
    this.client.destroy().catch(() => undefined);
  }
}

/** How undici ends a socket on which something came while nothing was asked. */
function isUnaskedBytes(error: Error | null | undefined): boolean {
  return (
    error instanceof errors.HTTPParserError || (error instanceof errors.SocketError && error.message === 'bad response')
  );
}

/** Hands out connections, at most one request on each. The caller bounds how many are out at a time. */
export class Connections {
  readonly #connector: Connector;
  readonly #maxIdle: number;
  readonly #timings = new Map<string, ReplyTiming>();
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
    return new Connection(origin, this.#connector, this.#timingOf(origin));
  }

  /** Gives a connection back after an exchange, however it ended. */
  release(connection: Connection): void {
    if (connection.client.destroyed) return;
    this.#idle.push(connection);
    if (this.#idle.length > this.#maxIdle) this.#idle.shift()?.destroy();
  }

  #timingOf(origin: string): ReplyTiming {
    const known = this.#timings.get(origin);
    if (known !== undefined) return known;
    if (this.#timings.size >= MAX_TIMED_ORIGINS) this.#timings.clear();
    const timing = new ReplyTiming();
    this.#timings.set(origin, timing);
    return timing;
  }

  /** Closes what is idle; may be called more than once. */
  close(): void {
    for (const connection of this.#idle) connection.destroy();
    this.#idle = [];
  }
}
