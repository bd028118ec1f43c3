// Memory goes back in the call itself, and only that of a large buffer of its own.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { releaseMemory } from '../../../src/storage/folder/release-memory.ts';

test('a large buffer is empty afterwards, again and again', async () => {
  for (let round = 0; round < 3; round++) {
    const bytes = Buffer.alloc(1024 * 1024, 7);
    releaseMemory(bytes);
    assert.equal(bytes.length, 0);
    assert.equal(bytes.buffer.byteLength, 0);
    // The port is closed by now in any case.
    await sleep(1);
  }
});

test('the memory is freed without the garbage collector', () => {
  const before = process.memoryUsage().arrayBuffers;
  const kept = Array.from({ length: 50 }, () => Buffer.alloc(4 * 1024 * 1024, 7));
  for (const bytes of kept) releaseMemory(bytes);
  const more = process.memoryUsage().arrayBuffers - before;
  assert.ok(more < 8 * 1024 * 1024, `${more} bytes are still held`);
  assert.equal(kept.length, 50);
});

test('a small buffer, whose memory others may share, is left alone', () => {
  const shared = Buffer.alloc(64 * 1024, 7);
  const view = shared.subarray(0, 100);
  releaseMemory(shared);
  releaseMemory(view);
  assert.equal(shared.length, 64 * 1024);
  assert.equal(view[99], 7);
});
