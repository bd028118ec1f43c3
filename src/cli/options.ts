// Owns the options: one table of names, help, values and defaults, by which the command line and the environment
// are read. What the values mean for a run is said in configuration.ts.
import { availableParallelism } from 'node:os';
import { Option, type Command } from 'commander';
import { nearest } from './nearest.ts';
import { shellWord } from './shown-text.ts';
import * as values from './values.ts';
import type { ValueParser } from './values.ts';

type Group = 'main' | 'advanced';

interface Definition<T> {
  readonly group: Group;
  readonly flags: string;
  readonly help: string;
  readonly parse: ValueParser<T>;
  readonly fallback: T;
  /** How help shows the default, where it is not the value itself. */
  readonly shown?: string;
}

/** An option with a value. Help shows `shown` as its default, or else the default itself. */
function value<T, F extends T | undefined>(
  group: Group,
  flags: string,
  help: string,
  parse: ValueParser<T>,
  fallback: F,
  shown?: string,
): Definition<T | F> {
  const text = shown ?? (fallback === undefined ? undefined : String(fallback));
  return { group, flags, help, parse, fallback, ...(text === undefined ? {} : { shown: text }) };
}

function flag(group: Group, flags: string, help: string): Definition<boolean> {
  return { group, flags, help, parse: values.flag, fallback: false };
}

const { choice, duration, folder, origin, rate, size, text, wholeNumber } = values;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const THREADS = Math.min(4, availableParallelism());
const LEVELS = choice('error', 'warn', 'info', 'debug');

/** Keys are the long names without dashes; environment variables follow from them. */
// prettier-ignore
const OPTIONS = {
  out: value('main', '-o, --out <dir>', 'destination folder', folder, 'downloads'),
  layout: value('main', '--layout <flat|filing>', 'flat, or as <cik>/<accession>/<name>', choice('flat', 'filing'), 'flat'),
  existing: value('main', '--existing <skip|check|replace>', 'skip, check or replace what is there', choice('skip', 'check', 'replace'), 'skip'),
  'user-agent': value('main', '--user-agent <text>', 'your name and e-mail address, for the SEC', text, undefined),
  rate: value('main', '--rate <n|none>', 'requests a second, at most 9 for the SEC', rate, undefined, '8'),
  mirror: value('main', '--mirror <origin>', 'fetch *.sec.gov documents from this origin', origin, undefined),
  'dry-run': flag('main', '--dry-run', 'print the plan; fetch and create nothing'),
  json: flag('main', '--json', 'rows on stdout: one a URL, or a finding'),
  quiet: flag('main', '-q, --quiet', 'print errors only'),
  'log-level': value('main', '--log-level <level>', 'error, warn, info or debug, to stderr', LEVELS, undefined, 'warn'),
  'log-format': value('advanced', '--log-format <pretty|json>', 'form of log lines', choice('pretty', 'json'), 'pretty'),
  'no-progress': flag('advanced', '--no-progress', 'no progress line on a terminal'),
  'batch-size': value('advanced', '--batch-size <n>', 'URLs a batch, the unit that a worker owns', wholeNumber(1, 10_000), 16),
  workers: value('advanced', '--workers <n>', 'threads, started as they are needed', wholeNumber(1, 64), THREADS, 'CPU count, at most 4'),
  connections: value('advanced', '--connections <n>', 'requests in flight, over all workers', wholeNumber(1, 1024), 16),
  retries: value('advanced', '--retries <n>', 'further attempts for transient failures, within 10 minutes', wholeNumber(0, 100), 5),
  'connect-timeout': value('advanced', '--connect-timeout <duration>', 'longest wait for a connection', duration(1), 10_000, '10s'),
  'idle-timeout': value('advanced', '--idle-timeout <duration>', 'longest silence within a reply', duration(1), 30_000, '30s'),
  'max-time': value('advanced', '--max-time <duration>', 'longest attempt', duration(1), 10 * MINUTE, '10m'),
  'max-size': value('advanced', '--max-size <bytes>', 'decoded size of one document, as 10MB or 1GiB', size, 2 ** 30, '1GiB'),
  'block-pause': value('advanced', '--block-pause <duration>', 'silence after the SEC says "too fast"', duration(1), 11 * MINUTE, '11m'),
  'give-up': value('advanced', '--give-up <duration>', 'how long a block or an outage is waited out', duration(1), 6 * HOUR, '6h'),
  'stop-after': value('advanced', '--stop-after <duration>', 'end after so long, resumable', duration(1), undefined),
  'recheck-missing': value('advanced', '--recheck-missing <duration>', 'when to ask again for what was not found', duration(0, 36_500), 7 * DAY, '7d'),
  check: value('advanced', '--check <document|wire>', 'wire: accept any body that is whole and no refusal', choice('document', 'wire'), 'document'),
  'no-fsync': flag('advanced', '--no-fsync', 'do not force data to the device before a file gets its name'),
} as const;

type OptionName = keyof typeof OPTIONS;
type ValueOf<D> = D extends Definition<infer T> ? T : never;

interface FoundText {
  readonly text: string;
  /** How a message names where it came from. */
  readonly source: string;
}

/** What every option means; `given` has the texts of those that were set, on the command line or in the environment. */
export type ResolvedOptions = { readonly [N in OptionName]: ValueOf<(typeof OPTIONS)[N]> } & {
  readonly given: ReadonlyMap<OptionName, FoundText>;
};

type Texts = Readonly<Record<string, string | undefined>>;

const NAMES = Object.keys(OPTIONS) as OptionName[];
export const HEADINGS = { main: 'Options:', advanced: 'Advanced options:' } as const;

/** Every variable of ours. */
const VARIABLES: readonly string[] = [...NAMES.map(variableOf), 'EDGAR_FETCH_STATE_DIR'];

/** Adds the options to a command. Values arrive as the texts that the user typed. */
export function addOptions(command: Command): Command {
  for (const { flags, help, shown, group } of Object.values(OPTIONS) as Definition<unknown>[])
    command.addOption(
      new Option(flags, `${help}${shown === undefined ? '' : ` (${shown})`}`).helpGroup(HEADINGS[group]),
    );
  return command;
}

/** Reads what was typed and what the environment says; the command line wins, an empty variable is unset. */
export function readOptions(typed: Readonly<Record<string, unknown>>, environment: Texts): ResolvedOptions {
  const given = new Map<OptionName, FoundText>();
  const resolved: Record<string, unknown> = { given };
  for (const name of NAMES) {
    const { parse, fallback } = OPTIONS[name] as Definition<unknown>;
    const found = typedText(name, typed) ?? environmentText(name, environment);
    if (found !== undefined) given.set(name, found);
    resolved[name] = found === undefined ? fallback : parse(found.text, found.source);
  }
  return resolved as ResolvedOptions;
}

function typedText(name: OptionName, typed: Readonly<Record<string, unknown>>): FoundText | undefined {
  const attribute = name.replace(/^no-/, '').replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const value = typed[attribute];
  // commander keeps `--no-x` as `x: false`.
  if (value === !name.startsWith('no-')) return { text: '1', source: `--${name}` };
  return typeof value === 'string' ? { text: value, source: `--${name}` } : undefined;
}

/** The options of the command line as a shell reads them, to be typed again. What only the screen shows is left out. */
export function optionsToRepeat({ given }: ResolvedOptions): string {
  const texts = [...given].map(([name, { text, source }]) => {
    const isOfScreen = ['dry-run', 'json', 'quiet', 'log-level', 'log-format', 'no-progress'].includes(name);
    if (isOfScreen || source !== `--${name}`) return [];
    return OPTIONS[name].parse === values.flag ? [source] : [source, shellWord(text)];
  });
  return texts.flat().join(' ');
}

function environmentText(name: OptionName, environment: Texts): FoundText | undefined {
  const variables = name === 'user-agent' ? [variableOf(name), 'EDGAR_IDENTITY'] : [variableOf(name)];
  const source = variables.find((variable) => (environment[variable] ?? '') !== '');
  return source === undefined ? undefined : { text: environment[source] ?? '', source };
}

function variableOf(name: string): string {
  return `EDGAR_FETCH_${name.toUpperCase().replaceAll('-', '_')}`;
}

/** A sentence on the variables that look like ours and are read by nobody; undefined if there are none. */
export function unknownVariables(environment: Texts): string | undefined {
  const unknown = Object.keys(environment).filter(
    (name) => name.startsWith('EDGAR_FETCH_') && !VARIABLES.includes(name),
  );
  if (unknown.length === 0) return undefined;
  const hints = unknown.map((name) => {
    const near = nearest(name, VARIABLES);
    return near === undefined ? name : `${name} (did you mean ${near}?)`;
  });
  return `no option is set by ${hints.join(', ')}`;
}
