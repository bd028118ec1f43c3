// Owns what a host's gate meets: tickets that want to pass, the budget that spaces them, and whoever must be told.
import type { PauseCause } from '../model/run-event.ts';
import type { Pace } from '../model/standing.ts';
import type { Clock } from '../model/clock.ts';
import type { Block, Reservation } from './sec-state.ts';

/** A worker's wish to send one request. */
export interface Ticket {
  grant(): void;
  refuse(message: string): void;
}

/** The spacing of a host's requests, and for the SEC the blocks that all runs of the machine share. */
export interface HostBudget {
  reserve(): Promise<Reservation>;
  /** Right before sending: may a start that was reserved still be used? */
  isOpen(probe: boolean): boolean;
  /** Where blocks may lower the rate: what it is now. */
  pace?(): Pace;
  probeSent(): void;
  probeEnded(answered: boolean): Promise<void>;
  throttled(event: {
    sentAtMs: number;
    probe: boolean;
    retryAfterMs?: number;
  }): Promise<{ fresh: boolean; block: Block | undefined }>;
  close(): void;
}

export interface GateSettings {
  /** How long a block or an outage is waited out, in a row. */
  readonly giveUpMs: number;
  /** Longest Retry-After that is worth waiting for; beyond it the host's URLs fail at once. */
  readonly patienceMs: number;
}

export interface GateListener {
  /** Nothing is sent until `untilMs`. */
  onPause(cause: PauseCause, untilMs: number): void;
  onResume(): void;
  /** The host answered nobody since `sinceMs`; `untilMs` once it answers again. */
  onOutage(sinceMs: number, untilMs: number | undefined): void;
  onGiveUp(message: string): void;
  onUserAgentRefused(): void;
}

export interface GateOptions {
  readonly name: string;
  readonly settings: GateSettings;
  readonly clock: Clock;
  /** Undefined where nothing spaces the requests. */
  readonly budget: HostBudget | undefined;
  /** The first request of the run goes alone: it shows whether the User-Agent is accepted. */
  readonly firstAlone: boolean;
}

/** A time of silence that this run decided on by itself. */
export interface Silence {
  readonly kind: 'outage' | 'retry-after';
  readonly sinceMs: number;
  readonly pauseMs: number;
  readonly untilMs: number;
}
