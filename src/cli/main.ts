// Entry of the command line: exit codes, and the only place where a thrown error becomes a sentence.
import process from 'node:process';
import { CommanderError } from 'commander';
import { CannotWriteError, cannotWriteStdout, DestinationHeldError, UsageError } from '../model/errors.ts';
import { unexpectedDiskError } from '../storage/disk-error.ts';
import { createProgram } from './commands.ts';

declare const EDGAR_FETCH_VERSION: string;

async function main(): Promise<number> {
  let exitCode = 0;
  const edge = {
    process,
    version: EDGAR_FETCH_VERSION,
    workerEntry: new URL('./thread.js', import.meta.url),
    lookEntry: new URL('./look-thread.js', import.meta.url),
  };
  await createProgram(edge, (code) => (exitCode = code)).parseAsync(process.argv);
  return exitCode;
}

/** A user's mistake is one sentence; anything unforeseen keeps its stack, for a bug report. */
function exitCodeOfError(error: unknown): number {
  // Help, or the version.
  if (error instanceof CommanderError) return error.exitCode;
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
