// Owns the download command: source, settings, run, reporter, signals.
import { relative } from 'node:path';
import { cannotWriteStdout } from '../model/errors.ts';
import type { RunEvent } from '../model/run-event.ts';
import { LocalWorkers } from '../run/local-workers.ts';
import { Run } from '../run/run.ts';
import type { RunResult } from '../run/run-ports.ts';
import { readUrlLists } from '../plan/url-list.ts';
import { configure, optionsForLog } from './configuration.ts';
import { printDryRun } from './dry-run.ts';
import { optionsToRepeat, unknownVariables, type ResolvedOptions } from './options.ts';
import { Reporter } from './reporter.ts';
import { openSource, type Source } from './source.ts';

export interface Edge {
  readonly process: NodeJS.Process;
  readonly version: string;
  readonly workerEntry: URL;
  readonly lookEntry: URL;
}

/** Runs the download command; returns the exit code. Rejects with UsageError and the like. */
export async function downloadCommand(
  sources: readonly string[],
  options: ResolvedOptions,
  edge: Edge,
): Promise<number> {
  return downloadFrom(openSource(sources, edge.process.stdin), options, edge);
}

/** Downloads the URLs of an open source; returns the exit code. */
export async function downloadFrom(source: Source, options: ResolvedOptions, edge: Edge): Promise<number> {
  const { process, version } = edge;
  const settings = configure(options, process.env, version);
  if (options['dry-run']) return printDryRun(source, settings, options.json, edge);
  const reporter = openReporter(source, options, edge);
  const unknown = unknownVariables(process.env);
  if (unknown !== undefined) await reporter.warn(unknown);
  const ports = {
    workerEntry: edge.workerEntry,
    pid: process.pid,
    emit: (event: RunEvent) => reporter.take(event),
  };
  const run = new Run(settings, {
    lines: readUrlLists(source.lists, settings.batchSize),
    openWorkers: (destination, listener) => new LocalWorkers(settings, destination, ports, listener),
    lookEntry: edge.lookEntry,
    version,
    listLength: () => reporter.listLength(),
    optionsForLog: optionsForLog(options),
    ...ports,
  });
  reporter.start(() => run.standing());
  const detach = attachSignals(run, process);
  try {
    const result = await run.complete();
    return await conclude(result, reporter, source);
  } finally {
    await reporter.stop();
    source.close();
    detach();
  }
}

async function conclude(result: RunResult, reporter: Reporter, source: Source): Promise<number> {
  if (result.emptyList) await reporter.warn(`${source.name} has no URL; there is nothing to do`);
  else await reporter.finish(result);
  return result.exitCode;
}

function openReporter(source: Source, options: ResolvedOptions, edge: Edge): Reporter {
  return new Reporter({
    json: options.json,
    quiet: options.quiet,
    logLevel: options['log-level'],
    logFormat: options['log-format'],
    progress: !options['no-progress'],
    destination: relative('', options.out) || '.',
    sameOptions: optionsToRepeat(options),
    source,
    process: edge.process,
  });
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The first signal drains, the second ends at once; a stdout that takes no more drains. */
function attachSignals(run: Run, process: NodeJS.Process): () => void {
  const handlers = SIGNALS.map((signal) => ({ signal, handle: () => run.interrupt(signal) }));
  for (const { signal, handle } of handlers) process.on(signal, handle);
  const onStdoutError = (error: NodeJS.ErrnoException): void => {
    run.loseOutput(error.code === 'EPIPE' ? undefined : cannotWriteStdout(error).message);
  };
  process.stdout.on('error', onStdoutError);
  return () => {
    for (const { signal, handle } of handlers) process.off(signal, handle);
  };
}
