// Owns whether a zip file is whole (APPNOTE 4.3.16): its end-of-central-directory record lies within the last 65,557 bytes
// and ends the file.
import type { ByteSource } from '../model/body.ts';

export type ZipFileEnd = 'whole' | 'cut' | 'no-zip';

export function zipFileEnds(source: ByteSource): ZipFileEnd {
  const magic = source.read(0, 4).toString('latin1');
  if (magic !== 'PK\x03\x04' && magic !== 'PK\x05\x06') return 'no-zip';
  const tailStart = Math.max(0, source.size - 65_557);
  const tail = source.read(tailStart, source.size - tailStart);
  for (let at = tail.length - 22; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== 0x06054b50) continue;
    // EDGAR's own archives are padded with NUL bytes.
    const end = at + 22 + tail.readUInt16LE(at + 20);
    if (end > tail.length || tail.subarray(end).some((byte) => byte !== 0)) continue;
    if (directoryFits(tail, at, tailStart)) return 'whole';
  }
  return 'cut';
}

/** The central directory must lie before its end record (zip64 marks its fields with all ones). */
function directoryFits(tail: Buffer, at: number, tailStart: number): boolean {
  const size = tail.readUInt32LE(at + 12);
  const offset = tail.readUInt32LE(at + 16);
  return size === 0xffffffff || offset === 0xffffffff || offset + size <= tailStart + at;
}
