// Owns every option: its name, its environment variable, how its value is read, its default and its help. What the user
// typed becomes what it means in two steps: `readOptions` here, `configure` in configuration.ts.
import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { Option } from 'commander';
import { UsageError } from '../model/errors.ts';
import * as values from './values.ts';
import type { ValueParser } from './values.ts';

interface OptionDefinition<T> {
  readonly flags: string;
  readonly help: string;
  readonly parse: ValueParser<T>;
  readonly fallback: T;
  /** How help shows the default, where it is not the value itself. */
  readonly fallbackText?: string;
  readonly group: 'main' | 'output' | 'advanced';
  readonly isFlag?: boolean;
}

function option<T>(definition: OptionDefinition<T>): OptionDefinition<T> {
  return definition;
}

function switchOff(flags: string, help: string, group: 'output' | 'advanced'): OptionDefinition<boolean> {
  return { flags, help, parse: values.flag, fallback: false, group, isFlag: true };
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DEFAULT_WORKERS = Math.min(4, availableParallelism());

/** Keys are the long names without dashes; environment variables follow from them. */
const OPTIONS = {
  out: option({
    group: 'main',
    flags: '-o, --out <dir>',
    help: 'destination folder',
    parse: values.text,
    fallback: 'downloads',
  }),
  layout: option<'flat' | 'filing'>({
    group: 'main',
    flags: '--layout <flat|filing>',
    help: 'flat: <base name>; filing: <cik>/<accession>/<base name>',
    parse: values.choice('flat', 'filing'),
    fallback: 'flat',
  }),
  existing: option<'skip' | 'check' | 'replace'>({
    group: 'main',
    flags: '--existing <skip|check|replace>',
    help: 'what is there already: skip it without a request, ask whether it changed, or fetch it again',
    parse: values.choice('skip', 'check', 'replace'),
    fallback: 'skip',
  }),
  'user-agent': option<string | undefined>({
    group: 'main',
    flags: '--user-agent <text>',
    help: 'your name and e-mail address, as the SEC asks; without it *.sec.gov is not contacted (also from $EDGAR_IDENTITY)',
    parse: values.text,
    fallback: undefined,
  }),
  rate: option<number | 'none' | undefined>({
    group: 'main',
    flags: '--rate <n|none>',
    help: 'request starts a second, over all workers; at most 9 for *.sec.gov; also for each other host if given',
    parse: values.rate,
    fallback: undefined,
    fallbackText: '8 for *.sec.gov, none for other hosts',
  }),
  mirror: option<string | undefined>({
    group: 'main',
    flags: '--mirror <origin>',
    help: 'fetch *.sec.gov documents from this origin, path and query kept',
    parse: values.origin,
    fallback: undefined,
  }),
  'dry-run': option({
    ...switchOff('--dry-run', 'print the plan and stop: nothing is fetched or created', 'output'),
    group: 'main',
  }),
  json: switchOff('--json', 'print rows on stdout: one per settled URL, or per finding of verify', 'output'),
  quiet: switchOff('-q, --quiet', 'print errors only', 'output'),
  'log-level': option<'error' | 'warn' | 'info' | 'debug' | undefined>({
    group: 'output',
    flags: '--log-level <level>',
    help: 'error, warn, info or debug, to stderr',
    parse: values.choice('error', 'warn', 'info', 'debug'),
    fallback: undefined,
    fallbackText: 'warn; without a terminal nothing unless the exit code is not 0',
  }),
  'log-format': option<'pretty' | 'json'>({
    group: 'output',
    flags: '--log-format <pretty|json>',
    help: 'form of log lines',
    parse: values.choice('pretty', 'json'),
    fallback: 'pretty',
  }),
  'no-progress': switchOff('--no-progress', 'no progress bar on a terminal', 'output'),
  'batch-size': option({
    group: 'advanced',
    flags: '--batch-size <n>',
    help: 'at most so many URLs a batch, the unit that a worker owns',
    parse: values.wholeNumber(1, 10_000),
    fallback: 16,
  }),
  workers: option({
    group: 'advanced',
    flags: '--workers <n>',
    help: 'threads in the pool, started as they are needed',
    parse: values.wholeNumber(1, 64),
    fallback: DEFAULT_WORKERS,
    fallbackText: 'CPU count, at most 4',
  }),
  connections: option({
    group: 'advanced',
    flags: '--connections <n>',
    help: 'requests in flight, over all workers',
    parse: values.wholeNumber(1, 1024),
    fallback: 16,
  }),
  retries: option({
    group: 'advanced',
    flags: '--retries <n>',
    help: 'further attempts after the first, for transient failures, within 10 minutes a URL',
    parse: values.wholeNumber(0, 100),
    fallback: 5,
  }),
  'connect-timeout': option({
    group: 'advanced',
    flags: '--connect-timeout <duration>',
    help: 'longest wait for a connection',
    parse: values.duration(1),
    fallback: 10_000,
    fallbackText: '10s',
  }),
  'idle-timeout': option({
    group: 'advanced',
    flags: '--idle-timeout <duration>',
    help: 'longest silence within a reply',
    parse: values.duration(1),
    fallback: 30_000,
    fallbackText: '30s',
  }),
  'max-time': option({
    group: 'advanced',
    flags: '--max-time <duration>',
    help: 'longest attempt',
    parse: values.duration(1),
    fallback: 10 * MINUTE_MS,
    fallbackText: '10m',
  }),
  'max-size': option({
    group: 'advanced',
    flags: '--max-size <bytes>',
    help: 'decoded size of one document (MB = 10^6, MiB = 2^20)',
    parse: values.size,
    fallback: 2 ** 30,
    fallbackText: '1GiB',
  }),
  'block-pause': option({
    group: 'advanced',
    flags: '--block-pause <duration>',
    help: 'silence after the SEC says "too fast"; a longer Retry-After wins',
    parse: values.duration(1),
    fallback: 11 * MINUTE_MS,
    fallbackText: '11m',
  }),
  'give-up': option({
    group: 'advanced',
    flags: '--give-up <duration>',
    help: 'how long a block or an outage is waited out, in a row',
    parse: values.duration(1),
    fallback: 6 * HOUR_MS,
    fallbackText: '6h',
  }),
  'stop-after': option<number | undefined>({
    group: 'advanced',
    flags: '--stop-after <duration>',
    help: 'drain and end, resumable, after so long',
    parse: values.duration(1),
    fallback: undefined,
  }),
  'recheck-missing': option({
    group: 'advanced',
    flags: '--recheck-missing <duration>',
    help: 'how long a URL found missing is not asked for again',
    parse: values.duration(0, 36_500),
    fallback: 7 * 24 * HOUR_MS,
    fallbackText: '7d',
  }),
  check: option<'document' | 'wire'>({
    group: 'advanced',
    flags: '--check <document|wire>',
    help: 'wire: accept any body that is whole on the wire and is no refusal page, whatever it contains',
    parse: values.choice('document', 'wire'),
    fallback: 'document',
  }),
  'no-fsync': switchOff('--no-fsync', 'do not force data to the device before a file gets its name', 'advanced'),
} as const;

type OptionName = keyof typeof OPTIONS;
type OptionValue<D> = D extends OptionDefinition<infer T> ? T : never;

/** What every option means; `given` names those that were set, on the command line or in the environment. */
export type ResolvedOptions = { readonly [N in OptionName]: OptionValue<(typeof OPTIONS)[N]> } & {
  readonly given: ReadonlySet<OptionName>;
};

const NAMES = Object.keys(OPTIONS) as OptionName[];
const GROUPS = { main: 'Options:', output: 'Output:', advanced: 'Advanced options:' } as const;

/** Adds the options to a command. Values arrive as the texts that the user typed. */
export function addOptions(command: Command): Command {
  for (const name of NAMES) command.addOption(commanderOption(name));
  return command;
}

function commanderOption(name: OptionName): Option {
  const { flags, help, fallback, fallbackText, group, isFlag } = OPTIONS[name] as OptionDefinition<
    string | number | boolean | undefined
  >;
  const fallbackShown = fallbackText ?? (fallback === undefined || isFlag === true ? undefined : String(fallback));
  const notes = [...(fallbackShown === undefined ? [] : [`default: ${fallbackShown}`]), `$${variableOf(name)}`];
  return new Option(flags, `${help} (${notes.join('; ')})`).helpGroup(GROUPS[group]);
}

/** Reads what was typed and what the environment says; the command line wins, an empty variable is unset. */
export function readOptions(
  typed: Readonly<Record<string, unknown>>,
  environment: Readonly<Record<string, string | undefined>>,
): ResolvedOptions {
  const given = new Set<OptionName>();
  const resolved: Record<string, unknown> = { given };
  for (const name of NAMES) {
    const definition = OPTIONS[name] as OptionDefinition<unknown>;
    const found = typedValue(name, typed) ?? environmentValue(name, environment);
    if (found === undefined) {
      resolved[name] = definition.fallback;
      continue;
    }
    given.add(name);
    resolved[name] = definition.parse(found.text, found.source);
  }
  return resolved as ResolvedOptions;
}

interface FoundValue {
  readonly text: string;
  /** How a message names where it came from. */
  readonly source: string;
}

function typedValue(name: OptionName, typed: Readonly<Record<string, unknown>>): FoundValue | undefined {
  // commander keeps `--no-x` as `x: false`.
  if (name.startsWith('no-'))
    return typed[camelCase(name.slice(3))] === false ? { text: '1', source: `--${name}` } : undefined;
  const value = typed[camelCase(name)];
  if (value === true) return { text: '1', source: `--${name}` };
  return typeof value === 'string' ? { text: value, source: `--${name}` } : undefined;
}

function environmentValue(
  name: OptionName,
  environment: Readonly<Record<string, string | undefined>>,
): FoundValue | undefined {
  for (const variable of name === 'user-agent' ? [variableOf(name), 'EDGAR_IDENTITY'] : [variableOf(name)]) {
    const text = environment[variable];
    if (text !== undefined && text !== '') return { text, source: variable };
  }
  return undefined;
}

function variableOf(name: OptionName): string {
  return `EDGAR_FETCH_${name.toUpperCase().replaceAll('-', '_')}`;
}

function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** A commander error as one sentence that says what to do. */
export function usageErrorOf(error: { readonly code: string; readonly message: string }): UsageError {
  if (error.code === 'commander.excessArguments')
    return new UsageError('give one list only: join several with cat and pipe them in');
  const lines = error.message.replace(/^error: /, '').split('\n');
  const sentence = lines
    .map((line) => line.trim())
    .join(' ')
    .trim();
  return new UsageError(`${sentence}; see edgar-fetch --help`);
}
