// Owns the worker threads: a bounded set, started as they are needed, replaced when they die. A thread may throw, exit with
// any code, run out of heap, or answer no more: the documents it had not settled are tried again one at a time on its
// replacement, so that the one that takes a worker down twice, alone, is known and settles as `worker-crashed`.
import { Worker } from 'node:worker_threads';
import type { Batch, DocumentRequest } from '../model/document.ts';
import { PING_MS, PooledThread, type PoolWorker, type ThreadLike } from './pooled-thread.ts';
import type { ToWorker, WorkerEvent, WorkerSettings } from './protocol.ts';

export interface PoolOptions {
  /** Module that a thread runs. */
  readonly entry: URL;
  readonly maxWorkers: number;
  readonly settingsOf: (name: string) => WorkerSettings;
  /** Whether another thread may be started now, although those that run want nothing. */
  readonly mayGrow: () => boolean;
  readonly nowMs: () => number;
  /** Calls back once after `delayMs`; the returned function calls it off. */
  readonly after: (delayMs: number, callback: () => void) => () => void;
  /** Starts a thread; a simulation puts others in the place of real ones. */
  readonly startThread?: StartThread;
}

export type StartThread = (settings: WorkerSettings) => ThreadLike;

export interface PoolListener {
  /** Something happened in a thread; `settled` events come exactly once for each document. */
  onEvent(worker: PoolWorker, event: WorkerEvent): void;
  /** A thread is gone: its permits and waiting requests are void. */
  onGone(worker: PoolWorker): void;
}

/** A thread's garbage is young: a small nursery saves 60 MB over all threads and costs no time (20,000 documents: 231 to 169 MB). */
const WORKER_LIMITS = { maxYoungGenerationSizeMb: 12 } as const;

/** Workers that a document may take down alone. What happened in company may have been a neighbour's fault. */
const CRASHES_ALONE = 2;

/** Questions in a row that a thread may leave unanswered: 20 s, and less when the run ends and no document is at stake. */
const PATIENCE = 10;
const PATIENCE_DRAINING = 3;

export class WorkerPool {
  readonly #options: PoolOptions;
  readonly #listener: PoolListener;
  readonly #workers = new Set<PooledThread>();
  readonly #crashes = new Map<number, number>();
  /** Documents of crashed workers, to be tried one at a time. */
  #quarantine: DocumentRequest[] = [];
  #started = 0;
  #draining = false;
  #finishing = false;
  #closing = false;
  #wake: (() => void) | undefined;
  #stopWatching: (() => void) | undefined;

  constructor(options: PoolOptions, listener: PoolListener) {
    this.#options = options;
    this.#listener = listener;
  }

  get size(): number {
    return this.#workers.size;
  }

  /** True if every thread has sent a message since it started. */
  get allSpoke(): boolean {
    return [...this.#workers].every((worker) => worker.spoke);
  }

  /** Resolves when a batch can be assigned, or when `stop` says that none is wanted any more. */
  async ready(stop: () => boolean): Promise<boolean> {
    while (!stop()) {
      if (this.#hungry() !== undefined || this.#canGrow()) return true;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return false;
  }

  /** Makes `ready` look again. */
  wake(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  /** Gives a batch to a worker that wants one, or to a new one. */
  assign(batch: Batch): void {
    const worker = this.#hungry() ?? this.#start();
    worker.give(batch.documents);
  }

  broadcast(message: ToWorker): void {
    for (const worker of this.#workers) worker.post(message);
  }

  /** The list has ended. Resolves when every document has settled. */
  async settled(): Promise<void> {
    this.#finishing = true;
    this.broadcast({ kind: 'finish' });
    while (this.#quarantine.length > 0 || [...this.#workers].some((worker) => worker.unsettled.size > 0)) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Ends all threads in good order; call when every document has settled. */
  async close(): Promise<void> {
    this.#closing = true;
    this.broadcast({ kind: 'close' });
    await Promise.all([...this.#workers].map((worker) => worker.gone));
    this.#stopWatching?.();
  }

  /** Ends all threads at once; documents in flight do not settle. */
  async terminate(): Promise<void> {
    this.#closing = true;
    this.#quarantine = [];
    this.#stopWatching?.();
    await Promise.all([...this.#workers].map((worker) => worker.terminate()));
  }

  /** Starts nothing new, in no thread; returns what waited to be tried again alone. Documents of a worker that is gone are left. */
  drain(): DocumentRequest[] {
    this.#draining = true;
    this.broadcast({ kind: 'drain' });
    return this.#quarantine.splice(0);
  }

  #hungry(): PooledThread | undefined {
    return [...this.#workers].find((worker) => worker.hungry && !worker.alone);
  }

  #canGrow(): boolean {
    return this.#workers.size < this.#options.maxWorkers && (this.#workers.size === 0 || this.#options.mayGrow());
  }

  #start(): PooledThread {
    const name = `w${this.#started++}`;
    const worker: PooledThread = new PooledThread(name, this.#startThread(this.#options.settingsOf(name)), {
      onEvent: (event) => {
        this.#listener.onEvent(worker, event);
        if (event.kind === 'settled') this.#feedQuarantine(worker);
        this.wake();
      },
      onGone: (reason) => this.#bury(worker, reason),
    });
    this.#workers.add(worker);
    if (this.#finishing) worker.post({ kind: 'finish' });
    if (this.#stopWatching === undefined) this.#watch();
    return worker;
  }

  /** A timer counts, not the clock: a process that slept must not find its threads overdue. */
  #watch(): void {
    this.#stopWatching = this.#options.after(PING_MS, () => {
      this.#watch();
      for (const worker of [...this.#workers]) worker.ping(this.#draining ? PATIENCE_DRAINING : PATIENCE);
    });
  }

  #startThread(settings: WorkerSettings): ThreadLike {
    const { entry, startThread } = this.#options;
    if (startThread !== undefined) return startThread(settings);
    return new Worker(entry, { workerData: settings, name: settings.name, resourceLimits: WORKER_LIMITS });
  }

  #bury(worker: PooledThread, reason: string): void {
    this.#workers.delete(worker);
    this.#listener.onGone(worker);
    if (!this.#closing || worker.unsettled.size > 0) this.#rescue(worker, reason);
    this.wake();
  }

  #rescue(worker: PooledThread, reason: string): void {
    for (const document of worker.unsettled.values()) {
      if (this.#draining) {
        this.#listener.onEvent(worker, { kind: 'settled', sequence: document.sequence, outcome: { kind: 'left' } });
        continue;
      }
      const crashes = (this.#crashes.get(document.sequence) ?? 0) + (worker.alone ? 1 : 0);
      this.#crashes.set(document.sequence, crashes);
      if (crashes < CRASHES_ALONE) this.#quarantine.push(document);
      else this.#listener.onEvent(worker, crashed(document, reason, this.#options.nowMs()));
    }
    worker.unsettled.clear();
    if (this.#quarantine.length > 0) this.#feedQuarantine(this.#start());
  }

  /** A worker that serves the quarantine gets one document at a time; afterwards it is a worker like any other. */
  #feedQuarantine(worker: PooledThread): void {
    if (worker.unsettled.size > 0) return;
    const fresh = !worker.spoke;
    if (!worker.alone && !fresh) return;
    const next = this.#quarantine.shift();
    worker.alone = next !== undefined;
    if (next === undefined) worker.hungry = true;
    else worker.give([next], true);
  }
}

function crashed(document: DocumentRequest, reason: string, nowMs: number): WorkerEvent {
  return {
    kind: 'settled',
    sequence: document.sequence,
    outcome: {
      kind: 'failed',
      exchange: { attempts: CRASHES_ALONE, requests: 0, startedAtMs: nowMs, settledAtMs: nowMs },
      failure: { code: 'worker-crashed', message: `it took a worker thread down twice (${reason})`, transient: false },
    },
  };
}
