// Owns every message between the main thread and a worker thread, both ways, as two closed unions. Messages are small plain
// records; bodies never travel.
import type { Batch } from '../model/document.ts';
import type { Outcome } from '../model/outcome.ts';
import type { HostReport } from '../model/permits.ts';
import type { HttpSettings } from '../http/context.ts';
import type { ProxySettings } from '../http/proxy.ts';

/** Given to a thread when it starts; the same for all threads of a run but for `name`. */
export interface WorkerSettings {
  /** Distinguishes the temporary files of threads. */
  readonly name: string;
  /** Absolute path of the destination, which exists with its state folder. */
  readonly destination: string;
  /** Threads that the run may have, this one included. */
  readonly threads: number;
  /** Requests in flight in this thread. */
  readonly connections: number;
  readonly connectTimeoutMs: number;
  readonly fsync: boolean;
  readonly proxies: ProxySettings;
  readonly http: HttpSettings;
  /** Hosts whose requests need a permit from the main thread at the start; `*` for all. */
  readonly pacedHosts: readonly string[];
  /** How long an outage is waited out. */
  readonly giveUpMs: number;
  /** Time that requests in flight get when the run drains. */
  readonly drainMs: number;
}

export type ToWorker =
  /** `alone`: no other comes before its documents have settled. */
  | { readonly kind: 'batch'; readonly batch: Batch; readonly alone: boolean }
  | { readonly kind: 'permit'; readonly id: number; readonly isFirst: boolean }
  | { readonly kind: 'permit-refused'; readonly id: number; readonly message: string }
  /** From now on requests to this host need a permit: it asked for patience. */
  | { readonly kind: 'paced'; readonly host: string }
  /** To be answered with `pong`: a thread that does not is held by something. */
  | { readonly kind: 'ping' }
  /** Start nothing new, give back what waits, finish what is in flight. */
  | { readonly kind: 'drain' }
  /** Abort what is in flight too. */
  | { readonly kind: 'cancel' }
  /** The list has ended: what comes after it is what a crashed neighbour left. */
  | { readonly kind: 'finish' }
  /** Everything has settled. */
  | { readonly kind: 'close' };

/** What happened in a thread, in order. */
export type WorkerEvent =
  | { readonly kind: 'settled'; readonly sequence: number; readonly outcome: Outcome }
  | { readonly kind: 'permit-request'; readonly id: number; readonly host: string }
  /** How a request ended; `id` of its permit, absent where none was needed. */
  | { readonly kind: 'request-ended'; readonly id?: number; readonly host: string; readonly report: HostReport }
  /** This thread sends nothing to a host that answers nobody: until then, or, without `untilMs`, no longer. */
  | { readonly kind: 'outage'; readonly host: string; readonly untilMs?: number }
  /** An outage lasted too long: the run ends. */
  | { readonly kind: 'gave-up'; readonly message: string }
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
