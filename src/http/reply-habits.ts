// Owns what is known of an origin's replies: by when they begin, learned from those that came (the smoothed time and its
// variation of RFC 6298, TCP's retransmission timer), and whether any came that nobody had asked for. Such a one is taken
// for the next answer, and the real one still comes when it is due: so this says how long to listen behind a reply before
// it is believed.

/** No document is held up for longer, however unsteady its server. */
const MOST_MS = 500;

/** Where there is time for it, a connection is listened to for so long at least: processes wait for the processor, too. */
const LEAST_MS = 5;

/** So many replies of an origin are listened behind in any case. */
const UNKNOWN_REPLIES = 32;

export class ReplyHabits {
  /** Something came on a connection while nothing was asked: no connection of this origin is used twice any more. */
  sentUnasked = false;
  #smoothedMs: number | undefined;
  #variationMs = 0;
  #replies = 0;

  /**
   * A reply began so long after its request was sent. `seenLate`: this thread was busy meanwhile and may have seen it long after
   * it came, which is news only if others took longer still.
   */
  add(beganAfterMs: number, seenLate: boolean): void {
    this.#replies++;
    if (this.#smoothedMs === undefined) {
      this.#smoothedMs = beganAfterMs;
      this.#variationMs = beganAfterMs / 2;
      return;
    }
    if (seenLate && beganAfterMs > this.#smoothedMs) return;
    this.#variationMs += (Math.abs(beganAfterMs - this.#smoothedMs) - this.#variationMs) / 4;
    this.#smoothedMs += (beganAfterMs - this.#smoothedMs) / 8;
  }

  /**
   * How long to listen, `passedMs` after a request was sent, until nearly every reply to it would have begun. A thread that is
   * too busy to see replies as they come reads what else has come anyway, at its next turn.
   */
  listenMs(passedMs: number, seenLate: boolean): number {
    const usuallyWithinMs = (this.#smoothedMs ?? 0) + 2 * this.#variationMs;
    const leastMs = seenLate && this.#replies >= UNKNOWN_REPLIES ? 0 : LEAST_MS;
    return Math.min(MOST_MS, Math.max(leastMs, usuallyWithinMs - passedMs));
  }

  /** True if a reply came so early that it can hardly be the answer. */
  isEarly(beganAfterMs: number): boolean {
    return this.#smoothedMs !== undefined && beganAfterMs < this.#smoothedMs - 4 * this.#variationMs;
  }
}
