// Owns running the command line under another program: one that watches it (strace) or takes its rights away (setpriv).
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CommandEnd } from './command-line.ts';

const BIN = fileURLToPath(new URL('../../bin/edgar-fetch.js', import.meta.url));

interface WrappedOptions {
  readonly cwd: string;
  readonly stdin: string;
}

/** True if `program` can be run here with these arguments and exits 0. */
export function works(program: string, args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

/** The command line as arguments to another program. */
function commandWords(args: readonly string[]): string[] {
  return [process.execPath, BIN, ...args];
}

/** Runs `<wrapper> node edgar-fetch <args>` to its end. */
export async function runWrapped(
  wrapper: readonly [string, ...string[]],
  args: readonly string[],
  options: WrappedOptions,
): Promise<CommandEnd> {
  const [program, ...words] = wrapper;
  const child = spawn(program, [...words, ...commandWords(args)], {
    cwd: options.cwd,
    env: { PATH: process.env['PATH'], EDGAR_FETCH_STATE_DIR: join(options.cwd, '.machine-state') },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  child.stdin.on('error', () => undefined).end(options.stdin);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal, ...output }));
  });
}
