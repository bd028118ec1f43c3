// Owns putting what is no ordinary file at a path: pipes, sockets, devices, folders and links that lead nowhere.
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdirSync, openSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename } from 'node:path';

export type Thing = 'folder' | 'named pipe' | 'socket' | 'device' | 'link to nothing' | 'link to itself';

export const THINGS: readonly Thing[] = [
  'folder',
  'named pipe',
  'socket',
  'device',
  'link to nothing',
  'link to itself',
];

/**
 * Puts a thing at a path; the promise resolves with what lets go of it. A pipe is held open at both ends meanwhile, so that
 * a wrong opening of it is seen and not waited for; `alone` holds it at neither.
 */
export async function put(thing: Thing, path: string, alone = false): Promise<() => void> {
  switch (thing) {
    case 'folder':
      mkdirSync(path);
      break;
    case 'named pipe': {
      execFileSync('mkfifo', [path]);
      if (alone) break;
      const ends = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
      return () => closeSync(ends);
    }
    case 'socket': {
      const server = createServer();
      await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
      return () => server.close();
    }
    case 'device':
      symlinkSync('/dev/null', path);
      break;
    case 'link to nothing':
      symlinkSync('nowhere', path);
      break;
    case 'link to itself':
      symlinkSync(basename(path), path);
      break;
  }
  return () => undefined;
}
