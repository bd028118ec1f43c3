// Owns time as the run sees it, so that tests and simulations can turn it.

export interface Clock {
  /** Epoch milliseconds. */
  nowMs(): number;
  /** Calls back once after `delayMs`; the returned function calls it off. */
  after(delayMs: number, callback: () => void): () => void;
}

const MAX_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  nowMs: Date.now,
  after(delayMs, callback) {
    // The run's threads keep the process alive, not what it waits for; longer than 2^31 - 1 ms a timer would fire at once.
    const timer = setTimeout(callback, Math.min(delayMs, MAX_TIMER_MS)).unref();
    return () => clearTimeout(timer);
  },
};
