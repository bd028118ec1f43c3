// What the figures were measured on and with, and what is missing for measuring them.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { PYTHON } from './measure.ts';
import { missingCommand } from './tools.ts';

const BUSY_LOAD = 0.5;

/** Debian packages without which nothing can be measured. */
export function missingPackages(): readonly string[] {
  const missing = [
    missingCommand('nginx', 'nginx'),
    missingCommand('openssl', 'openssl'),
    existsSync(PYTHON) ? undefined : 'python3',
  ];
  return missing.filter((debianPackage) => debianPackage !== undefined);
}

function firstLine(command: string, ...argv: readonly string[]): string | undefined {
  try {
    return execFileSync(command, argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).split('\n')[0];
  } catch {
    return undefined;
  }
}

function versionOf(command: string, ...argv: readonly string[]): string | undefined {
  return /\d+(\.\d+)+/.exec(firstLine(command, ...argv) ?? '')?.[0];
}

/** Which commit the figures belong to; "+" when files differ from it. */
export function revision(): string {
  const commit = firstLine('git', 'rev-parse', '--short', 'HEAD') ?? 'unknown commit';
  return firstLine('git', 'status', '--porcelain', '--untracked-files=no') ? `${commit}+` : commit;
}

export function describeMachine(): string {
  const cores = `${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown processor'})`;
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  const requests = firstLine(PYTHON, '-c', 'import requests; print(requests.__version__)');
  const versions = [
    ['nginx', versionOf('sh', '-c', 'nginx -v 2>&1')],
    ['curl', versionOf('curl', '--version')],
    ['wget2', versionOf('wget2', '--version')],
    ['aria2', versionOf('aria2c', '--version')],
    ['requests', requests],
    ['Node', process.versions.node],
  ].flatMap(([name, version]) => (version === undefined ? [] : [`${name!} ${version}`]));
  return `${cores}, ${memory}; ${versions.join(', ')}`;
}

/** A plain warning when others keep the machine busy already. */
export function busyWarning(): string | undefined {
  const [load] = loadavg() as [number];
  if (load < BUSY_LOAD) return undefined;
  return `the machine is busy (load ${load.toFixed(1)}): figures will be worse than they are.`;
}
