// Owns by when the replies of an origin begin, learned from those that came: the smoothed time and its variation of RFC 6298
// (TCP's retransmission timer), and the fastest of late. Where a server sends a reply that nobody asked for, it is taken for
// the next answer, and the real one still comes when it is due; so this says how long to listen for it.

/** No document is held up for longer, however unsteady its server. */
const MOST_MS = 500;

/** Clocks and event loops are not finer. */
const GRAIN_MS = 1;

/** The fastest of late is forgotten by so much with each reply. */
const FORGETTING = 1.01;

export class ReplyTiming {
  #smoothedMs: number | undefined;
  #variationMs = 0;
  #fastestMs = Infinity;

  /** A reply began so long after its request was sent. */
  add(beganAfterMs: number): void {
    this.#fastestMs = Math.min(beganAfterMs, this.#fastestMs * FORGETTING);
    if (this.#smoothedMs === undefined) {
      this.#smoothedMs = beganAfterMs;
      this.#variationMs = beganAfterMs / 2;
      return;
    }
    this.#variationMs += (Math.abs(beganAfterMs - this.#smoothedMs) - this.#variationMs) / 4;
    this.#smoothedMs += (beganAfterMs - this.#smoothedMs) / 8;
  }

  /** True if a reply came earlier than this origin answers. */
  isEarly(beganAfterMs: number): boolean {
    return this.#smoothedMs !== undefined && beganAfterMs < this.#smoothedMs - 2 * this.#variationMs;
  }

  /**
   * How long to listen behind a reply, `passedMs` after its request was sent. `thorough`: until nearly every reply would have
   * begun, as behind an early one; else until a fast one would have (a slow reader sees its replies late, not its server).
   */
  listenMs(beganAfterMs: number, passedMs: number, thorough: boolean): number {
    if (this.#smoothedMs === undefined) return GRAIN_MS;
    const untilMs =
      thorough || this.isEarly(beganAfterMs)
        ? this.#smoothedMs + 2 * this.#variationMs
        : this.#fastestMs * 1.05 + GRAIN_MS;
    return Math.min(MOST_MS, untilMs - passedMs);
  }
}
