// Owns running the real command line as a user does: a child process with its own environment, stdin and folder. Nothing
// of the outer environment that would change its answers is passed on.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestContext } from 'node:test';

export const BIN_FILE = fileURLToPath(new URL('../../bin/edgar-fetch.js', import.meta.url));

export const USER_AGENT = 'Edgar Fetch Tests tests@edgar-fetch.dev';

export interface CommandOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Written to stdin, which is then closed; a function writes as it likes. Default: an empty stdin. */
  readonly stdin?: string | Buffer | ((stdin: NodeJS.WritableStream) => void);
  readonly node?: readonly string[];
}

export interface CommandEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCommand {
  readonly child: ChildProcess;
  readonly ended: Promise<CommandEnd>;
}

/** Starts the command line. */
export function startCommand(args: readonly string[], options: CommandOptions): RunningCommand {
  return startProgram(process.execPath, [...(options.node ?? []), BIN_FILE, ...args], options);
}

function startProgram(program: string, args: readonly string[], options: CommandOptions): RunningCommand {
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: cleanEnvironment(options),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  child.stdin.on('error', () => undefined);
  if (typeof options.stdin === 'function') options.stdin(child.stdin);
  else child.stdin.end(options.stdin ?? '');
  const ended = new Promise<CommandEnd>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal, ...output }));
  });
  return { child, ended };
}

/** Runs the command line to its end. */
export function runCommand(args: readonly string[], options: CommandOptions): Promise<CommandEnd> {
  return startCommand(args, options).ended;
}

/** Runs another program in the same environment. */
export function runProgram(program: string, args: readonly string[], options: CommandOptions): Promise<CommandEnd> {
  return startProgram(program, args, options).ended;
}

/** A folder that is removed after the test. */
export function testFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'edgar-fetch-test-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function cleanEnvironment(options: CommandOptions): NodeJS.ProcessEnv {
  const ours = /^(?:EDGAR_|NODE_|(?:HTTPS?|NO|ALL)_PROXY$|(?:https?|no|all)_proxy$)/;
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
  return { ...inherited, EDGAR_FETCH_STATE_DIR: join(options.cwd, '.machine-state'), ...options.env };
}
