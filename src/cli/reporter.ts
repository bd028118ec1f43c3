// Owns what a run shows: rows on stdout; log lines, the line of progress and the summary on stderr. Without a terminal
// nothing is shown when the exit code is 0: warnings wait until it is known.
import { SEC_HOST_KEY } from '../edgar/fair-access.ts';
import type { FailureCode } from '../model/failure.ts';
import type { RunEvent } from '../model/run-event.ts';
import type { Standing } from '../model/standing.ts';
import type { RunResult } from '../run/run-ports.ts';
import { ListLength } from './list-length.ts';
import { Logger, type LogLevel } from './logger.ts';
import { nextLines } from './next-step.ts';
import { pauseBegins, pauseEnds, type Pause } from './pause-text.ts';
import { progressLine, progressSentence } from './progress-text.ts';
import { Progress } from './progress.ts';
import { describeRow, fieldsOfRow } from './row-text.ts';
import { RunWatch } from './run-watch.ts';
import type { Source } from './source.ts';
import type { NotableFailure, SummaryFacts } from './summary-facts.ts';
import { outcomeText, summaryLines } from './summary-text.ts';

export interface ReporterOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  /** As it was given; without it the terminal decides. */
  readonly logLevel: LogLevel | undefined;
  readonly logFormat: 'pretty' | 'json';
  /** Whether a line of progress is wanted where there is a terminal for it. */
  readonly progress: boolean;
  readonly destination: string;
  /** The lists, and how messages call them. */
  readonly source: Pick<Source, 'name' | 'again'>;
  readonly sameOptions: string;
  readonly process: Pick<NodeJS.Process, 'stdout' | 'stderr' | 'env' | 'on' | 'off' | 'kill' | 'pid'>;
}

const MAX_DEFERRED = 100;
const MAX_EXAMPLES = 2;
const LOOK_EVERY_MS = 1000;
const SAY_EVERY_LOOKS = 60;

/** How long the end of a run waits to know how long its list is. */
const COUNT_AT_END_MS = 2000;

export class Reporter {
  readonly #options: ReporterOptions;
  readonly #logger: Logger;
  readonly #length: ListLength;
  /** Without a terminal, and with no level given, lines wait for the exit code. */
  readonly #defers: boolean;
  readonly #deferred: { readonly level: LogLevel; readonly message: string; readonly fields: object }[] = [];
  readonly #examples = new Map<FailureCode, NotableFailure[]>();
  #standing: () => Standing | undefined = () => undefined;
  #watch: RunWatch | undefined;
  #progress: Progress | undefined;
  #minutes: NodeJS.Timeout | undefined;

  constructor(options: ReporterOptions) {
    this.#options = options;
    const { stderr, env } = options.process;
    const level = options.quiet ? 'error' : (options.logLevel ?? 'warn');
    this.#defers = !stderr.isTTY && options.logLevel === undefined;
    this.#length = new ListLength(options.source.again);
    this.#logger = new Logger({
      level,
      format: options.logFormat,
      color: stderr.isTTY && !isSet(env['NO_COLOR']) && env['TERM'] !== 'dumb',
      write: (text) => this.#write(text),
    });
  }

  /** Begins to show how far the run is. */
  start(standing: () => Standing | undefined): void {
    this.#standing = standing;
    const watch = new RunWatch(standing, this.#length);
    if (this.#hasLine()) {
      const text = (columns: number): string => {
        const facts = watch.look(Date.now());
        return facts === undefined ? '' : progressLine(facts, columns);
      };
      this.#progress = new Progress({ stream: this.#options.process.stderr, process: this.#options.process, text });
    } else if (this.#logger.shows('info')) this.#sayEveryMinute(watch);
    else return;
    this.#watch = watch;
    void this.#length.count();
  }

  /** Takes an event of the run. */
  take(event: RunEvent): void {
    switch (event.kind) {
      case 'settled':
        return this.#settle(event);
      case 'warning':
        return this.#log('warn', event.message, {}, event.always);
      case 'detail':
        return this.#log(event.level, event.message);
      case 'waiting':
        return this.#pause(event);
      case 'resumed':
        return this.#resume(event.host);
    }
  }

  /** Shows the summary, as far as the exit code and the terminal ask for it. */
  async finish(result: RunResult): Promise<void> {
    const total = await this.#totalFor(result);
    await this.stop();
    if (this.#defers && result.exitCode !== 0) {
      for (const { level, message, fields } of this.#deferred) this.#logger.log(level, message, fields);
    }
    if (this.#showsSummary(result)) this.#summarise(result, total);
    await this.#logger.flush();
  }

  /** Takes the line of progress away; may be called more than once. */
  async stop(): Promise<void> {
    this.#progress?.stop();
    this.#progress = undefined;
    clearInterval(this.#minutes);
    await this.#length.close();
    await this.#logger.flush();
  }

  /** URL lines of the lists; undefined until they are counted, which begins now. */
  listLength(): number | undefined {
    void this.#length.count();
    return this.#length.lines;
  }

  async warn(message: string): Promise<void> {
    this.#log('warn', message);
    await this.#logger.flush();
  }

  /** CI systems and dumb terminals keep every version of a line that is written again. */
  #hasLine(): boolean {
    const { progress, quiet } = this.#options;
    const { stderr, env } = this.#options.process;
    return progress && !quiet && stderr.isTTY && env['TERM'] !== 'dumb' && !isSet(env['CI']);
  }

  #sayEveryMinute(watch: RunWatch): void {
    let looks = 0;
    this.#minutes = setInterval(() => {
      const facts = watch.look(Date.now());
      if (facts === undefined || ++looks % SAY_EVERY_LOOKS !== 0) return;
      const { standing, total, perSecond, leftMs } = facts;
      this.#log('info', progressSentence(facts), { event: 'progress', ...standing, total, perSecond, leftMs });
    }, LOOK_EVERY_MS).unref();
  }

  #pause(pause: Pause): void {
    this.#watch?.pause(pause);
    const { host, cause, untilMs } = pause;
    const fields = { event: 'pause', host, cause, until: new Date(untilMs).toISOString() };
    this.#log('warn', pauseBegins(pause), fields);
  }

  /** Whoever saw the countdown is told of its end, whatever the level. */
  #resume(host: string): void {
    this.#watch?.resume(host);
    const pace = host === SEC_HOST_KEY ? this.#standing()?.pace : undefined;
    const message = pauseEnds(host, pace);
    if (this.#progress !== undefined && !this.#logger.shows('info')) this.#logger.plain(`${message}\n`);
    else this.#log('info', message, { event: 'resume', host, requestsPerSecond: pace?.perSecond });
  }

  #showsSummary(result: RunResult): boolean {
    const { quiet, logLevel } = this.#options;
    if (result.exitCode !== 0) return true;
    return !quiet && (this.#options.process.stderr.isTTY || (logLevel !== undefined && this.#logger.shows('info')));
  }

  /** URL lines of the list, for a run that did not read them all. */
  async #totalFor({ end }: RunResult): Promise<number | undefined> {
    const read = this.#standing()?.lines;
    if (read !== undefined || end.kind === 'completed') return read;
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), COUNT_AT_END_MS);
    });
    const total = await Promise.race([this.#length.count(), tooLong]);
    clearTimeout(timer);
    return total;
  }

  #summarise(result: RunResult, total: number | undefined): void {
    const { destination, source, sameOptions, logFormat } = this.#options;
    const facts: SummaryFacts = {
      result,
      destination,
      listName: source.name,
      total,
      examples: this.#examples,
      sameOptions,
    };
    if (logFormat === 'pretty') return this.#logger.plain(`${summaryLines(facts).join('\n')}\n`);
    const { counts, elapsedMs, exitCode, end } = result;
    const fields = { event: 'summary', destination, end: end.kind, exitCode, total, counts, elapsedMs };
    const failures = [...this.#examples].flatMap(([code, some]) => some.map((example) => ({ code, ...example })));
    const level = exitCode === 0 ? 'info' : 'error';
    this.#logger.log(level, outcomeText(facts), { ...fields, failures, next: nextLines(facts) });
  }

  #settle({ row }: Extract<RunEvent, { kind: 'settled' }>): void {
    if (row.error !== undefined) this.#noteFailure(row.url, row.line, row.error);
    if (this.#options.json) this.#print(`${JSON.stringify(row)}\n`);
    if (this.#logger.shows('debug')) this.#log('debug', describeRow(row), fieldsOfRow(row));
  }

  #noteFailure(url: string, line: number | undefined, { code, message }: { code: FailureCode; message: string }): void {
    const examples = this.#examples.get(code) ?? [];
    if (examples.length >= MAX_EXAMPLES) return;
    examples.push({ url, ...(line === undefined ? {} : { line }), message });
    this.#examples.set(code, examples);
  }

  #log(level: LogLevel, message: string, fields: object = {}, always = false): void {
    if (!this.#defers || always) return this.#logger.log(level, message, fields);
    if (this.#logger.shows(level) && this.#deferred.length < MAX_DEFERRED)
      this.#deferred.push({ level, message, fields });
  }

  /** Rows may go to the same terminal. */
  #print(text: string): void {
    const { stdout } = this.#options.process;
    if (this.#progress !== undefined && stdout.isTTY) this.#progress.above(() => stdout.write(text));
    else stdout.write(text);
  }

  #write(text: string): void {
    const { stderr } = this.#options.process;
    if (this.#progress === undefined) stderr.write(text);
    else this.#progress.above(() => stderr.write(text));
  }
}

/** An environment variable that says yes. */
function isSet(value: string | undefined): boolean {
  return value !== undefined && !['', '0', 'false'].includes(value);
}
