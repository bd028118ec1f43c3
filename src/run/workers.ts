// Owns what a run asks of those who download its batches, whoever they are: threads of this process, or a fake in a test. They
// know no ledger: what becomes of a document comes back with the document.
import type { Batch, DocumentRequest } from '../model/document.ts';
import type { Outcome } from '../model/outcome.ts';
import type { RunEnd } from '../model/run-end.ts';
import type { Pace } from '../model/standing.ts';

/**
 * Its life: `ready`, `give`, again and again; `idle` when the list has ended; `close`. `drain` and `cancel` come at any time,
 * and `terminate` last, whatever happened.
 */
export interface Workers {
  /** Requests a second that the SEC's hosts get now, if one was asked for. */
  readonly secPace: Pace | undefined;

  /** Resolves with true when a batch is wanted, with false when none will be any more. */
  ready(): Promise<boolean>;
  give(batch: Batch): void;
  /** No more batches come. Resolves when everything that was given has settled. */
  idle(): Promise<void>;

  /** Starts nothing new: what waits settles as `left`, what is in flight goes on. */
  drain(): void;
  /** Aborts what is in flight too. */
  cancel(): void;

  /** Ends in good order, when idle. */
  close(): Promise<void>;
  /** Ends at once; may be called more than once. Documents that are still out do not settle any more. */
  terminate(): Promise<void>;
}

export interface WorkersListener {
  /** Exactly once for each document that was given. */
  onSettled(document: DocumentRequest, outcome: Outcome): void;
  /** Something after which the run must not go on: it drains them. */
  onEnd(end: RunEnd): void;
}

/** Opens the workers of a run for an open destination. */
export type OpenWorkers = (destination: string, listener: WorkersListener) => Workers;
