// Owns reading a file of lines in a buffer that never grows, whatever the file holds: its whole lines block by block. A
// line that fills the buffer is passed over and counted; what follows the last line end is torn, and no line.
import { readSync } from 'node:fs';

const LINE_END = 0x0a;

/** Whole lines: `buffer[start, end)`, of which `buffer[0]` lies at `offset` in the file. Valid until the next block. */
export interface BlockOfLines {
  readonly buffer: Buffer;
  readonly start: number;
  readonly end: number;
  readonly offset: number;
}

export class WholeLines {
  readonly #descriptor: number;
  readonly #buffer: Buffer;
  /** Lines that were too long. */
  tooLong = 0;

  /** A line, its end included, is at most `maxBytes` long. */
  constructor(descriptor: number, maxBytes: number) {
    this.#descriptor = descriptor;
    this.#buffer = Buffer.allocUnsafe(maxBytes);
  }

  *blocks(): Generator<BlockOfLines, void> {
    const buffer = this.#buffer;
    let offset = 0;
    let kept = 0;
    let inLongLine = false;
    for (;;) {
      const count = readSync(this.#descriptor, buffer, kept, buffer.length - kept, offset + kept);
      if (count === 0) return;
      const bytes = buffer.subarray(0, kept + count);
      const firstEnd: number = inLongLine ? bytes.indexOf(LINE_END) : -1;
      const start = firstEnd + 1;
      if (firstEnd >= 0) this.tooLong++;
      inLongLine &&= firstEnd < 0;
      const end = bytes.lastIndexOf(LINE_END) + 1;
      if (end > start) yield { buffer, start, end, offset };
      inLongLine ||= end === 0 && bytes.length === buffer.length;
      const consumed = inLongLine ? bytes.length : end;
      offset += consumed;
      kept = bytes.length - consumed;
      buffer.copyWithin(0, consumed, bytes.length);
    }
  }
}
