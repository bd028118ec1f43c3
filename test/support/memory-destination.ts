// Owns a destination in memory: what `Destination` promises, and nothing of a file system.
import { createHash } from 'node:crypto';
import type { Body } from '../../src/model/body.ts';
import type { DocumentRequest } from '../../src/model/document.ts';
import { permanentFailure } from '../../src/model/failure.ts';
import type { Destination, KnownFile, SavedFile, SaveEnd } from '../../src/storage/destination.ts';

export class MemoryDestination implements Destination {
  readonly files = new Map<string, Buffer>();
  readonly #replaced = new Map<string, Buffer>();

  areThere(files: readonly KnownFile[]): Promise<boolean[]> {
    return Promise.resolve(files.map(({ path, bytes }) => this.files.get(path)?.length === bytes));
  }

  isTaken(path: string): boolean {
    return this.files.has(path);
  }

  save({ paths, owned, existing }: DocumentRequest, body: Body): Promise<SaveEnd> {
    if (body.kind === 'file') throw new Error('it has no temporary files');
    for (const [rank, path] of paths.entries()) {
      const there = this.files.get(path);
      const isOwn = owned && rank === 0;
      if (there !== undefined && hashOf(there) === body.sha256)
        return Promise.resolve({ kind: 'same', path, adopted: !isOwn });
      if (there !== undefined && !isOwn) continue;
      const previousSha256 = there === undefined || existing === 'skip' ? undefined : this.#keep(there);
      this.files.set(path, body.bytes);
      const warning = rank === 0 ? undefined : `a file that is not of any row stands at ${paths[0] ?? ''}`;
      return Promise.resolve({ kind: 'saved', path, previousSha256, warning });
    }
    return Promise.resolve({ kind: 'failed', failure: permanentFailure('disk', 'every name is taken') });
  }

  refuse(): Promise<string> {
    return Promise.resolve('not kept');
  }

  undo({ path, previousSha256 }: SavedFile): void {
    const before = previousSha256 === undefined ? undefined : this.#replaced.get(previousSha256);
    if (before === undefined) this.files.delete(path);
    else this.files.set(path, before);
  }

  async matches(path: string, sha256: string): Promise<boolean> {
    return (await this.sha256Of(path, this.files.get(path)?.length)) === sha256;
  }

  sha256Of(path: string, bytes: number | undefined): Promise<string | undefined> {
    const there = this.files.get(path);
    return Promise.resolve(there && (there.length === bytes ? hashOf(there) : ''));
  }

  list(): Iterable<{ readonly path: string }> {
    return [...this.files.keys()].map((path) => ({ path }));
  }

  close(): void {
    // Nothing was started.
  }

  #keep(bytes: Buffer): string {
    this.#replaced.set(hashOf(bytes), bytes);
    return hashOf(bytes);
  }
}

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
