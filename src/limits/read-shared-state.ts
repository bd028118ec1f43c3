// Owns what is believed of a state file that others wrote: only what this program could have written. One damaged number
// would otherwise keep every run of the machine silent for ever.
import { LOWEST_CAP, MAX_PAUSE_MS, type Block, type SharedState } from './shared-state.ts';

/** The highest rate that a lowered one is kept for. */
const HIGHEST_CAP = 10;

type Fields = Readonly<Record<string, unknown>>;

/**
 * The state that a file's content says, or undefined if it is none of this version. Of times that lie ahead, as after a
 * clock was set back, nothing is believed.
 */
export function readSharedState(content: unknown, nowMs: number): SharedState | undefined {
  if (!isFields(content)) return undefined;
  const { version, freeAtMs, block, cap, lastPausedAtMs, lastBlockEndMs } = content;
  if (version !== 1 || !isTime(freeAtMs)) return undefined;
  if (block !== undefined && !isBlock(block)) return undefined;
  if (cap !== undefined && !isCap(cap)) return undefined;
  if (![lastPausedAtMs, lastBlockEndMs].every((time) => time === undefined || isTime(time))) return undefined;
  return withoutTimesAhead(content as unknown as SharedState, nowMs);
}

function withoutTimesAhead(state: SharedState, nowMs: number): SharedState {
  const { version, freeAtMs, block, cap, lastPausedAtMs, lastBlockEndMs } = state;
  const isPast = (timeMs: number | undefined): boolean => timeMs !== undefined && timeMs <= nowMs;
  const { probe, ...pause } = block ?? {};
  return {
    version,
    freeAtMs,
    ...(block !== undefined && isPast(block.pausedAtMs)
      ? { block: probe !== undefined && isPast(probe.renewedAtMs) ? block : (pause as Block) }
      : {}),
    ...(cap === undefined ? {} : { cap: { ...cap, sinceMs: Math.min(cap.sinceMs, nowMs) } }),
    ...(lastPausedAtMs !== undefined && isPast(lastPausedAtMs) ? { lastPausedAtMs } : {}),
    ...(lastBlockEndMs !== undefined && isPast(lastBlockEndMs) ? { lastBlockEndMs } : {}),
  };
}

function isBlock(block: unknown): boolean {
  if (!isFields(block) || !isTime(block['sinceMs']) || !isTime(block['pausedAtMs'])) return false;
  const { pauseMs, probe } = block;
  if (!isTime(pauseMs) || pauseMs > MAX_PAUSE_MS) return false;
  return probe === undefined || (isFields(probe) && typeof probe['owner'] === 'string' && isTime(probe['renewedAtMs']));
}

function isCap(cap: unknown): boolean {
  if (!isFields(cap) || !isTime(cap['sinceMs'])) return false;
  const { permitsPerSecond } = cap;
  return typeof permitsPerSecond === 'number' && permitsPerSecond >= LOWEST_CAP && permitsPerSecond <= HIGHEST_CAP;
}

/** Milliseconds; NaN and infinities do not pass. */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}
