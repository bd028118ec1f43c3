// Owns by when a reply of an origin has usually begun, learned from those that came: the smoothed time and its variation of
// RFC 6298 (TCP's retransmission timer). A reply that was cut in by one that nobody asked for still comes by then.

/** Clocks and event loops are not finer. */
const LEAST_MS = 1;

/** No document is held up for longer, however unsteady its server. */
const MOST_MS = 500;

export class ReplyTiming {
  #smoothedMs: number | undefined;
  #variationMs = 0;

  /** A reply began so long after its request was sent. */
  add(beganAfterMs: number): void {
    if (this.#smoothedMs === undefined) {
      this.#smoothedMs = beganAfterMs;
      this.#variationMs = beganAfterMs / 2;
      return;
    }
    this.#variationMs += (Math.abs(beganAfterMs - this.#smoothedMs) - this.#variationMs) / 4;
    this.#smoothedMs += (beganAfterMs - this.#smoothedMs) / 8;
  }

  /** How long to wait, `passedMs` after a request was sent, until its reply would have begun; 0 if that has passed. */
  remainingMs(passedMs: number): number {
    const usuallyWithinMs = (this.#smoothedMs ?? 0) + 2 * this.#variationMs;
    return Math.min(MOST_MS, Math.max(LEAST_MS, usuallyWithinMs) - passedMs);
  }

  /** True if a reply came too early to be the answer: other replies take longer, and steadily so. */
  isEarly(beganAfterMs: number): boolean {
    return this.#smoothedMs !== undefined && beganAfterMs < this.#smoothedMs - 4 * this.#variationMs;
  }
}
