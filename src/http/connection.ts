// Owns keep-alive connections, one undici Client each, so that we always know which connection carries which request and
// whether it has carried a reply before (undici's pools do not tell). Idle connections close after 60 s, before a NAT
// forgets them in silence.
import type { Socket } from 'node:net';
import { Client, errors } from 'undici';
import type { Connector } from './connector.ts';
import { ReplyHabits } from './reply-habits.ts';

const IDLE_CLOSE_MS = 60_000;

/** Heads of 18 KB are real; undici's default is 16 KiB. */
const MAX_HEAD_BYTES = 64 * 1024;

/** Lists name few hosts; what is forgotten of one that names many is learned again. */
const MAX_KNOWN_ORIGINS = 256;

export class Connection {
  readonly origin: string;
  readonly client: Client;
  /** Shared by all connections to the origin. */
  readonly habits: ReplyHabits;
  /** Replies that the present socket has carried; 0 also while there is none. */
  carriedReplies = 0;
  #socket: Socket | undefined;

  constructor(origin: string, connector: Connector, habits: ReplyHabits) {
    this.origin = origin;
    this.habits = habits;
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
    this.client.on('disconnect', (_origin, _targets, error) => {
      this.carriedReplies = 0;
      if (isUnasked(error)) habits.sentUnasked = true;
    });
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
      const look = (): void => void setImmediate(() => resolve(this.isOpen || !isUnasked(this.#socket?.errored)));
      if (delayMs >= 1) setTimeout(look, delayMs);
      else look();
    });
  }

  /** Closes the socket at once; what is in flight on it ends with an error. */
  destroy(): void {
    this.client.destroy().catch(() => undefined);
  }
}

/** How undici ends a socket on which something came while nothing was asked; line ends alone are no such thing to it. */
function isUnasked(error: Error | null | undefined): boolean {
  return error instanceof errors.SocketError && error.message === 'bad response';
}

/** Hands out connections, at most one request on each. The caller bounds how many are out at a time. */
export class Connections {
  readonly #connector: Connector;
  readonly #maxIdle: number;
  readonly #habits = new Map<string, ReplyHabits>();
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
    return new Connection(origin, this.#connector, this.#habitsOf(origin));
  }

  /** Gives a connection back after an exchange, however it ended. */
  release(connection: Connection): void {
    if (connection.client.destroyed) return;
    if (connection.habits.sentUnasked) return connection.destroy();
    this.#idle.push(connection);
    if (this.#idle.length > this.#maxIdle) this.#idle.shift()?.destroy();
  }

  #habitsOf(origin: string): ReplyHabits {
    const known = this.#habits.get(origin);
    if (known !== undefined) return known;
    if (this.#habits.size >= MAX_KNOWN_ORIGINS) this.#habits.clear();
    const habits = new ReplyHabits();
    this.#habits.set(origin, habits);
    return habits;
  }

  /** Closes what is idle; may be called more than once. */
  close(): void {
    for (const connection of this.#idle) connection.destroy();
    this.#idle = [];
  }
}
