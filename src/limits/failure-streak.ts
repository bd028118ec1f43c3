// Owns the failures of one host in a row, with no success between them: so many are an outage. A reply proves that the host
// answers only if its request was sent after the first failure; replies on their way at that moment prove nothing.

/** Transport failures or 503s in a row, with no success between them, that are an outage and not the documents' failure. */
const OUTAGE_LENGTH = 20;

/** An outage is probed after so long, then after twice as long each time, up to the longest. */
export const OUTAGE_FIRST_PAUSE_MS = 10_000;
export const OUTAGE_MAX_PAUSE_MS = 5 * 60_000;

export class FailureStreak {
  #length = 0;
  #open = false;
  #sinceMs = 0;
  #firstFailedAtMs = 0;

  /** True while the host may have fallen silent. */
  get open(): boolean {
    return this.#open;
  }

  get isOutage(): boolean {
    return this.#length >= OUTAGE_LENGTH;
  }

  /** When the first request was sent that nobody answered. */
  get sinceMs(): number {
    return this.#sinceMs;
  }

  /** A request got no answer. */
  unanswered(sentAtMs: number, nowMs: number): void {
    this.brokenOff(sentAtMs, nowMs);
    this.#length++;
  }

  /** A reply broke off: that alone is no outage, but it may be how one begins. */
  brokenOff(sentAtMs: number, nowMs: number): void {
    if (!this.#open) this.#firstFailedAtMs = nowMs;
    this.#sinceMs = this.#open ? Math.min(this.#sinceMs, sentAtMs) : sentAtMs;
    this.#open = true;
  }

  /** A request was answered; false if that was sent too early to prove anything. */
  answered(sentAtMs: number): boolean {
    if (this.#open && sentAtMs <= this.#firstFailedAtMs) return false;
    this.end();
    return true;
  }

  end(): void {
    this.#open = false;
    this.#length = 0;
  }
}
