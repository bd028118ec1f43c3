// Owns large documents for tests: different from each other, the same in every run, quickly made, and large on the wire too,
// since their text is pseudo-random and hardly compresses.
import { createHash } from 'node:crypto';
import { constants, deflateRawSync, deflateSync, gzipSync, type ZlibOptions } from 'node:zlib';

export const MIB = 1024 * 1024;

/** Pseudo-random base64 of so many bytes, of which a coding leaves three quarters. */
export function bulkyText(seed: string, bytes: number): string {
  const outputLength = Math.ceil((bytes * 3) / 4);
  return createHash('shake256', { outputLength }).update(seed).digest('base64').slice(0, bytes);
}

/** An instance of so many bytes that names its seed at both ends. */
export function bulkyInstance(seed: string, bytes: number): Buffer {
  const opening = `<?xml version="1.0" encoding="UTF-8"?>\n<xbrl xmlns="http://www.xbrl.org/2003/instance">\n<!-- ${seed} -->\n<text>`;
  const closing = `</text>\n<!-- ${seed} -->\n</xbrl>\n`;
  return Buffer.from(opening + bulkyText(seed, Math.max(0, bytes - opening.length - closing.length)) + closing);
}

/** Five times as fast as searching for repetitions, of which such text has none. */
const QUICKLY: ZlibOptions = { strategy: constants.Z_HUFFMAN_ONLY };

export const quickGzip = (body: Buffer): Buffer => gzipSync(body, QUICKLY);
export const quickDeflate = (body: Buffer): Buffer => deflateSync(body, QUICKLY);
export const quickDeflateRaw = (body: Buffer): Buffer => deflateRawSync(body, QUICKLY);
