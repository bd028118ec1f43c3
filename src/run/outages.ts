// Owns what people are told of outages: each thread finds out about them by itself, and they are told once.
import type { RunEvent } from '../model/run-event.ts';
import type { PoolWorker } from '../worker/pooled-thread.ts';
import type { WorkerEvent } from '../worker/protocol.ts';

/** Threads that notice the same within this time say nothing new. */
const SAME_MS = 1_000;

interface Outage {
  readonly threads: Set<PoolWorker>;
  toldUntilMs: number;
}

export class Outages {
  readonly #emit: (event: RunEvent) => void;
  readonly #byHost = new Map<string, Outage>();

  constructor(emit: (event: RunEvent) => void) {
    this.#emit = emit;
  }

  /** True while a thread waits for a host to come back. */
  get any(): boolean {
    return this.#byHost.size > 0;
  }

  take(worker: PoolWorker, { host, untilMs }: Extract<WorkerEvent, { kind: 'outage' }>): void {
    const outage = this.#byHost.get(host) ?? { threads: new Set(), toldUntilMs: -Infinity };
    if (untilMs === undefined) return this.#end(host, outage, worker);
    this.#byHost.set(host, outage);
    outage.threads.add(worker);
    if (untilMs <= outage.toldUntilMs + SAME_MS) return;
    outage.toldUntilMs = untilMs;
    this.#emit({ kind: 'waiting', host, cause: 'outage', untilMs });
  }

  /** A thread is gone, and with it what it saw. */
  forget(worker: PoolWorker): void {
    for (const [host, outage] of this.#byHost) this.#end(host, outage, worker);
  }

  #end(host: string, { threads }: Outage, worker: PoolWorker): void {
    if (!threads.delete(worker) || threads.size > 0) return;
    this.#byHost.delete(host);
    this.#emit({ kind: 'resumed', host });
  }
}
