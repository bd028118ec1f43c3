// Owns every message between the main thread and a worker thread, both ways, as two closed unions. Messages are small plain
// records; bodies never travel.
import type { Batch } from '../model/document.ts';
import type { Outcome } from '../model/outcome.ts';
import type { HostReport } from '../model/permits.ts';
import type { HttpSettings } from '../http/context.ts';
import type { ProxySettings } from '../http/proxy.ts';
import type { LastingOutage } from './outages.ts';

export type { HostReport } from '../model/permits.ts';

/** Given to a thread when it starts; the same for all threads of a run but for `name`. */
export interface WorkerSettings {
  /** Distinguishes the temporary files of threads. */
  readonly name: string;
  /** Absolute path of the destination, which exists with its state folder. */
  readonly destination: string;
  /** Requests in flight in this thread. */
  readonly connections: number;
  readonly connectTimeoutMs: number;
  readonly fsync: boolean;
  readonly proxies: ProxySettings;
  readonly http: HttpSettings;
  /** Hosts whose requests need a permit from the main thread at the start; `*` for all. */
  readonly guardedHosts: readonly string[];
  /** Hosts that answer nobody at the start. */
  readonly outages: readonly LastingOutage[];
  /** Time that requests in flight get when the run drains. */
  readonly drainMs: number;
}

export type ToWorker =
  | { readonly kind: 'batch'; readonly batch: Batch }
  | { readonly kind: 'permit'; readonly id: number }
  | { readonly kind: 'permit-refused'; readonly id: number; readonly message: string }
  /** From now on requests to this host need a permit, or need none any more. */
  | { readonly kind: 'guard'; readonly host: string; readonly guarded: boolean }
  /** The host answered nobody from `sinceMs` on: attempts that failed then are not charged. `untilMs` is absent while it lasts. */
  | { readonly kind: 'outage'; readonly host: string; readonly sinceMs: number; readonly untilMs?: number }
  /** To be answered with `pong`: a thread that does not is held by something. */
  | { readonly kind: 'ping' }
  /** Start nothing new, give back what waits, finish what is in flight. */
  | { readonly kind: 'drain' }
  /** Abort what is in flight too. */
  | { readonly kind: 'cancel' }
  /** No more batches will come: close when everything has settled. */
  | { readonly kind: 'finish' };

/** What happened in a thread, in order. */
export type WorkerEvent =
  | { readonly kind: 'settled'; readonly sequence: number; readonly outcome: Outcome }
  | { readonly kind: 'permit-request'; readonly id: number; readonly host: string }
  /** How a request ended; `id` of its permit, absent where none was needed. */
  | {
      readonly kind: 'request-ended';
      readonly id?: number;
      readonly host: string;
      readonly sentAtMs: number;
      readonly report: HostReport;
    }
  /** Fewer URLs wait than connections are free. */
  | { readonly kind: 'hungry' }
  | { readonly kind: 'pong' }
  | { readonly kind: 'warning'; readonly message: string }
  /** The destination cannot be written: the run ends. */
  | { readonly kind: 'fatal'; readonly message: string };

/** Events of the same turn travel together. */
export interface FromWorker {
  readonly events: readonly WorkerEvent[];
}
