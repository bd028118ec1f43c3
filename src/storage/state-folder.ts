// Owns the names inside `<out>/.edgar-fetch/`. Everything of ours lives there, so that a plain `ls` of the destination
// shows documents only.
import { join } from 'node:path';
import { cannotWrite } from './disk-error.ts';
import { expectKind } from './plain-file.ts';

export const STATE_FOLDER = '.edgar-fetch';

export interface StatePaths {
  readonly folder: string;
  readonly manifest: string;
  readonly failedList: string;
  readonly runs: string;
  readonly lock: string;
  /** Holds temporary files of the present run only; absent after a clean end. */
  readonly temporary: string;
  /** Where the present run says how far it is. */
  readonly standing: string;
  readonly refused: string;
  readonly replaced: string;
}

export function statePaths(destination: string): StatePaths {
  const folder = join(destination, STATE_FOLDER);
  return {
    folder,
    manifest: join(folder, 'manifest.jsonl'),
    failedList: join(folder, 'failed.txt'),
    runs: join(folder, 'runs.jsonl'),
    lock: join(folder, 'lock'),
    temporary: join(folder, 'tmp'),
    standing: join(folder, 'tmp', 'standing.json'),
    refused: join(folder, 'refused'),
    replaced: join(folder, 'replaced'),
  };
}

/**
 * Throws CannotWriteError for what a run cannot work with: before it starts, since a document must not be fetched for a
 * manifest that cannot name it. The closing files are judged when they are written.
 */
export function refuseWrongKinds(paths: StatePaths): void {
  for (const name of ['manifest', 'lock'] as const) refuseWrongKind(paths[name], 'file');
  for (const name of ['temporary', 'refused', 'replaced'] as const) refuseWrongKind(paths[name], 'folder');
}

/** Throws CannotWriteError. */
function refuseWrongKind(path: string, wanted: 'file' | 'folder'): void {
  try {
    expectKind(path, wanted);
  } catch (error) {
    throw cannotWrite(path, error);
  }
}
