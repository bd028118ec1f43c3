// Owns a temporary file under the destination (renames are atomic only inside one file system): written as bytes come,
// then moved to its final name or discarded. Writes are plain system calls: they go to the page cache, and a hop to
// another thread costs more than they do (measured: 44 us a file for open, write, close and rename).
import { closeSync, fstatSync, fsync, openSync, readSync, rmSync } from 'node:fs';
import { promisify } from 'node:util';
import { cannotWrite } from '../disk-error.ts';
import { writeFully } from '../plain-file.ts';

const fsyncFile = promisify(fsync);

export class TemporaryFile {
  readonly path: string;
  #descriptor: number | undefined;
  #size = 0;

  /** Creates the file. Throws CannotWriteError. */
  constructor(path: string) {
    this.path = path;
    try {
      this.#descriptor = openSync(path, 'wx+', 0o666);
    } catch (error) {
      throw cannotWrite(path, error);
    }
  }

  get size(): number {
    return this.#size;
  }

  /** Appends all of `chunk`. Throws CannotWriteError, after removing the file. */
  write(chunk: Buffer): void {
    try {
      writeFully(this.#open(), chunk);
      this.#size += chunk.length;
    } catch (error) {
      this.discard();
      throw cannotWrite(this.path, error);
    }
  }

  /** Bytes of `[position, position + length)`, fewer at the end. */
  read(position: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(length, this.#size - position)));
    let done = 0;
    while (done < bytes.length) {
      const count = readSync(this.#open(), bytes, done, bytes.length - done, position + done);
      if (count === 0) break;
      done += count;
    }
    return bytes.subarray(0, done);
  }

  /** Checks the length, forces the data to the device if asked, and closes. Throws CannotWriteError. */
  async complete(sync: boolean): Promise<void> {
    try {
      const descriptor = this.#open();
      if (fstatSync(descriptor).size !== this.#size) throw new Error('the file has another length than was written');
      if (sync) await fsyncFile(descriptor);
      this.#close();
    } catch (error) {
      this.discard();
      throw cannotWrite(this.path, error);
    }
  }

  /** Closes and removes; may be called more than once, and after the file was moved away. */
  discard(): void {
    try {
      this.#close();
      rmSync(this.path, { force: true });
    } catch {
      // What made it fail is told already; the folder of temporary files is removed as a whole.
    }
  }

  #open(): number {
    if (this.#descriptor === undefined) throw new Error(`${this.path} is closed`);
    return this.#descriptor;
  }

  #close(): void {
    if (this.#descriptor === undefined) return;
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    closeSync(descriptor);
  }
}

/** Names temporary files of one thread; names never repeat within a run. */
export class TemporaryFolder {
  readonly #folder: string;
  readonly #prefix: string;
  #count = 0;

  constructor(folder: string, prefix: string) {
    this.#folder = folder;
    this.#prefix = prefix;
  }

  open(): TemporaryFile {
    return new TemporaryFile(`${this.#folder}/${this.#prefix}-${(this.#count++).toString(36)}`);
  }
}
