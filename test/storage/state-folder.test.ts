// A state folder that somebody damaged is told before anything is fetched, once, by the path that is to be mended.
import assert from 'node:assert/strict';
import { symlinkSync, writeFileSync, mkdirSync } from 'node:fs';
import { after, test } from 'node:test';
import { CannotWriteError } from '../../src/model/errors.ts';
import { refuseWrongKinds, statePaths } from '../../src/storage/state-folder.ts';
import { put, THINGS } from '../support/things.ts';
import { withFolder } from '../support/test-folder.ts';

test('whatever stands in place of what a run works with is named; what belongs there, or nothing, is not', () =>
  withFolder(async (out) => {
    const fresh = statePaths(out);
    mkdirSync(fresh.folder);
    refuseWrongKinds(fresh);
    for (const thing of THINGS) {
      for (const name of ['manifest', 'lock', 'temporary', 'refused', 'replaced'] as const) {
        const paths = statePaths(`${out}/${thing} ${name}`);
        mkdirSync(paths.folder, { recursive: true });
        after(await put(thing, paths[name]));
        const isFolder = !['manifest', 'lock'].includes(name);
        if (thing === 'folder' && isFolder) refuseWrongKinds(paths);
        else
          assert.throws(
            () => refuseWrongKinds(paths),
            (error) =>
              error instanceof CannotWriteError &&
              error.message.startsWith(
                `cannot write ${paths[name]}: it is a ${thing} where a ${isFolder ? 'folder' : 'file'} belongs; `,
              ),
          );
      }
    }
  }));

test('a manifest and a folder that lie elsewhere, behind links, are as good', () =>
  withFolder((out) => {
    const paths = statePaths(out);
    mkdirSync(paths.folder);
    writeFileSync(`${out}/manifest`, '');
    symlinkSync('../manifest', paths.manifest);
    symlinkSync('..', paths.replaced);
    refuseWrongKinds(paths);
  }));
