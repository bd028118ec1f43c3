// Owns a thread's way to the permits of the main thread: requests to paced hosts ask there, others start at once.
import { DRAINED, type HostReport, type Permit, type PermitAnswer, type Permits } from '../model/permits.ts';
import type { EventBuffer } from './event-buffer.ts';

interface Asked {
  readonly host: string;
  readonly askedAtMs: number;
  readonly answer: (answer: PermitAnswer) => void;
}

export class PacedPermits implements Permits {
  readonly #events: EventBuffer;
  readonly #nowMs: () => number;
  readonly #paced: Set<string>;
  readonly #asked = new Map<number, Asked>();
  #nextId = 0;

  /** `pacedHosts`: those that ask from the start; `*` for all. */
  constructor(events: EventBuffer, pacedHosts: readonly string[], nowMs: () => number) {
    this.#events = events;
    this.#nowMs = nowMs;
    this.#paced = new Set(pacedHosts);
  }

  acquire(host: string, signal?: AbortSignal): Promise<PermitAnswer> {
    if (signal?.aborted === true) return Promise.resolve(DRAINED);
    if (!this.#paced.has(host) && !this.#paced.has('*')) {
      return Promise.resolve({ kind: 'granted', permit: this.#permit(host, undefined, false), waitedMs: 0 });
    }
    const id = this.#nextId++;
    this.#events.send({ kind: 'permit-request', id, host });
    return new Promise((resolve) => {
      // A permit that comes all the same goes back unused.
      const withdraw = (): void => resolve(DRAINED);
      const answer = (given: PermitAnswer): void => {
        signal?.removeEventListener('abort', withdraw);
        if (signal?.aborted === true && given.kind === 'granted') given.permit.ended({ kind: 'cancelled' });
        resolve(given);
      };
      signal?.addEventListener('abort', withdraw);
      this.#asked.set(id, { host, askedAtMs: this.#nowMs(), answer });
    });
  }

  grant(id: number, isFirst: boolean): void {
    const asked = this.#take(id);
    if (asked === undefined) return;
    const { host, askedAtMs, answer } = asked;
    answer({ kind: 'granted', permit: this.#permit(host, id, isFirst), waitedMs: this.#nowMs() - askedAtMs });
  }

  refuse(id: number, message: string): void {
    this.#take(id)?.answer({ kind: 'refused', because: 'host-waits', message });
  }

  /** From now on requests to this host ask. */
  pace(host: string): void {
    this.#paced.add(host);
  }

  #take(id: number): Asked | undefined {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    return asked;
  }

  #permit(host: string, id: number | undefined, isFirst: boolean): Permit {
    return {
      isFirst,
      ended: (report: HostReport) => {
        // The main thread will say so too, but this thread would send on until then.
        if (report.kind === 'retry-after') this.pace(host);
        else if (id === undefined) return;
        this.#events.send({ kind: 'request-ended', ...(id === undefined ? {} : { id }), host, report });
      },
    };
  }
}
