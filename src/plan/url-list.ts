// Owns reading URL lists: streams of bytes in, numbered lines out, block by block. Holds one line at most, of 8 KiB, and of
// each list its first batch, until one of its lines is a URL: what has none is no list.
import { TextDecoder } from 'node:util';
import { UsageError } from '../model/errors.ts';
import { judgeLine, whyNoList } from './list-line.ts';

/** Longer lines, without the white space before them, are bad lines (RFC 9110 4.1 recommends 8,000 octets at least). */
const MAX_LINE_BYTES = 8 * 1024;

/** Of a longer line so many characters are kept, and this mark: so it is too long again when it comes back in `failed.txt`. */
const CUT = '…';

export interface ListLine {
  /** From 1, counted over all lists. */
  readonly number: number;
  /** Trimmed; not blank and no comment. One that is too long may be cut, and then ends in a mark. */
  readonly text: string;
  readonly tooLong: boolean;
  /** Where it stands, if there are several lists: `line 2 of b.txt`. */
  readonly place?: string;
}

export interface UrlList {
  /** How messages call it. */
  readonly name: string;
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Its lines were judged before: it is a list, whatever they are. */
  readonly isChecked?: boolean;
}

/**
 * Yields the lines of all lists, in order, as their blocks come.
 * Throws UsageError for a binary file, and for one without a URL among its first `batchSize` lines.
 */
export async function* readUrlLists(lists: readonly UrlList[], batchSize: number): AsyncGenerator<ListLine[], void> {
  const numbers = { last: 0 };
  for (const { name, bytes, isChecked } of lists) {
    const before = numbers.last;
    const read = readUrlList(bytes, name, numbers);
    const blocks = isChecked === true ? read : withUrls(read, name, before, batchSize);
    if (lists.length === 1) yield* blocks;
    else for await (const lines of blocks) yield lines.map((line) => placed(line, line.number - before, name));
  }
}

/** Each line would cost its memory: those that are no URL tell their place. */
function placed(line: ListLine, number: number, name: string): ListLine {
  return judgeLine(line).valid ? line : { ...line, place: `line ${number} of ${name}` };
}

async function* withUrls(
  blocks: AsyncIterable<ListLine[]>,
  name: string,
  before: number,
  batchSize: number,
): AsyncGenerator<ListLine[], void> {
  let first: ListLine[] | undefined = [];
  for await (const lines of blocks) {
    if (first === undefined) {
      yield lines;
      continue;
    }
    first = first.concat(lines);
    if (whyNoList(first.slice(0, batchSize)) !== undefined) {
      if (first.length >= batchSize) break;
    } else if (first.length > 0) {
      yield first;
      first = undefined;
    }
  }
  const why = whyNoList(first?.slice(0, batchSize) ?? []);
  if (why === undefined) return;
  throw new UsageError(`${name} is not a list of URLs; line ${why.line.number - before} ${why.reason}`);
}

/** Yields the lines of each block that the source gives; a block may have none. Throws UsageError for a binary file. */
export async function* readUrlList(
  source: AsyncIterable<Uint8Array>,
  name: string,
  numbers = { last: 0 },
): AsyncGenerator<ListLine[], void> {
  let decoder: TextDecoder | undefined;
  let start: Uint8Array = new Uint8Array(0);
  const splitter = new LineSplitter(numbers);
  for await (const block of source) {
    let bytes = block;
    if (decoder === undefined) {
      // A byte order mark may be cut by the blocks of a pipe.
      bytes = Buffer.concat([start, block]);
      start = bytes;
      if (bytes.length < 3) continue;
      if (bytes[0] === 0x1f && bytes[1] === 0x8b)
        throw new UsageError(`${name} is compressed; uncompress it with gunzip or zcat first`);
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
  readonly #numbers: { last: number };
  #rest = '';
  #afterCr = false;

  constructor(numbers: { last: number }) {
    this.#numbers = numbers;
  }

  /** The lines that end within `text`. */
  take(block: string): ListLine[] {
    const text = this.#withLineFeeds(block);
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

  /** CR and CRLF end lines too; a CRLF may be cut by the blocks of a pipe. */
  #withLineFeeds(block: string): string {
    const text = this.#afterCr && block.startsWith('\n') ? block.slice(1) : block;
    if (block !== '') this.#afterCr = block.endsWith('\r');
    return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
  }

  finish(text: string): ListLine[] {
    const lines = this.take(text);
    if (this.#rest !== '') this.#push(lines, this.#rest);
    return lines;
  }

  #push(lines: ListLine[], raw: string): void {
    this.#numbers.last++;
    this.#rest = '';
    const line = raw.trimStart();
    if (line === '' || line.startsWith('#')) return;
    const tooLong = isTooLong(line);
    const text = line.length > MAX_LINE_BYTES ? line.slice(0, MAX_LINE_BYTES) + CUT : line.trimEnd();
    lines.push({ number: this.#numbers.last, text, tooLong });
  }
}

function isTooLong(line: string): boolean {
  // No character has more than three bytes in UTF-8 (those of four are two here).
  return line.length > MAX_LINE_BYTES / 3 && Buffer.byteLength(line) > MAX_LINE_BYTES;
}
