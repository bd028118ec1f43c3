// Owns what a run shows: rows on stdout, log lines, the bar and the summary on stderr. Without a terminal nothing is shown
// when the exit code is 0: warnings wait until it is known.
import type { RunEvent } from '../model/run-event.ts';
import type { RunResult } from '../run/run.ts';
import { Logger, type LogLevel } from './logger.ts';
import { startProgress, type Progress } from './progress.ts';
import { summaryLines, type NotableFailure } from './summary-text.ts';

export interface ReporterOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  /** As it was given; without it the terminal decides. */
  readonly logLevel: LogLevel | undefined;
  readonly logFormat: 'pretty' | 'json';
  readonly progress: boolean;
  readonly destination: string;
  readonly sameOptions: string;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Lines of the list, once somebody has counted them. */
  readonly totalLines: number | undefined;
}

const MAX_FAILURES_KEPT = 10;
const MAX_DEFERRED = 100;

export class Reporter {
  readonly #options: ReporterOptions;
  readonly #logger: Logger;
  /** Without a terminal, and with no level given, lines wait for the exit code. */
  readonly #defers: boolean;
  readonly #deferred: { readonly level: LogLevel; readonly message: string }[] = [];
  readonly #failures: NotableFailure[] = [];
  #progress: Progress | undefined;
  #settled = 0;
  #saved = 0;
  #failed = 0;
  #waiting = '';

  constructor(options: ReporterOptions) {
    this.#options = options;
    const level = options.quiet ? 'error' : (options.logLevel ?? 'warn');
    this.#defers = !options.stderr.isTTY && options.logLevel === undefined;
    this.#logger = new Logger({
      level,
      format: options.logFormat,
      color: options.stderr.isTTY,
      write: (text) => this.#write(text),
    });
  }

  async start(): Promise<void> {
    const { progress, stderr, quiet, totalLines } = this.#options;
    if (progress && stderr.isTTY && !quiet) this.#progress = await startProgress(totalLines, stderr);
  }

  /** Takes an event of the run. */
  take(event: RunEvent): void {
    switch (event.kind) {
      case 'settled':
        return this.#settle(event);
      case 'warning':
        return this.#log('warn', event.message);
      case 'detail':
        return this.#log(event.level, event.message);
      case 'waiting':
        this.#waiting = `waiting until ${new Date(event.untilMs).toISOString().slice(11, 19)}Z: ${event.host}: ${event.reason}`;
        this.#log(
          'warn',
          `${event.host}: ${event.reason}; nothing is sent until ${new Date(event.untilMs).toISOString()}`,
        );
        return this.#showProgress();
      case 'resumed':
        this.#waiting = '';
        this.#log('info', `${event.host} answers again`);
        return this.#showProgress();
    }
  }

  /** Shows the summary, as far as the exit code and the terminal ask for it. */
  async finish(result: RunResult): Promise<void> {
    await this.stop();
    if (this.#defers && result.exitCode !== 0) {
      for (const { level, message } of this.#deferred) this.#logger.log(level, message);
    }
    await this.#logger.flush();
    if (this.#showsSummary(result)) this.#summarise(result);
    await this.#logger.flush();
  }

  /** Takes the bar away; may be called more than once. */
  async stop(): Promise<void> {
    this.#progress?.stop();
    this.#progress = undefined;
    await this.#logger.flush();
  }

  async warn(message: string): Promise<void> {
    this.#log('warn', message);
    await this.#logger.flush();
  }

  #showsSummary(result: RunResult): boolean {
    const { quiet, logLevel, stderr } = this.#options;
    if (result.exitCode !== 0) return true;
    return !quiet && (stderr.isTTY || (logLevel !== undefined && this.#logger.shows('info')));
  }

  #summarise(result: RunResult): void {
    const { destination, sameOptions, logFormat } = this.#options;
    const lines = summaryLines({ result, destination, failures: this.#failures, sameOptions });
    if (logFormat === 'pretty') return this.#write(`${lines.join('\n')}\n`);
    const level = result.exitCode === 0 ? 'info' : 'error';
    const { counts, elapsedMs, exitCode, end } = result;
    this.#logger.log(level, lines[0] ?? '', { end: end.kind, exitCode, counts, elapsedMs, failures: this.#failures });
  }

  #settle(event: Extract<RunEvent, { kind: 'settled' }>): void {
    const { row } = event;
    this.#settled++;
    if (row.status === 'saved') this.#saved++;
    if (row.error !== undefined) this.#fail(row.url, row.line, row.error);
    if (this.#options.json) this.#options.stdout.write(`${JSON.stringify(row)}\n`);
    if (this.#logger.shows('debug')) this.#log('debug', describeRow(row));
    this.#showProgress();
  }

  #fail(url: string, line: number | undefined, error: { code: NotableFailure['code']; message: string }): void {
    this.#failed++;
    if (this.#failures.length >= MAX_FAILURES_KEPT) return;
    this.#failures.push({ url, ...(line === undefined ? {} : { line }), ...error });
  }

  #showProgress(): void {
    if (this.#progress === undefined) return;
    const counts = `${this.#saved} saved${this.#failed > 0 ? `, ${this.#failed} failed` : ''}`;
    this.#progress.update(this.#settled, this.#waiting === '' ? counts : `${counts}  ${this.#waiting}`);
  }

  #log(level: LogLevel, message: string): void {
    if (!this.#defers) return this.#logger.log(level, message);
    if (this.#logger.shows(level) && this.#deferred.length < MAX_DEFERRED) this.#deferred.push({ level, message });
  }

  #write(text: string): void {
    if (this.#progress === undefined) this.#options.stderr.write(text);
    else this.#progress.write(text);
  }
}

function describeRow(row: Extract<RunEvent, { kind: 'settled' }>['row']): string {
  switch (row.status) {
    case 'saved':
      return `saved ${row.path ?? ''} (${row.bytes ?? 0} bytes, got with ${row.requests ?? 0} requests) from ${row.url}`;
    case 'unchanged':
      return `unchanged ${row.path ?? ''} from ${row.url}`;
    case 'missing':
    case 'failed':
      return `${row.status} ${row.url}${row.error === undefined ? '' : ` (${row.error.code}: ${row.error.message})`}`;
  }
}
