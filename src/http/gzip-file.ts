// Owns whether a document that is itself a gzip file is whole: it is inflated once and thrown away, since nothing else
// shows its end. A file that grows beyond reason is left undecided.
import { once } from 'node:events';
import { createGunzip } from 'node:zlib';
import type { ByteSource } from './byte-source.ts';

const READ_BYTES = 1024 * 1024;
const MAX_GROWTH = 300;

export type GzipFileEnd = 'whole' | 'broken' | 'too-large-to-tell';

export async function gzipFileEnds(source: ByteSource): Promise<GzipFileEnd> {
  const gunzip = createGunzip({ chunkSize: 256 * 1024 });
  const maxInflatedBytes = source.size * MAX_GROWTH + READ_BYTES;
  let inflatedBytes = 0;
  const end = new Promise<GzipFileEnd>((resolve) => {
    gunzip.on('data', (chunk: Buffer) => {
      inflatedBytes += chunk.length;
      if (inflatedBytes > maxInflatedBytes) resolve('too-large-to-tell');
    });
    gunzip.once('end', () => resolve('whole'));
    gunzip.on('error', () => resolve('broken'));
  });
  const fed = feed(gunzip, source);
  const verdict = await end;
  gunzip.destroy();
  await fed;
  return verdict;
}

async function feed(gunzip: ReturnType<typeof createGunzip>, source: ByteSource): Promise<void> {
  for (let position = 0; position < source.size && !gunzip.destroyed; position += READ_BYTES) {
    if (gunzip.write(Buffer.from(source.read(position, READ_BYTES)))) continue;
    await Promise.race([once(gunzip, 'drain'), once(gunzip, 'close')]).catch(() => undefined);
  }
  gunzip.end();
}
