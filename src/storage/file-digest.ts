// Owns hashing a file that is on disk, without holding it in memory.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { openPlainFile } from './plain-file.ts';

/** SHA-256 of a file's bytes, hex. Rejects with WrongKindError or the system's error. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  const fd = openPlainFile(path);
  for await (const chunk of createReadStream(path, { fd, highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
