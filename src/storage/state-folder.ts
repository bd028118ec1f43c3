// Owns the names inside `<out>/.edgar-fetch/`. Everything of ours lives there, so that a plain `ls` of the destination
// shows documents only.
import { join } from 'node:path';

export const STATE_FOLDER = '.edgar-fetch';

export interface StatePaths {
  readonly folder: string;
  readonly manifest: string;
  readonly failedList: string;
  readonly runs: string;
  readonly lock: string;
  /** Holds temporary files of the present run only; absent after a clean end. */
  readonly temporary: string;
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
    refused: join(folder, 'refused'),
    replaced: join(folder, 'replaced'),
  };
}
