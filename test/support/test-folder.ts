// Owns folders of single tests and of single property runs, each removed when it is no longer needed.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { statePaths } from '../../src/storage/state-folder.ts';

/** Runs `use` in a folder that is removed afterwards. */
export function withFolder<T>(use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'edgar-fetch-test-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  let result: T;
  try {
    result = use(folder);
  } catch (error) {
    remove();
    throw error;
  }
  if (!(result instanceof Promise)) {
    remove();
    return result;
  }
  return result.finally(remove) as T;
}

/** Makes a destination's state folder, with its folder for temporary files. */
export function makeState(destination: string): ReturnType<typeof statePaths> {
  const paths = statePaths(destination);
  mkdirSync(paths.temporary, { recursive: true });
  return paths;
}
