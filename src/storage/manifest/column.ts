// Owns columns that lie beside a FingerprintSet: numbers and paths by index, in blocks, so that growing copies nothing.
import { foldCase } from '../../edgar/layout.ts';

const BLOCK_CELLS = 1 << 14;
const TEXT_BLOCK_BYTES = 1 << 20;

/** Numbers; a cell that was never set is 0. */
export class Column {
  readonly #blocks: (Float64Array | undefined)[] = [];

  get(index: number): number {
    return this.#blocks[Math.floor(index / BLOCK_CELLS)]?.[index % BLOCK_CELLS] ?? 0;
  }

  set(index: number, value: number): void {
    const block = (this.#blocks[Math.floor(index / BLOCK_CELLS)] ??= new Float64Array(BLOCK_CELLS));
    block[index % BLOCK_CELLS] = value;
  }
}

/** Paths, kept as UTF-8 in large blocks, each with a hash. One that is set again leaves its old bytes behind. */
export class PathColumn {
  /** Place of the text in the blocks, times 65,536, plus its length plus 1; 0 where there is none. */
  readonly #places = new Column();
  readonly #hashes = new Column();
  readonly #blocks: Buffer[] = [];
  #view = viewOf(Buffer.alloc(0));
  #used = TEXT_BLOCK_BYTES;

  get(index: number): string | undefined {
    const place = this.#places.get(index);
    if (place === 0) return undefined;
    const length = (place % 65_536) - 1;
    const position = Math.floor(place / 65_536);
    const start = position % TEXT_BLOCK_BYTES;
    return this.#blocks[Math.floor(position / TEXT_BLOCK_BYTES)]?.toString('utf8', start, start + length);
  }

  /** As `hashOfPath` of what is there, which was made while it was copied (*no-op*: 0.7 s a million); 0 where there is none. */
  hashAt(index: number): number {
    return this.#hashes.get(index);
  }

  /** Copies `bytes[start, end)`, which is UTF-8 and shorter than 64 KiB. */
  set(index: number, bytes: Buffer, start = 0, end = bytes.length): void {
    const length = end - start;
    if (this.#used + length > TEXT_BLOCK_BYTES) this.#addBlock();
    const at = this.#used;
    bytes.copy(this.#blocks[this.#blocks.length - 1] ?? bytes, at, start, end);
    const hash = hashOfAscii(this.#view, at, at + length);
    this.#hashes.set(index, hash ?? hashOfPath(bytes.toString('utf8', start, end)));
    this.#places.set(index, ((this.#blocks.length - 1) * TEXT_BLOCK_BYTES + at) * 65_536 + length + 1);
    this.#used += length;
  }

  #addBlock(): void {
    const block = Buffer.allocUnsafeSlow(TEXT_BLOCK_BYTES);
    this.#blocks.push(block);
    this.#view = viewOf(block);
    this.#used = 0;
  }
}

/** Equal for paths that may be one file (`foldCase`), mostly different for others; never 0. */
export function hashOfPath(path: string): number {
  const bytes = Buffer.from(foldCase(path));
  return hashOfBytes(viewOf(bytes), 0, bytes.length).hash;
}

function hashOfAscii(view: DataView, start: number, end: number): number | undefined {
  const { hash, isAscii } = hashOfBytes(view, start, end);
  return isAscii ? hash : undefined;
}

/** ASCII letters lose their case by a bit that is set in every byte. */
function hashOfBytes(view: DataView, start: number, end: number): { hash: number; isAscii: boolean } {
  let at = start;
  let hash = 0;
  let seen = 0;
  for (; at + 4 <= end; at += 4) {
    const word = view.getInt32(at);
    hash = mix(hash, word | 0x20202020);
    seen |= word;
  }
  for (; at < end; at++) {
    const byte = view.getUint8(at);
    hash = mix(hash, byte | 0x20);
    seen |= byte;
  }
  return { hash: hash === 0 ? 1 : hash, isAscii: (seen & 0x80808080) === 0 };
}

function mix(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
