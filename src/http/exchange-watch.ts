// Owns the clock of a thread's exchanges: one coarse tick looks at all that run, and one abort ends them all. (Two timers and
// an abort listener for each exchange cost 25 us a document.)

/** How late a limit may be noticed. */
const TICK_MS = 50;

export interface WatchedExchange {
  /** Called every tick while the exchange runs. */
  tick(nowMs: number): void;
  cancel(): void;
}

export class ExchangeWatch {
  readonly #running = new Set<WatchedExchange>();
  #timer: NodeJS.Timeout | undefined;

  add(exchange: WatchedExchange): void {
    this.#running.add(exchange);
    // The sockets keep the thread alive, not the tick.
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref();
  }

  remove(exchange: WatchedExchange): void {
    this.#running.delete(exchange);
  }

  cancelAll(): void {
    for (const exchange of [...this.#running]) exchange.cancel();
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

const watches = new WeakMap<AbortSignal, ExchangeWatch>();

/** The watch of all exchanges that `signal` ends. */
export function watchOf(signal: AbortSignal): ExchangeWatch {
  const known = watches.get(signal);
  if (known !== undefined) return known;
  const watch = new ExchangeWatch();
  watches.set(signal, watch);
  signal.addEventListener('abort', () => watch.cancelAll(), { once: true });
  return watch;
}
