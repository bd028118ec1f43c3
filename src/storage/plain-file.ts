// Owns what may stand at a path of ours: an ordinary file or a folder, reached through links or not; and reading and
// writing such a file whole. Nothing else is opened: a named pipe is waited for for ever, a device may have no end, and a
// link to nothing may be a disk that is not mounted.
import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  createReadStream,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  statSync,
  writeSync,
  type Stats,
} from 'node:fs';
import { errorCode } from '../model/errors.ts';
import { WrongKindError } from './disk-error.ts';

type Kind = 'file' | 'folder' | 'named pipe' | 'socket' | 'device' | 'link to nothing' | 'link to itself';

/** Throws WrongKindError if anything but a `wanted` stands at a path; nothing may. Throws the system's errors. */
export function expectKind(path: string, wanted: 'file' | 'folder'): void {
  const found = kindAt(path);
  if (found !== undefined && found !== wanted) throw new WrongKindError(found, wanted);
}

/** What stands at a path, links followed; undefined for nothing. Throws the system's errors. */
export function kindAt(path: string): Kind | undefined {
  try {
    const status = statSync(path, { throwIfNoEntry: false });
    if (status !== undefined) return kindOf(status);
  } catch (error) {
    if (errorCode(error) === 'ELOOP') return 'link to itself';
    throw error;
  }
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true ? 'link to nothing' : undefined;
}

/** Opens an ordinary file, for reading unless `flags` say more. Throws WrongKindError, or the system's error. */
export function openPlainFile(path: string, flags = constants.O_RDONLY): number {
  let descriptor: number;
  try {
    // Without O_NONBLOCK, opening a pipe waits for somebody at its other end.
    descriptor = openSync(path, flags | constants.O_NONBLOCK, 0o666);
  } catch (error) {
    expectKind(path, 'file');
    throw error;
  }
  const kind = kindOf(fstatSync(descriptor));
  if (kind === 'file') return descriptor;
  closeSync(descriptor);
  throw new WrongKindError(kind, 'file');
}

/** The first bytes of an ordinary file, at most so many. Throws WrongKindError, or the system's error. */
export function readBeginning(path: string, maxBytes: number): Buffer {
  const descriptor = openPlainFile(path);
  try {
    const bytes = Buffer.allocUnsafe(Math.min(maxBytes, fstatSync(descriptor).size));
    let length = 0;
    while (length < bytes.length) {
      const count = readSync(descriptor, bytes, length, bytes.length - length, null);
      if (count === 0) break;
      length += count;
    }
    return bytes.subarray(0, length);
  } finally {
    closeSync(descriptor);
  }
}

/** SHA-256 of an ordinary file's bytes, hex, without holding it in memory. Rejects as `openPlainFile` throws. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  const fd = openPlainFile(path);
  for await (const chunk of createReadStream(path, { fd, highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Writes all: a full disk may take a part of it without an error, and says so only at the next call. */
export function writeFully(descriptor: number, bytes: Buffer): void {
  let written = 0;
  while (written < bytes.length) written += writeSync(descriptor, bytes, written);
}

function kindOf(status: Stats): Kind {
  if (status.isFile()) return 'file';
  if (status.isDirectory()) return 'folder';
  if (status.isFIFO()) return 'named pipe';
  return status.isSocket() ? 'socket' : 'device';
}
