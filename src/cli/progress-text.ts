// Owns the text of the progress line, in the columns that there are, and the line a minute of a run without a terminal. What
// matters most stays: a pause and its end, how much is done, the time left. Pure.
import type { Standing } from '../model/standing.ts';
import { pauseForms, type Pause } from './pause-text.ts';
import { countdown, readableBytes, readableCount, readableRate } from '../model/units.ts';

export interface ProgressFacts {
  readonly standing: Standing;
  /** URL lines of the list, where that is known. */
  readonly total: number | undefined;
  /** Documents a second; lines a second while no server was asked. */
  readonly perSecond: number | undefined;
  readonly leftMs: number | undefined;
  readonly pause: Pause | undefined;
  readonly nowMs: number;
}

const GAP = '  ';
const BAR_FROM_COLUMNS = 100;
const BAR_MAX_COLUMNS = 50;

/** The line, at most `columns` - 1 wide: in the last column a terminal would begin the next. */
export function progressLine(facts: ProgressFacts, columns: number): string {
  const width = columns - 1;
  for (const words of layouts(facts)) {
    const line = words.filter((word) => word !== '').join(GAP);
    if (line.length <= width) return withBar(line, facts, columns);
  }
  return '';
}

/** The line a minute. */
export function progressSentence(facts: ProgressFacts): string {
  const { standing, pause, nowMs } = facts;
  const what = pause === undefined ? rate(facts, 'long') : (pauseForms(pause, nowMs)[0] ?? '');
  const words = [count(facts), percent(facts), what, readableBytes(standing.bytes), timeLeft(facts), trouble(standing)];
  return words.filter((word) => word !== '').join(', ');
}

/** From the richest to the poorest. */
function layouts(facts: ProgressFacts): readonly (readonly string[])[] {
  const { standing, pause, nowMs } = facts;
  const [counted, part, left, bad] = [count(facts), percent(facts), timeLeft(facts), trouble(standing)];
  if (standing.draining) {
    const [long, short] = [`ending: ${readableCount(standing.inFlight)} in flight`, 'ending'];
    return [[counted, part, long, bad], [counted, long], [counted, short], [short]];
  }
  const bytes = readableBytes(standing.bytes);
  if (pause !== undefined) {
    const [long = '', ...shorter] = pauseForms(pause, nowMs);
    return [
      [counted, part, long, left, bad],
      [counted, part, long, left],
      [counted, part, long],
      ...shorter.map((form) => [counted, part, form]),
      ...[long, ...shorter].flatMap((form) => [[part, form], [form]]),
    ];
  }
  return [
    [counted, part, rate(facts, 'long'), bytes, left, bad],
    [counted, part, rate(facts, 'short'), bytes, left, bad],
    [counted, part, rate(facts, 'short'), left, bad],
    [counted, part, rate(facts, 'short'), left],
    [counted, part, left],
    [counted, left],
    [counted],
    [part === '' ? readableCount(standing.done) : part],
  ];
}

function count({ standing, total }: ProgressFacts): string {
  const done = readableCount(standing.done);
  return total === undefined ? `${done} done` : `${done} of ${readableCount(total)}`;
}

/** Rounded down: 100 % is said when all is done. */
function percent({ standing, total }: ProgressFacts): string {
  return total === undefined || total === 0 ? '' : `${Math.floor((standing.done / total) * 100)}%`;
}

function rate({ standing, perSecond }: ProgressFacts, form: 'long' | 'short'): string {
  if (perSecond === undefined) return '';
  const what = standing.asked > 0 ? 'documents' : 'lines';
  return form === 'long' ? `${readableRate(perSecond)} ${what}/s` : `${readableRate(perSecond)}/s`;
}

function timeLeft({ leftMs, standing }: ProgressFacts): string {
  if (leftMs === undefined || standing.draining) return '';
  return leftMs === 0 ? 'finishing' : `${countdown(leftMs)} left`;
}

function trouble({ failed, missing }: Standing): string {
  const words = [
    failed > 0 ? `${readableCount(failed)} failed` : '',
    missing > 0 ? `${readableCount(missing)} missing` : '',
  ];
  return words.filter((word) => word !== '').join(', ');
}

/** A bar before the line, of one length whatever the line says, if there is room for it. */
function withBar(line: string, { standing, total }: ProgressFacts, columns: number): string {
  const inner = Math.min(BAR_MAX_COLUMNS, Math.floor(columns / 4));
  const fits = columns >= BAR_FROM_COLUMNS && line.length + GAP.length + inner + 2 < columns;
  if (total === undefined || total === 0 || !fits) return line;
  const full = Math.floor((Math.min(standing.done, total) / total) * inner);
  return `[${'='.repeat(full)}${' '.repeat(inner - full)}]${GAP}${line}`;
}
