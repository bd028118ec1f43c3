// Owns a real terminal in a test: a tmux server of its own (socket, no configuration of the user's), one pane in which the
// command line runs, keys typed into it, and the screen as a person would see it.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestContext } from 'node:test';

const BIN = fileURLToPath(new URL('../../bin/edgar-fetch.js', import.meta.url));

/** Why tests in a terminal cannot run here; false if they can. */
export const terminalSkip: string | false =
  spawnSync('tmux', ['-V'], { stdio: 'ignore' }).status === 0 ? false : 'tmux is not installed';

export interface Terminal {
  /** The lines on the screen and those that went off its top, as they were before they were wrapped, without those that are empty. */
  screen(): string[];
  cursorIsVisible(): boolean;
  /** Types a key by its tmux name (`C-c`). */
  type(key: string): void;
  resize(columns: number): void;
  /** Undefined while the command runs. */
  exitCode(): number | undefined;
}

interface TerminalOptions {
  /** Default: 120. */
  readonly columns?: number;
  /** The shell's (`2>err.txt`). */
  readonly redirect?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A shell with job control: after Ctrl-Z it waits for Enter, and brings the command back with `fg`. */
  readonly jobControl?: boolean;
}

/** Runs the command line in a terminal of 30 rows. */
export function openTerminal(
  context: TestContext,
  cwd: string,
  args: readonly string[],
  { columns = 120, redirect = '', env: more = {}, jobControl = false }: TerminalOptions = {},
): Terminal {
  const folder = mkdtempSync(join(tmpdir(), 'edgar-fetch-tmux-'));
  writeFileSync(join(folder, 'tmux.conf'), 'set -g status off\nset -g default-shell /bin/sh\n');
  const path = process.env['PATH'];
  const env = {
    PATH: path,
    HOME: folder,
    LANG: 'C.UTF-8',
    EDGAR_FETCH_STATE_DIR: join(cwd, '.machine-state'),
    ...more,
  };
  const tmux = (...words: string[]): string =>
    execFileSync('tmux', ['-S', join(folder, 'socket'), '-f', join(folder, 'tmux.conf'), ...words], {
      env,
      encoding: 'utf8',
    });
  context.after(() => {
    tmux('kill-server');
    rmSync(folder, { recursive: true, force: true });
  });
  const command = [process.execPath, BIN, ...args].map((word) => `'${word}'`).join(' ');
  // The shell outlives an interrupt, says how the command ended, and keeps the screen as it is.
  const suspended = jobControl ? 'echo "[stopped]"; read _; fg;' : '';
  const script = `trap : INT; ${jobControl ? 'set -m;' : ''} ${command} ${redirect}; ${suspended} echo "[ended with $?]"; exec sleep 3600`;
  tmux('new-session', '-d', '-x', String(columns), '-y', '30', '-c', cwd, script);
  const lines = (): string[] =>
    tmux('capture-pane', '-p', '-J', '-S', '-')
      .split('\n')
      .map((line) => line.trimEnd())
      .filter((line) => line !== '');
  return {
    screen: () => lines().filter((line) => !ENDED.test(line)),
    cursorIsVisible: () => tmux('display-message', '-p', '#{cursor_flag}').trim() === '1',
    resize: (wanted) => void tmux('resize-window', '-x', String(wanted)),
    type: (key) => void tmux('send-keys', key),
    exitCode: () => {
      const ended = lines().find((line) => ENDED.test(line));
      return ended === undefined ? undefined : Number(ENDED.exec(ended)?.[1]);
    },
  };
}

const ENDED = /\[ended with (\d+)\]$/;
