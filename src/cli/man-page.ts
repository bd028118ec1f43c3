// Owns the manual page, made from the commands and options of the program, in the macros of man(7). Pure.
import type { Command } from 'commander';
import { NOTES, showOptions, VARIABLES } from './help.ts';

export function manPage(program: Command, version: string): string {
  const [verify] = program.commands;
  showOptions(program, () => true);
  const lines = [
    `.TH EDGAR-FETCH 1 "" "edgar-fetch ${version}"`,
    '.SH NAME',
    escaped(`edgar-fetch - ${program.description()}`),
    '.SH SYNOPSIS',
    escaped(`edgar-fetch ${program.usage()}`),
    ...program.commands.flatMap((command) => ['.br', escaped(`edgar-fetch ${command.name()} ${command.usage()}`)]),
    '.SH COMMANDS',
    ...program.commands.flatMap((command) => entry(command.name(), command.description())),
    '.SH OPTIONS',
    ...options(program),
    ...(verify === undefined ? [] : ['.SH OPTIONS OF VERIFY', ...options(verify)]),
    '.SH NOTES',
    ...preformatted(NOTES),
    '.SH ENVIRONMENT',
    ...preformatted(VARIABLES),
  ];
  return `${lines.join('\n')}\n`;
}

function options(command: Command): string[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .flatMap(({ flags, description }) => entry(flags, description));
}

function entry(name: string, help: string): string[] {
  return ['.TP', `.B ${escaped(name)}`, escaped(help)];
}

function preformatted(text: string): string[] {
  return ['.nf', ...text.trim().split('\n').map(escaped), '.fi'];
}

/** A line that is text, whatever it begins with. */
function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/, '\\&');
}
