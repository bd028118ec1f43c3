// Owns what the runs of a machine share about the SEC: when the next request may start, whether a block is being waited out,
// who probes whether it is over, and how far the rate is lowered after it. Pure: state in, state and decision out.
import { nextStart } from './rate.ts';

/** As it lies in the state folder (docs/format.md, version 1). Times are epoch milliseconds. */
export interface SharedState {
  readonly version: 1;
  /** No request starts before. */
  readonly freeAtMs: number;
  readonly block?: Block;
  /** When the last block began its last pause, and when it ended. */
  readonly lastPausedAtMs?: number;
  readonly lastBlockEndMs?: number;
  /** After a block the whole machine is slower; 1/s is regained for each hour without another. */
  readonly cap?: { readonly permitsPerSecond: number; readonly sinceMs: number };
}

export interface Block {
  readonly sinceMs: number;
  readonly pausedAtMs: number;
  readonly pauseMs: number;
  /** The run whose one request finds out whether the block is over. */
  readonly probe?: { readonly owner: string; readonly renewedAtMs: number };
}

export const INITIAL_STATE: SharedState = { version: 1, freeAtMs: 0 };

export type Start =
  /** As in rate.ts. `probe`: nobody else sends until it has ended. */
  | { readonly kind: 'start'; readonly atMs: number; readonly latestMs: number; readonly probe: boolean }
  /** Ask again at `untilMs`; `blockSinceMs` says since when the SEC has wanted silence. */
  | { readonly kind: 'wait'; readonly untilMs: number; readonly blockSinceMs: number; readonly pauseEndMs: number };

export type Change<T> = { readonly state: SharedState; readonly value: T };

/** A probe whose run has not renewed it for so long is nobody's. */
const PROBE_LEASE_MS = 30_000;
const PROBE_POLL_MS = 250;

/** The longest --block-pause. What asks for more is waited for so long, however often a pause doubles. */
export const MAX_PAUSE_MS = 24 * 24 * 3_600_000;

/** A lowered rate is not lowered further; a run that wants less has its own. */
export const LOWEST_CAP = 0.001;

const HOUR_MS = 3_600_000;
const MIN_RATE = 1;

export interface Asker {
  readonly nowMs: number;
  readonly permitsPerSecond: number;
  /** Names the run; `isGone` tells whether another run's process has ended. */
  readonly owner: string;
  readonly isGone: (owner: string) => boolean;
}

/** Takes the next start for a run, or says how long to wait. */
export function reserve(state: SharedState, asker: Asker): Change<Start> {
  const { nowMs, owner } = asker;
  const block = validBlock(state, nowMs);
  if (block === undefined) return start(withoutBlock(state), asker, false);
  const pauseEndMs = block.pausedAtMs + block.pauseMs;
  const wait = (untilMs: number): Change<Start> => ({
    state,
    value: { kind: 'wait', untilMs, blockSinceMs: block.sinceMs, pauseEndMs },
  });
  if (nowMs < pauseEndMs) return wait(pauseEndMs);
  const { probe } = block;
  const taken =
    probe !== undefined &&
    probe.owner !== owner &&
    nowMs - probe.renewedAtMs < PROBE_LEASE_MS &&
    !asker.isGone(probe.owner);
  if (taken) return wait(nowMs + PROBE_POLL_MS);
  return start({ ...state, block: { ...block, probe: { owner, renewedAtMs: nowMs } } }, asker, true);
}

function start(state: SharedState, asker: Asker, probe: boolean): Change<Start> {
  const rate = Math.min(asker.permitsPerSecond, rateCap(state, asker.nowMs));
  const { atMs, latestMs, freeAtMs } = nextStart(state.freeAtMs, rate, asker.nowMs);
  return { state: { ...state, freeAtMs }, value: { kind: 'start', atMs, latestMs, probe } };
}

/** True if a start that was reserved earlier may still be used. */
export function isOpen(state: SharedState, nowMs: number, probe: boolean): boolean {
  return probe || validBlock(state, nowMs) === undefined;
}

export interface Throttled {
  readonly nowMs: number;
  readonly sentAtMs: number;
  readonly probe: boolean;
  readonly blockPauseMs: number;
  readonly retryAfterMs?: number;
  readonly permitsPerSecond: number;
}

/** The SEC asked for silence. `fresh`: no block was known, nor had one ended within the last hour. */
export function throttled(
  state: SharedState,
  event: Throttled,
): Change<{ readonly fresh: boolean; readonly block: Block | undefined }> {
  const { nowMs, sentAtMs, probe } = event;
  const block = validBlock(state, nowMs);
  const fresh = block === undefined && nowMs - (state.lastBlockEndMs ?? -Infinity) > HOUR_MS;
  const lastPausedAtMs = block?.pausedAtMs ?? state.lastPausedAtMs ?? -Infinity;
  if (!probe && sentAtMs <= lastPausedAtMs) return { state, value: { fresh: false, block } };
  const ownMs = probe && block !== undefined ? block.pauseMs * 2 : event.blockPauseMs;
  const next: Block = {
    sinceMs: block?.sinceMs ?? nowMs,
    pausedAtMs: nowMs,
    pauseMs: Math.min(MAX_PAUSE_MS, Math.max(ownMs, event.retryAfterMs ?? 0)),
  };
  const cap = block === undefined ? loweredCap(state, event) : state.cap;
  return {
    state: { ...state, block: next, lastPausedAtMs: nowMs, ...(cap === undefined ? {} : { cap }) },
    value: { fresh, block: next },
  };
}

/** The probe was answered: everybody goes on. */
export function cleared(state: SharedState, nowMs: number): SharedState {
  const next = withoutBlock(state);
  const cap = state.cap === undefined ? {} : { cap: { ...state.cap, sinceMs: nowMs } };
  return state.block === undefined ? next : { ...next, lastBlockEndMs: nowMs, ...cap };
}

/** The probe ended without an answer: somebody must probe again. */
export function probeReleased(state: SharedState, owner: string): SharedState {
  if (state.block?.probe?.owner !== owner) return state;
  const { sinceMs, pausedAtMs, pauseMs } = state.block;
  return { ...state, block: { sinceMs, pausedAtMs, pauseMs } };
}

export function probeRenewed(state: SharedState, owner: string, nowMs: number): SharedState {
  if (state.block?.probe?.owner !== owner) return state;
  return { ...state, block: { ...state.block, probe: { owner, renewedAtMs: nowMs } } };
}

/** Starts a second that the machine is held to, after blocks; Infinity if nothing is left of them. */
export function rateCap(state: SharedState, nowMs: number): number {
  if (state.cap === undefined) return Infinity;
  const regained = Math.max(0, Math.floor((nowMs - state.cap.sinceMs) / HOUR_MS));
  const rate = state.cap.permitsPerSecond + regained;
  return rate >= 10 ? Infinity : rate;
}

/** What a run that begins now must expect of the SEC's hosts. */
export interface Outlook {
  /** Nothing is sent before, and then one request; it may have passed. Undefined without a block. */
  readonly silentUntilMs: number | undefined;
  /** Starts a second, Infinity if nothing lowers them; until then, when 1/s is regained. */
  readonly perSecond: number;
  readonly risesAtMs: number;
}

export function outlook(state: SharedState, nowMs: number): Outlook {
  const { cap } = state;
  const block = validBlock(state, nowMs);
  if (block === undefined) {
    const sinceMs = cap?.sinceMs ?? nowMs;
    const risesAtMs = sinceMs + (Math.floor((nowMs - sinceMs) / HOUR_MS) + 1) * HOUR_MS;
    return { silentUntilMs: undefined, perSecond: rateCap(state, nowMs), risesAtMs };
  }
  // The hours count from its end.
  const silentUntilMs = block.pausedAtMs + block.pauseMs;
  const risesAtMs = Math.max(nowMs, silentUntilMs) + HOUR_MS;
  return { silentUntilMs, perSecond: cap?.permitsPerSecond ?? Infinity, risesAtMs };
}

function loweredCap(state: SharedState, event: Throttled): NonNullable<SharedState['cap']> {
  const rate = Math.min(event.permitsPerSecond, rateCap(state, event.nowMs));
  const lowered = Math.max(Math.min(MIN_RATE, rate), rate / 2, LOWEST_CAP);
  return { permitsPerSecond: lowered, sinceMs: event.nowMs };
}

/** A pause that lies further ahead than its own length was written before the clock was set back. */
function validBlock(state: SharedState, nowMs: number): Block | undefined {
  return state.block !== undefined && state.block.pausedAtMs <= nowMs ? state.block : undefined;
}

function withoutBlock(state: SharedState): SharedState {
  if (state.block === undefined) return state;
  const rest: { -readonly [K in keyof SharedState]: SharedState[K] } = { ...state };
  delete rest.block;
  return rest;
}
