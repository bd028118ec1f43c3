// Owns how the checks look at a body that may lie in memory or in a temporary file: by position, never as a whole.

export interface ByteSource {
  readonly size: number;
  /** The bytes of `[position, position + length)`, fewer at the end. Valid until the next call. */
  read(position: number, length: number): Buffer;
}

export function memorySource(bytes: Buffer): ByteSource {
  return { size: bytes.length, read: (position, length) => bytes.subarray(position, position + length) };
}
