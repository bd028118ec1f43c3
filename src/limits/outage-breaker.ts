// Owns what one thread sees of outages: who waits while a host answers nobody, which one request goes alone to find out
// whether it is back, and whose fault an unanswered request was. Permits in front of other permits.
import type { Clock } from '../model/clock.ts';
import {
  DRAINED,
  type Fault,
  type HostReport,
  type Permit,
  type PermitAnswer,
  type Permits,
} from '../model/permits.ts';
import { afterRequest, ask, CLOSED, outageLength, type Breaker, type EndedRequest, type Open } from './breaker.ts';

export interface OutageListener {
  /** Nothing is sent to the host until then. */
  onPause(host: string, untilMs: number): void;
  onResume(host: string): void;
  onGiveUp(message: string): void;
}

export interface OutageBreakerOptions {
  readonly clock: Clock;
  /** How long an outage is waited out. */
  readonly giveUpMs: number;
  /** Threads of the run, this one included: the failures of an outage are spread over them. */
  readonly threads: number;
  readonly listener: OutageListener;
}

type MayGo = 'go' | 'alone' | 'drained';

/** A host that failed at least once. */
interface Host {
  readonly name: string;
  breaker: Breaker;
  waiting: ((answer: MayGo) => void)[];
  timer: (() => void) | undefined;
  /** The fault of the streak that lasts. */
  fault: OpenFault | undefined;
  /** What was sent earlier was sent in an outage. */
  outageEndedAtMs: number;
}

class OpenFault implements Fault {
  whose: Fault['whose'] = 'open';
  readonly decided: Promise<void>;
  #resolve: () => void = () => undefined;

  constructor() {
    this.decided = new Promise((resolve) => (this.#resolve = resolve));
  }

  decide(whose: 'host' | 'document'): void {
    this.whose = whose;
    this.#resolve();
  }
}

const NOW = Promise.resolve();
const THE_HOSTS: Fault = { whose: 'host', decided: NOW };
const THE_DOCUMENTS: Fault = { whose: 'document', decided: NOW };

export class OutageBreaker implements Permits {
  readonly #inner: Permits;
  readonly #options: OutageBreakerOptions;
  readonly #hosts = new Map<string, Host>();

  constructor(inner: Permits, options: OutageBreakerOptions) {
    this.#inner = inner;
    this.#options = options;
  }

  async acquire(host: string, signal?: AbortSignal): Promise<PermitAnswer> {
    const askedAtMs = this.#nowMs();
    for (;;) {
      const known = this.#hosts.get(host);
      const turn = known === undefined ? 'go' : await this.#turn(known, signal);
      if (turn === 'drained') return DRAINED;
      const answer = await this.#inner.acquire(host, signal);
      const alone = turn === 'alone';
      const request = { sentAtMs: this.#nowMs(), alone };
      if (answer.kind === 'refused') {
        this.#ended(host, { ...request, report: { kind: 'cancelled' } });
        return answer;
      }
      // An outage may have begun while the permit was waited for.
      if (alone || this.#mayGo(host)) {
        const permit = this.#watched(host, answer.permit, request);
        return { kind: 'granted', permit, waitedMs: request.sentAtMs - askedAtMs };
      }
      answer.permit.ended({ kind: 'cancelled' });
    }
  }

  /** Whose fault it is that a request to `host`, sent then, got no answer; to be asked when its permit has ended. */
  faultOf(host: string, sentAtMs: number): Fault {
    const known = this.#hosts.get(host);
    if (known === undefined) return THE_DOCUMENTS;
    if (known.breaker.kind !== 'closed' || sentAtMs <= known.outageEndedAtMs) return THE_HOSTS;
    return known.breaker.streak === undefined ? THE_DOCUMENTS : (known.fault ??= new OpenFault());
  }

  /** Nothing more will be sent that could show an outage: there is none. */
  blameDocuments(): void {
    for (const host of this.#hosts.values()) decide(host, 'document');
  }

  #mayGo(host: string): boolean {
    const known = this.#hosts.get(host);
    return known === undefined || known.breaker.kind === 'closed';
  }

  #turn(host: Host, signal: AbortSignal | undefined): Promise<MayGo> {
    if (signal?.aborted === true) return Promise.resolve('drained');
    return new Promise((resolve) => {
      const answer = (turn: MayGo): void => {
        signal?.removeEventListener('abort', giveUp);
        resolve(turn);
      };
      const giveUp = (): void => {
        host.waiting = host.waiting.filter((other) => other !== answer);
        resolve('drained');
      };
      signal?.addEventListener('abort', giveUp);
      host.waiting.push(answer);
      this.#pump(host);
    });
  }

  #pump(host: Host): void {
    while (host.waiting.length > 0) {
      const turn = ask(host.breaker, this.#nowMs());
      if (turn.kind === 'wait' || turn.kind === 'refuse') return this.#pumpAt(host);
      if (turn.kind === 'alone') host.breaker = turn.halfOpen;
      host.waiting.shift()?.(turn.kind);
    }
  }

  /** At the end of the pause; timers may fire a moment early. */
  #pumpAt(host: Host): void {
    if (host.breaker.kind !== 'open') return;
    host.timer ??= this.#options.clock.after(Math.max(1, host.breaker.untilMs - this.#nowMs()), () => {
      host.timer = undefined;
      this.#pump(host);
    });
  }

  #watched(host: string, permit: Permit, request: Omit<EndedRequest, 'report'>): Permit {
    return {
      isFirst: permit.isFirst ?? false,
      ended: (report) => {
        permit.ended(report);
        this.#ended(host, { ...request, report });
      },
    };
  }

  #ended(name: string, ended: EndedRequest): void {
    const host = this.#hosts.get(name) ?? this.#newIfFailed(name, ended.report);
    if (host === undefined) return;
    const before = host.breaker;
    host.breaker = afterRequest(before, ended, this.#nowMs(), outageLength(this.#options.threads));
    if (host.breaker === before) return;
    if (host.breaker.kind === 'open') this.#opened(host, host.breaker);
    else if (before.kind === 'half-open') {
      host.outageEndedAtMs = this.#nowMs();
      this.#options.listener.onResume(name);
    } else if (host.breaker === CLOSED) decide(host, 'document');
    this.#pump(host);
  }

  /** Of hosts that never failed nothing is kept. */
  #newIfFailed(name: string, report: HostReport): Host | undefined {
    if (report.kind !== 'unreachable' && report.kind !== 'broken-off') return undefined;
    const host: Host = {
      name,
      breaker: CLOSED,
      waiting: [],
      timer: undefined,
      fault: undefined,
      outageEndedAtMs: -Infinity,
    };
    this.#hosts.set(name, host);
    return host;
  }

  #opened(host: Host, { sinceMs, untilMs }: Open): void {
    decide(host, 'host');
    const { listener, giveUpMs } = this.#options;
    if (untilMs > sinceMs + giveUpMs) {
      listener.onGiveUp(`gave up: an outage of ${host.name} outlasts --give-up; run the same command again later`);
    } else if (untilMs > this.#nowMs()) listener.onPause(host.name, untilMs);
  }

  #nowMs(): number {
    return this.#options.clock.nowMs();
  }
}

function decide(host: Host, whose: 'host' | 'document'): void {
  host.fault?.decide(whose);
  host.fault = undefined;
}
