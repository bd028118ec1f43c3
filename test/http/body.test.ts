// A body that cannot be kept where it should be: what is told is what went wrong first.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BodyCollector, type TemporaryBody } from '../../src/http/body.ts';

const MIB = 1024 * 1024;

/** A file on a disk that is full after `room` bytes; what is asked of it after it failed is a mistake. */
function fileWithRoom(room: number): TemporaryBody & { discarded: number } {
  let size = 0;
  let failed = false;
  return {
    path: 'tmp',
    discarded: 0,
    get size() {
      return size;
    },
    write(chunk) {
      if (failed) throw new Error('it is closed');
      failed = size + chunk.length > room;
      if (failed) throw new Error('the disk is full');
      size += chunk.length;
    },
    read: () => assert.fail('nothing is read'),
    complete: () => assert.fail('it is not complete'),
    discard() {
      this.discarded++;
    },
  };
}

for (const coding of ['identity', 'gzip'] as const) {
  for (const room of [0, 1.5 * MIB, 3 * MIB]) {
    test(`a disk that is full after ${room} bytes is what is told of a large ${coding} body`, async () => {
      const file = fileWithRoom(room);
      const body = new BodyCollector({ coding, maxBytes: 100 * MIB, withMd5: false, openTemporary: () => file });
      let chunks = 0;
      while (body.onData(Buffer.alloc(MIB / 2)) && chunks < 20) chunks++;
      assert.ok(chunks < 20, 'no more is wanted');
      await assert.rejects(body.finish(), { message: 'the disk is full' });
      assert.ok(file.discarded > 0);
    });
  }
}
