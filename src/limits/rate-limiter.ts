// Owns the spacing of a host's requests, and the SEC's blocks: the pure decisions of shared-state.ts, on the state that all runs
// of the machine share, or on one of this run alone. A state folder that cannot be written degrades to that, with one warning.
import type { Pace } from '../model/standing.ts';
import type { Clock } from '../model/clock.ts';
import { readSharedState } from './read-shared-state.ts';
import * as shared from './shared-state.ts';
import { INITIAL_STATE, type Block, type Change, type Start, type SharedState } from './shared-state.ts';

/** Where the state lies: a file that several processes change. */
interface StateFile {
  read(): unknown;
  update<T>(change: (content: unknown) => { readonly content: unknown; readonly value: T }): Promise<T>;
}

export interface RateLimiterOptions {
  /** Undefined: nobody shares it. */
  readonly file: StateFile | undefined;
  readonly clock: Clock;
  readonly permitsPerSecond: number;
  readonly blockPauseMs: number;
  /** Names this run among those that share the file. */
  readonly owner: string;
  readonly isGone: (owner: string) => boolean;
  readonly warn: (message: string) => void;
}

const RENEW_PROBE_MS = 5_000;

export class RateLimiter {
  readonly #options: RateLimiterOptions;
  /** Where there is no file, or it has failed. */
  #alone: SharedState | undefined;
  #stopRenewing: (() => void) | undefined;
  #saidDamaged = false;

  constructor(options: RateLimiterOptions) {
    this.#options = options;
    if (options.file === undefined) this.#alone = INITIAL_STATE;
  }

  /** Spacing for this run alone, of a host that is not the SEC. */
  static ofOneRun(clock: Clock, permitsPerSecond: number): RateLimiter {
    const nobody = { file: undefined, blockPauseMs: 0, owner: '', isGone: () => false, warn: () => undefined };
    return new RateLimiter({ clock, permitsPerSecond, ...nobody });
  }

  reserve(): Promise<Start> {
    const { clock, permitsPerSecond, owner } = this.#options;
    const isGone = (other: string): boolean => this.#isGone(other);
    return this.#change((state) => shared.reserve(state, { nowMs: clock.nowMs(), permitsPerSecond, owner, isGone }));
  }

  /** Looks once more, right before a request is sent, whether another run was told to be silent meanwhile. */
  isOpen(probe: boolean): boolean {
    return shared.isOpen(this.#alone ?? this.#read(), this.#options.clock.nowMs(), probe);
  }

  /** How fast the runs of this machine may be now. */
  pace(): Pace {
    const { clock, permitsPerSecond } = this.#options;
    const cap = shared.rateCap(this.#alone ?? this.#read(), clock.nowMs());
    return { perSecond: Math.min(permitsPerSecond, cap), fullPerSecond: permitsPerSecond };
  }

  /** A probe is in flight: others must not think that its run is gone. */
  probeSent(): void {
    const { clock, owner } = this.#options;
    this.#stopRenewing = clock.after(RENEW_PROBE_MS, () => {
      void this.#change((state) => ({ state: shared.probeRenewed(state, owner, clock.nowMs()), value: undefined }));
      this.probeSent();
    });
  }

  async probeEnded(answered: boolean): Promise<void> {
    this.#stopRenewing?.();
    const { clock, owner } = this.#options;
    await this.#change((state) => ({
      state: answered ? shared.cleared(state, clock.nowMs()) : shared.probeReleased(state, owner),
      value: undefined,
    }));
  }

  throttled(event: {
    sentAtMs: number;
    probe: boolean;
    retryAfterMs?: number;
  }): Promise<{ fresh: boolean; block: Block | undefined }> {
    this.#stopRenewing?.();
    const { clock, blockPauseMs, permitsPerSecond } = this.#options;
    return this.#change((state) =>
      shared.throttled(state, { ...event, nowMs: clock.nowMs(), blockPauseMs, permitsPerSecond }),
    );
  }

  close(): void {
    this.#stopRenewing?.();
  }

  #read(): SharedState {
    try {
      return this.#stateOf(this.#options.file?.read());
    } catch (error) {
      return this.#degrade(error);
    }
  }

  async #change<T>(decide: (state: SharedState) => Change<T>): Promise<T> {
    const { file } = this.#options;
    if (file !== undefined && this.#alone === undefined) {
      try {
        return await file.update((content) => {
          const { state, value } = decide(this.#stateOf(content));
          return { content: state, value };
        });
      } catch (error) {
        this.#degrade(error);
      }
    }
    const { state, value } = decide(this.#alone ?? INITIAL_STATE);
    this.#alone = state;
    return value;
  }

  /** What is not a state of this version, or was damaged, is none. */
  #stateOf(content: unknown): SharedState {
    if (content === undefined) return INITIAL_STATE;
    const state = readSharedState(content, this.#options.clock.nowMs());
    if (state === undefined && !this.#saidDamaged) {
      this.#saidDamaged = true;
      this.#options.warn(
        'sec-budget.json in the state folder is damaged and is replaced; a block it told of is forgotten',
      );
    }
    return state ?? INITIAL_STATE;
  }

  /** An owner that names no process is nobody. */
  #isGone(owner: string): boolean {
    try {
      return this.#options.isGone(owner);
    } catch {
      return true;
    }
  }

  #degrade(error: unknown): SharedState {
    const reason = error instanceof Error ? error.message : String(error);
    if (this.#alone === undefined) {
      this.#options.warn(
        `the state folder cannot be used (${reason}): other runs on this machine do not share the SEC's limit with this one; ` +
          'set EDGAR_FETCH_STATE_DIR to a folder that can be written',
      );
    }
    this.#alone ??= INITIAL_STATE;
    return this.#alone;
  }
}
