// Owns one HTTP exchange: a request on a connection of ours, its reply handed to a receiver as it comes, and the limits
// (connect, idle, whole) that give every exchange an end. It decides nothing about what the reply means, and never holds the
// network back: undici fails an assertion when a connection ends while its parser is paused.
import { errors, type Dispatcher } from 'undici';
import type { Connection } from './connection.ts';
import { ConnectTimeoutError } from './connector.ts';
import { watchOf, type ExchangeWatch, type WatchedExchange } from './exchange-watch.ts';
import type { HeaderFields, ReplyHead } from './reply-head.ts';

export interface ExchangeLimits {
  /** Longest silence: before the head, and between pieces of the body. */
  readonly idleMs: number;
  /** Longest exchange altogether. */
  readonly wholeMs: number;
}

export interface ReplyReceiver {
  /** The final reply's head (1xx heads are passed over). False: the body is not wanted. */
  onHead(head: ReplyHead): boolean;
  /** False: no more of the body is wanted. */
  onData(chunk: Buffer): boolean;
}

/** How a reply came. */
export interface ReplyMoment {
  /** When its request was sent (performance.now), and how long it took to begin. */
  readonly sentAtMs: number;
  readonly beganAfterMs: number;
  /** This thread was busy most of that time: the reply may have come long before it was seen. */
  readonly seenLate: boolean;
  /** On a connection that had carried a reply before. */
  readonly reused: boolean;
}

export type ExchangeEnd =
  /** The reply ended as its framing says. */
  | { readonly kind: 'complete'; readonly wireBytes: number; readonly moment: ReplyMoment }
  /** The receiver did not want the body, or no more of it. */
  | { readonly kind: 'abandoned'; readonly wireBytes: number }
  | { readonly kind: 'timed-out'; readonly limit: 'connect' | 'idle' | 'whole'; readonly wireBytes: number }
  | { readonly kind: 'cancelled' }
  /** The connection failed. `silent`: nothing of a reply had come; `reused`: it had carried a reply before. */
  | {
      readonly kind: 'broken';
      readonly error: Error;
      readonly wireBytes: number;
      readonly silent: boolean;
      readonly reused: boolean;
    };

/** Sends one GET and resolves when the exchange is over; never rejects. Aborting `signal` ends it at once. */
export function exchange(
  connection: Connection,
  request: { readonly path: string; readonly headers: Readonly<Record<string, string>> },
  limits: ExchangeLimits,
  receiver: ReplyReceiver,
  signal: AbortSignal,
): Promise<ExchangeEnd> {
  return new Promise((resolve) => {
    new RunningExchange(connection, limits, receiver, signal, resolve).start(request.path, request.headers);
  });
}

/** Time that this thread has spent waiting for something to happen. */
function idleMs(): number {
  return performance.eventLoopUtilization().idle;
}

class RunningExchange implements Dispatcher.DispatchHandler, WatchedExchange {
  readonly #connection: Connection;
  readonly #limits: ExchangeLimits;
  readonly #receiver: ReplyReceiver;
  readonly #signal: AbortSignal;
  readonly #resolve: (end: ExchangeEnd) => void;
  readonly #watch: ExchangeWatch;
  #reused: boolean;
  /** When the limit on the whole is reached. */
  #wholeEndsAtMs = Infinity;
  /** Whether silence is counted: only once the request is on the wire. */
  #listening = false;
  /** Something came since the last tick. */
  #heard = false;
  #heardAtMs = 0;
  #sentAtMs = 0;
  #idleMsWhenSent = 0;
  #beganAfterMs = 0;
  #seenLate = false;
  #headSeen = false;
  #wireBytes = 0;
  #over = false;

  constructor(
    connection: Connection,
    limits: ExchangeLimits,
    receiver: ReplyReceiver,
    signal: AbortSignal,
    resolve: (end: ExchangeEnd) => void,
  ) {
    this.#connection = connection;
    this.#limits = limits;
    this.#receiver = receiver;
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reused = connection.carriedReplies > 0;
    this.#watch = watchOf(signal);
  }

  start(path: string, headers: Readonly<Record<string, string>>): void {
    if (this.#signal.aborted) return this.#finish({ kind: 'cancelled' });
    this.#wholeEndsAtMs = performance.now() + this.#limits.wholeMs;
    this.#watch.add(this);
    this.#connection.client.dispatch({ path, method: 'GET', headers }, this);
  }

  tick(nowMs: number): void {
    if (nowMs >= this.#wholeEndsAtMs) return this.#timeOut('whole');
    if (!this.#listening) return;
    if (this.#heard) {
      this.#heard = false;
      this.#heardAtMs = nowMs;
    } else if (nowMs - this.#heardAtMs >= this.#limits.idleMs) this.#timeOut('idle');
  }

  cancel(): void {
    this.#cut({ kind: 'cancelled' });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#over) return controller.abort(new Error('the exchange is over'));
    // undici may have found the kept socket dead, and have opened another one.
    this.#reused = this.#connection.carriedReplies > 0;
    this.#sentAtMs = performance.now();
    this.#idleMsWhenSent = idleMs();
    this.#listening = true;
    this.#heard = true;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, fields: HeaderFields): void {
    if (this.#over || status < 200) return;
    this.#beganAfterMs = performance.now() - this.#sentAtMs;
    this.#seenLate = idleMs() - this.#idleMsWhenSent < this.#beganAfterMs / 2;
    this.#headSeen = true;
    this.#heard = true;
    if (!this.#receiver.onHead({ status, fields })) return this.#abandon();
    // RFC 9110 15.4.5: a 304 has no body whatever its fields say; undici would wait for it and end in an error.
    const announced = fields['content-length'] ?? fields['transfer-encoding'] ?? '0';
    if (status === 304 && announced !== '0') this.#cut(this.#complete());
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over) return;
    this.#heard = true;
    this.#wireBytes += chunk.length;
    if (!this.#receiver.onData(chunk)) this.#abandon();
  }

  onResponseEnd(): void {
    this.#connection.carriedReplies++;
    this.#finish(this.#complete());
  }

  onRequestUpgrade(_controller: Dispatcher.DispatchController, status: number): void {
    this.#cut(this.#brokenBy(new Error(`the server switched protocols (${status}) though nobody asked`)));
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#connection.destroy();
    if (error instanceof ConnectTimeoutError || error instanceof errors.ConnectTimeoutError) {
      return this.#finish({ kind: 'timed-out', limit: 'connect', wireBytes: 0 });
    }
    this.#finish(this.#brokenBy(error));
  }

  #complete(): ExchangeEnd {
    const moment = {
      sentAtMs: this.#sentAtMs,
      beganAfterMs: this.#beganAfterMs,
      seenLate: this.#seenLate,
      reused: this.#reused,
    };
    return { kind: 'complete', wireBytes: this.#wireBytes, moment };
  }

  #brokenBy(error: Error): ExchangeEnd {
    return { kind: 'broken', error, wireBytes: this.#wireBytes, silent: !this.#headSeen, reused: this.#reused };
  }

  #abandon(): void {
    this.#cut({ kind: 'abandoned', wireBytes: this.#wireBytes });
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
    this.#watch.remove(this);
    this.#resolve(end);
  }
}
