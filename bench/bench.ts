// `npm run bench`: edgar-fetch beside the downloaders that people would use instead, on this machine, over loopback.
// This file reads the command line, runs the workloads one after the other, and reports.
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { renderBars } from './bars.ts';
import { openCorpora } from './corpus.ts';
import { DOWNLOAD_WORKLOADS, OWN_WORKLOADS } from './download-workloads.ts';
import { busyWarning, describeMachine, missingPackages, revision } from './machine.ts';
import { makeMeasure } from './measure.ts';
import { parseOptions, USAGE, UsageError, type Options } from './options.ts';
import { OFFLINE_WORKLOADS } from './own-workloads.ts';
import { mergeResults, writeDocument } from './publish.ts';
import { renderWorkload, type DatedResult } from './report.ts';
import { startServer } from './server.ts';
import { otherBuild, TOOLS, type Tool } from './tools.ts';
import { runWorkload, type Bench, type Workload } from './workload.ts';
import { makeWorkspace, undoAll, undoOnSignals } from './workspace.ts';

const WORKLOADS: readonly Workload[] = [...DOWNLOAD_WORKLOADS, ...OFFLINE_WORKLOADS, ...OWN_WORKLOADS];
const REAL_CORPUS = fileURLToPath(new URL('../../shared/corpus/xbrl', import.meta.url));

/** Nothing that other workloads do not do as well. */
const LEFT_OUT_OF_SMOKE = ['large-https', 'real-https', 'identity-large'];

function say(text: string): void {
  console.error(`bench: ${text}`);
}

/** `small` means small-http and small-https; `small-http` means itself alone. */
function isMeant(only: string, name: string): boolean {
  return name === only || name.startsWith(`${only}-`);
}

/** Those asked for; without edgar-fetch among the tools only those that others take part in. */
function chooseWorkloads({ only, size }: Options, tools: readonly Tool[]): readonly Workload[] {
  for (const name of only) {
    if (!WORKLOADS.some((workload) => isMeant(name, workload.name))) throw new UsageError(`No workload is "${name}".`);
  }
  const possible = tools.some((tool) => tool.ours) ? WORKLOADS : DOWNLOAD_WORKLOADS;
  if (only.length > 0) return possible.filter(({ name }) => only.some((start) => isMeant(start, name)));
  return size.name === 'full' ? possible : possible.filter(({ name }) => !LEFT_OUT_OF_SMOKE.includes(name));
}

function chooseTools({ tools: names, against }: Options): readonly Tool[] {
  const unknown = names.find((name) => !TOOLS.some((tool) => tool.name === name));
  if (unknown !== undefined) throw new UsageError(`No tool is "${unknown}".`);
  const chosen = names.length === 0 ? TOOLS : TOOLS.filter(({ name }) => names.includes(name));
  return against === undefined ? chosen : [...chosen, otherBuild(resolve(against))];
}

/** The chosen tools that can be run. A peer may be missing, edgar-fetch itself may not. */
function presentTools(chosen: readonly Tool[]): readonly Tool[] {
  const absent = chosen.flatMap((tool) => {
    const missing = tool.missing();
    return missing === undefined ? [] : [{ tool, missing }];
  });
  for (const { tool, missing } of absent) {
    if (tool.ours) throw new UsageError(`${tool.name} needs ${missing}.`);
    say(`${tool.name} is left out: install ${missing}.`);
  }
  return chosen.filter((tool) => !absent.some((entry) => entry.tool === tool));
}

async function openBench(options: Options, tools: readonly Tool[]): Promise<Bench> {
  const { size, rounds } = options;
  const workspace = makeWorkspace(options);
  const corpora = openCorpora(workspace.directory, resolve(options.corpus ?? REAL_CORPUS), size);
  const server = await startServer(workspace.directory, corpora.store);
  return {
    size,
    rounds,
    workspace,
    server,
    corpora,
    tools,
    measure: makeMeasure(workspace, server, size.timeoutSeconds),
  };
}

async function runAll(bench: Bench, workloads: readonly Workload[]): Promise<DatedResult[]> {
  const [date, measured] = [new Date().toISOString().slice(0, 10), revision()];
  const results: DatedResult[] = [];
  for (const workload of workloads) {
    say(workload.title);
    const result = { ...(await runWorkload(bench, workload)), date, revision: measured };
    console.log(`${renderWorkload(result)}\n`);
    results.push(result);
  }
  return results;
}

/** Bars, and what is kept, are for the full size; a run with some of the tools replaces no run with all. */
function report(options: Options, results: readonly DatedResult[]): void {
  if (options.size.name !== 'full') return;
  console.log(`${renderBars(results, options.size)}\n`);
  if (options.tools.length > 0 || options.against !== undefined) return;
  const machine = describeMachine();
  const names = WORKLOADS.map(({ name }) => name);
  const all = mergeResults(machine, results, names);
  if (options.write) writeDocument(machine, all, options.size);
}

function failures(results: readonly DatedResult[]): string[] {
  return results.flatMap(({ name, summaries }) =>
    summaries.flatMap((summary) =>
      summary.problem === undefined ? [] : [`${name}: ${summary.name}: ${summary.problem}`],
    ),
  );
}

async function run(options: Options): Promise<number> {
  const tools = chooseTools(options);
  const workloads = chooseWorkloads(options, tools);
  const missing = missingPackages();
  if (missing.length > 0) {
    say(
      `skipped: it needs ${missing.join(' and ')} (on Debian: apt-get install nginx curl wget2 aria2 python3-requests openssl).`,
    );
    return options.size.name === 'smoke' ? 0 : 2;
  }
  const busy = busyWarning();
  if (busy !== undefined && options.size.name === 'full') say(busy);
  const results = await runAll(await openBench(options, presentTools(tools)), workloads);
  report(options, results);
  const failed = failures(results);
  for (const failure of failed) say(`failed: ${failure}`);
  return failed.length === 0 ? 0 : 1;
}

async function main(): Promise<number> {
  try {
    const options = parseOptions(process.argv.slice(2));
    if (!options.help) return await run(options);
    console.log(USAGE);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    say(error.message);
    return 2;
  } finally {
    undoAll();
  }
}

undoOnSignals();
process.exitCode = await main();
