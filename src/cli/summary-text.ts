// Owns the words of the summary: what failed, what became of the URLs, what it cost. The counts come last, so that they stand
// on a small screen. Pure.
import type { RunResult } from '../run/run-ports.ts';
import { nextLines } from './next-step.ts';
import { shown } from './shown-text.ts';
import { failedByCode, type SummaryFacts } from './summary-facts.ts';
import { counted, readableBytes, readableCount, readableDuration } from '../model/units.ts';

const MAX_EXAMPLES = 2;
const MAX_URL = 300;
const MAX_MESSAGE = 300;

/** The summary's lines, without ends. */
export function summaryLines(facts: SummaryFacts): string[] {
  return [...failureLines(facts), ...endLines(facts.result), outcomeText(facts), costText(facts), ...nextLines(facts)];
}

/** What became of the URLs, in one line. */
export function outcomeText(facts: SummaryFacts): string {
  const { counts } = facts.result;
  const replaced =
    counts.replaced > 0 ? ` (${readableCount(counts.replaced)} of them changed; the old bytes are kept)` : '';
  const parts = [
    `${readableCount(counts.saved)} saved${replaced}`,
    ...some(counts.unchanged, 'unchanged'),
    ...some(counts.missing, 'missing'),
    ...some(counts.failed, 'failed'),
    ...(counts.duplicates > 0 ? [counted(counts.duplicates, 'duplicate')] : []),
  ];
  return `${parts.join(', ')}${restText(facts)}`;
}

function some(count: number, what: string): string[] {
  return count > 0 ? [`${readableCount(count)} ${what}`] : [];
}

/** Of the whole list, not only of what was read of it. */
function restText({ result, total }: SummaryFacts): string {
  const { lines, left } = result.counts;
  const ofList = Math.max(total ?? 0, lines);
  const notTried = ofList - lines + left;
  if (notTried > 0 && (total !== undefined || result.end.kind === 'completed'))
    return `; ${readableCount(notTried)} of ${readableCount(ofList)} not tried`;
  if (total === undefined && result.end.kind !== 'completed')
    return `; ${readableCount(left)} of the ${counted(lines, 'URL line')} read so far not tried`;
  return ` (${counted(ofList, 'URL line')})`;
}

function costText({ result, destination }: SummaryFacts): string {
  const { counts, elapsedMs } = result;
  const saved = `${readableBytes(counts.savedBytes)} saved to ${destination}`;
  const sent = `${counted(counts.requests, 'request')}, ${readableBytes(counts.wireBytes)} received`;
  return `${saved}; ${sent}, ${readableDuration(elapsedMs)}`;
}

function failureLines({ result, examples }: SummaryFacts): string[] {
  return failedByCode(result).flatMap(([code, count]) => {
    const some = (examples.get(code) ?? []).slice(0, MAX_EXAMPLES);
    const more = count - some.length;
    return [
      `${code}: ${readableCount(count)}`,
      ...some.map(
        ({ url, line, message }) =>
          `  ${shown(url, MAX_URL)}${line === undefined ? '' : ` (line ${line})`}: ${shown(message, MAX_MESSAGE)}`,
      ),
      ...(some.length > 0 && more > 0 ? [`  and ${readableCount(more)} more`] : []),
    ];
  });
}

function endLines({ end }: RunResult): string[] {
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
