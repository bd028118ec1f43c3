// Owns the 128-bit digests that stand for URLs and paths in memory, so that a list of a million URLs costs some 25 bytes
// each and not its text. MurmurHash3_x86_128 (Austin Appleby, public domain): not cryptographic; it tells URLs apart.

/** Four 32-bit words, reused from call to call: copy what must last. */
export type Digest = Int32Array;

const C1 = 0x239b961b;
const C2 = 0xab0e9789;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93;

let scratchBytes = Buffer.alloc(16 * 1024);
let scratchWords = new Int32Array(scratchBytes.buffer, scratchBytes.byteOffset, scratchBytes.length / 4);
const result = new Int32Array(4);

/** Digest of a text's UTF-8 bytes. The result is valid until the next call. */
export function digestOfText(text: string): Digest {
  reserve(text.length * 3);
  return digestScratch(scratchBytes.write(text, 0, 'utf8'));
}

/** Digest of `bytes[start, end)`; equals `digestOfText` of the same text. */
export function digestOfBytes(bytes: Buffer, start: number, end: number): Digest {
  reserve(end - start);
  // A loop beats copy() below some 200 bytes.
  for (let at = start; at < end; at++) scratchBytes[at - start] = bytes[at] ?? 0;
  return digestScratch(end - start);
}

/** Digest of an ASCII text in lower case; undefined if the bytes are not ASCII. */
export function digestOfFoldedBytes(bytes: Buffer, start: number, end: number): Digest | undefined {
  reserve(end - start);
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte >= 0x80) return undefined;
    scratchBytes[at - start] = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
  }
  return digestScratch(end - start);
}

function reserve(length: number): void {
  if (length + 16 <= scratchBytes.length) return;
  scratchBytes = Buffer.alloc((length + 32) & ~15);
  scratchWords = new Int32Array(scratchBytes.buffer, scratchBytes.byteOffset, scratchBytes.length / 4);
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

function digestScratch(length: number): Digest {
  // Zero padding to a whole block replaces the reference's tail switch; the length is mixed in at the end all the same.
  const blocks = (length + 15) >>> 4;
  for (let at = length; at < blocks << 4; at++) scratchBytes[at] = 0;
  let h1 = 0x2f6d9c35;
  let h2 = 0x51ab47e1;
  let h3 = 0x7c3b8d19;
  let h4 = 0x13e5a7f7;
  for (let word = 0; word < blocks << 2; word += 4) {
    h1 ^= Math.imul(rotate(Math.imul(scratchWords[word] ?? 0, C1), 15), C2);
    h1 = (Math.imul((rotate(h1, 19) + h2) | 0, 5) + 0x561ccd1b) | 0;
    h2 ^= Math.imul(rotate(Math.imul(scratchWords[word + 1] ?? 0, C2), 16), C3);
    h2 = (Math.imul((rotate(h2, 17) + h3) | 0, 5) + 0x0bcaa747) | 0;
    h3 ^= Math.imul(rotate(Math.imul(scratchWords[word + 2] ?? 0, C3), 17), C4);
    h3 = (Math.imul((rotate(h3, 15) + h4) | 0, 5) + 0x96cd1c35) | 0;
    h4 ^= Math.imul(rotate(Math.imul(scratchWords[word + 3] ?? 0, C4), 18), C1);
    h4 = (Math.imul((rotate(h4, 13) + h1) | 0, 5) + 0x32ac3b17) | 0;
  }
  return finish(h1 ^ length, h2 ^ length, h3 ^ length, h4 ^ length);
}

function finish(h1: number, h2: number, h3: number, h4: number): Digest {
  h1 = (h1 + h2 + h3 + h4) | 0;
  const m1 = mix(h1);
  const m2 = mix((h2 + h1) | 0);
  const m3 = mix((h3 + h1) | 0);
  const m4 = mix((h4 + h1) | 0);
  const sum = (m1 + m2 + m3 + m4) | 0;
  result[0] = sum;
  result[1] = m2 + sum;
  result[2] = m3 + sum;
  result[3] = m4 + sum;
  return result;
}

function mix(word: number): number {
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return word ^ (word >>> 16);
}
