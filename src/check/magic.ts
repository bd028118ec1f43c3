// Owns the first bytes by which a gzip file, a PDF file and a picture are known. Pure.

/** A PDF file's header may stand anywhere in its first 1024 bytes (ISO 32000-1, annex H.3). */
export const PDF_HEADER_BYTES = 1024;

/** The first bytes of picture files, in hex. */
const PICTURES: readonly RegExp[] = [
  /^ffd8ff/, // JPEG
  /^89504e470d0a1a0a/, // PNG
  /^47494638(?:37|39)61/, // GIF87a, GIF89a
  /^424d/, // BMP
  /^(?:4949(?:2a|2b)00|4d4d00(?:2a|2b))/, // TIFF, of either byte order, and BigTIFF
  /^52494646.{8}57454250/, // RIFF of the kind WEBP
];

/** RFC 1952: magic and deflate. */
export function isGzip(start: Buffer): boolean {
  return start[0] === 0x1f && start[1] === 0x8b && start[2] === 8;
}

export function isPdf(start: Buffer): boolean {
  return start.subarray(0, PDF_HEADER_BYTES).includes('%PDF-');
}

/** Of any kind: of 167 `.jpg` of EDGAR 7 are PNG. */
export function isPicture(start: Buffer): boolean {
  const hex = start.toString('hex', 0, 12);
  return PICTURES.some((picture) => picture.test(hex));
}
