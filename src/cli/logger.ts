// Owns log lines: pino to stderr, loaded when the first line is written, because most runs of a cron job write none.
import type { Logger as PinoLogger } from 'pino';
import { shown } from './shown-text.ts';

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly format: 'pretty' | 'json';
  /** Takes finished text, lines with their ends. */
  readonly write: (text: string) => void;
  readonly color: boolean;
}

const SEVERITY: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** URLs may be long, and are shown whole where they can be. */
const MAX_MESSAGE = 20_000;

export class Logger {
  readonly #options: LoggerOptions;
  #pino: Promise<PinoLogger> | undefined;
  #written: Promise<void> = Promise.resolve();

  constructor(options: LoggerOptions) {
    this.#options = options;
  }

  shows(level: LogLevel): boolean {
    return SEVERITY.indexOf(level) >= SEVERITY.indexOf(this.#options.level);
  }

  /** Writes a line, in the order of the calls; `fields` are for the JSON form. */
  log(level: LogLevel, message: string, fields: object = {}): void {
    if (!this.shows(level)) return;
    this.#pino ??= openPino(this.#options);
    const { format } = this.#options;
    this.#written = Promise.all([this.#pino, this.#written]).then(([pino]) => {
      if (format === 'json') pino[level](fields, message);
      else pino[level](shown(message, MAX_MESSAGE));
    });
  }

  /** Writes text as it is, in its place between the lines. */
  plain(text: string): void {
    this.#written = this.#written.then(() => this.#options.write(text));
  }

  /** Resolves when every line is out. */
  flush(): Promise<void> {
    return this.#written;
  }
}

async function openPino(options: LoggerOptions): Promise<PinoLogger> {
  const { pino } = await import('pino');
  const { level, write } = options;
  if (options.format === 'json') return pino({ level }, { write });
  const { prettyFactory } = await import('pino-pretty');
  const pretty = prettyFactory({ colorize: options.color, ignore: 'pid,hostname,time' });
  return pino({ level }, { write: (line: string) => write(pretty(line)) });
}
