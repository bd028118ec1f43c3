// Owns the completion scripts of bash, zsh and fish, made from the commands and options of the program. Pure.
import type { Command, Option } from 'commander';
import { UsageError } from '../model/errors.ts';

/** The script that a shell evaluates. Throws UsageError for another shell. */
export function completionScript(program: Command, shell: string): string {
  if (shell === 'bash') return bash(program);
  if (shell === 'zsh') return `autoload -U +X compinit bashcompinit && compinit && bashcompinit\n${bash(program)}`;
  if (shell === 'fish') return fish(program);
  throw new UsageError(`there are no completions of ${shell}; choose bash, zsh or fish`);
}

/** Options that make sense with a command: help hides the others, of the program none. */
function optionsOf(command: Command): readonly Option[] {
  return command.parent === null ? command.options : command.createHelp().visibleOptions(command);
}

function namesOf({ short, long }: Option): string[] {
  return [short, long].filter((name) => name !== undefined);
}

/** What may follow an option: given words, a file, a folder, other text, or nothing. */
function valueOf({ flags, description }: Option): readonly string[] | 'file' | 'folder' | 'text' | undefined {
  const value = /<([^<>]*)>/.exec(flags)?.[1];
  if (value === undefined) return undefined;
  if (value === 'dir' || value === 'file') return value === 'dir' ? 'folder' : 'file';
  if (value === 'level') return [...new Set(description.match(/error|warn|info|debug/g))];
  return value.includes('|') && !value.startsWith('n|') ? value.split('|') : 'text';
}

/** Words that are an argument of a command. */
function argumentsOf(program: Command, command: Command): readonly string[] {
  const commands = program.commands.map((one) => one.name());
  if (command.name() === 'completion') return ['bash', 'zsh', 'fish'];
  return command.name() === 'help' ? ['options', ...commands] : command === program ? commands : [];
}

function bash(program: Command): string {
  const all = [program, ...program.commands];
  const reply = (how: string): string => `COMPREPLY=($(compgen ${how} -- "$cur")); return`;
  const answers = { file: reply('-f'), folder: reply('-d'), text: 'return' };
  const values = all.flatMap(optionsOf).flatMap((option) => {
    const value = valueOf(option);
    if (value === undefined) return [];
    const answer = typeof value === 'string' ? answers[value] : reply(`-W '${value.join(' ')}'`);
    return `    ${namesOf(option).join('|')}) ${answer} ;;`;
  });
  const known = all.map((command) => {
    const candidates = [...optionsOf(command).flatMap(namesOf), '--help', ...argumentsOf(program, command)];
    return `    ${command === program ? '*' : command.name()}) candidates='${candidates.join(' ')}' ;;`;
  });
  return `_edgar_fetch() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} candidates
  COMPREPLY=()
  case $prev in
${[...new Set(values)].join('\n')}
  esac
  case \${COMP_WORDS[1]} in
${[...known.slice(1), ...known.slice(0, 1)].join('\n')}
  esac
  COMPREPLY=($(compgen -W "$candidates" -- "$cur"))
  [[ $cur == -* ]] || COMPREPLY+=($(compgen -f -- "$cur"))
}
complete -o filenames -F _edgar_fetch edgar-fetch
`;
}

function fish(program: Command): string {
  const quote = (text: string): string => `'${text.replace(/['\\]/g, '\\$&')}'`;
  const kinds = { file: ' -r', folder: " -x -a '(__fish_complete_directories)'", text: ' -x' };
  const optionLine = (condition: string, option: Option): string => {
    const value = valueOf(option);
    const flags = namesOf(option).map((name) => name.replace(/^--/, '-l ').replace(/^-(?=\w$)/, '-s '));
    const after =
      value === undefined ? '' : typeof value === 'string' ? kinds[value] : ` -x -a ${quote(value.join(' '))}`;
    return `complete -c edgar-fetch -n ${quote(condition)} ${flags.join(' ')}${after} -d ${quote(option.description)}`;
  };
  const lines = program.commands.flatMap((command) => {
    const seen = `__fish_seen_subcommand_from ${command.name()}`;
    const words = argumentsOf(program, command).join(' ');
    return [
      `complete -c edgar-fetch -n __fish_use_subcommand -a ${command.name()} -d ${quote(command.description())}`,
      ...(words === '' ? [] : [`complete -c edgar-fetch -f -n ${quote(seen)} -a ${quote(words)}`]),
      ...optionsOf(command).map((option) => optionLine(seen, option)),
    ];
  });
  const none = `not __fish_seen_subcommand_from ${argumentsOf(program, program).join(' ')}`;
  return [...lines, ...optionsOf(program).map((option) => optionLine(none, option)), ''].join('\n');
}
