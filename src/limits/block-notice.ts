// Owns what was said of a block: since when this run has known of it, and until when people were told to wait.

export class BlockNotice {
  #sinceMs: number | undefined;
  #announcedUntilMs = 0;

  /** A pause of the block ends at `pauseEndMs`. `news`: people must be told. */
  note(sinceMs: number, pauseEndMs: number, nowMs: number): { readonly sinceMs: number; readonly news: boolean } {
    const news = this.#sinceMs === undefined || pauseEndMs > Math.max(nowMs, this.#announcedUntilMs);
    this.#sinceMs ??= Math.max(sinceMs, nowMs);
    this.#announcedUntilMs = Math.max(this.#announcedUntilMs, pauseEndMs);
    return { sinceMs: this.#sinceMs, news };
  }

  /** The block is over; false if there was none. */
  end(): boolean {
    const was = this.#sinceMs !== undefined;
    this.#sinceMs = undefined;
    return was;
  }
}
