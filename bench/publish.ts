// Keeps the figures of every workload's last full run, so that one can be measured again alone, and writes the tables
// into docs/performance.md between two marker comments.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { renderBars } from './bars.ts';
import type { Size } from './options.ts';
import { renderWorkload, type DatedResult } from './report.ts';

const RESULTS = fileURLToPath(new URL('../.bench/results.json', import.meta.url));
const DOCUMENT = fileURLToPath(new URL('../docs/performance.md', import.meta.url));
const BEGIN = '<!-- bench:begin -->';
const END = '<!-- bench:end -->';

interface Kept {
  readonly machine: string;
  readonly results: readonly DatedResult[];
}

function readKept(): Kept | undefined {
  return existsSync(RESULTS) ? (JSON.parse(readFileSync(RESULTS, 'utf8')) as Kept) : undefined;
}

/** New results in place of old ones of the same name, in the given order; figures of another machine are dropped. */
export function mergeResults(
  machine: string,
  results: readonly DatedResult[],
  order: readonly string[],
): DatedResult[] {
  const kept = readKept();
  const old = kept?.machine === machine ? kept.results : [];
  const fresh = new Set(results.map(({ name }) => name));
  const all = [...results, ...old.filter(({ name }) => !fresh.has(name))];
  const sorted = all.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  mkdirSync(dirname(RESULTS), { recursive: true });
  writeFileSync(RESULTS, `${JSON.stringify({ machine, results: sorted } satisfies Kept, undefined, 1)}\n`);
  return sorted;
}

function splice(document: string, tables: string): string {
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`docs/performance.md has no ${BEGIN} with ${END} after it.`);
  return `${document.slice(0, begin)}${BEGIN}\n\n${tables}\n\n${document.slice(end)}`;
}

export function writeDocument(machine: string, results: readonly DatedResult[], size: Size): void {
  const bars = `### The score sheet: our targets, and what was measured\n\n${renderBars(results, size)}`;
  const tables = [`Measured on ${machine}.`, ...results.map(renderWorkload), bars].join('\n\n');
  writeFileSync(DOCUMENT, splice(readFileSync(DOCUMENT, 'utf8'), tables));
}
