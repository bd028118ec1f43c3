// Every file that is posted is answered once, by whichever thread, as a look at the disk would answer it.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { isThere, LookBoard } from '../../../src/storage/folder/look-board.ts';
import { withFolder } from '../../support/test-folder.ts';

/** Files of 0 to 9 bytes, named by their size; a folder; and what is not there. */
function fill(out: string): void {
  for (let size = 0; size < 10; size++) writeFileSync(join(out, `ü${size}`), 'x'.repeat(size));
  mkdirSync(join(out, 'folder'));
}
const PATHS = [...Array.from({ length: 10 }, (_, size) => `ü${size}`), 'folder', 'none', 'ü1/below'];

test('a file is there if it is one and has the size', () => {
  withFolder((out) => {
    fill(out);
    assert.deepEqual(
      PATHS.map((path) => isThere(out, path, 3)),
      PATHS.map((path) => path === 'ü3'),
    );
    assert.equal(isThere(out, `a\0b`, 3), false);
  });
});

test('however posts, answers and the other thread take turns, each ticket gets the answer for its file', () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ path: fc.constantFrom(...PATHS), bytes: fc.nat(10) }) },
    fc.constantFrom('fetch' as const, 'other thread' as const),
  );
  withFolder((out) => {
    fill(out);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const board = new LookBoard(out);
        const other = new LookBoard(out, board.memory);
        const waiting: { ticket: number; expected: boolean }[] = [];
        const fetch = (): void => {
          const next = waiting.shift();
          if (next !== undefined) assert.equal(board.fetch(next.ticket), next.expected);
        };
        for (const one of steps) {
          if (one === 'fetch') fetch();
          else if (one === 'other thread') other.lookAtNext();
          else waiting.push({ ticket: board.post(one.path, one.bytes)!, expected: one.path === `ü${one.bytes}` });
        }
        while (waiting.length > 0) fetch();
        assert.equal(other.lookAtNext(), false, 'nothing is left');
      }),
    );
  });
});

test('a full board takes nothing until answers are fetched, and its slots are used again', () => {
  withFolder((out) => {
    fill(out);
    const board = new LookBoard(out);
    const first: number[] = [];
    for (let ticket = board.post('ü1', 1); ticket !== undefined; ticket = board.post('ü1', 1)) first.push(ticket);
    assert.ok(first.length >= 1000);
    for (const ticket of first) assert.equal(board.fetch(ticket), true);
    const second = first.map((_, at) => board.post(at % 2 === 0 ? 'ü1' : 'none', 1)!);
    assert.deepEqual(
      second.map((ticket) => board.fetch(ticket)),
      second.map((_, at) => at % 2 === 0),
    );
  });
});

test('what a thread took and never answered is looked at again, and its late answer is dropped', () => {
  withFolder((out) => {
    fill(out);
    const board = new LookBoard(out);
    const other = new LookBoard(out, board.memory);
    const tickets = ['ü1', 'ü2', 'ü1'].map((path) => board.post(path, 1)!);
    // The other thread takes all, and stops for long at its look at the first: whose answer is fetched meanwhile.
    const look = Atomics.compareExchange;
    let fetched: boolean[] = [];
    Atomics.compareExchange = ((...args: Parameters<typeof look>) => {
      const [, , expected, value] = args;
      if (expected >= 2 && value < 2 && fetched.length === 0) fetched = tickets.map((ticket) => board.fetch(ticket));
      return look(...args);
    }) as typeof look;
    try {
      assert.equal(other.lookAtNext(), true);
    } finally {
      Atomics.compareExchange = look;
    }
    assert.deepEqual(fetched, [true, false, true]);
    assert.equal(board.fetch(board.post('none', 1)!), false);
  });
});

test('a path too long for the board is not posted', () => {
  withFolder((out) => {
    const board = new LookBoard(out);
    assert.equal(board.post('x'.repeat(600), 1), undefined);
    assert.equal(board.fetch(board.post('x'.repeat(170), 1)!), false);
  });
});

test('a closed board sends the other thread home', () => {
  withFolder((out) => {
    const board = new LookBoard(out);
    const other = new LookBoard(out, board.memory);
    board.post('ü1', 1);
    assert.equal(other.wait(), true, 'there is something to do');
    board.close();
    assert.equal(other.wait(), false);
    assert.equal(other.lookAtNext(), false);
  });
});
