// Owns the board on which files to be looked at are posted: memory that two threads share. Whoever is free takes the next
// file, looks at it on disk and notes whether it is there with its size. Waits for nobody: what the other thread holds for
// too long is looked at again, so that a slow or dead thread costs time at most.
import { statSync } from 'node:fs';

const SLOTS = 8192;
const PATH_BYTES = 512;
/** Longer paths are not posted: UTF-8 has at most three bytes for each of their characters. */
const MAX_PATH = Math.floor(PATH_BYTES / 3);
const MEMORY_BYTES = SLOTS * (8 + 4 + 4 + PATH_BYTES) + 8;
/** Neighbours are taken together, since what two threads write side by side costs both. */
const TAKE_AT_ONCE = 16;
/** Posts for each of which a sleeping thread is woken. */
const WAKE_EVERY = 32;

/** Places of the counters: files taken, and files posted (or CLOSED). */
const TAKEN = 0;
const POSTED = 1;
const CLOSED = -1;

/** States of a slot: an answer, or FIRST_OPEN plus the ticket of the file that waits in it. */
const NOT_THERE = 0;
const THERE = 1;
const FIRST_OPEN = 2;

export class LookBoard {
  readonly memory: SharedArrayBuffer;
  readonly #destination: string;
  readonly #sizes: Float64Array;
  readonly #states: Int32Array;
  readonly #lengths: Int32Array;
  readonly #counters: Int32Array;
  readonly #paths: Buffer;
  /** Files whose answers were fetched: their slots are free. Known to the thread that posts only. */
  #fetched = 0;

  /** A new board, or the other thread's view of one. */
  constructor(destination: string, memory = new SharedArrayBuffer(MEMORY_BYTES)) {
    this.memory = memory;
    this.#destination = destination;
    this.#sizes = new Float64Array(memory, 0, SLOTS);
    this.#states = new Int32Array(memory, SLOTS * 8, SLOTS);
    this.#lengths = new Int32Array(memory, SLOTS * 12, SLOTS);
    this.#counters = new Int32Array(memory, SLOTS * 16, 2);
    this.#paths = Buffer.from(memory, SLOTS * 16 + 8, SLOTS * PATH_BYTES);
  }

  /** Posts a file; returns its ticket, or undefined if the board is full or the path too long for it. */
  post(path: string, bytes: number): number | undefined {
    const ticket = Atomics.load(this.#counters, POSTED);
    if (ticket - this.#fetched >= SLOTS || path.length > MAX_PATH) return undefined;
    const slot = ticket % SLOTS;
    this.#sizes[slot] = bytes;
    this.#lengths[slot] = this.#paths.write(path, slot * PATH_BYTES, 'utf8');
    Atomics.store(this.#states, slot, FIRST_OPEN + ticket);
    Atomics.store(this.#counters, POSTED, ticket + 1);
    if (ticket % WAKE_EVERY === 0) Atomics.notify(this.#counters, POSTED);
    return ticket;
  }

  /** The answer for a ticket, which is asked for once, in the order of posting. Looks at files itself until it is there. */
  fetch(ticket: number): boolean {
    const slot = ticket % SLOTS;
    this.#fetched = ticket + 1;
    do {
      const state = Atomics.load(this.#states, slot);
      if (state < FIRST_OPEN) return state === THERE;
    } while (this.lookAtNext());
    // The other thread is at it. Its answer will find the slot in another state, and be dropped.
    const answer = this.#lookAt(slot);
    Atomics.store(this.#states, slot, answer);
    return answer === THERE;
  }

  /** Takes the next files that were posted and looks at them; false if there are none. */
  lookAtNext(): boolean {
    const first = Atomics.load(this.#counters, TAKEN);
    const end = Math.min(first + TAKE_AT_ONCE, Atomics.load(this.#counters, POSTED));
    if (first >= end) return false;
    if (Atomics.compareExchange(this.#counters, TAKEN, first, end) !== first) return true;
    for (let ticket = first; ticket < end; ticket++) {
      const slot = ticket % SLOTS;
      // Answered meanwhile, or another file's: the thread that posts did not wait.
      if (Atomics.load(this.#states, slot) !== FIRST_OPEN + ticket) continue;
      Atomics.compareExchange(this.#states, slot, FIRST_OPEN + ticket, this.#lookAt(slot));
    }
    return true;
  }

  /** Sleeps until there may be files to look at; false when the board is closed. */
  wait(): boolean {
    const posted = Atomics.load(this.#counters, POSTED);
    if (posted === CLOSED) return false;
    if (posted === Atomics.load(this.#counters, TAKEN)) Atomics.wait(this.#counters, POSTED, posted);
    return true;
  }

  /** Sends the other thread home. */
  close(): void {
    Atomics.store(this.#counters, POSTED, CLOSED);
    Atomics.notify(this.#counters, POSTED);
  }

  #lookAt(slot: number): typeof THERE | typeof NOT_THERE {
    const start = slot * PATH_BYTES;
    const path = this.#paths.toString('utf8', start, start + (this.#lengths[slot] ?? 0));
    return isThere(this.#destination, path, this.#sizes[slot] ?? 0) ? THERE : NOT_THERE;
  }
}

const STAT_OPTIONS = { throwIfNoEntry: false } as const;

/** Whether a file of this size stands at a path of the destination. */
export function isThere(destination: string, path: string, bytes: number): boolean {
  try {
    const status = statSync(`${destination}/${path}`, STAT_OPTIONS);
    return status?.isFile() === true && status.size === bytes;
  } catch {
    // A file stands where its folder was: it is not there.
    return false;
  }
}
