// Owns the way between the limits and the worker threads: who asked for which permit, which are out, and what becomes of both
// when a thread dies.
import { setMaxListeners } from 'node:events';
import type { HostReport, Permit } from '../model/permits.ts';
import type { Limits } from '../limits/limits.ts';
import type { PoolWorker } from '../worker/pooled-thread.ts';
import type { ToWorker, WorkerEvent } from '../worker/protocol.ts';

type PermitRequest = Extract<WorkerEvent, { kind: 'permit-request' }>;
type RequestEnded = Extract<WorkerEvent, { kind: 'request-ended' }>;

/** What one thread has. */
interface Client {
  readonly gone: AbortController;
  readonly permits: Map<number, Permit>;
}

export class PermitServer {
  readonly #limits: Limits;
  readonly #broadcast: (message: ToWorker) => void;
  readonly #clients = new Map<PoolWorker, Client>();
  readonly #paced: Set<string>;

  /** `pacedHosts`: those whose requests ask from the start; `*` for all. */
  constructor(limits: Limits, pacedHosts: readonly string[], broadcast: (message: ToWorker) => void) {
    this.#limits = limits;
    this.#paced = new Set(pacedHosts);
    this.#broadcast = broadcast;
  }

  /** Hosts whose requests ask, as a new thread must know. */
  get pacedHosts(): readonly string[] {
    return [...this.#paced];
  }

  /** When the run drains nothing is answered: its threads are told so. */
  async request(worker: PoolWorker, { id, host }: PermitRequest): Promise<void> {
    const { gone, permits } = this.#client(worker);
    const answer = await this.#limits.acquire(host, gone.signal);
    if (answer.kind === 'refused') {
      if (answer.because === 'host-waits') worker.post({ kind: 'permit-refused', id, message: answer.message });
    } else if (gone.signal.aborted) {
      answer.permit.ended({ kind: 'cancelled' });
    } else {
      permits.set(id, answer.permit);
      worker.post({ kind: 'permit', id, isFirst: answer.permit.isFirst ?? false });
    }
  }

  ended(worker: PoolWorker, { id, host, report }: RequestEnded): void {
    this.#pace(host, report);
    if (id === undefined) return this.#limits.heard(host, report);
    const { permits } = this.#client(worker);
    const permit = permits.get(id);
    permits.delete(id);
    permit?.ended(report);
  }

  /** A thread is gone: what it waited for is void, what it had out counts as cancelled. */
  forget(worker: PoolWorker): void {
    const client = this.#clients.get(worker);
    this.#clients.delete(worker);
    client?.gone.abort();
    for (const permit of client?.permits.values() ?? []) permit.ended({ kind: 'cancelled' });
  }

  #client(worker: PoolWorker): Client {
    const known = this.#clients.get(worker);
    if (known !== undefined) return known;
    const client = { gone: new AbortController(), permits: new Map<number, Permit>() };
    setMaxListeners(0, client.gone.signal);
    this.#clients.set(worker, client);
    return client;
  }

  /** A host that asked for patience once is asked for permission from then on. */
  #pace(host: string, report: HostReport): void {
    if (report.kind !== 'retry-after' || this.#paced.has(host) || this.#paced.has('*')) return;
    this.#paced.add(host);
    this.#broadcast({ kind: 'paced', host });
  }
}
