// Owns reading a URL list: a stream of bytes in, numbered lines out, block by block. Holds one line at most, of 8 KiB.
import { TextDecoder } from 'node:util';
import { UsageError } from '../model/errors.ts';

/** Longer lines, without the white space before them, are bad lines (RFC 9110 4.1 recommends 8,000 octets at least). */
const MAX_LINE_BYTES = 8 * 1024;

/** Of a longer line so many characters are kept, and this mark: so it is too long again when it comes back in `failed.txt`. */
const CUT = '…';

export interface ListLine {
  /** From 1. */
  readonly number: number;
  /** Trimmed; not blank and no comment. One that is too long may be cut, and then ends in a mark. */
  readonly text: string;
  readonly tooLong: boolean;
}

/**
 * Yields the lines of each block that the source gives, in order; a block may have none.
 * Throws UsageError for a binary file.
 */
export async function* readUrlList(source: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<ListLine[], void> {
  let decoder: TextDecoder | undefined;
  let start: Uint8Array = new Uint8Array(0);
  const splitter = new LineSplitter();
  for await (const block of source) {
    let bytes = block;
    if (decoder === undefined) {
      // A byte order mark may be cut by the blocks of a pipe.
      bytes = Buffer.concat([start, block]);
      start = bytes;
      if (bytes.length < 3) continue;
      decoder = decoderFor(bytes);
    }
    yield splitter.take(decodeBlock(decoder, bytes, name));
  }
  decoder ??= decoderFor(start);
  const rest = start.length < 3 ? decodeBlock(decoder, start, name) : '';
  yield splitter.finish(rest + decoder.decode());
}

/** PowerShell's `>` writes UTF-16 with a byte order mark. */
function decoderFor(start: Uint8Array): TextDecoder {
  if (start[0] === 0xff && start[1] === 0xfe) return new TextDecoder('utf-16le');
  if (start[0] === 0xfe && start[1] === 0xff) return new TextDecoder('utf-16be');
  return new TextDecoder('utf-8');
}

function decodeBlock(decoder: TextDecoder, bytes: Uint8Array, name: string): string {
  const text = decoder.decode(bytes, { stream: true });
  if (!text.includes('\0')) return text;
  throw new UsageError(`${name} is a binary file, not a list of URLs (one a line); give a text file`);
}

class LineSplitter {
  #rest = '';
  #number = 0;

  /** The lines that end within `text`. */
  take(text: string): ListLine[] {
    const lines: ListLine[] = [];
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      this.#push(lines, this.#rest + text.slice(start, end));
      start = end + 1;
    }
    this.#rest = (this.#rest + text.slice(start)).trimStart();
    // Characters are bytes at least.
    if (this.#rest.length > MAX_LINE_BYTES) this.#rest = this.#rest.slice(0, MAX_LINE_BYTES + 1);
    return lines;
  }

  finish(text: string): ListLine[] {
    const lines = this.take(text);
    if (this.#rest !== '') this.#push(lines, this.#rest);
    return lines;
  }

  #push(lines: ListLine[], raw: string): void {
    this.#number++;
    this.#rest = '';
    const line = raw.trimStart();
    if (line === '' || line.startsWith('#')) return;
    const tooLong = isTooLong(line);
    const text = line.length > MAX_LINE_BYTES ? line.slice(0, MAX_LINE_BYTES) + CUT : line.trimEnd();
    lines.push({ number: this.#number, text, tooLong });
  }
}

function isTooLong(line: string): boolean {
  // No character has more than three bytes in UTF-8 (those of four are two here).
  return line.length > MAX_LINE_BYTES / 3 && Buffer.byteLength(line) > MAX_LINE_BYTES;
}
