// Owns `refused/`: the bodies that came whole but were not accepted, so that a person can see what was sent. The last 100.
// A body that cannot be kept there changes nothing about its document; a disk that is full ends the run, as anywhere.
import { readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Body } from '../../model/body.ts';
import type { DocumentRequest } from '../../model/document.ts';
import { CannotWriteError, errorCode } from '../../model/errors.ts';
import { cannotWrite } from '../disk-error.ts';
import { makeFolder } from '../make-folder.ts';
import { STATE_FOLDER } from '../state-folder.ts';

const MAX_KEPT = 100;
const MAX_NAME_BYTES = 200;
/** Codes that concern more than this folder. */
const OF_THE_DISK: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EMFILE', 'ENFILE']);

export class RefusedBodies {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Keeps a body; says where (relative to the destination), or why not. Consumes the body. Rejects with CannotWriteError. */
  async keep(request: DocumentRequest, body: Body): Promise<string> {
    const base = Buffer.from(basename(request.paths[0] ?? 'document')).subarray(0, MAX_NAME_BYTES);
    const name = `${body.sha256.slice(0, 8)}-${base.toString('utf8').replace(/\ufffd{1,3}$/, '')}`;
    const path = join(this.#folder, name);
    try {
      makeFolder(this.#folder);
      if (body.kind === 'memory') writeFileSync(path, body.bytes);
      else {
        await body.file.complete(false);
        renameSync(body.file.path, path);
      }
      this.#trim();
    } catch (error) {
      if (body.kind === 'file') body.file.discard();
      if (error instanceof CannotWriteError || OF_THE_DISK.has(errorCode(error))) throw cannotWrite(path, error);
      return `not kept, because ${this.#folder} cannot take it (${errorCode(error)})`;
    }
    return `kept as ${join(STATE_FOLDER, 'refused', name)}`;
  }

  /** Removes the oldest beyond the last 100. Other threads may be at it too: what is gone is gone. */
  #trim(): void {
    const entries = readdirSync(this.#folder, { withFileTypes: true });
    if (entries.length <= MAX_KEPT) return;
    // Folders there are somebody else's.
    const files = entries.filter((entry) => !entry.isDirectory());
    const aged = files
      .map(({ name }) => ({ name, atMs: statSync(join(this.#folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
      .sort((one, other) => one.atMs - other.atMs);
    for (const { name } of aged.slice(0, Math.max(0, files.length - MAX_KEPT)))
      rmSync(join(this.#folder, name), { force: true });
  }
}
