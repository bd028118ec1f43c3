// Owns forcing folders to the device after names appeared in them. Documents of the same moment share one sync of their
// folder: whoever asks while one is under way gets the next.
import { close, constants, fsync, open } from 'node:fs';
import { promisify } from 'node:util';
import { errorCode } from '../../model/errors.ts';
import { cannotWrite } from '../disk-error.ts';

const openFile = promisify(open);
const syncFile = promisify(fsync);
const closeFile = promisify(close);

export class FolderSync {
  readonly #running = new Map<string, Promise<void>>();
  readonly #next = new Map<string, Promise<void>>();

  /** Resolves when every name that is in `folder` now will survive a power cut. Rejects with CannotWriteError. */
  sync(folder: string): Promise<void> {
    const running = this.#running.get(folder);
    if (running === undefined) return this.#start(folder);
    const waiting = this.#next.get(folder) ?? this.#after(running, folder);
    this.#next.set(folder, waiting);
    return waiting;
  }

  async #after(running: Promise<void>, folder: string): Promise<void> {
    await running.catch(() => undefined);
    this.#next.delete(folder);
    await this.#start(folder);
  }

  #start(folder: string): Promise<void> {
    const sync = syncFolder(folder).finally(() => this.#running.delete(folder));
    this.#running.set(folder, sync);
    return sync;
  }
}

export async function syncFolder(folder: string): Promise<void> {
  try {
    // What somebody put in place of the folder (a named pipe) is not waited for.
    const descriptor = await openFile(folder, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      await syncFile(descriptor);
    } catch (error) {
      // Some network file systems cannot sync a folder; they say so and there is nothing more to do.
      if (!['EINVAL', 'ENOTSUP', 'EBADF'].includes(errorCode(error))) throw error;
    } finally {
      await closeFile(descriptor);
    }
  } catch (error) {
    throw cannotWrite(folder, error);
  }
}
