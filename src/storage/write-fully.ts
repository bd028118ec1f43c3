// Owns writing all of a buffer: a full disk may take a part of it without an error, and says so only at the next call.
import { writeSync } from 'node:fs';

export function writeFully(descriptor: number, bytes: Buffer): void {
  let written = 0;
  while (written < bytes.length) written += writeSync(descriptor, bytes, written);
}
