// Owns a document's bytes between the wire and the disk: in memory, or in a temporary file of the destination. Whoever holds
// a body saves or discards it.

/** Bytes that are looked at by position, never as a whole. */
export interface ByteSource {
  readonly size: number;
  /** The bytes of `[position, position + length)`, fewer at the end. Valid until the next call. */
  read(position: number, length: number): Buffer;
}

/** A temporary file that is written. */
export interface BodyFile extends ByteSource {
  readonly path: string;
  /** Ends writing; `sync` forces the data to the device. Rejects with CannotWriteError. */
  complete(sync: boolean): Promise<void>;
  discard(): void;
}

interface Digests {
  readonly sha256: string;
  /** Where the SEC's ETag may be one to compare with. */
  readonly md5?: string | undefined;
}

/** Decoded and whole. */
export type Body =
  | (Digests & { readonly kind: 'memory'; readonly bytes: Buffer })
  | (Digests & { readonly kind: 'file'; readonly file: BodyFile });

export function memorySource(bytes: Buffer): ByteSource {
  return { size: bytes.length, read: (position, length) => bytes.subarray(position, position + length) };
}

export function sourceOf(body: Body): ByteSource {
  return body.kind === 'file' ? body.file : memorySource(body.bytes);
}

export function discardBody(body: Body | undefined): void {
  if (body?.kind === 'file') body.file.discard();
}
