// Owns the gates of all hosts of a run and the way between them and the workers: who asked for which permit, and who must
// be told what.
import { hostKeyOf, SEC_HOST_KEY } from '../edgar/fair-access.ts';
import type { RunEnd } from '../model/run-end.ts';
import type { RunEvent } from '../model/run-event.ts';
import type { Pace } from '../model/standing.ts';
import type { LastingOutage } from '../worker/outages.ts';
import type { PoolWorker } from '../worker/pooled-thread.ts';
import type { ToWorker, WorkerEvent } from '../worker/protocol.ts';
import type { Clock } from '../model/clock.ts';
import type { GateSettings, HostBudget, Ticket } from '../limits/gate-ports.ts';
import { HostGate } from '../limits/host-gate.ts';

export interface HostsOptions {
  readonly gate: GateSettings;
  readonly clock: Clock;
  /** What spaces a host's requests; undefined for nothing. */
  readonly budgetOf: (host: string) => HostBudget | undefined;
  readonly broadcast: (message: ToWorker) => void;
  readonly emit: (event: RunEvent) => void;
  /** Failures of this host's documents were an outage. */
  readonly onOutage: (host: string) => void;
  readonly end: (end: RunEnd) => void;
}

type PermitRequest = Extract<WorkerEvent, { kind: 'permit-request' }>;
type RequestEnded = Extract<WorkerEvent, { kind: 'request-ended' }>;

export class Hosts {
  readonly #options: HostsOptions;
  readonly #gates = new Map<string, HostGate>();
  readonly #budgets = new Map<string, HostBudget>();
  readonly #owners = new WeakMap<Ticket, PoolWorker>();
  /** Permits that are out: a worker that dies leaves them unreported. */
  readonly #out = new Map<string, { readonly host: string; readonly worker: PoolWorker; readonly sentAtMs: number }>();
  readonly #guarded = new Set<string>();
  readonly #outages = new Map<string, number>();
  #anyOutage = false;

  constructor(options: HostsOptions) {
    this.#options = options;
  }

  /** True if somebody waits for a permit: then more workers would only wait too. */
  get anyWaiting(): boolean {
    return [...this.#gates.values()].some((gate) => gate.hasWaiting);
  }

  /** Hosts that workers must ask for, beside those that they know from the start. */
  get guardedHosts(): readonly string[] {
    return [...this.#guarded];
  }

  /** Hosts that answer nobody now. */
  get outages(): readonly LastingOutage[] {
    return [...this.#outages].map(([host, sinceMs]) => ({ host, sinceMs }));
  }

  /** The pace that the SEC's hosts get now, if one was asked for. */
  get secPace(): Pace | undefined {
    return this.#budgets.get(SEC_HOST_KEY)?.pace?.();
  }

  request(worker: PoolWorker, event: PermitRequest): void {
    const key = `${worker.name}:${event.id}`;
    const ticket: Ticket = {
      grant: () => {
        this.#out.set(key, { host: event.host, worker, sentAtMs: this.#options.clock.nowMs() });
        worker.post({ kind: 'permit', id: event.id });
      },
      refuse: (message) => worker.post({ kind: 'permit-refused', id: event.id, message }),
    };
    this.#owners.set(ticket, worker);
    this.#gate(event.host).request(ticket);
  }

  ended(worker: PoolWorker, event: RequestEnded): void {
    const key = `${worker.name}:${event.id ?? ''}`;
    const host = this.#out.get(key)?.host ?? event.host;
    this.#out.delete(key);
    if (host === '') return;
    this.#gate(host).report(event.report, event.sentAtMs);
    this.#tellGuard(host);
  }

  /** A document of this address came, of which nothing was asked before `sentAtMs`. */
  succeed(address: string, sentAtMs: number): void {
    // Workers report what went wrong; what went well matters only while a host is in doubt.
    this.#doubtfulGate(address)?.succeed(sentAtMs);
  }

  /** True while failures of this address may turn out to be an outage of its host. */
  isDoubtful(address: string): boolean {
    return this.#doubtfulGate(address) !== undefined;
  }

  /** True if the host of this address answered nobody for some time after `sinceMs`. */
  wasInOutage(address: string, sinceMs: number): boolean {
    if (!this.#anyOutage) return false;
    return this.#gates.get(hostKeyOf(new URL(address)))?.wasInOutage(sinceMs) ?? false;
  }

  isDoubtfulHost(host: string): boolean {
    return this.#gates.get(host)?.doubtful ?? false;
  }

  #doubtfulGate(address: string): HostGate | undefined {
    for (const [host, gate] of this.#gates) {
      if (gate.doubtful && hostKeyOf(new URL(address)) === host) return gate;
    }
    return undefined;
  }

  /** A worker is gone: what it waited for is void, what it had out counts as cancelled. */
  forget(worker: PoolWorker): void {
    for (const gate of this.#gates.values()) gate.withdraw((ticket) => this.#owners.get(ticket) === worker);
    for (const [key, permit] of this.#out) {
      if (permit.worker !== worker) continue;
      this.#out.delete(key);
      this.#gates.get(permit.host)?.report({ kind: 'cancelled' }, permit.sentAtMs);
    }
  }

  close(): void {
    for (const gate of this.#gates.values()) gate.close();
  }

  #gate(host: string): HostGate {
    const known = this.#gates.get(host);
    if (known !== undefined) return known;
    const { gate: settings, clock, budgetOf, emit, end } = this.#options;
    const budget = budgetOf(host);
    if (budget !== undefined) this.#budgets.set(host, budget);
    const made = new HostGate(
      { name: host, settings, clock, budget, firstAlone: host === SEC_HOST_KEY },
      {
        onPause: (cause, untilMs) => {
          emit({ kind: 'waiting', host, cause, untilMs });
          this.#tellGuard(host);
        },
        onResume: () => {
          emit({ kind: 'resumed', host });
          this.#tellGuard(host);
        },
        onOutage: (sinceMs, untilMs) => {
          this.#anyOutage = true;
          if (untilMs === undefined) {
            this.#outages.set(host, sinceMs);
            this.#options.onOutage(host);
          } else this.#outages.delete(host);
          this.#options.broadcast({ kind: 'outage', host, sinceMs, ...(untilMs === undefined ? {} : { untilMs }) });
        },
        onGiveUp: (message) => end({ kind: 'gave-up', message }),
        onUserAgentRefused: () => end({ kind: 'user-agent-refused', message: USER_AGENT_REFUSED }),
      },
    );
    this.#gates.set(host, made);
    return made;
  }

  /** Workers send to an unguarded host without asking. */
  #tellGuard(host: string): void {
    const guarded = this.#gates.get(host)?.guarded ?? false;
    if (guarded === this.#guarded.has(host)) return;
    if (guarded) this.#guarded.add(host);
    else this.#guarded.delete(host);
    this.#options.broadcast({ kind: 'guard', host, guarded });
  }
}

const USER_AGENT_REFUSED =
  'the SEC refuses the User-Agent; set one with your name and e-mail address, as in ' +
  "EDGAR_FETCH_USER_AGENT='Jane Doe jane.doe@your-company.com', and run the same command again";
