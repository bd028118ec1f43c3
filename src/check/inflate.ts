// Owns the walk of a body's bytes through a decoder of zlib, piece by piece. What the pieces are for is the caller's business.
import { Readable } from 'node:stream';
import type { Gunzip, Inflate, InflateRaw } from 'node:zlib';
import type { ByteSource } from '../model/body.ts';

export const ZLIB_CHUNK_BYTES = 256 * 1024;

export type Zlib = Gunzip | Inflate | InflateRaw;

/**
 * What the decoder makes of the bytes of `wire`, up to the end of the coding. Throws what the decoder finds (see `isOfZlib`), and
 * what the source throws.
 */
export async function* piecesThrough(zlib: Zlib, wire: ByteSource): AsyncGenerator<Buffer, void> {
  const pieces = Readable.from(piecesOf(wire));
  // Not a pipeline: the decoder leaves a piece with junk behind the end untaken for ever, which a pipeline waits for.
  // But a pipe tells its end nothing of a source that cannot be read: nobody would, and the thread would die of it.
  pieces.once('error', (error) => zlib.destroy(error));
  pieces.pipe(zlib);
  try {
    for await (const chunk of zlib) yield chunk as Buffer;
  } finally {
    pieces.destroy();
    zlib.destroy();
  }
}

/** True if the decoder found something wrong with the bytes. */
export function isOfZlib(error: unknown): boolean {
  return zlibCodeOf(error)?.startsWith('Z_') ?? false;
}

/** Copies: what a source gives is valid until its next call. */
export function* piecesOf(source: ByteSource): Generator<Buffer> {
  for (let at = 0; at < source.size; at += ZLIB_CHUNK_BYTES) yield Buffer.from(source.read(at, ZLIB_CHUNK_BYTES));
}

/** Node's code of an error: those of zlib begin with `Z_`. */
export function zlibCodeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
