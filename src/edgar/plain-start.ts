// Owns the beginning of a body as plain bytes: a gzip that no Content-Encoding announced is unpacked, and UTF-16 becomes
// UTF-8. For looking at only: what is saved is never touched.
import { constants, gunzipSync } from 'node:zlib';

/** No page of refusal on record is larger than 8 KB; this leaves room for whatever comes before one. */
const PLAIN_START_BYTES = 64 * 1024;

/** Deflate makes at most 1,032 bytes of one: so much gzip is 4 MB at worst. */
const PACKED_START_BYTES = 4 * 1024;

/** At most the first 64 KiB. Usually a view of `body`. */
export function plainStart(body: Buffer): Buffer {
  const bytes = body[0] === 0x1f && body[1] === 0x8b ? unpackedStart(body) : body;
  const start = bytes.length > PLAIN_START_BYTES ? bytes.subarray(0, PLAIN_START_BYTES) : bytes;
  switch (utf16Order(start)) {
    case undefined:
      return start;
    case 'little':
      return Buffer.from(start.toString('utf16le'));
    case 'big':
      return Buffer.from(
        Buffer.from(start.subarray(0, start.length & ~1))
          .swap16()
          .toString('utf16le'),
      );
  }
}

/** The flush makes zlib give what it has where the bytes end, cut by us or by a server. */
function unpackedStart(body: Buffer): Buffer {
  try {
    return gunzipSync(body.subarray(0, PACKED_START_BYTES), { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return body; // No gzip after all, or a broken one: it shows no page.
  }
}

/** By byte order mark, or by every other one of the first bytes being NUL: markup begins in ASCII. */
function utf16Order(bytes: Buffer): 'little' | 'big' | undefined {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return 'little';
  if (first === 0xfe && second === 0xff) return 'big';
  if ((first !== 0 && second !== 0) || bytes.length < 4) return undefined;
  const isNul = (byte: number): boolean => byte === 0;
  const start = [...bytes.subarray(0, Math.min(16, bytes.length & ~1))];
  const even = start.filter((_, index) => index % 2 === 0);
  const odd = start.filter((_, index) => index % 2 === 1);
  if (odd.every(isNul) && !even.some(isNul)) return 'little';
  return even.every(isNul) && !odd.some(isNul) ? 'big' : undefined;
}
