// Owns where the lists come from: files, stdin, URLs on the command line. What cannot be a list is said in one sentence before
// anything starts.
import { closeSync, constants, createReadStream, open, openSync, statSync, type Stats } from 'node:fs';
import { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { errorCode, UsageError } from '../model/errors.ts';
import { prefixMissing } from '../plan/list-line.ts';
import type { UrlList } from '../plan/url-list.ts';

export interface Source {
  readonly lists: readonly UrlList[];
  /** How messages call all of it. */
  readonly name: string;
  /** What can be read a second time, as paths and as URLs that were arguments; undefined if some of it cannot. */
  readonly again?: { readonly files: readonly string[]; readonly urls: number };
  /** Reads no more: a writer that stays silent must not keep the process. */
  close(): void;
}

interface OpenList extends UrlList {
  readonly file?: string;
  readonly urls?: number;
  close(): void;
}

const READ_BYTES = 256 * 1024;

/** How often a pipe without a writer is let go, until its opening has heard of it. */
const LET_GO_MS = 10;

const openFile = promisify(open);

/** Opens what the command line names: files, URLs, and `-` or nothing for stdin. Throws UsageError. */
export function openSource(names: readonly string[], stdin: NodeJS.ReadStream): Source {
  const lists: OpenList[] = [];
  const urls = names.filter(isUrl);
  for (const [at, name] of (names.length === 0 ? ['-'] : names).entries()) {
    if (!isUrl(name)) lists.push(openList(name, stdin));
    // All URLs are one list, at the place of the first.
    else if (names.findIndex(isUrl) === at) lists.push(listOf(urls));
  }
  if (lists.filter(({ bytes }) => bytes === stdin).length > 1)
    throw new UsageError('stdin can be read once only; give - once');
  const [first] = lists;
  const repeatable = lists.every(({ file, urls }) => file !== undefined || urls !== undefined);
  const files = lists.flatMap(({ file }) => file ?? []);
  return {
    lists,
    name: lists.length === 1 && first !== undefined ? first.name : `the ${lists.length} lists`,
    ...(repeatable ? { again: { files, urls: urls.length } } : {}),
    close: () => lists.forEach((list) => list.close()),
  };
}

function isUrl(name: string): boolean {
  return /^https?:\/\//i.test(name);
}

function listOf(urls: readonly string[]): OpenList {
  const bytes = Readable.from(urls.map((url) => Buffer.from(`${url}\n`)));
  return { name: 'the command line', bytes, urls: urls.length, close: () => undefined };
}

function openList(path: string, stdin: NodeJS.ReadStream): OpenList {
  if (path === '')
    throw new UsageError('the name of the list is empty; give a file with one URL a line, or - for stdin');
  if (path === '-') return { name: 'stdin', bytes: stdin, close: () => stdin.destroy() };
  let status: Stats;
  try {
    status = statSync(path);
  } catch (error) {
    throw sourceError(path, error);
  }
  if (status.isDirectory())
    throw new UsageError(`${path} is a folder; give a file with one URL a line, and the destination as --out ${path}`);
  const opened = new OpenedFile(path, status.isFIFO());
  const close = (): void => opened.close();
  return { name: path, bytes: opened.blocks(), close, ...(status.isFile() ? { file: path } : {}) };
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
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') {
    const prefix = prefixMissing(path);
    const advice =
      prefix === undefined
        ? 'give a file with one URL a line, or - for stdin'
        : `if it is meant as a URL, ${prefix} is missing before it`;
    return new UsageError(`there is no file ${path}; ${advice}`);
  }
  if (code === 'EACCES' || code === 'EPERM')
    return new UsageError(`${path} may not be read; check its permissions and those of its folders`);
  return new UsageError(`${path} cannot be read (${error instanceof Error ? error.message : String(error)})`);
}
