// Owns small file systems for tests of full and read-only disks: tmpfs and bind mounts below a test's own folder, all gone
// after the test. Needs root.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** Why such tests cannot run here, or false. */
export const smallDiskSkip: string | false = whyNot();

interface SmallDisk {
  /** Where it is mounted. */
  readonly path: string;
  /** Makes it as large as that, in KiB. */
  resize(kib: number): void;
}

/** Mounts a tmpfs of `kib` KiB in a folder of its own; it is unmounted after the test. */
export function mountSmallDisk(context: TestContext, kib: number): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'edgar-fetch-disk-'));
  const path = join(folder, 'disk');
  mkdirSync(path);
  mount(['-t', 'tmpfs', '-o', `size=${kib}k`, 'tmpfs', path]);
  context.after(() => {
    // Whatever is mounted below goes with it.
    unmount(path);
    rmSync(folder, { recursive: true, force: true });
  });
  return { path, resize: (size) => mount(['-o', `remount,size=${size}k`, path]) };
}

/** Puts the file or folder `from` at `at`, below a small disk. Returns what takes it away again. */
export function bind(from: string, at: string): () => void {
  mount(['--bind', from, at]);
  return () => unmount(at);
}

/**
 * From now on everything below `folder`, on a small disk, is read-only to whoever asks for it by its path (a file that is
 * open stays writable: a file system with such files cannot be remounted). Returns what ends that.
 */
export function makeReadOnly(folder: string): () => void {
  const unbind = bind(folder, folder);
  mount(['-o', 'remount,bind,ro', folder]);
  return unbind;
}

function mount(args: readonly string[]): void {
  execFileSync('mount', args, { stdio: 'pipe' });
}

function unmount(path: string): void {
  execFileSync('umount', ['--lazy', path], { stdio: 'pipe' });
}

function whyNot(): string | false {
  if (process.platform !== 'linux') return 'tmpfs mounts are tried on Linux only';
  if (process.getuid?.() !== 0) return 'mounting a small disk needs root';
  const folder = mkdtempSync(join(tmpdir(), 'edgar-fetch-disk-'));
  try {
    mount(['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]);
    unmount(folder);
    return false;
  } catch {
    return 'this machine does not allow mounts';
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
