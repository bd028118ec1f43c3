// Fuzzing of what meets strangers' bytes: genuine bodies, heads, manifests and lists, spoiled by chance that a seed decides.
// Every run tries the same seeds, so that a failure is nobody's bad luck. EDGAR_FETCH_FUZZ_SECONDS=600 goes on for so long
// with seeds of its own, EDGAR_FETCH_FUZZ_SEED=<n> repeats the one round that a failure names.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { runWatched } from '../support/watched-process.ts';
import { fuzzPlan } from './plan.ts';
import type { TargetName } from './targets.ts';
import { byEffort } from '../support/effort.ts';

export interface FuzzWork {
  readonly target: TargetName;
  readonly firstSeed: number;
  readonly rounds: number;
  readonly seconds: number;
}

/** The round that begins; with `broken`, what it broke. */
export interface FuzzLine {
  readonly seed: number;
  readonly broken?: string;
}

const NAMES: readonly TargetName[] = ['pages', 'documents', 'heads', 'manifests', 'lists'];
const HANGS_MS = 10_000;
const PROCESS = join(import.meta.dirname, 'fuzz-process.ts');

describe('spoiled bytes', () => {
  const { firstSeed, rounds, seconds } = fuzzPlan(byEffort(1.5, 2.5) * NAMES.length);
  for (const target of NAMES) {
    it(`bear no surprise: ${target}`, async (context) => {
      const work: FuzzWork = { target, firstSeed, rounds, seconds: seconds / NAMES.length };
      let last: FuzzLine = { seed: firstSeed };
      const end = await runWatched(PROCESS, work, HANGS_MS, (line) => (last = JSON.parse(line) as FuzzLine));
      context.diagnostic(`${last.seed - firstSeed + 1} rounds from seed ${firstSeed}`);
      const again = `; EDGAR_FETCH_FUZZ_SEED=${last.seed} repeats it`;
      assert.ok(!end.hung, `the round of seed ${last.seed} hangs${again}`);
      assert.equal(last.broken, undefined, `${last.broken ?? ''}${again}`);
      assert.equal(end.exitCode, 0, end.stderr);
    });
  }
});
