// What a workload is, and how one is run: its contestants in turn, round after round, each starting one place later than
// in the round before, everything checked after every run.
import type { Corpora } from './corpus.ts';
import type { Command, Measure, Measurement } from './measure.ts';
import type { Size } from './options.ts';
import type { Server } from './server.ts';
import { summarize, type Run, type Summary } from './statistics.ts';
import type { Tool } from './tools.ts';
import { wipe, type Workspace } from './workspace.ts';

/** Everything that a workload may use. */
export interface Bench {
  readonly size: Size;
  readonly rounds: number;
  readonly workspace: Workspace;
  readonly server: Server;
  readonly corpora: Corpora;
  readonly tools: readonly Tool[];
  readonly measure: Measure;
}

export interface Contestant {
  readonly name: string;
  readonly ours: boolean;
  /** Before each run, not measured; the output folder is empty by then. */
  readonly command: () => Command;
  /** After each run: undefined, or what went wrong. */
  readonly fault: (measurement: Measurement) => string | undefined;
  readonly firstRequestAt?: () => number | undefined;
}

interface Prepared {
  readonly contestants: readonly Contestant[];
  /** Measured so often in each round, or once in all. */
  readonly repeats?: number | 'once';
  readonly dispose?: () => void;
}

export interface Workload {
  readonly name: string;
  readonly title: string;
  /** The contestants; or a plain sentence that says why there are none. */
  readonly prepare: (bench: Bench) => Promise<Prepared | string>;
}

export interface WorkloadResult {
  readonly name: string;
  readonly title: string;
  readonly rounds: number;
  readonly summaries: readonly Summary[];
  readonly skipped: string | undefined;
}

interface Lane {
  readonly contestant: Contestant;
  readonly runs: Run[];
  problem: string | undefined;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.slice(0, 200) ?? '';
}

export function exitFault({ exitCode, stderr }: Measurement): string | undefined {
  return exitCode === 0 ? undefined : `exit ${exitCode}: ${lastLine(stderr)}`;
}

function firstRequestSeconds(contestant: Contestant, { startedAt }: Measurement): number | undefined {
  const requestedAt = contestant.firstRequestAt?.();
  return requestedAt === undefined ? undefined : requestedAt - startedAt;
}

async function runOnce(bench: Bench, lane: Lane): Promise<void> {
  const { contestant } = lane;
  wipe(bench.workspace.output);
  try {
    const measurement = await bench.measure(contestant.command());
    lane.problem = contestant.fault(measurement);
    if (lane.problem !== undefined) return;
    lane.runs.push({ ...measurement, firstRequestSeconds: firstRequestSeconds(contestant, measurement) });
  } catch (error) {
    lane.problem = error instanceof Error ? error.message : String(error);
  }
}

/** Who starts moves by one each round, so that nobody always runs after the same neighbour. */
function rotated<T>(items: readonly T[], by: number): T[] {
  return items.map((_, index) => items[(index + by) % items.length]!);
}

async function runRounds(bench: Bench, lanes: readonly Lane[], repeats: number | 'once'): Promise<number> {
  const rounds = repeats === 'once' ? 1 : bench.rounds * repeats;
  for (let round = 0; round < rounds; round++) {
    for (const lane of rotated(lanes, round)) if (lane.problem === undefined) await runOnce(bench, lane);
  }
  return rounds;
}

async function runPrepared(bench: Bench, prepared: Prepared): Promise<Pick<WorkloadResult, 'rounds' | 'summaries'>> {
  try {
    const lanes = prepared.contestants.map((contestant): Lane => ({ contestant, runs: [], problem: undefined }));
    const rounds = await runRounds(bench, lanes, prepared.repeats ?? 1);
    const summaries = lanes.map(({ contestant: { name, ours }, runs, problem }) =>
      summarize(name, ours, runs, problem),
    );
    return { rounds, summaries };
  } finally {
    wipe(bench.workspace.output);
    prepared.dispose?.();
  }
}

/** Never throws: a workload that cannot be prepared is one that failed. */
export async function runWorkload(bench: Bench, { name, title, prepare }: Workload): Promise<WorkloadResult> {
  try {
    const prepared = await prepare(bench);
    if (typeof prepared === 'string') return { name, title, rounds: 0, summaries: [], skipped: prepared };
    return { name, title, ...(await runPrepared(bench, prepared)), skipped: undefined };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { name, title, rounds: 0, summaries: [summarize('preparation', true, [], problem)], skipped: undefined };
  }
}
