// Owns the worker threads: a bounded set, started as they are needed, replaced when they die. A thread may throw, exit with
// any code, run out of heap, or answer no more: the documents it had not settled are tried again one at a time on its
// replacement, so that the one that takes a worker down twice, alone, is known and settles as `worker-crashed`.
import { Worker } from 'node:worker_threads';
import type { Batch, DocumentRequest } from '../model/document.ts';
import type { Outcome } from '../model/outcome.ts';
import { PING_MS, PooledThread, type PoolWorker, type ThreadLike, type ThreadNews } from './pooled-thread.ts';
import type { ToWorker, WorkerSettings } from './protocol.ts';

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
  /** A document has settled: exactly once for each that was given. */
  onSettled(document: DocumentRequest, outcome: Outcome): void;
  onNews(worker: PoolWorker, news: ThreadNews): void;
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
  #suspects: DocumentRequest[] = [];
  #started = 0;
  #draining = false;
  #finishing = false;
  #closing = false;
  /** Whoever waits for something to change. */
  #waiting: (() => void)[] = [];
  #stopWatching: (() => void) | undefined;

  constructor(options: PoolOptions, listener: PoolListener) {
    this.#options = options;
    this.#listener = listener;
  }

  get size(): number {
    return this.#workers.size;
  }

  /** True while a thread has said nothing yet. */
  get isStarting(): boolean {
    return [...this.#workers].some(({ state }) => state === 'starting');
  }

  /** Resolves when a batch can be given, or when `stop` says that none is wanted any more. */
  async ready(stop: () => boolean): Promise<boolean> {
    while (!stop()) {
      if (this.#hungry() !== undefined || this.#canGrow()) return true;
      await this.#change();
    }
    return false;
  }

  /** Makes whoever waits look again. */
  wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Gives a batch to a worker that wants one, or to a new one. */
  give(batch: Batch): void {
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
    while (this.#suspects.length > 0 || [...this.#workers].some((worker) => worker.unsettled.size > 0)) {
      await this.#change();
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
    this.#suspects = [];
    this.#stopWatching?.();
    await Promise.all([...this.#workers].map((worker) => worker.terminate()));
  }

  /** Starts nothing new, in no thread; returns what waited to be tried again alone. Documents of a worker that is gone are left. */
  drain(): DocumentRequest[] {
    this.#draining = true;
    this.broadcast({ kind: 'drain' });
    return this.#suspects.splice(0);
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #hungry(): PooledThread | undefined {
    return [...this.#workers].find(({ state }) => state === 'hungry');
  }

  #canGrow(): boolean {
    return this.#workers.size < this.#options.maxWorkers && (this.#workers.size === 0 || this.#options.mayGrow());
  }

  #start(): PooledThread {
    const name = `w${this.#started++}`;
    const worker: PooledThread = new PooledThread(name, this.#startThread(this.#options.settingsOf(name)), {
      onSettled: (document, outcome) => {
        this.#listener.onSettled(document, outcome);
        if (worker.state === 'suspects') this.#giveSuspect(worker);
      },
      onNews: (news) => this.#listener.onNews(worker, news),
      onChange: () => this.wake(),
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
    const wasAlone = worker.state === 'suspects';
    for (const document of worker.unsettled.values()) {
      if (this.#draining) {
        this.#listener.onSettled(document, { kind: 'left' });
        continue;
      }
      const crashes = (this.#crashes.get(document.sequence) ?? 0) + (wasAlone ? 1 : 0);
      this.#crashes.set(document.sequence, crashes);
      if (crashes < CRASHES_ALONE) this.#suspects.push(document);
      else this.#listener.onSettled(document, crashed(reason, this.#options.nowMs()));
    }
    worker.unsettled.clear();
    if (this.#suspects.length === 0) return;
    const next = this.#start();
    next.serveSuspects();
    this.#giveSuspect(next);
  }

  /** The next of the suspects, alone; when there are none the worker is one like any other. */
  #giveSuspect(worker: PooledThread): void {
    const next = this.#suspects.shift();
    if (next === undefined) worker.serveAll();
    else worker.give([next]);
  }
}

function crashed(reason: string, nowMs: number): Outcome {
  return {
    kind: 'failed',
    effort: { attempts: CRASHES_ALONE, requests: 0, startedAtMs: nowMs, settledAtMs: nowMs },
    failure: { code: 'worker-crashed', message: `it took a worker thread down twice (${reason})`, transient: false },
  };
}
