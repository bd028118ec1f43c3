// Owns the settings of one run, as the edge resolved them: frozen, in base units, with nothing left to interpret.
import type { Layout } from '../edgar/layout.ts';
import type { Existing } from '../model/document.ts';
import type { WorkerSettings } from '../worker/protocol.ts';

export interface RunSettings {
  /** Absolute path. */
  readonly destination: string;
  /** What the runs of this machine share; absolute path. */
  readonly stateFolder: string;
  readonly layout: Layout;
  readonly existing: Existing;
  /** Origin that *.sec.gov documents are fetched from instead. */
  readonly mirror?: string;
  /** Request starts a second, to the SEC and to each other host; undefined for no limit. */
  readonly secRate: number;
  readonly otherRate?: number;
  readonly batchSize: number;
  readonly workers: number;
  readonly connections: number;
  readonly blockPauseMs: number;
  readonly giveUpMs: number;
  readonly stopAfterMs?: number;
  readonly recheckMissingMs: number;
  readonly connectTimeoutMs: number;
  readonly fsync: boolean;
  readonly http: WorkerSettings['http'];
  readonly proxies: WorkerSettings['proxies'];
  /** Why *.sec.gov may not be contacted (no User-Agent that names a contact, too high a rate); undefined if it may. */
  readonly secProblem?: string;
  /** Rows of unchanged documents are wanted (`--json`). */
  readonly reportUnchanged: boolean;
}
