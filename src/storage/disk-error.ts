// Owns what a failed system call means: the destination cannot be written (the run ends), or one name is impossible here
// (that document fails).
import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { CannotWriteError, errorCode } from '../model/errors.ts';
import { readableBytes } from '../model/units.ts';

const ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; make room and run the same command again',
  EDQUOT: 'the disk quota is used up; make room and run the same command again',
  EROFS: 'the file system is read-only; choose another --out or mount it writable',
  EIO: 'the device reports an I/O error; check the disk before running again',
  EACCES: 'permission was denied; give yourself write permission there or choose another --out',
  EPERM: 'permission was denied; give yourself write permission there or choose another --out',
  ENOTSUP: 'the file system cannot do what is needed there; choose another --out',
  EXDEV: 'it lies on another file system than the rest of the destination; move it there or choose another --out',
  ENOENT: 'its folder is gone; restore it and run the same command again',
  EFBIG: 'the file system holds no file so large; choose another --out',
  ESTALE: 'the network file system lost it; mount it again and run the same command again',
  EBUSY: 'another program keeps it busy; end that and run the same command again',
  EMFILE: 'too many files are open; raise ulimit -n or lower --connections',
  ENFILE: 'too many files are open on this machine',
};

/** Something else stands where a file or a folder of ours belongs. The message says what, not where. */
export class WrongKindError extends Error {
  override readonly name = 'WrongKindError';
  readonly what: string;

  constructor(found: string, wanted: 'file' | 'folder') {
    const what = `it is a ${found} where a ${wanted} belongs`;
    super(`${what}; restore it or move it away, and run the same command again`);
    this.what = what;
  }
}

/** Codes that concern one name only. */
const NAME_CODES: ReadonlySet<string> = new Set(['ENAMETOOLONG', 'EILSEQ', 'EINVAL', 'ENOTDIR', 'EISDIR', 'ELOOP']);

/** True if this name cannot exist here, while others can. */
export function isImpossibleName(error: unknown): boolean {
  return NAME_CODES.has(errorCode(error));
}

/** One sentence for a person: the path, how much room there is, what is wrong, what to do. */
export function cannotWrite(path: string, error: unknown): CannotWriteError {
  if (error instanceof CannotWriteError) return error;
  const free = error instanceof WrongKindError ? undefined : freeBytes(path);
  const room = free === undefined ? '' : ` (${readableBytes(free)} free)`;
  return new CannotWriteError(`cannot write ${path}${room}: ${adviceOn(error)}`, { cause: error });
}

/** The same of a file of ours that must be read before anything can be written. */
export function cannotRead(path: string, error: unknown): CannotWriteError {
  if (error instanceof CannotWriteError) return error;
  return new CannotWriteError(`cannot read ${path}: ${adviceOn(error)}`, { cause: error });
}

/**
 * What the disk did where nobody expected it, as a sentence: undefined for errors that are none of a file, and so of a bug.
 */
export function unexpectedDiskError(error: unknown): CannotWriteError | undefined {
  if (!(error instanceof Error) || !('syscall' in error)) return undefined;
  const path = 'path' in error && typeof error.path === 'string' ? error.path : undefined;
  if (path === undefined && ADVICE[errorCode(error)] === undefined) return undefined;
  return new CannotWriteError(`cannot use ${path ?? 'a file'}: ${adviceOn(error)}`, { cause: error });
}

function adviceOn(error: unknown): string {
  return ADVICE[errorCode(error)] ?? (error instanceof Error ? error.message : String(error));
}

/** Bytes that the user may still write on the file system of `path`; undefined if it cannot be asked. */
function freeBytes(path: string): number | undefined {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    try {
      const { bavail, bsize } = statfsSync(folder);
      return bavail * bsize;
    } catch {
      if (dirname(folder) === folder) return undefined;
    }
  }
}
