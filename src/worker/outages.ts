// Owns when hosts answered nobody, as the main thread declared it: attempts that failed then are charged to no document.

export interface LastingOutage {
  readonly host: string;
  readonly sinceMs: number;
}

interface Outage {
  sinceMs: number;
  untilMs: number;
}

export class Outages {
  readonly #byHost = new Map<string, Outage[]>();

  /** `lasting`: those that were declared before this thread began. */
  constructor(lasting: readonly LastingOutage[]) {
    for (const { host, sinceMs } of lasting) this.declare(host, sinceMs, undefined);
  }

  /** Declares an outage that began at `sinceMs`; without `untilMs` it lasts. A later declaration dates it back, or ends it. */
  declare(host: string, sinceMs: number, untilMs: number | undefined): void {
    const outages = this.#byHost.get(host) ?? [];
    this.#byHost.set(host, outages);
    const known = outages.find((outage) => outage.untilMs === Infinity);
    if (known === undefined) {
      outages.push({ sinceMs, untilMs: untilMs ?? Infinity });
      return;
    }
    known.sinceMs = Math.min(known.sinceMs, sinceMs);
    known.untilMs = untilMs ?? Infinity;
  }

  /** True if the host answered nobody for a part of that time. */
  excused(host: string, fromMs: number, toMs: number): boolean {
    return this.#byHost.get(host)?.some((outage) => toMs >= outage.sinceMs && fromMs <= outage.untilMs) ?? false;
  }
}
