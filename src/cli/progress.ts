// Owns one line at the foot of a terminal that is written again and again; what is written meanwhile stands whole above it.
// The cursor waits at the line's beginning, so a terminal that gets narrower and wraps the line leaves nothing of it behind;
// nothing about the terminal is changed that would have to be put back after a Ctrl-Z or a kill -9.

export interface Screen {
  readonly stream: NodeJS.WriteStream;
  readonly process: Pick<NodeJS.Process, 'on' | 'off' | 'kill' | 'pid'>;
  /** The line for a terminal so wide. */
  readonly text: (columns: number) => string;
}

const PAINT_EVERY_MS = 250;

/** For one write: the terminal may have become narrower a moment ago, and a line that wraps would leave a row behind. */
const UNWRAPPED = '\x1b[?7l';
const WRAPPED = '\x1b[?7h';

/** Away with the rest of the row. */
const CLEAR_ROW = '\x1b[K';

/** Away with the rows below too, which a wrapped line has. From the second column: from the first tmux keeps a copy. */
const CLEAR_BELOW = `\r${CLEAR_ROW}\x1b[C\x1b[J\r`;

/** A terminal that does not tell its width is as wide as a punched card. */
const USUAL_COLUMNS = 80;

export class Progress {
  readonly #screen: Screen;
  readonly #timer: NodeJS.Timeout;
  #line = '';
  #isShown = false;
  readonly #onResize = (): void => this.#again();
  readonly #onSuspend = (): void => {
    this.#clear();
    this.#screen.process.kill(this.#screen.process.pid, 'SIGSTOP');
  };
  readonly #onContinue = (): void => this.#again();

  constructor(screen: Screen) {
    this.#screen = screen;
    this.#timer = setInterval(() => this.#paint(), PAINT_EVERY_MS);
    this.#timer.unref();
    screen.stream.on('resize', this.#onResize);
    screen.process.on('SIGTSTP', this.#onSuspend);
    screen.process.on('SIGCONT', this.#onContinue);
  }

  /** What `write` writes, lines with their ends, stands above the line. */
  above(write: () => void): void {
    // Also when there is no line yet: a Ctrl-C is shown as ^C where the cursor is.
    this.#screen.stream.write(`\r${CLEAR_ROW}`);
    write();
    this.#show();
  }

  /** Takes the line away for good; may be called more than once. */
  stop(): void {
    const { stream, process } = this.#screen;
    clearInterval(this.#timer);
    stream.off('resize', this.#onResize);
    process.off('SIGTSTP', this.#onSuspend);
    process.off('SIGCONT', this.#onContinue);
    this.#clear();
    this.#line = '';
  }

  /** The terminal has changed below the line. */
  #again(): void {
    if (this.#isShown) this.#screen.stream.write(CLEAR_BELOW);
    this.#isShown = false;
    this.#paint();
  }

  #paint(): void {
    const { stream, text } = this.#screen;
    const line = text(stream.columns || USUAL_COLUMNS);
    if (line === this.#line && this.#isShown) return;
    this.#line = line;
    if (line === '') this.#clear();
    else this.#show();
  }

  #show(): void {
    if (this.#line === '') return;
    this.#screen.stream.write(`\r${UNWRAPPED}${this.#line}${CLEAR_ROW}${WRAPPED}\r`);
    this.#isShown = true;
  }

  #clear(): void {
    if (this.#isShown) this.#screen.stream.write(`\r${CLEAR_ROW}`);
    this.#isShown = false;
  }
}
