// Owns the words of `status`, for people and for programs, and the command that it advises. Pure.
import type { FolderFacts, PastRun } from '../storage/folder/look-at-folder.ts';
import type { LeftStanding } from '../storage/standing-file.ts';
import { counted, countdown, readableBytes, readableCount, readableDuration, readableRate } from '../model/units.ts';
import { SAME_COMMAND } from './next-step.ts';
import { secFields, secLines, type Outlook } from './sec-outlook.ts';
import { shellWord } from './shown-text.ts';

export interface StatusFacts extends FolderFacts {
  readonly destination: string;
  readonly sec: Outlook;
  readonly nowMs: number;
}

/** What decides under which name a document is saved, or what is accepted: repeated in the command that is advised. */
const OPTIONS_TO_REPEAT = ['layout', 'mirror', 'check'];

const ENDS: Readonly<Record<string, string>> = {
  completed: 'it came to the end of its list',
  interrupted: 'it was interrupted',
  'stopped-after': 'it was stopped by --stop-after',
  'cannot-write': 'it could not write',
  'user-agent-refused': 'the SEC refused it',
  'gave-up': 'it gave up waiting',
  usage: 'it was ended by a mistake of usage',
};

export function statusText(facts: StatusFacts): string {
  const { destination, documents, bytes, missing, failedByCode, runs, nowMs } = facts;
  const failed = Object.entries(failedByCode).sort(([, one], [, other]) => other - one);
  const sum = failed.reduce((total, [, count]) => total + count, 0);
  const byCode = failed.map(([code, count]) => `${code} ${readableCount(count)}`).join(', ');
  const lines: readonly (readonly [string, string])[] = [
    ['folder', destination],
    ['saved', `${counted(documents, 'document')}, ${readableBytes(bytes)}${runsText(facts)}`],
    ['failed', sum === 0 ? '0' : `${readableCount(sum)} (${byCode})`],
    ['missing', readableCount(missing)],
    ...(runs.last === undefined ? [] : ([['last run', pastRunText(runs.last)]] as const)),
    ['now', holderText(facts)],
    ...secLines(facts.sec, nowMs).map((line) => ['the SEC', line] as const),
    ['next', nextCommand(facts) ?? 'nothing to do'],
  ];
  return lines.map(([name, value]) => `${`${name}:`.padEnd(10)}${value}\n`).join('');
}

export function statusRow(facts: StatusFacts): object {
  const { destination, documents, bytes, missing, failedByCode, unreadable, runs, holder, standing, sec, nowMs } =
    facts;
  return {
    destination,
    documents,
    bytes,
    missing,
    failedByCode,
    unreadable,
    // The options are those of the command; what is undefined is left out.
    runs: { ...runs, last: runs.last === undefined ? undefined : { ...runs.last, options: undefined } },
    holder,
    standing: standing === undefined ? undefined : { ...standing, leftMs: leftMs(standing, sec, nowMs) },
    ...secFields(sec),
    next: nextCommand(facts) ?? null,
  };
}

function runsText({ runs: { saving, firstAt, last } }: StatusFacts): string {
  if (saving === 0 || firstAt === undefined || last === undefined) return '';
  const [from, to] = [minute(firstAt), minute(last.endedAt)];
  return ` (${counted(saving, 'run')}, ${from} to ${to} UTC)`;
}

function pastRunText({ startedAt, endedAt, end, exitCode }: PastRun): string {
  const tookMs = Date.parse(endedAt) - Date.parse(startedAt);
  return `${minute(startedAt)} UTC, ${readableDuration(Math.max(0, tookMs))}; ${ENDS[end] ?? end} (exit ${exitCode})`;
}

function holderText(facts: StatusFacts): string {
  const { holder, standing, sec, nowMs } = facts;
  if (holder === undefined) return 'no run holds the folder';
  const { alive, host, pid, since } = holder;
  const who = host === undefined ? '' : ` (host ${host}, process ${pid}, since ${since})`;
  const far = standing === undefined ? '' : `; ${standingText(standing, alive ? sec : undefined, nowMs)}`;
  return alive ? `a run holds the folder${who}${far}` : `the run that held the folder has died${who}${far}`;
}

/** `1,234 of 10,000 lines (12%), 8.0 a second, about 18m 3s left, as of 4 s ago`; without `sec` nothing of what is left. */
function standingText(standing: LeftStanding, sec: Outlook | undefined, nowMs: number): string {
  const { done, lines, inFlight, failed, bytes, at } = standing;
  const perSecond = linesPerSecond(standing);
  const rest = sec === undefined ? undefined : leftMs(standing, sec, nowMs);
  const parts = [
    lines === undefined
      ? counted(done, 'line')
      : `${readableCount(done)} of ${counted(lines, 'line')} (${Math.floor((done / Math.max(1, lines)) * 100)}%)`,
    ...(inFlight > 0 ? [`${readableCount(inFlight)} in flight`] : []),
    readableBytes(bytes),
    ...(failed > 0 ? [`${readableCount(failed)} failed`] : []),
    ...(perSecond === undefined ? [] : [`${readableRate(perSecond)} lines a second`]),
    ...(rest === undefined ? [] : [`about ${countdown(rest)} left`]),
  ];
  return `${parts.join(', ')}, as of ${readableDuration(Math.max(0, nowMs - Date.parse(at)))} ago`;
}

/** Over the whole run, its pauses included. */
function linesPerSecond({ done, startedAt, at }: LeftStanding): number | undefined {
  const ms = Date.parse(at) - Date.parse(startedAt);
  return ms > 0 && done > 0 ? (done / ms) * 1000 : undefined;
}

function leftMs(standing: LeftStanding, { silentUntilMs = 0 }: Outlook, nowMs: number): number | undefined {
  const { lines, done } = standing;
  const perSecond = linesPerSecond(standing);
  if (lines === undefined || perSecond === undefined) return undefined;
  const sinceMs = nowMs - Date.parse(standing.at);
  return Math.round(Math.max(0, silentUntilMs - nowMs) + Math.max(0, ((lines - done) / perSecond) * 1000 - sinceMs));
}

/** A command, or what to do in words; undefined where nothing is to be done. */
function nextCommand({ holder, runs: { last }, failedByCode, destination }: StatusFacts): string | undefined {
  if (holder?.alive === true) return undefined;
  if (holder !== undefined || last === undefined) return SAME_COMMAND;
  if (last.end === 'user-agent-refused')
    return 'change the User-Agent, or wait 11 minutes; then run the same command again';
  if (last.end === 'cannot-write')
    return 'make room on the disk, or fix what it cannot write; then run the same command again';
  if (last.end !== 'completed' || last.exitCode === 75) return SAME_COMMAND;
  if (Object.keys(failedByCode).length === 0) return undefined;
  const options = OPTIONS_TO_REPEAT.flatMap((name) => {
    const value = last.options[name];
    return typeof value === 'string' ? [`--${name} ${shellWord(value)}`] : [];
  });
  const failedList = shellWord(`${destination}/.edgar-fetch/failed.txt`);
  return ['edgar-fetch', failedList, '--out', shellWord(destination), ...options].join(' ');
}

/** `2026-11-24 17:05`. */
function minute(time: string): string {
  return new Date(time).toISOString().slice(0, 16).replace('T', ' ');
}
