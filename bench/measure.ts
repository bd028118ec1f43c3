// Runs one command outside of this process and says what it cost: its own CPU time and memory, the server's CPU time,
// and how much everybody else on the machine got in the way.
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Server } from './server.ts';
import { whenDone, type Workspace } from './workspace.ts';

/** Debian's own Python, for which python3-requests is packaged. */
export const PYTHON = '/usr/bin/python3';
const MEASURE = fileURLToPath(new URL('measure.py', import.meta.url));
const CLOCK_TICKS_PER_SECOND = 100;
const TELLS_OTHERS_FROM_SECONDS = 1;

export interface Command {
  readonly argv: readonly string[];
  readonly directory?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Piped into the command's standard input. */
  readonly stdinFile?: string;
}

export interface Measurement {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly peakMegabytes: number;
  readonly serverCpuSeconds: number | undefined;
  /** CPU time that neither the command nor the server used; unknown for runs too short to tell. */
  readonly othersCpuSeconds: number | undefined;
  /** When the command was started, in seconds since 1970. */
  readonly startedAt: number;
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

type Report = Pick<Measurement, 'exitCode' | 'startedAt' | 'wallSeconds' | 'cpuSeconds' | 'peakMegabytes'>;

/** No settings of the user, no proxy, no terminal. */
function environment(workspace: Workspace, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const { PATH = '/usr/bin:/bin' } = process.env;
  return { PATH, LANG: 'C.UTF-8', HOME: workspace.home, EDGAR_FETCH_STATE_DIR: workspace.home, ...more };
}

/** Seconds that all processors have spent in user and system mode. */
function machineCpuSeconds(): number | undefined {
  try {
    const [user, nice, system] = readFileSync('/proc/stat', 'utf8').split('\n')[0]!.split(/\s+/).slice(1).map(Number);
    return (user! + nice! + system!) / CLOCK_TICKS_PER_SECOND;
  } catch {
    return undefined;
  }
}

function difference(after: number | undefined, before: number | undefined): number | undefined {
  return after === undefined || before === undefined ? undefined : Math.max(0, after - before);
}

/** Starts it in a process group of its own, and ends the whole group on a timeout or when the benchmark ends. */
async function runGroup(
  argv: readonly string[],
  command: Command,
  files: Files,
  workspace: Workspace,
  timeout: number,
) {
  const [stdout, stderr] = [openSync(files.stdout, 'w'), openSync(files.stderr, 'w')];
  const child = spawn(PYTHON, argv, {
    cwd: command.directory,
    env: environment(workspace, command.environment),
    stdio: ['ignore', stdout, stderr],
    detached: true,
  });
  const kill = (): void => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, 'SIGKILL');
  };
  whenDone(kill);
  const timer = setTimeout(kill, timeout * 1000);
  await new Promise((resolve, reject) => child.once('exit', resolve).once('error', reject));
  clearTimeout(timer);
  closeSync(stdout);
  closeSync(stderr);
}

interface Files {
  readonly report: string;
  readonly stdout: string;
  readonly stderr: string;
}

function readReport(file: string, timeout: number): Report {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Report;
  } catch {
    throw new Error(`no answer within ${timeout} seconds`);
  }
}

export type Measure = (command: Command) => Promise<Measurement>;

export function makeMeasure(workspace: Workspace, server: Server, timeoutSeconds: number): Measure {
  const inScratch = (name: string): string => join(workspace.scratch, name);
  const files: Files = { report: inScratch('report.json'), stdout: inScratch('stdout'), stderr: inScratch('stderr') };
  return async (command) => {
    rmSync(files.report, { force: true });
    const [serverBefore, machineBefore] = [server.cpuSeconds(), machineCpuSeconds()];
    const argv = ['-I', '-S', MEASURE, files.report, command.stdinFile ?? '-', ...command.argv];
    await runGroup(argv, command, files, workspace, timeoutSeconds);
    const serverCpuSeconds = difference(server.cpuSeconds(), serverBefore);
    const report = readReport(files.report, timeoutSeconds);
    const known = report.cpuSeconds + (serverCpuSeconds ?? 0);
    const busy = difference(machineCpuSeconds(), machineBefore);
    return {
      ...report,
      serverCpuSeconds,
      othersCpuSeconds: report.wallSeconds < TELLS_OTHERS_FROM_SECONDS ? undefined : difference(busy, known),
      stdout: readFileSync(files.stdout, 'utf8'),
      stderr: readFileSync(files.stderr, 'utf8'),
    };
  };
}
