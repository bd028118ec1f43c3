// Owns the limits of all hosts: who may send when, whoever asks. In the main thread, for all worker threads together.
import { SEC_HOST_KEY } from '../edgar/fair-access.ts';
import type { Clock } from '../model/clock.ts';
import type { HostReport, PermitAnswer, Permits } from '../model/permits.ts';
import type { RunEnd } from '../model/run-end.ts';
import type { RunEvent } from '../model/run-event.ts';
import type { Pace } from '../model/standing.ts';
import { Gate, type GateSettings } from './gate.ts';
import type { RateLimiter } from './rate-limiter.ts';

export interface LimitsOptions {
  readonly gate: GateSettings;
  readonly clock: Clock;
  /** What spaces a host's requests; undefined for nothing. */
  readonly limiterOf: (host: string) => RateLimiter | undefined;
  readonly emit: (event: RunEvent) => void;
  readonly end: (end: RunEnd) => void;
}

const SET_USER_AGENT =
  'set one with your name and e-mail address, as in ' +
  "EDGAR_FETCH_USER_AGENT='Jane Doe jane.doe@your-company.com', and run the same command again";

const REFUSED = {
  'user-agent': `the SEC refuses the User-Agent; ${SET_USER_AGENT}`,
  'too-fast':
    'the first answer of the SEC was its "too fast" page, which has two causes: this address sent too many requests ' +
    `lately (wait 11 minutes and run the same command again), or the SEC refuses the User-Agent (${SET_USER_AGENT})`,
} as const;

export class Limits implements Permits {
  readonly #options: LimitsOptions;
  readonly #gates = new Map<string, Gate>();
  #secLimiter: RateLimiter | undefined;

  constructor(options: LimitsOptions) {
    this.#options = options;
  }

  /** True if somebody waits for a permit: then more workers would only wait too. */
  get anyWaiting(): boolean {
    return [...this.#gates.values()].some((gate) => gate.hasWaiting);
  }

  /** The pace that the SEC's hosts get now, if one was asked for. */
  get secPace(): Pace | undefined {
    return this.#secLimiter?.pace();
  }

  acquire(host: string, signal?: AbortSignal): Promise<PermitAnswer> {
    return this.#gate(host).acquire(signal);
  }

  /** How a request ended that needed no permit. */
  heard(host: string, report: HostReport): void {
    this.#gate(host).heard(report);
  }

  /** Grants nothing any more. */
  close(): void {
    for (const gate of this.#gates.values()) gate.close();
  }

  #gate(name: string): Gate {
    const known = this.#gates.get(name);
    if (known !== undefined) return known;
    const { gate: settings, clock, limiterOf, emit, end } = this.#options;
    const limiter = limiterOf(name);
    const firstAlone = name === SEC_HOST_KEY;
    if (firstAlone) this.#secLimiter = limiter;
    const gate = new Gate(
      { name, settings, clock, limiter, firstAlone },
      {
        onPause: (cause, untilMs) => emit({ kind: 'waiting', host: name, cause, untilMs }),
        onResume: () => emit({ kind: 'resumed', host: name }),
        onGiveUp: (message) => end({ kind: 'gave-up', message }),
        onRefused: (why) => end({ kind: 'user-agent-refused', message: REFUSED[why] }),
        onUntrusted: (message) => end({ kind: 'usage', message }),
      },
    );
    this.#gates.set(name, gate);
    return gate;
  }
}
