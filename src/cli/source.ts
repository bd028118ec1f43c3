// Owns where the list comes from: a file, or stdin. What cannot be a list is said in one sentence before anything starts.
import { createReadStream, statSync } from 'node:fs';
import { UsageError } from '../model/errors.ts';

export interface Source {
  readonly stream: AsyncIterable<Uint8Array>;
  readonly name: string;
  /** Path of the file, if it is one that can be read twice. */
  readonly file?: string;
}

const READ_BYTES = 256 * 1024;

/** Opens the source named on the command line; `-` or nothing is stdin. Throws UsageError. */
export function openSource(source: string | undefined, stdin: NodeJS.ReadStream): Source {
  if (source === undefined || source === '-') return { stream: stdin, name: 'stdin' };
  let regular: boolean;
  try {
    const status = statSync(source);
    if (status.isDirectory()) throw new UsageError(`${source} is a folder; give a file with one URL a line`);
    regular = status.isFile();
  } catch (error) {
    throw sourceError(source, error);
  }
  return { stream: readFile(source), name: source, ...(regular ? { file: source } : {}) };
}

async function* readFile(path: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const block of createReadStream(path, { highWaterMark: READ_BYTES })) yield block as Uint8Array;
  } catch (error) {
    throw sourceError(path, error);
  }
}

function sourceError(path: string, error: unknown): Error {
  if (error instanceof UsageError) return error;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT')
    return new UsageError(`there is no file ${path}; give a file with one URL a line, or - for stdin`);
  if (code === 'EACCES') return new UsageError(`${path} may not be read; give yourself read permission`);
  return new UsageError(`${path} cannot be read (${error instanceof Error ? error.message : String(error)})`);
}

/** Number of lines of a file, for the progress bar. */
export async function countLines(path: string): Promise<number> {
  let lines = 0;
  let last = 0x0a;
  for await (const block of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    const bytes = block as Buffer;
    for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) lines++;
    last = bytes.at(-1) ?? last;
  }
  return last === 0x0a ? lines : lines + 1;
}
