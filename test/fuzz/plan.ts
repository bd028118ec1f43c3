// Owns which seeds a run of the fuzzing tries and for how long.

export interface FuzzPlan {
  readonly firstSeed: number;
  readonly rounds: number;
  readonly seconds: number;
}

/** JSON has no Infinity. */
const FOR_EVER = 1e9;

/** Without a wish in the environment: the same seeds in every run, for `usualSeconds`. */
export function fuzzPlan(usualSeconds: number): FuzzPlan {
  const seed = process.env['EDGAR_FETCH_FUZZ_SEED'];
  if (seed !== undefined) return { firstSeed: Number(seed), rounds: 1, seconds: FOR_EVER };
  const seconds = process.env['EDGAR_FETCH_FUZZ_SECONDS'];
  if (seconds === undefined) return { firstSeed: 1, rounds: FOR_EVER, seconds: usualSeconds };
  return { firstSeed: Math.floor(Math.random() * 2 ** 31), rounds: FOR_EVER, seconds: Number(seconds) };
}
