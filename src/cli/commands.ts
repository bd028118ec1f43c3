// Owns the commands: their arguments, their help, and what each of them runs. What a command needs is loaded when it runs.
import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { UsageError } from '../model/errors.ts';
import type { Edge } from './download.ts';
import { NOTES, printHelp, showOptions } from './help.ts';
import { nearest } from './nearest.ts';
import { addOptions, HEADINGS, readOptions } from './options.ts';
import { throwUsage } from './usage.ts';

type Typed = Readonly<Record<string, unknown>>;

/** Shown by `verify --help`; the others apply to --repair as they do to a download. */
const VERIFY_OPTIONS: ReadonlySet<string> = new Set([
  '--list',
  '--repair',
  '--json',
  '--quiet',
  '--user-agent',
  '--mirror',
]);

/** The program; `end` is told the exit code of the command that ran. */
export function createProgram(edge: Edge, end: (exitCode: number) => void): Command {
  const { env, stderr, stdin } = edge.process;
  const program = new Command('edgar-fetch')
    .enablePositionalOptions()
    .usage('[options] [file or URL ...]      ("-" or nothing reads stdin)')
    .description('Downloads documents of SEC EDGAR: every URL accounted for, every file complete.')
    .version(edge.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this')
    .argument('[source...]')
    .addHelpText('after', NOTES)
    .configureOutput({ outputError: () => undefined });
  program.exitOverride((error) => throwUsage(error, program));
  addOptions(program).action(async (sources: string[], typed: Typed) => {
    if (sources.length === 0 && stdin.isTTY) {
      stderr.write(`${program.helpInformation()}${NOTES}\n\n`);
      throw new UsageError('there is no list: give a file with one URL a line, or pipe URLs to stdin');
    }
    refuseMistypedCommand(sources, program);
    const options = readOptions(typed, env);
    const { downloadCommand } = await import('./download.ts');
    end(await downloadCommand(sources, options, edge));
  });
  showOptions(program, ({ helpGroupHeading }) => helpGroupHeading !== HEADINGS.advanced);
  addVerify(program, edge, end);
  addStatus(program, edge, end);
  program
    .command('completion <shell>')
    .description('print the completions of bash, zsh or fish')
    .action(async (shell: string) => {
      const { completionScript } = await import('./completion.ts');
      edge.process.stdout.write(completionScript(program, shell));
    });
  program
    .command('help [command]')
    .description('print its help; "help options" for all')
    .action(async (topic: string | undefined) => {
      if (topic !== 'man') return printHelp(program, topic);
      // For those who build and package it.
      const { manPage } = await import('./man-page.ts');
      edge.process.stdout.write(manPage(program, edge.version));
    });
  for (const command of program.commands) command.exitOverride((error) => throwUsage(error, command));
  return program;
}

function addVerify(program: Command, edge: Edge, end: (exitCode: number) => void): void {
  const verify = addOptions(program.command('verify <dir>'))
    .description('re-hash a folder against its manifest')
    .option('--list <file>', 'is all of this list here, and whole? ("-" reads stdin)')
    .option('--repair', 'fetch what is missing or damaged')
    .action(async (folder: string, typed: Typed) => {
      refuseOptionsBefore(program, 'verify');
      const options = readOptions(typed, edge.process.env);
      const list = typeof typed['list'] === 'string' ? { list: typed['list'] } : {};
      const { verifyCommand } = await import('./verify.ts');
      end(await verifyCommand(folder, { ...list, repair: typed['repair'] === true }, options, edge));
    });
  showOptions(verify, ({ long }) => VERIFY_OPTIONS.has(long ?? ''));
}

function addStatus(program: Command, edge: Edge, end: (exitCode: number) => void): void {
  program
    .command('status <dir>')
    .description('where a folder stands, and what to run next')
    .option('--json', 'the same as one object')
    .action(async (folder: string, typed: Typed) => {
      refuseOptionsBefore(program, 'status');
      const { json } = readOptions(typed, edge.process.env);
      const { statusCommand } = await import('./status.ts');
      end(await statusCommand(folder, json, edge));
    });
}

function refuseOptionsBefore(program: Command, command: string): void {
  if (Object.keys(program.opts()).some((name) => program.getOptionValueSource(name) === 'cli'))
    throw new UsageError(`give the options of ${command} after its name: edgar-fetch ${command} <dir> [options]`);
}

function refuseMistypedCommand([first]: readonly string[], program: Command): void {
  if (first === undefined || existsSync(first)) return;
  const names = program.commands.map((command) => command.name());
  const near = nearest(first, names);
  if (near !== undefined) throw new UsageError(`there is no command and no file ${first}; did you mean ${near}?`);
}
