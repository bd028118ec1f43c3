// One run at a time holds a destination; the lock of a process that is gone is taken over at once, one from elsewhere only
// after 60 s without a heartbeat.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, utimesSync, writeFileSync, existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { CannotWriteError, DestinationHeldError } from '../../src/model/errors.ts';
import { fateOf, identityOf } from '../../src/storage/process-identity.ts';
import { takeRunLock } from '../../src/storage/run-lock.ts';
import { put, THINGS } from '../support/things.ts';
import { withFolder } from '../support/test-folder.ts';

const NOW = Date.parse('2026-01-12T10:00:00Z');

/** A lock file of somebody else, whose last heartbeat was at `heartbeatMs`. */
function writeLock(path: string, record: object | string, heartbeatMs: number): void {
  writeFileSync(path, typeof record === 'string' ? record : `${JSON.stringify(record)}\n`);
  utimesSync(path, heartbeatMs / 1000, heartbeatMs / 1000);
}

function endedPid(): number {
  return spawnSync(process.execPath, ['-e', '0']).pid;
}

test('the second taker is told who holds the destination: host, process and since when', () => {
  withFolder((folder) => {
    const path = join(folder, 'lock');
    const lock = takeRunLock(path, 'downloads', process.pid, NOW);
    assert.throws(
      () => takeRunLock(path, 'downloads', process.pid, NOW + 3_600_000),
      (error) => {
        assert.ok(error instanceof DestinationHeldError);
        for (const part of ['downloads', hostname(), String(process.pid), '2026-01-12T10:00:00.000Z']) {
          assert.ok(error.message.includes(part), `${part} in ${error.message}`);
        }
        return true;
      },
    );
    lock.release();
    assert.deepEqual(readdirSync(folder), [], 'nothing stays behind');
    takeRunLock(path, 'downloads', process.pid, NOW).release();
  });
});

test('the lock of a process that is gone is taken over at once, however fresh its heartbeat', () => {
  withFolder((folder) => {
    const path = join(folder, 'lock');
    writeLock(path, { ...identityOf(process.pid), pid: endedPid(), since: 'x' }, NOW);
    const lock = takeRunLock(path, 'downloads', process.pid, NOW);
    assert.equal((JSON.parse(readFileSync(path, 'utf8')) as { pid: number }).pid, process.pid);
    assert.deepEqual(readdirSync(folder), ['lock']);
    lock.release();
  });
});

test('a process that got the number of the dead holder later is not taken for it', () => {
  const record = { ...identityOf(process.pid), processStart: '1' };
  assert.equal(fateOf(record), 'gone');
  assert.equal(fateOf(identityOf(process.pid)), 'running');
  withFolder((folder) => {
    const path = join(folder, 'lock');
    writeLock(path, { ...record, since: 'x' }, NOW);
    takeRunLock(path, 'downloads', process.pid, NOW).release();
  });
});

test('the lock of another boot of this host is taken over at once', () => {
  assert.equal(fateOf({ ...identityOf(process.pid), bootId: 'before' }), 'gone');
});

const ELSEWHERE: readonly (readonly [string, object | string])[] = [
  ['another host', { ...identityOf(process.pid), host: 'elsewhere', since: '2026-01-12T09:00:00Z' }],
  ['another container', { ...identityOf(process.pid), namespace: 'pid:[1]', since: '2026-01-12T09:00:00Z' }],
  ['nobody knows whom', 'garbage'],
  ['a version to come', '{"holder":"x"}'],
  ['a run that was killed while it wrote it', ''],
  ['a host without end', { ...identityOf(process.pid), host: 'x'.repeat(100_000), since: 'x' }],
  ['a host that would colour a terminal', { ...identityOf(process.pid), host: '\u001b[31m', since: 'x' }],
  ['a process with a path for a number', { ...identityOf(process.pid), pid: '../tmp', since: 'x' }],
  ['a giant', 'x'.repeat(1_000_000)],
];

for (const [name, record] of ELSEWHERE) {
  test(`the lock of ${name} is taken over after 60 s without a heartbeat, and not before`, () => {
    withFolder((folder) => {
      const path = join(folder, 'lock');
      writeLock(path, record, NOW - 59_000);
      assert.throws(() => takeRunLock(path, 'downloads', process.pid, NOW), DestinationHeldError);
      assert.equal(readFileSync(path, 'utf8').trim(), typeof record === 'string' ? record : JSON.stringify(record));
      utimesSync(path, (NOW - 61_000) / 1000, (NOW - 61_000) / 1000);
      takeRunLock(path, 'downloads', process.pid, NOW).release();
      assert.deepEqual(readdirSync(folder), []);
    });
  });
}

test('release removes only its own lock, and may be called again', () => {
  withFolder((folder) => {
    const path = join(folder, 'lock');
    const lock = takeRunLock(path, 'downloads', process.pid, NOW);
    writeLock(path, { ...identityOf(process.pid), host: 'elsewhere', since: 'x' }, NOW);
    lock.release();
    assert.ok(existsSync(path), "another run's lock stays");
    lock.release();
    assert.ok(existsSync(path));
  });
});

test("what is no file beside the lock is in nobody's way, and stays", () =>
  withFolder(async (folder) => {
    const path = join(folder, 'lock');
    for (const thing of THINGS) after(await put(thing, `${path}.new.${thing}`));
    const names = readdirSync(folder);
    takeRunLock(path, 'downloads', process.pid, NOW).release();
    assert.deepEqual(readdirSync(folder), names);
  }));

test('what is no file in place of the lock is told, and nobody waits for it', () =>
  withFolder(async (folder) => {
    for (const thing of THINGS) {
      const path = join(folder, thing);
      after(await put(thing, path));
      assert.throws(
        () => takeRunLock(path, 'downloads', process.pid, NOW),
        (error) => error instanceof CannotWriteError && error.message.includes(`it is a ${thing} where a file belongs`),
      );
    }
  }));

test('what a run left beside the lock when it was killed while taking it is removed; what belongs to a living one stays', () => {
  withFolder((folder) => {
    const path = join(folder, 'lock');
    const dead = { ...identityOf(process.pid), pid: endedPid(), since: 'x' };
    writeLock(`${path}.new.1.2`, dead, NOW);
    writeLock(`${path}.stale.1`, dead, NOW);
    writeLock(`${path}.new.3.4`, '{"host":', NOW);
    writeLock(`${path}.stale.5`, { ...identityOf(process.pid), since: 'x' }, NOW);
    writeLock(join(folder, 'lockers.txt'), 'not ours', NOW);
    takeRunLock(path, 'downloads', process.pid, NOW).release();
    assert.deepEqual(readdirSync(folder).sort(), ['lock.stale.5', 'lockers.txt']);
  });
});
