// Owns the words of the summary: what became of the URLs, what it cost, what to do next. Pure.
import type { FailureCode } from '../model/failure.ts';
import type { RunResult } from '../run/run.ts';

export interface NotableFailure {
  readonly url: string;
  readonly line?: number;
  readonly code: FailureCode;
  readonly message: string;
}

export interface SummaryFacts {
  readonly result: RunResult;
  readonly destination: string;
  /** The first failures, in the order they came. */
  readonly failures: readonly NotableFailure[];
  /** Options to repeat in the next command, as the shell reads them. */
  readonly sameOptions: string;
}

const MAX_FAILURES_SHOWN = 10;

/** The summary's lines, without ends. */
export function summaryLines(facts: SummaryFacts): string[] {
  const { result } = facts;
  return [
    ...endLines(result),
    `${outcomeText(result)} (${result.counts.lines} URL lines)`,
    costText(result),
    ...failureLines(facts),
    ...nextLines(facts),
  ];
}

function endLines(result: RunResult): string[] {
  const { end } = result;
  switch (end.kind) {
    case 'completed':
      return [];
    case 'usage':
    case 'cannot-write':
    case 'user-agent-refused':
    case 'gave-up':
      return [end.message];
    case 'interrupted':
      return [end.signal === 'closed-stdout' ? 'stopped: nobody reads stdout any more' : `stopped by ${end.signal}`];
    case 'stopped-after':
      return ['stopped by --stop-after'];
  }
}

function outcomeText(result: RunResult): string {
  const { counts } = result;
  const failedCodes = Object.entries(counts.failedByCode).map(([code, count]) => `${count} ${code}`);
  const parts = [
    `${counts.saved} saved`,
    counts.replaced > 0 ? `(${counts.replaced} of them changed; the old bytes are kept)` : '',
    `${counts.unchanged} unchanged`,
    `${counts.missing} missing`,
    `${counts.failed} failed${failedCodes.length === 0 ? '' : ` (${failedCodes.join(', ')})`}`,
    counts.duplicates > 0 ? `${counts.duplicates} duplicates` : '',
    counts.left > 0 ? `${counts.left} left` : '',
  ];
  return parts
    .filter((part) => part !== '')
    .join(', ')
    .replace(', (', ' (');
}

function costText(result: RunResult): string {
  const { counts, elapsedMs } = result;
  const wire = readableBytes(counts.wireBytes);
  const disk = readableBytes(counts.savedBytes);
  return `${counts.requests} requests, ${wire} on the wire, ${disk} on disk, ${readableDuration(elapsedMs)}`;
}

function failureLines(facts: SummaryFacts): string[] {
  const shown = facts.failures.slice(0, MAX_FAILURES_SHOWN);
  const more =
    facts.result.counts.failed + facts.result.counts.missing - facts.result.counts.missingKnown - shown.length;
  return [
    ...shown.map(
      ({ url, line, code, message }) => `  ${code}: ${url}${line === undefined ? '' : ` (line ${line})`}: ${message}`,
    ),
    ...(shown.length > 0 && more > 0 ? [`  ... and ${more} more`] : []),
  ];
}

function nextLines(facts: SummaryFacts): string[] {
  const { counts, end, exitCode } = facts.result;
  const state = `${facts.destination}/.edgar-fetch`;
  if (exitCode === 0 || end.kind === 'usage' || end.kind === 'user-agent-refused') return [];
  if (counts.left > 0 || end.kind !== 'completed')
    return ['next: run the same command again; it fetches only what is not there'];
  const lines = [];
  if (counts.failed > 0)
    lines.push(`next: edgar-fetch ${shellWord(`${state}/failed.txt`)} ${facts.sameOptions}`.trimEnd());
  if (counts.missing > counts.missingKnown)
    lines.push('the missing are not asked for again for --recheck-missing (7d by default)');
  return lines;
}

export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function readableBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value.toFixed(value < 10 ? 1 : 0)} ${units[unit] ?? ''}`;
}

export function readableDuration(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = Math.floor((ms % 60_000) / 1000);
  return minutes < 60 ? `${minutes} min ${seconds} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
