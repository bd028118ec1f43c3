// Owns what a run answers when it is asked how far it is. Asked a few times a second, so that no URL costs an event.

/** Requests a second that the SEC's hosts get from this machine now, and without a block in the last hours. */
export interface Pace {
  readonly perSecond: number;
  readonly fullPerSecond: number;
}

export interface Standing {
  /** URL lines that are answered, duplicates, missing and failed ones included. */
  readonly done: number;
  /** Of them, those that a server was asked for. */
  readonly asked: number;
  readonly inFlight: number;
  readonly missing: number;
  readonly failed: number;
  /** Of the documents saved. */
  readonly bytes: number;
  /** URL lines of the list, once it was read to its end. */
  readonly lines?: number;
  /** Nothing new is started: the run ends before its list does. */
  readonly draining: boolean;
  /** Undefined while the SEC was not asked for anything. */
  readonly pace?: Pace;
}
