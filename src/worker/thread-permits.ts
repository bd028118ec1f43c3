// Owns a thread's side of permits: requests to guarded hosts ask the main thread, others start at once. What the main thread
// must know of a host (silence, refusals, and the first success after them) is reported in order.
import type { HostReport, Permit, PermitAnswer, Permits } from '../model/permits.ts';
import type { Outbox } from './outbox.ts';

interface Waiting {
  readonly host: string;
  readonly sinceMs: number;
  readonly answer: (answer: PermitAnswer) => void;
}

export class ThreadPermits implements Permits {
  readonly #outbox: Outbox;
  readonly #nowMs: () => number;
  readonly #allGuarded: boolean;
  readonly #guarded: Set<string>;
  readonly #waiting = new Map<number, Waiting>();
  /** Hosts that failed lately, and when: the next success of a request that was sent later is news. */
  readonly #suspected = new Map<string, number>();
  #nextId = 0;
  #draining = false;

  constructor(outbox: Outbox, guardedHosts: readonly string[], nowMs: () => number) {
    this.#outbox = outbox;
    this.#nowMs = nowMs;
    this.#allGuarded = guardedHosts.includes('*');
    this.#guarded = new Set(guardedHosts);
  }

  acquire(host: string): Promise<PermitAnswer> {
    if (this.#draining) return Promise.resolve({ kind: 'refused', because: 'drain', message: '' });
    if (!this.#allGuarded && !this.#guarded.has(host)) {
      return Promise.resolve({ kind: 'granted', permit: this.#permit(host, undefined), waitedMs: 0 });
    }
    const id = this.#nextId++;
    this.#outbox.send({ kind: 'permit-request', id, host });
    return new Promise((answer) => this.#waiting.set(id, { host, sinceMs: this.#nowMs(), answer }));
  }

  grant(id: number): void {
    const waiting = this.#take(id);
    if (waiting === undefined) {
      // The run drains: the permit goes back unused.
      this.#outbox.send({
        kind: 'request-ended',
        id,
        host: '',
        sentAtMs: this.#nowMs(),
        report: { kind: 'cancelled' },
      });
      return;
    }
    const waitedMs = this.#nowMs() - waiting.sinceMs;
    waiting.answer({ kind: 'granted', permit: this.#permit(waiting.host, id), waitedMs });
  }

  refuse(id: number, message: string): void {
    this.#take(id)?.answer({ kind: 'refused', because: 'host-waits', message });
  }

  guard(host: string, guarded: boolean): void {
    if (guarded) this.#guarded.add(host);
    else this.#guarded.delete(host);
  }

  /** Gives up all waiting; later requests are refused at once. */
  drain(): void {
    this.#draining = true;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { answer } of waiting) answer({ kind: 'refused', because: 'drain', message: '' });
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #permit(host: string, id: number | undefined): Permit {
    const sentAtMs = this.#nowMs();
    return { ended: (report) => this.#report(host, id, sentAtMs, report) };
  }

  #report(host: string, id: number | undefined, sentAtMs: number, report: HostReport): void {
    // The main thread will say so too, but this thread would send on until then.
    if (report.kind === 'retry-after') this.#guarded.add(host);
    const ordinary = report.kind === 'answered' || report.kind === 'cancelled';
    const suspectedAtMs = this.#suspected.get(host);
    if (id === undefined && ordinary && suspectedAtMs === undefined) return;
    if (!ordinary) this.#suspected.set(host, this.#nowMs());
    else if (report.kind === 'answered' && sentAtMs > (suspectedAtMs ?? 0)) this.#suspected.delete(host);
    this.#outbox.send({ kind: 'request-ended', ...(id === undefined ? {} : { id }), host, sentAtMs, report });
  }
}
