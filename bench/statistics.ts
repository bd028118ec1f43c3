// Medians and spread of a few measurements, and nothing cleverer.
import type { Measurement } from './measure.ts';

export interface Summary {
  readonly name: string;
  readonly ours: boolean;
  readonly runs: number;
  readonly wallSeconds: number;
  readonly fastestSeconds: number;
  readonly slowestSeconds: number;
  readonly cpuSeconds: number;
  readonly serverCpuSeconds: number | undefined;
  /** Average number of processors that others kept busy meanwhile. */
  readonly othersCores: number | undefined;
  /** The largest seen: a bound on memory holds for every run. */
  readonly peakMegabytes: number;
  readonly firstRequestSeconds: number | undefined;
  /** Why there are no figures, or fewer than there should be. */
  readonly problem: string | undefined;
}

export interface Run extends Measurement {
  readonly firstRequestSeconds?: number | undefined;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function medianOfKnown(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : median(known);
}

export function summarize(name: string, ours: boolean, runs: readonly Run[], problem: string | undefined): Summary {
  const walls = runs.map((run) => run.wallSeconds);
  const othersCores = runs.map((run) => run.othersCpuSeconds && run.othersCpuSeconds / run.wallSeconds);
  return {
    name,
    ours,
    runs: runs.length,
    wallSeconds: median(walls),
    fastestSeconds: Math.min(...walls),
    slowestSeconds: Math.max(...walls),
    cpuSeconds: median(runs.map((run) => run.cpuSeconds)),
    serverCpuSeconds: medianOfKnown(runs.map((run) => run.serverCpuSeconds)),
    othersCores: medianOfKnown(othersCores),
    peakMegabytes: Math.max(...runs.map((run) => run.peakMegabytes)),
    firstRequestSeconds: medianOfKnown(runs.map((run) => run.firstRequestSeconds)),
    problem,
  };
}
