// Owns how a running process is told from another that got its number later, on this host, after a reboot, or in another
// container.
import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

export interface ProcessIdentity {
  readonly host: string;
  /** Changes with every boot; '' where the system does not say. */
  readonly bootId: string;
  /** Process numbers mean something only within their namespace (a container has its own). */
  readonly namespace: string;
  readonly pid: number;
  /** Start time as the system writes it; '' where it does not say. */
  readonly processStart: string;
}

export function identityOf(pid: number): ProcessIdentity {
  return { ...machineIdentity(), pid, processStart: processStart(pid) ?? '' };
}

/** What is known of the process behind an identity: `elsewhere` if its numbers mean nothing here. */
export function fateOf(identity: ProcessIdentity): 'running' | 'gone' | 'elsewhere' {
  const here = machineIdentity();
  if (identity.host !== here.host || identity.namespace !== here.namespace) return 'elsewhere';
  // What somebody wrote into a file of ours must not become a path below /proc.
  if (identity.bootId !== here.bootId || !Number.isSafeInteger(identity.pid)) return 'gone';
  const start = processStart(identity.pid);
  return start === undefined || start !== identity.processStart ? 'gone' : 'running';
}

function machineIdentity(): Pick<ProcessIdentity, 'host' | 'bootId' | 'namespace'> {
  return {
    host: hostname(),
    bootId: tryRead(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()) ?? '',
    namespace: tryRead(() => readlinkSync('/proc/self/ns/pid')) ?? '',
  };
}

/** Undefined if there is no such process. */
function processStart(pid: number): string | undefined {
  const stat = tryRead(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // proc(5): field 22, counted after the command in parentheses, which may hold blanks. A zombie (Z) has ended.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields !== undefined) return fields[0] === 'Z' ? undefined : fields[19];
  if (tryRead(() => readFileSync('/proc/self/stat')) !== undefined) return undefined;
  const started = tryRead(() => execFileSync('ps', ['-p', String(pid), '-o', 'lstart='], { encoding: 'utf8' }).trim());
  return started === '' ? undefined : started;
}

function tryRead<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
