// Owns running a script of the tests in a process of its own, which says line by line how far it has got and is ended when
// it says nothing for too long: what hangs must fail its test by name, not hang the run.
import { spawn } from 'node:child_process';
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';

export interface WatchedEnd {
  /** It said nothing for too long and was ended. */
  readonly hung: boolean;
  readonly exitCode: number | null;
  readonly stderr: string;
}

/**
 * Runs `script` (a TypeScript file) with this input, as JSON in its first argument; `onLine` sees each line that it says.
 * Resolves when it has ended.
 */
export async function runWatched(
  script: string,
  input: unknown,
  silenceMs: number,
  onLine: (line: string) => void,
): Promise<WatchedEnd> {
  const args = ['--import', 'tsx', script, JSON.stringify(input)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString()));
  let hung = false;
  const end = (): void => {
    hung = true;
    child.kill('SIGKILL');
  };
  // Starting takes a while on a busy machine.
  let silence = setTimeout(end, silenceMs + 30_000);
  createInterface({ input: child.stdout }).on('line', (line) => {
    clearTimeout(silence);
    silence = setTimeout(end, silenceMs);
    onLine(line);
  });
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  clearTimeout(silence);
  return { hung, exitCode, stderr };
}

/** Says a line in the watched process, at once: it arrives even if the next statement never ends. */
export function say(line: unknown): void {
  let bytes = Buffer.from(`${JSON.stringify(line)}\n`);
  while (bytes.length > 0) bytes = bytes.subarray(writeSome(bytes));
}

/** The pipe takes nothing while it is full. */
function writeSome(bytes: Buffer): number {
  try {
    return writeSync(1, bytes);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    return 0;
  }
}

/** The input of the watched process. */
export function watchedInput(): unknown {
  return JSON.parse(process.argv[2] ?? 'null');
}
