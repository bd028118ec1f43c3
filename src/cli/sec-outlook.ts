// Owns what is known, without asking anybody, of how the SEC will take requests now: a block that is waited out, and the rate
// that is lowered after one. Read from the state folder as it is; nothing is changed or created there.
import { readSharedState } from '../limits/read-shared-state.ts';
import { INITIAL_STATE, outlook, type Outlook as SharedOutlook } from '../limits/shared-state.ts';
import { countdown } from '../model/units.ts';
import { SEC_STATE_FILE, SharedFile } from '../storage/shared-file.ts';
import { rateText } from './pause-text.ts';

export interface Outlook extends SharedOutlook {
  /** The machine is held to a lower rate than was asked for. */
  readonly lowered: boolean;
}

/** For a run at this rate. */
export function lookAtSec(stateFolder: string, permitsPerSecond: number, nowMs: number): Outlook {
  const shared = outlook(readState(stateFolder, nowMs), nowMs);
  const lowered = shared.perSecond < permitsPerSecond;
  return { ...shared, lowered, perSecond: Math.min(permitsPerSecond, shared.perSecond) };
}

/** Where there is none that can be read, a run would begin with a new one. */
function readState(stateFolder: string, nowMs: number): ReturnType<typeof readSharedState> & object {
  try {
    return readSharedState(new SharedFile(stateFolder, SEC_STATE_FILE, 0).read(), nowMs) ?? INITIAL_STATE;
  } catch {
    return INITIAL_STATE;
  }
}

/** For people; nothing where all is as usual. */
export function secLines(sec: Outlook | undefined, nowMs: number): string[] {
  if (sec === undefined) return [];
  const { silentUntilMs, lowered, perSecond } = sec;
  return [
    ...(silentUntilMs === undefined ? [] : [blockText(silentUntilMs - nowMs)]),
    ...(lowered ? [`at most ${rateText(perSecond)} requests a second after a block`] : []),
  ];
}

function blockText(restMs: number): string {
  if (restMs > 0) return `rate-limited, requests start again in ${countdown(restMs)}`;
  return 'rate-limited; the next request finds out whether that is over';
}

/** For programs. */
export function secFields(sec: Outlook | undefined): { secSilentUntil?: string; secRequestsPerSecond?: number } {
  if (sec === undefined) return {};
  const { silentUntilMs, lowered, perSecond } = sec;
  return {
    ...(silentUntilMs === undefined ? {} : { secSilentUntil: new Date(silentUntilMs).toISOString() }),
    ...(lowered ? { secRequestsPerSecond: perSecond } : {}),
  };
}
