// Owns what a failed system call means: the destination cannot be written (the run ends), or one name is impossible here
// (that document fails).
import { CannotWriteError } from '../model/errors.ts';
import { readableBytes } from '../model/units.ts';

const ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; make room and run the same command again',
  EDQUOT: 'the disk quota is used up; make room and run the same command again',
  EROFS: 'the file system is read-only; choose another --out or mount it writable',
  EIO: 'the device reports an I/O error; check the disk before running again',
  EACCES: 'permission was denied; give yourself write permission there or choose another --out',
  EPERM: 'permission was denied; give yourself write permission there or choose another --out',
  EMFILE: 'too many files are open; raise ulimit -n or lower --connections',
  ENFILE: 'too many files are open on this machine',
};

/** Codes that concern one name only. */
const NAME_CODES: ReadonlySet<string> = new Set(['ENAMETOOLONG', 'EILSEQ', 'EINVAL', 'ENOTDIR', 'EISDIR', 'ELOOP']);

/** True if this name cannot exist here, while others can. */
export function isImpossibleName(error: unknown): boolean {
  return NAME_CODES.has(errorCode(error));
}

/** One sentence for a person: the path, what is wrong, what to do. `freeBytes` of the file system, where known. */
export function cannotWrite(path: string, error: unknown, freeBytes?: number): CannotWriteError {
  if (error instanceof CannotWriteError) return error;
  const code = errorCode(error);
  const free = freeBytes === undefined ? '' : ` (${readableBytes(freeBytes)} free)`;
  const advice = ADVICE[code] ?? (error instanceof Error ? error.message : String(error));
  return new CannotWriteError(`cannot write ${path}${free}: ${advice}`, { cause: error });
}

export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
