// Owns columns that lie beside a DigestTable: numbers and short texts by index, in blocks, so that growing copies nothing.
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
  readonly #hashes: Int32Array[] = [];
  readonly #blocks: Buffer[] = [];
  #used = TEXT_BLOCK_BYTES;
  /** Views of the last block and of the buffer that was copied from last: texts come many from one buffer. */
  #target = viewOf(EMPTY);
  #sourceBytes: Buffer = EMPTY;
  #source = viewOf(EMPTY);

  get(index: number): string | undefined {
    const place = this.#places.get(index);
    if (place === 0) return undefined;
    const length = (place % 65_536) - 1;
    const position = Math.floor(place / 65_536);
    const start = position % TEXT_BLOCK_BYTES;
    return this.#blocks[Math.floor(position / TEXT_BLOCK_BYTES)]?.toString('utf8', start, start + length);
  }

  /** Equal for paths that fold to one, letter case ignored; mostly different for others. 0 where there is none. */
  hashAt(index: number): number {
    return this.#hashes[Math.floor(index / BLOCK_CELLS)]?.[index % BLOCK_CELLS] ?? 0;
  }

  /** Shows the bytes of a text, if there is one, without making it a string. */
  visit(index: number, visit: (bytes: Buffer, start: number, end: number) => void): void {
    const place = this.#places.get(index);
    if (place === 0) return;
    const position = Math.floor(place / 65_536);
    const start = position % TEXT_BLOCK_BYTES;
    const block = this.#blocks[Math.floor(position / TEXT_BLOCK_BYTES)];
    if (block !== undefined) visit(block, start, start + (place % 65_536) - 1);
  }

  set(index: number, text: string): void {
    const bytes = Buffer.from(text);
    this.setBytes(index, bytes, 0, bytes.length);
  }

  /** Copies `bytes[start, end)`, which is UTF-8 and shorter than 64 KiB. */
  setBytes(index: number, bytes: Buffer, start: number, end: number): void {
    const length = end - start;
    if (this.#used + length > TEXT_BLOCK_BYTES) this.#addBlock();
    const hash = this.#copy(bytes, start, end) ?? hashOfFolded(bytes.toString('utf8', start, end));
    const hashes = (this.#hashes[Math.floor(index / BLOCK_CELLS)] ??= new Int32Array(BLOCK_CELLS));
    hashes[index % BLOCK_CELLS] = hash === 0 ? 1 : hash;
    this.#places.set(index, ((this.#blocks.length - 1) * TEXT_BLOCK_BYTES + this.#used) * 65_536 + length + 1);
    this.#used += length;
  }

  #addBlock(): void {
    const block = Buffer.allocUnsafeSlow(TEXT_BLOCK_BYTES);
    this.#blocks.push(block);
    this.#target = viewOf(block);
    this.#used = 0;
  }

  /**
   * By words: below some 200 bytes that beats `Buffer.copy` (a million paths: 0.1 s instead of 0.25). Returns the hash, in
   * which ASCII letters lose their case by a bit that is set in every byte; undefined if there are other letters.
   */
  #copy(bytes: Buffer, start: number, end: number): number | undefined {
    if (bytes !== this.#sourceBytes) {
      this.#sourceBytes = bytes;
      this.#source = viewOf(bytes);
    }
    let to = this.#used;
    let from = start;
    let hash = 0;
    let seen = 0;
    for (; from + 4 <= end; from += 4, to += 4) {
      const word = this.#source.getInt32(from);
      this.#target.setInt32(to, word);
      hash = mix(hash, word | 0x20202020);
      seen |= word;
    }
    for (; from < end; from++, to++) {
      const byte = this.#source.getUint8(from);
      this.#target.setUint8(to, byte);
      hash = mix(hash, byte | 0x20);
      seen |= byte;
    }
    return (seen & 0x80808080) === 0 ? hash : undefined;
  }
}

function hashOfFolded(path: string): number {
  const folded = foldCase(path);
  let hash = 0;
  for (let at = 0; at < folded.length; at++) hash = mix(hash, folded.charCodeAt(at) | 0x20);
  return hash;
}

function mix(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}

const EMPTY = Buffer.alloc(0);

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
