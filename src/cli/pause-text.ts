// Owns the words for a time in which nothing is sent to a host: as it begins, while it lasts, and when it is over. Pure.
import { SEC_HOST_KEY } from '../edgar/fair-access.ts';
import type { PauseCause, RunEvent } from '../model/run-event.ts';
import type { Pace } from '../model/standing.ts';
import { countdown } from '../model/units.ts';

export type Pause = Extract<RunEvent, { kind: 'waiting' }>;

const WHY: Readonly<Record<PauseCause, string>> = {
  block: 'the SEC asked for silence ("too fast")',
  outage: 'no answer',
  'retry-after': 'Retry-After',
  impatience: 'Retry-After is longer than a document is tried for',
};

/** The line that says that it begins. */
export function pauseBegins({ host, cause, untilMs }: Pause): string {
  return `${host}: ${WHY[cause]}; nothing is sent until ${new Date(untilMs).toISOString()}`;
}

/** The line that says that it is over. */
export function pauseEnds(host: string, pace: Pace | undefined): string {
  const answers = `${nameOf(host)} answers again`;
  if (pace === undefined) return answers;
  const rate = `${rateText(pace.perSecond)} requests a second`;
  if (pace.perSecond >= pace.fullPerSecond) return `${answers}; going on at ${rate}`;
  return `${answers}; going on at ${rate}, and 1 more for each hour without a block, up to ${rateText(pace.fullPerSecond)}`;
}

/** What the line of progress says meanwhile; from the longest form to the shortest. */
export function pauseForms({ host, cause, untilMs }: Pause, nowMs: number): readonly string[] {
  const restMs = untilMs - nowMs;
  const who = nameOf(host);
  if (restMs <= 0) return [`asking ${who} whether it answers again`, 'asking again'];
  const time = countdown(restMs);
  const resuming = `resuming in ${time}`;
  switch (cause) {
    case 'block':
      return [`rate-limited by ${who}, ${resuming}`, `rate-limited, ${resuming}`, resuming];
    case 'outage':
      return [`${who} does not answer, asking again in ${time}`, `no answer, asking again in ${time}`, resuming];
    case 'retry-after':
    case 'impatience':
      return [`${who} asks to wait, ${resuming}`, resuming];
  }
}

/** `4`, `2.5`, `0.25`: a rate that was set, not one that was measured. */
export function rateText(perSecond: number): string {
  return String(Number(perSecond.toFixed(2)));
}

function nameOf(host: string): string {
  return host === SEC_HOST_KEY ? 'the SEC' : host;
}
