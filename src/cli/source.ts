// Owns where the list comes from: a file, or stdin. What cannot be a list is said in one sentence before anything starts.
import { closeSync, constants, createReadStream, open, openSync, statSync, type Stats } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { errorCode, UsageError } from '../model/errors.ts';

export interface Source {
  readonly stream: AsyncIterable<Uint8Array>;
  readonly name: string;
  /** Path of the file, if it is one that can be read twice. */
  readonly file?: string;
  /** Reads no more: a writer that stays silent must not keep the process. */
  close(): void;
}

const READ_BYTES = 256 * 1024;

/** How often a pipe without a writer is let go, until its opening has heard of it. */
const LET_GO_MS = 10;

const openFile = promisify(open);

/** Opens the source named on the command line; `-` or nothing is stdin. Throws UsageError. */
export function openSource(source: string | undefined, stdin: NodeJS.ReadStream): Source {
  if (source === undefined || source === '-') return { stream: stdin, name: 'stdin', close: () => stdin.destroy() };
  let status: Stats;
  try {
    status = statSync(source);
  } catch (error) {
    throw sourceError(source, error);
  }
  if (status.isDirectory()) throw new UsageError(`${source} is a folder; give a file with one URL a line`);
  const opened = new OpenedFile(source, status.isFIFO());
  const close = (): void => opened.close();
  return { stream: opened.blocks(), name: source, close, ...(status.isFile() ? { file: source } : {}) };
}

/** A file that is read when it is wanted. A pipe is read as a socket: a plain read of one that is silent cannot be ended. */
class OpenedFile {
  readonly #path: string;
  readonly #isPipe: boolean;
  #stream: Readable | undefined;
  #opening = false;
  #closed = false;

  constructor(path: string, isPipe: boolean) {
    this.#path = path;
    this.#isPipe = isPipe;
  }

  async *blocks(): AsyncGenerator<Uint8Array> {
    try {
      this.#opening = true;
      const descriptor = await openFile(this.#path, 'r').finally(() => (this.#opening = false));
      if (this.#closed) {
        closeSync(descriptor);
        return;
      }
      this.#stream = this.#isPipe
        ? new Socket({ fd: descriptor, readable: true, writable: false })
        : createReadStream(this.#path, { fd: descriptor, highWaterMark: READ_BYTES });
      for await (const block of this.#stream) yield block as Uint8Array;
    } catch (error) {
      throw sourceError(this.#path, error);
    }
  }

  close(): void {
    this.#closed = true;
    this.#stream?.destroy();
    if (this.#isPipe) this.#letGo();
  }

  /** Opening a pipe waits for its writer, and nothing calls it off, not even the end of the process: we are its writer. */
  #letGo(): void {
    if (!this.#opening) return;
    try {
      closeSync(openSync(this.#path, constants.O_WRONLY | constants.O_NONBLOCK));
    } catch {
      // The thread that opens it has not come to it yet.
    }
    setTimeout(() => this.#letGo(), LET_GO_MS);
  }
}

function sourceError(path: string, error: unknown): Error {
  const code = errorCode(error);
  if (code === 'ENOENT')
    return new UsageError(`there is no file ${path}; give a file with one URL a line, or - for stdin`);
  if (code === 'EACCES') return new UsageError(`${path} may not be read; give yourself read permission`);
  return new UsageError(`${path} cannot be read (${error instanceof Error ? error.message : String(error)})`);
}
