// Owns whether a document that is itself a gzip file is whole: it is inflated once and thrown away, since nothing else
// shows its end. A file that grows beyond reason is left undecided.
import { createGunzip } from 'node:zlib';
import type { ByteSource } from '../model/body.ts';
import { isOfZlib, piecesThrough, ZLIB_CHUNK_BYTES } from './inflate.ts';

const MAX_GROWTH = 300;

export type GzipFileEnd = 'whole' | 'broken' | 'too-large-to-tell';

/** Rejects only with what the source throws. */
export async function gzipFileEnds(source: ByteSource): Promise<GzipFileEnd> {
  const maxInflatedBytes = source.size * MAX_GROWTH + 4 * ZLIB_CHUNK_BYTES;
  let inflatedBytes = 0;
  try {
    for await (const chunk of piecesThrough(createGunzip({ chunkSize: ZLIB_CHUNK_BYTES }), source)) {
      inflatedBytes += chunk.length;
      if (inflatedBytes > maxInflatedBytes) return 'too-large-to-tell';
    }
    return 'whole';
  } catch (error) {
    if (isOfZlib(error)) return 'broken';
    throw error;
  }
}
