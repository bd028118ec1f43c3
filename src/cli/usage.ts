// Owns the sentences about a command line that cannot be read: what is wrong, what was probably meant, where help is.
import type { Command, CommanderError } from 'commander';
import { UsageError } from '../model/errors.ts';
import { nearest } from './nearest.ts';

/** What options of other programs are called here. */
const ELSEWHERE: readonly (readonly [readonly string[], string])[] = [
  [['-v', '--verbose', '--debug'], 'give --log-level info or debug for more output, --version for the version'],
  [['-i', '-l', '--input', '--input-file', '--list', '--file', '--urls', '--url'], 'give the list without an option: edgar-fetch urls.txt'],
  [['-O', '-P', '-d', '--dir', '--directory', '--dest', '--destination', '--output', '--output-dir', '--directory-prefix'], 'give the destination folder as --out <dir>'],
  [['-A', '-U', '-H', '-e', '--agent', '--email', '--header', '--identity'], 'give your name and e-mail address as --user-agent <text>'],
  [['-c', '-C', '--continue', '--resume'], 'run the same command again; it fetches only what is not there'],
  [['-f', '--force', '--overwrite', '--replace'], 'give --existing replace to fetch again what is there'],
  [['-N', '--timestamping', '--update', '--refresh'], 'give --existing check to ask whether what is there has changed'],
  [['-j', '-x', '-Z', '--jobs', '--threads', '--parallel', '--concurrency', '--max-concurrent-downloads'], 'give --connections <n> for requests in flight'],
  [['-w', '--wait', '--delay', '--sleep', '--limit-rate', '--rps'], 'give --rate <n> for requests a second'],
  [['-t', '--tries', '--retry', '--max-tries'], 'give --retries <n>'],
  [['-T', '-m', '--timeout'], 'give --max-time, --connect-timeout or --idle-timeout <duration>'],
  [['-n', '-s', '--spider', '--simulate'], 'give --dry-run to see the plan'],
  [['-k', '--insecure', '--no-check-certificate', '--cacert'], 'certificates are always checked; NODE_EXTRA_CA_CERTS names the file of another CA'],
  [['-p', '--proxy'], 'set HTTPS_PROXY=http://host:port for a proxy'],
  [['--silent'], 'give --quiet'],
]; // prettier-ignore

/** Throws what commander has against a command line as a UsageError; what is no error (help, the version) as it is. */
export function throwUsage(error: CommanderError, command: Command): never {
  if (error.exitCode === 0) throw error;
  throw new UsageError(sentenceOf(error, command));
}

function sentenceOf({ code, message }: CommanderError, command: Command): string {
  const path = pathOf(command);
  const quoted = /'(.*?)'/s.exec(message)?.[1] ?? '';
  const help = `; see ${path} --help`;
  switch (code) {
    case 'commander.unknownOption':
      return unknownOption(quoted, command) ?? `unknown option '${quoted}'${help}`;
    case 'commander.optionMissingArgument':
      return `${quoted} needs a value${help}`;
    case 'commander.missingArgument':
      return `<${quoted}> is missing after ${path}${help}`;
    case 'commander.excessArguments':
      return `there are too many arguments for ${path}${help}`;
    default:
      return `${message.replace(/^error: /, '').replaceAll('\n', ' ')}${help}`;
  }
}

/** With what was probably meant, if that can be told. */
function unknownOption(option: string, command: Command): string | undefined {
  const name = option.startsWith('--') ? option.replace(/=.*/s, '') : option.slice(0, 2);
  const advice = ELSEWHERE.find(([names]) => names.includes(name))?.[1];
  if (advice !== undefined) return `unknown option '${name}'; ${advice}`;
  const near = nearest(name, ['--help', ...command.options.map(({ long }) => long ?? '')]);
  return near === undefined
    ? undefined
    : `unknown option '${name}' (Did you mean ${near}?); see ${pathOf(command)} --help`;
}

/** `edgar-fetch verify` */
function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}
