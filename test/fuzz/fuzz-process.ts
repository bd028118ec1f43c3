// Owns the process in which one target is fuzzed: round after round, each with the next seed, until the time is over or a
// property breaks. It says each seed before its round, so that a hang is named.
import { say, watchedInput } from '../support/watched-process.ts';
import type { FuzzLine, FuzzWork } from './fuzz.test.ts';
import { randomOf } from './mutate.ts';
import { TARGETS } from './targets.ts';

/** Generous: a round takes milliseconds. */
const LONGEST_ROUND_MS = 2_000;

const { target, firstSeed, rounds, seconds } = watchedInput() as FuzzWork;
const endMs = performance.now() + seconds * 1000;

for (let seed = firstSeed; seed < firstSeed + rounds && performance.now() < endMs; seed++) {
  say({ seed } satisfies FuzzLine);
  const begun = performance.now();
  try {
    await TARGETS[target](randomOf(seed));
    const tookMs = performance.now() - begun;
    if (tookMs > LONGEST_ROUND_MS) throw new Error(`the round took ${Math.round(tookMs)} ms`);
  } catch (error) {
    say({ seed, broken: error instanceof Error ? (error.stack ?? error.message) : String(error) } satisfies FuzzLine);
    break;
  }
}
