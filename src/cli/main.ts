// Entry of the command line: commands, exit codes, and the only place where a thrown error becomes a sentence.
import process from 'node:process';
import { Command, CommanderError } from 'commander';
import { CannotWriteError, cannotWriteStdout, DestinationHeldError, UsageError } from '../model/errors.ts';
import { unexpectedDiskError } from '../storage/disk-error.ts';
import type { Edge } from './download.ts';
import { addOptions, readOptions, usageErrorOf } from './options.ts';

declare const EDGAR_FETCH_VERSION: string;

const EXAMPLES = `
Examples:
  edgar-fetch urls.txt --out downloads
  generate-urls | edgar-fetch --out downloads --layout filing
  edgar-fetch --dry-run urls.txt

Exit codes: 0 all there, 1 some failed for good, 75 run me again, 2 usage, 3 User-Agent refused, 4 cannot write,
130/143 interrupted. All options can be set in the environment as shown.`;

/** Shown by `verify --help`; the others apply to --repair as they do to a download. */
const VERIFY_OPTIONS: ReadonlySet<string> = new Set([
  '--list',
  '--repair',
  '--json',
  '--quiet',
  '--user-agent',
  '--mirror',
]);

async function main(): Promise<number> {
  const edge: Edge = {
    process,
    version: EDGAR_FETCH_VERSION,
    workerEntry: new URL('./thread.js', import.meta.url),
    lookEntry: new URL('./look-thread.js', import.meta.url),
  };
  let exitCode = 0;
  const program = new Command('edgar-fetch')
    .enablePositionalOptions()
    .description('Downloads the URLs of a list from SEC EDGAR: every URL accounted for, every file complete.')
    .version(edge.version)
    .argument('[source...]', 'list files, one URL a line, or URLs; "-" or nothing reads stdin')
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    .configureOutput({ outputError: () => undefined });
  addOptions(program).action(async (sources: string[], typed: Record<string, unknown>) => {
    if (sources.length === 0 && process.stdin.isTTY) {
      process.stderr.write(`${program.helpInformation()}${EXAMPLES}\n\n`);
      throw new UsageError('there is no list: give a file with one URL a line, or pipe URLs to stdin');
    }
    const options = readOptions(typed, process.env);
    const { downloadCommand } = await import('./download.ts');
    exitCode = await downloadCommand(sources, options, edge);
  });
  addOptions(program.command('verify').argument('<dir>', 'destination of earlier runs'))
    .description('re-hashes a folder against its manifest: 0 if everything is whole, 1 if not')
    .option('--list <file>', 'is all of this list here, and whole? ("-" reads stdin)')
    .option('--repair', 'fetch what is missing or damaged')
    .configureHelp({
      visibleOptions: (command) => command.options.filter((option) => VERIFY_OPTIONS.has(option.long ?? '')),
    })
    .action(async (folder: string, typed: Record<string, unknown>) => {
      if (Object.keys(program.opts()).some((name) => program.getOptionValueSource(name) === 'cli'))
        throw new UsageError('give the options of verify after its name: edgar-fetch verify <dir> [options]');
      const { verifyCommand } = await import('./verify.ts');
      const list = typeof typed['list'] === 'string' ? { list: typed['list'] } : {};
      const verify = { ...list, repair: typed['repair'] === true };
      exitCode = await verifyCommand(folder, verify, readOptions(typed, process.env), edge);
    });
  await program.parseAsync(process.argv);
  return exitCode;
}

/** A user's mistake is one sentence; anything unforeseen keeps its stack, for a bug report. */
function exitCodeOfError(error: unknown): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    return say(usageErrorOf(error), 2);
  }
  if (error instanceof UsageError) return say(error, 2);
  if (error instanceof DestinationHeldError) return say(error, 75);
  const cannotWrite = error instanceof CannotWriteError ? error : unexpectedDiskError(error);
  if (cannotWrite !== undefined) return say(cannotWrite, 4);
  process.stderr.write(
    `edgar-fetch: this is a bug, please report it: ${error instanceof Error ? error.stack : String(error)}\n`,
  );
  return 70;
}

function say(error: Error, exitCode: number): number {
  process.stderr.write(`edgar-fetch: ${error.message}\n`);
  return exitCode;
}

// Whoever reads our output may stop reading; a running download hears of it and drains (download.ts). That the output
// could not be written is told once, also when it shows only after the last write.
let outputError: Error | undefined;
let ended: number | undefined;

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE' || outputError !== undefined) return;
  outputError = error;
  if (ended !== undefined) end(ended);
});

function end(exitCode: number): void {
  ended = exitCode;
  const isWeaker = [0, 1, 75].includes(exitCode);
  process.exitCode = outputError !== undefined && isWeaker ? say(cannotWriteStdout(outputError), 4) : exitCode;
}

void main().catch(exitCodeOfError).then(end);
