// gzip (RFC 1952) and zlib (RFC 1950) streams: good ones in their less usual forms, and ones broken in one chosen place.
import { createHash } from 'node:crypto';
import { constants, crc32, deflateRawSync, deflateSync, gzipSync, type ZlibOptions } from 'node:zlib';

/** Large documents of the cases have no repetitions to look for, which costs five times the rest. */
const options = (data: Buffer): ZlibOptions =>
  data.length < 1024 * 1024 ? {} : { strategy: constants.Z_HUFFMAN_ONLY };

export const gzipped = (data: Buffer): Buffer => gzipSync(data, options(data));
export const deflated = (data: Buffer): Buffer => deflateSync(data, options(data));
export const deflatedRaw = (data: Buffer): Buffer => deflateRawSync(data, options(data));

interface GzipParts {
  /** Defaults to the plain ten bytes. */
  readonly header?: Buffer;
  readonly checksum?: number;
  readonly length?: number;
  readonly level?: number;
}

export const PLAIN_HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);

/** One gzip member, put together by hand. */
export const gzipMember = (data: Buffer, parts: GzipParts = {}): Buffer => {
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(parts.checksum ?? crc32(data), 0);
  trailer.writeUInt32LE(parts.length ?? data.length, 4);
  const stream = deflateRawSync(data, { ...options(data), level: parts.level ?? constants.Z_DEFAULT_COMPRESSION });
  return Buffer.concat([parts.header ?? PLAIN_HEADER, stream, trailer]);
};

/** The header with every optional field of RFC 1952: FEXTRA, FNAME, FCOMMENT and FHCRC. */
export const fullHeader = (): Buffer => {
  const fields = Buffer.concat([
    Buffer.from([0x1f, 0x8b, 8, 0x1e, 0, 0, 0, 0, 0, 3]),
    Buffer.from([4, 0]),
    Buffer.from('Ab\x00\x00', 'latin1'),
    Buffer.from('instance.xml\x00made by a case\x00', 'latin1'),
  ]);
  const headerChecksum = Buffer.alloc(2);
  headerChecksum.writeUInt16LE(crc32(fields) & 0xffff);
  return Buffer.concat([fields, headerChecksum]);
};

/** Turns over one bit in the middle. */
export const withFlippedBit = (stream: Buffer): Buffer => {
  const copy = Buffer.from(stream);
  const middle = copy.length >> 1;
  copy.writeUInt8(copy.readUInt8(middle) ^ 0x10, middle);
  return copy;
};

/** The members of a stream whose content is split at these shares. */
export const multiMember = (data: Buffer, pieces: number): Buffer => {
  const size = Math.ceil(data.length / pieces);
  return Buffer.concat(
    Array.from({ length: pieces }, (_, index) => gzipMember(data.subarray(index * size, (index + 1) * size))),
  );
};

/** A piece of deflate that grows to 1 MiB of NUL bytes, about a thousand times its size, and can be sent any number of times. */
export const growingBlock = (): Buffer =>
  deflateRawSync(Buffer.alloc(1024 * 1024), { level: 9, finishFlush: constants.Z_FULL_FLUSH });

/** A piece of deflate that holds so many bytes as they are, which are the same every time. */
export const incompressibleBlock = (size: number): Buffer => {
  const digests = Array.from({ length: Math.ceil(size / 64) }, (_, index) =>
    createHash('sha512').update(`${index}`).digest(),
  );
  return deflateRawSync(Buffer.concat(digests), { level: 0, finishFlush: constants.Z_FULL_FLUSH });
};
