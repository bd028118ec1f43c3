// Owns making a folder that a user named, with those above it. Node's own (`recursive`) hides what is wrong (EROFS comes as
// ENOENT), and tries for ever where a file system has no place for new names (/proc).
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorCode } from '../model/errors.ts';

/**
 * As mkdir -p; whoever makes it at the same moment is welcome. Returns the folders that it made, the outermost first.
 * Throws the system's error.
 */
export function makeFolder(folder: string): string[] {
  if (isFolder(folder)) return [];
  try {
    mkdirSync(folder);
    return [folder];
  } catch (error) {
    const above = dirname(folder);
    if (errorCode(error) === 'EEXIST' && isFolder(folder)) return [];
    if (errorCode(error) !== 'ENOENT' || above === folder || isFolder(above)) throw error;
    return [...makeFolder(above), ...makeFolder(folder)];
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
