// Owns the summary's last words: what to do next, by what failed. Pure.
import type { FailureCode } from '../model/failure.ts';
import type { RunResult } from '../run/run-ports.ts';
import { shellWord } from './shown-text.ts';
import { failedByCode, type NotableFailure, type SummaryFacts } from './summary-facts.ts';
import { readableCount } from '../model/units.ts';

export const SAME_COMMAND = 'run the same command again; it fetches only what is not there';

/** Lines, the first begins with `next:`; none where nothing is to be done, or the end's own sentence says it. */
export function nextLines(facts: SummaryFacts): string[] {
  const { counts, end, exitCode } = facts.result;
  if (exitCode === 0 || ('message' in end && /same command again/.test(end.message))) return [];
  if (end.kind === 'usage' || end.kind === 'user-agent-refused') return [];
  if (counts.left > 0 || end.kind !== 'completed') return [`next: ${SAME_COMMAND}`];
  const failed = failedByCode(facts.result);
  const known = failed.flatMap(([code, count]) => cure(code, count, facts));
  if (counts.failed === 0) return known.map((text) => `next: ${text}`);
  const command = isCured(failed, known.length, facts.result) ? SAME_COMMAND : `edgar-fetch ${commandOf(facts)}`;
  return [...known, command].map((text, at) => `${at === 0 ? 'next' : 'then'}: ${text}`);
}

/** True if what is left may well go, with the advice that was given, without a look at `failed.txt`. */
function isCured(failed: ReturnType<typeof failedByCode>, cures: number, { counts }: RunResult): boolean {
  return counts.failed === counts.failedTransient || failed.length === cures;
}

function cure(code: FailureCode, count: number, facts: SummaryFacts): string[] {
  const examples = facts.examples.get(code) ?? [];
  switch (code) {
    case 'too-large':
      return ['give a larger --max-size for what is too large'];
    case 'invalid-url':
      return [`fix ${linesText(examples, count)} of ${facts.listName}`];
    case 'connection':
      if (!examples.some(({ message }) => message.includes('NODE_EXTRA_CA_CERTS'))) return [];
      return ['set NODE_EXTRA_CA_CERTS to the CA file of whoever signs the certificate'];
    case 'disk':
      return ['give another --out: this file system cannot hold such names'];
    case 'not-found':
      if (facts.result.counts.missing === 0) return [];
      return ['check the URLs that are missing; they are asked for again after --recheck-missing (7d by default)'];
    default:
      return [];
  }
}

/** `line 3`, `lines 3 and 9`, `lines 3, 9 and 4 more`. */
function linesText(examples: readonly NotableFailure[], count: number): string {
  const numbers = examples.flatMap(({ line }) => (line === undefined ? [] : [String(line)]));
  const more = count - numbers.length;
  const words = more > 0 ? [...numbers, `${readableCount(more)} more`] : numbers;
  const last = words.at(-1) ?? '';
  return words.length === 1 ? `line ${last}` : `lines ${words.slice(0, -1).join(', ')} and ${last}`;
}

function commandOf({ destination, sameOptions }: SummaryFacts): string {
  return `${shellWord(`${destination}/.edgar-fetch/failed.txt`)} ${sameOptions}`.trimEnd();
}
