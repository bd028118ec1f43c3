// Owns the batches: a generator that is pulled, so that nothing is read or planned before a worker wants it. A batch has a
// fixed number of URLs to fetch, and is cut short when the source pauses, so that a slow pipe keeps no worker idle.
import type { ListReader } from './list-reader.ts';
import type { Plan, Planner } from './planner.ts';

export type FetchPlan = Extract<Plan, { kind: 'fetch' }>;
export type SettledPlan = Exclude<Plan, FetchPlan>;

/** What came of the next lines of the list. */
export interface Provision {
  /** Lines that need no request. */
  readonly settled: readonly SettledPlan[];
  /** Lines to fetch, for one worker; none where there were only settled ones. */
  readonly batch: readonly FetchPlan[];
}

/** Yields batches until the list ends, or its reading is stopped. Every line is in exactly one provision. */
export async function* provision(
  list: ListReader,
  planner: Planner,
  batchSize: number,
): AsyncGenerator<Provision, void> {
  let batch: FetchPlan[] = [];
  for (let lines = await list.read(); lines !== undefined; lines = await list.read()) {
    let settled: SettledPlan[] = [];
    for (const plan of await planner.plan(lines)) {
      if (plan.kind === 'fetch') batch.push(plan);
      else settled.push(plan);
      if (batch.length < batchSize) continue;
      yield { settled, batch };
      settled = [];
      batch = [];
    }
    const cutShort = batch.length > 0 && (await list.hasPaused());
    if (settled.length === 0 && !cutShort) continue;
    yield { settled, batch: cutShort ? batch : [] };
    if (cutShort) batch = [];
  }
  if (batch.length > 0) yield { settled: [], batch };
}
