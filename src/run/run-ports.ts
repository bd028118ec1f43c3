// Owns what a run is given beside its settings, and what it comes to.
import type { Clock } from '../model/clock.ts';
import type { RunEnd } from '../model/run-end.ts';
import type { RunEvent } from '../model/run-event.ts';
import type { RunCounts } from '../model/summary.ts';
import type { ListLine } from '../plan/url-list.ts';
import type { OpenWorkers } from './workers.ts';

export interface RunPorts {
  readonly openWorkers: OpenWorkers;
  readonly pid: number;
  readonly emit: (event: RunEvent) => void;
  /** The system's own unless a simulation puts another in its place. */
  readonly clock?: Clock;
  readonly lines: AsyncGenerator<ListLine[], void>;
  readonly version: string;
  /** URL lines of the list, where that is known before it is read. */
  readonly listLength?: () => number | undefined;
  /** Entry of the thread that helps with long lists, if there is one. */
  readonly lookEntry?: URL;
  /** Options without secrets, for `runs.jsonl`. */
  readonly optionsForLog: Readonly<Record<string, unknown>>;
}

export interface RunResult {
  readonly end: RunEnd;
  readonly exitCode: number;
  readonly counts: RunCounts;
  readonly elapsedMs: number;
  /** The list had no URL at all: nothing was created. */
  readonly emptyList: boolean;
}
