// Owns how work on a large body lets others have their turn: it is written as a generator that yields now and then, and
// runs through at once if it never does.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ByteSource } from '../model/body.ts';

/** Work that yields where others should have a turn. */
export type Turns<Result> = Generator<undefined, Result>;

/** A smaller body is judged without a pause: a quarter of a second where somebody made it for that, else milliseconds. */
const LONG_BYTES = 4 * 1024 * 1024;

/** True if work on this body must yield between its windows. */
export function isLong(source: ByteSource): boolean {
  return source.size > LONG_BYTES;
}

/** Does the work: at once if it never yields, else with a turn of the event loop at each yield. */
export function takeTurns<Result>(work: Turns<Result>): Result | Promise<Result> {
  const step = work.next();
  return step.done === true ? step.value : takeMoreTurns(work);
}

async function takeMoreTurns<Result>(work: Turns<Result>): Promise<Result> {
  for (;;) {
    await nextTurn();
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** Does the work without a pause. */
export function runThrough<Result>(work: Turns<Result>): Result {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}
