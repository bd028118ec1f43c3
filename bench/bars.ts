// The bars that edgar-fetch has set itself, and how the figures stand against them.
import type { Size } from './options.ts';
import { table } from './report.ts';
import type { Summary } from './statistics.ts';
import type { WorkloadResult } from './workload.ts';

interface Verdict {
  readonly what: string;
  readonly bar: string;
  readonly measured: string;
  /** Undefined where there is nothing to judge. */
  readonly met: boolean | undefined;
}

type Results = ReadonlyMap<string, WorkloadResult>;

const OURS = 'edgar-fetch';
const FLAT = 1.15;
const MEGABYTES_AT_DEFAULTS = 250;

function grouped(count: number): string {
  return count.toLocaleString('en');
}

function find(results: Results, workload: string, contestant: string): Summary | undefined {
  return results.get(workload)?.summaries.find(({ name, runs }) => name === contestant && runs > 0);
}

function atIndex(results: Results, workload: string, index: number): Summary | undefined {
  const summary = results.get(workload)?.summaries[index];
  return summary !== undefined && summary.runs > 0 ? summary : undefined;
}

function atMost(what: string, value: number | undefined, bar: number, unit = ''): Verdict[] {
  if (value === undefined || Number.isNaN(value)) return [];
  const digits = bar < 1 || unit === '' || unit === ' s' ? 2 : 0;
  return [{ what, bar: `at most ${bar}${unit}`, measured: `${value.toFixed(digits)}${unit}`, met: value <= bar }];
}

function ratioTo(results: Results, workload: string, peer: string): number | undefined {
  const [ours, theirs] = [find(results, workload, OURS), find(results, workload, peer)];
  return ours && theirs && ours.wallSeconds / theirs.wallSeconds;
}

function fastestPeer(results: Results, workload: string): Summary | undefined {
  const peers = results.get(workload)?.summaries.filter(({ ours, runs }) => !ours && runs > 0) ?? [];
  return peers.reduce<Summary | undefined>(
    (best, peer) => (best === undefined || peer.wallSeconds < best.wallSeconds ? peer : best),
    undefined,
  );
}

function againstFastest(results: Results, workload: string): Verdict[] {
  const fastest = fastestPeer(results, workload);
  if (fastest === undefined) return [];
  const value = ratioTo(results, workload, fastest.name);
  return atMost(`${workload}, to the fastest peer (${fastest.name})`, value, 1);
}

function smallBars(results: Results, workload: string): Verdict[] {
  const against = (peer: string, bar: number): Verdict[] =>
    atMost(`${workload}, to ${peer}`, ratioTo(results, workload, peer), bar);
  return [...against('curl', 1), ...against('aria2', 1), ...against('wget2', 1.2)];
}

function againstNotebook(results: Results): Verdict[] {
  const ratios = [...results.keys()].flatMap((workload) => {
    const value = ratioTo(results, workload, 'notebook');
    return value === undefined ? [] : [{ workload, value }];
  });
  return ratios.flatMap(({ workload, value }) => atMost(`${workload}, to the notebook's way`, value, 0.12));
}

function startUpBars(results: Results): Verdict[] {
  const node = find(results, 'start-up', 'node -e 0')?.wallSeconds;
  const to = (contestant: string): number | undefined => {
    const wall = find(results, 'start-up', contestant)?.wallSeconds;
    return wall && node && wall / node;
  };
  return [
    ...atMost('--version, to node -e 0', to('edgar-fetch --version'), 1.4),
    ...atMost('one document, to node -e 0', to('one document'), 4),
  ];
}

function noOpBars(results: Results, [, fewRows, manyRows]: Size['noOpRows']): Verdict[] {
  const [one, few, many] = [0, 1, 2].map((index) => atIndex(results, 'no-op', index));
  if (one === undefined || few === undefined || many === undefined) return [];
  const aRow = (summary: Summary, rows: number): number => (summary.wallSeconds - one.wallSeconds) / rows;
  const growth = aRow(many, manyRows) / aRow(few, fewRows);
  return [
    ...atMost(`no-op rerun of ${grouped(manyRows)} rows`, many.wallSeconds, 5, ' s'),
    ...atMost(`no-op rerun of ${grouped(manyRows)} rows, memory`, many.peakMegabytes, 400, ' MB'),
    ...atMost(`cost of a row at ${grouped(manyRows)} to that at ${grouped(fewRows)}, start-up taken off`, growth, 1.3),
  ];
}

function planBars(results: Results, [fewUrls, manyUrls]: Size['planUrls']): Verdict[] {
  const [few, many] = [atIndex(results, 'plan', 0), atIndex(results, 'plan', 1)];
  if (few === undefined || many === undefined) return [];
  const grown = ((many.peakMegabytes - few.peakMegabytes) * 1e6) / (manyUrls - fewUrls);
  const measured = `${many.peakMegabytes.toFixed(0)} MB, ${grown.toFixed(0)} bytes a URL more`;
  return [
    ...atMost(`--dry-run of ${grouped(manyUrls)} URLs`, many.wallSeconds, 4, ' s'),
    { what: `--dry-run of ${grouped(manyUrls)} URLs, memory`, bar: 'flat but for the set', measured, met: undefined },
  ];
}

function memoryBars(results: Results): Verdict[] {
  const downloads = [...results.values()].filter(
    ({ name }) => name !== 'no-op' && name !== 'plan' && name !== 'nightly',
  );
  const ours = downloads.flatMap(({ summaries }) => summaries.filter((summary) => summary.ours && summary.runs > 0));
  const [few, many] = [atIndex(results, 'memory', 0), atIndex(results, 'memory', 1)];
  const growth = few && many && many.peakMegabytes / few.peakMegabytes;
  const largest = ours.length === 0 ? undefined : Math.max(...ours.map((summary) => summary.peakMegabytes));
  return [
    ...atMost('memory while downloading, every workload', largest, MEGABYTES_AT_DEFAULTS, ' MB'),
    ...atMost(`memory, ${many?.name ?? ''} to ${few?.name ?? ''}`, growth, FLAT),
  ];
}

function paceBars(results: Results): Verdict[] {
  const pace = atIndex(results, 'sec-pace', 0);
  return [
    ...atMost("the SEC's pace, CPU", pace?.cpuSeconds, 3, ' s'),
    ...atMost("the SEC's pace, memory", pace?.peakMegabytes, 120, ' MB'),
  ];
}

function judge(results: Results, size: Size): Verdict[] {
  return [
    ...['large-http', 'large-https', 'real-http', 'real-https'].flatMap((name) => againstFastest(results, name)),
    ...['small-http', 'small-https'].flatMap((name) => smallBars(results, name)),
    ...againstNotebook(results),
    ...startUpBars(results),
    ...paceBars(results),
    ...noOpBars(results, size.noOpRows),
    ...atMost(
      `nightly, first request into ${grouped(size.noOpRows[2])} rows`,
      atIndex(results, 'nightly', 0)?.firstRequestSeconds,
      3,
      ' s',
    ),
    ...planBars(results, size.planUrls),
    ...memoryBars(results),
  ];
}

function metWord(met: boolean | undefined): string {
  if (met === undefined) return '';
  return met ? 'yes' : 'no';
}

export function renderBars(all: readonly WorkloadResult[], size: Size): string {
  const verdicts = judge(new Map(all.map((result) => [result.name, result])), size);
  if (verdicts.length === 0) return 'No bar applies to what was measured.';
  const rows = verdicts.map(({ what, bar, measured, met }) => [what, bar, measured, metWord(met)]);
  return table(['wall time, ours / theirs, unless it says otherwise', 'bar', 'measured', 'met'], rows);
}
