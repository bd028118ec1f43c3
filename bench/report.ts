// The figures as tables: one a workload, readable on a terminal and as Markdown.
import type { Summary } from './statistics.ts';
import type { WorkloadResult } from './workload.ts';

const DISTURBED_CORES = 0.1;
const OUR_MAIN = 'edgar-fetch';

/** A result as it is kept: with when, and of what, it was measured. */
export interface DatedResult extends WorkloadResult {
  readonly date: string;
  readonly revision: string;
}

function seconds(value: number | undefined): string {
  if (value === undefined) return '';
  return value.toFixed(value < 10 ? 3 : 1);
}

function ratio(ours: number | undefined, theirs: number): string {
  return ours === undefined ? '' : (ours / theirs).toFixed(2);
}

interface Column {
  readonly head: string;
  readonly cell: (summary: Summary) => string;
}

/** Columns that have nothing to say are left out. */
function columnsFor(summaries: readonly Summary[]): Column[] {
  const main = summaries.find(({ name, runs }) => name === OUR_MAIN && runs > 0);
  const columns: (Column & { readonly when?: boolean })[] = [
    { head: 'wall s', cell: ({ wallSeconds }) => seconds(wallSeconds) },
    { head: 'spread', cell: (one) => `${seconds(one.fastestSeconds)} - ${seconds(one.slowestSeconds)}` },
    {
      head: `${OUR_MAIN} / it`,
      cell: (one) => (one === main ? '' : ratio(main?.wallSeconds, one.wallSeconds)),
      when: main !== undefined,
    },
    {
      head: 'first request s',
      cell: ({ firstRequestSeconds }) => seconds(firstRequestSeconds),
      when: summaries.some(({ firstRequestSeconds }) => firstRequestSeconds !== undefined),
    },
    { head: 'CPU s', cell: ({ cpuSeconds }) => seconds(cpuSeconds) },
    { head: 'nginx CPU s', cell: ({ serverCpuSeconds }) => seconds(serverCpuSeconds) },
    { head: 'peak MB', cell: ({ peakMegabytes }) => peakMegabytes.toFixed(0) },
  ];
  return columns.filter(({ when }) => when !== false);
}

function label({ name, problem }: Summary): string {
  return problem === undefined ? name : `${name} (failed: ${problem.replaceAll('|', '/')})`;
}

/** A Markdown table that is readable as it stands: first column to the left, the others to the right. */
export function table(heads: readonly string[], rows: readonly string[][]): string {
  const all = [heads, ...rows];
  const widths = heads.map((_, column) => Math.max(...all.map((cells) => cells[column]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join(' | ')} |`;
  const rule = `|${widths.map((width, column) => (column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [line(heads), rule, ...rows.map(line)].join('\n');
}

function disturbance(summaries: readonly Summary[]): string {
  const worst = Math.max(0, ...summaries.map(({ othersCores }) => othersCores ?? 0));
  if (worst < DISTURBED_CORES) return '';
  return `\n\nDisturbed: others kept up to ${worst.toFixed(1)} cores busy meanwhile.`;
}

export function renderWorkload(result: DatedResult): string {
  const { title, summaries, rounds, date, revision, skipped } = result;
  if (skipped !== undefined) return `### ${title}\n\n${skipped}`;
  const columns = columnsFor(summaries);
  const heads = ['', ...columns.map(({ head }) => head)];
  const rows = summaries.map((summary) => [
    label(summary),
    ...columns.map(({ cell }) => (summary.runs === 0 ? '' : cell(summary))),
  ]);
  const measured = `${rounds} ${rounds === 1 ? 'run' : 'runs'} each, ${date}, ${revision}`;
  return `### ${title}\n\n${table(heads, rows)}\n\n${measured}.${disturbance(summaries)}`;
}
