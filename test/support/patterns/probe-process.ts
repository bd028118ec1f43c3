// Owns the process in which patterns meet their texts. It says where it is before each call, so that who watches it can name
// the pattern and the text on which it hangs.
import { say, watchedInput } from '../watched-process.ts';
import { hostileTextsFor } from './hostile-texts.ts';
import type { ProbeLine, ProbeWork } from './probe.ts';

const { patterns, first, textLength, slowMs } = watchedInput() as ProbeWork;

/** In time of the processor, which others may want too; a call that the garbage collector held up is quick when it is made again. */
const CALLS = 3;

for (const [number, { pattern, length = textLength }] of patterns.entries()) {
  if (number < first) continue;
  const expression = new RegExp(pattern.source, pattern.flags);
  for (const { name, make } of hostileTextsFor(pattern)) {
    const ms = fastestOf(expression, make(length), () => say({ number, textName: name } satisfies ProbeLine));
    if (ms < slowMs) continue;
    say({ number, textName: name, ms } satisfies ProbeLine);
    break;
  }
}

function fastestOf(expression: RegExp, text: string, beforeCall: () => void): number {
  let fastest = Infinity;
  for (let call = 0; call < CALLS && fastest >= slowMs; call++) {
    beforeCall();
    const begun = process.cpuUsage();
    runThrough(expression, text);
    const { user, system } = process.cpuUsage(begun);
    fastest = Math.min(fastest, (user + system) / 1000);
  }
  return fastest;
}

/** What callers do with a pattern: one look, or look after look where it keeps its place. (`replace` does the same.) */
function runThrough(expression: RegExp, text: string): void {
  expression.lastIndex = 0;
  const keepsPlace = expression.global || expression.sticky;
  for (let found = expression.exec(text); found !== null && keepsPlace; found = expression.exec(text))
    if (found[0] === '') expression.lastIndex++;
}
