// Owns HTTP exchanges: a request on a connection of ours, its reply handed to a receiver as it comes, and the limits (connect,
// idle, whole) that give every exchange an end. It decides nothing about what the reply means, and never holds the network
// back: undici fails an assertion when a connection ends while its parser is paused.
import { errors, type Dispatcher } from 'undici';
import type { Connection } from './connection.ts';
import { ConnectTimeoutError } from './connector.ts';
import type { HeaderFields, ReplyHead } from './reply-head.ts';

export interface ReplyReceiver {
  /** The final reply's head (1xx heads are passed over). False: the body is not wanted. */
  onHead(head: ReplyHead): boolean;
  /** False: no more of the body is wanted. */
  onData(chunk: Buffer): boolean;
}

/** When a reply came. */
export interface ReplyTiming {
  /** When its request was sent (performance.now), and how long it took to begin. */
  readonly sentAtMs: number;
  readonly beganAfterMs: number;
  /** This thread was busy most of that time: the reply may have come long before it was seen. */
  readonly seenLate: boolean;
}

export type ExchangeEnd =
  /** The reply ended as its framing says. `reused`: on a connection that had carried a reply before. */
  | {
      readonly kind: 'complete';
      readonly head: ReplyHead;
      readonly wireBytes: number;
      readonly reused: boolean;
      readonly timing: ReplyTiming;
    }
  /** The receiver did not want the body, or no more of it. */
  | { readonly kind: 'abandoned'; readonly head: ReplyHead; readonly wireBytes: number }
  | { readonly kind: 'timed-out'; readonly limit: 'connect' | 'idle' | 'whole'; readonly wireBytes: number }
  | { readonly kind: 'cancelled' }
  /** The connection failed. `silent`: nothing of a reply had come. */
  | {
      readonly kind: 'broken';
      readonly error: Error;
      readonly wireBytes: number;
      readonly silent: boolean;
      readonly reused: boolean;
    };

export interface ExchangeRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Longest exchange altogether. */
  readonly wholeMs: number;
}

/** How late a limit may be noticed. */
const TICK_MS = 50;

/**
 * The exchanges of a thread: one coarse tick looks at all that run, and one abort ends them all. (Two timers and an abort
 * listener for each exchange cost 25 us a document.)
 */
export class Exchanges {
  readonly #idleMs: number;
  readonly #cancelled: AbortSignal;
  readonly #running = new Set<Exchange>();
  #timer: NodeJS.Timeout | undefined;

  /** `idleMs`: longest silence, before the head and between pieces of the body. */
  constructor(idleMs: number, cancelled: AbortSignal) {
    this.#idleMs = idleMs;
    this.#cancelled = cancelled;
    const cancelAll = (): void => [...this.#running].forEach((exchange) => exchange.cancel());
    cancelled.addEventListener('abort', cancelAll, { once: true });
  }

  /** Sends one GET and resolves when the exchange is over; never rejects. */
  run(connection: Connection, request: ExchangeRequest, receiver: ReplyReceiver): Promise<ExchangeEnd> {
    return new Promise((resolve) => {
      if (this.#cancelled.aborted) return resolve({ kind: 'cancelled' });
      const exchange = new Exchange(connection, receiver, this.#idleMs, request.wholeMs, (end) => {
        this.#running.delete(exchange);
        resolve(end);
      });
      this.#running.add(exchange);
      // The sockets keep the thread alive, not the tick.
      this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref();
      connection.client.dispatch({ path: request.path, method: 'GET', headers: request.headers }, exchange);
    });
  }

  /** The timer outlives short gaps between exchanges: it ends with the first tick that finds none. */
  #tick(): void {
    if (this.#running.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    const nowMs = performance.now();
    for (const exchange of [...this.#running]) exchange.tick(nowMs);
  }
}

/** Time that this thread has spent waiting for something to happen. */
function idleTimeMs(): number {
  return performance.eventLoopUtilization().idle;
}

class Exchange implements Dispatcher.DispatchHandler {
  readonly #connection: Connection;
  readonly #receiver: ReplyReceiver;
  readonly #idleMs: number;
  /** When the limit on the whole is reached. */
  readonly #endsAtMs: number;
  readonly #onEnd: (end: ExchangeEnd) => void;
  #reused: boolean;
  /** Something came since the last tick. Undefined until the request is on the wire: until then silence is not counted. */
  #heard: boolean | undefined;
  #heardAtMs = 0;
  #sentAtMs = 0;
  #idleTimeWhenSentMs = 0;
  #beganAfterMs = 0;
  #seenLate = false;
  #head: ReplyHead | undefined;
  #wireBytes = 0;
  #over = false;

  constructor(
    connection: Connection,
    receiver: ReplyReceiver,
    idleMs: number,
    wholeMs: number,
    onEnd: (end: ExchangeEnd) => void,
  ) {
    this.#connection = connection;
    this.#receiver = receiver;
    this.#idleMs = idleMs;
    this.#endsAtMs = performance.now() + wholeMs;
    this.#onEnd = onEnd;
    this.#reused = connection.carriedReplies > 0;
  }

  /** Called every tick while it runs. */
  tick(nowMs: number): void {
    if (nowMs >= this.#endsAtMs) return this.#timeOut('whole');
    if (this.#heard === true) {
      this.#heard = false;
      this.#heardAtMs = nowMs;
    } else if (this.#heard === false && nowMs - this.#heardAtMs >= this.#idleMs) this.#timeOut('idle');
  }

  cancel(): void {
    this.#cut({ kind: 'cancelled' });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#over) return controller.abort(new Error('the exchange is over'));
    // undici may have found the kept socket dead, and have opened another one.
    this.#reused = this.#connection.carriedReplies > 0;
    this.#sentAtMs = performance.now();
    this.#idleTimeWhenSentMs = idleTimeMs();
    this.#heard = true;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, fields: HeaderFields): void {
    if (this.#over || status < 200) return;
    this.#beganAfterMs = performance.now() - this.#sentAtMs;
    this.#seenLate = idleTimeMs() - this.#idleTimeWhenSentMs < this.#beganAfterMs / 2;
    this.#heard = true;
    const head = (this.#head = { status, fields });
    if (!this.#receiver.onHead(head)) return this.#abandon(head);
    // RFC 9110 15.4.5: a 304 has no body whatever its fields say; undici would wait for it and end in an error.
    const announced = fields['content-length'] ?? fields['transfer-encoding'] ?? '0';
    if (status === 304 && announced !== '0') this.#cut(this.#complete(head));
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over || this.#head === undefined) return;
    this.#heard = true;
    this.#wireBytes += chunk.length;
    if (!this.#receiver.onData(chunk)) this.#abandon(this.#head);
  }

  onResponseEnd(): void {
    if (this.#head === undefined) return this.#cut(this.#brokenBy(new Error('the reply has no head')));
    this.#connection.carriedReplies++;
    this.#finish(this.#complete(this.#head));
  }

  onRequestUpgrade(_controller: Dispatcher.DispatchController, status: number): void {
    this.#cut(this.#brokenBy(new Error(`the server switched protocols (${status}) though nobody asked`)));
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#connection.destroy();
    if (error instanceof ConnectTimeoutError || error instanceof errors.ConnectTimeoutError)
      return this.#finish({ kind: 'timed-out', limit: 'connect', wireBytes: 0 });
    this.#finish(this.#brokenBy(error));
  }

  #complete(head: ReplyHead): ExchangeEnd {
    const timing = { sentAtMs: this.#sentAtMs, beganAfterMs: this.#beganAfterMs, seenLate: this.#seenLate };
    return { kind: 'complete', head, wireBytes: this.#wireBytes, reused: this.#reused, timing };
  }

  #brokenBy(error: Error): ExchangeEnd {
    return {
      kind: 'broken',
      error,
      wireBytes: this.#wireBytes,
      silent: this.#head === undefined,
      reused: this.#reused,
    };
  }

  #abandon(head: ReplyHead): void {
    this.#cut({ kind: 'abandoned', head, wireBytes: this.#wireBytes });
  }

  #timeOut(limit: 'idle' | 'whole'): void {
    this.#cut({ kind: 'timed-out', limit, wireBytes: this.#wireBytes });
  }

  /** Ends before the reply does: the connection cannot be used again. */
  #cut(end: ExchangeEnd): void {
    this.#finish(end);
    this.#connection.destroy();
  }

  #finish(end: ExchangeEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#onEnd(end);
  }
}
