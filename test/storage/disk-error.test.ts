// What the system says of a disk becomes a sentence for a person; what is no matter of a file stays a bug.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { test } from 'node:test';
import { CannotWriteError } from '../../src/model/errors.ts';
import { cannotRead, cannotWrite, unexpectedDiskError } from '../../src/storage/disk-error.ts';

const CODES = 'ENOSPC EDQUOT EROFS EIO ENOTSUP EXDEV ENOENT EACCES EPERM EMFILE ENFILE EFBIG ESTALE EBUSY'.split(' ');

function systemError(code: string, path?: string): Error {
  const error = Object.assign(new Error(`${code}: what the system says, write`), { code, syscall: 'write' });
  return path === undefined ? error : Object.assign(error, { path });
}

test('each code that a disk may answer with has words of its own', () => {
  for (const code of CODES) {
    const sentences = [
      cannotWrite('/d/x', systemError(code)),
      cannotRead('/d/x', systemError(code)),
      unexpectedDiskError(systemError(code)),
      unexpectedDiskError(systemError(code, '/d/x')),
    ];
    for (const sentence of sentences) {
      assert.ok(sentence instanceof CannotWriteError, code);
      assert.match(
        sentence.message,
        /^cannot (?:write|read|use) (?:\/d\/x|a file)(?: \([\d.]+ k?[BMGT]+ free\))?: [^\n]+$/,
      );
      assert.doesNotMatch(sentence.message, /what the system says/, code);
    }
  }
});

test('the room that is left is told of a path whose folders are not there too', () => {
  for (const path of ['/absent/folder/x', '/x', import.meta.filename])
    assert.match(
      cannotWrite(path, systemError('ENOSPC')).message,
      /^cannot write \S+ \([\d.]+ k?[BMGT]+ free\): the disk/,
    );
});

test('an unforeseen answer keeps the words of the system, with the path', () => {
  assert.equal(
    unexpectedDiskError(systemError('EUNKNOWN', '/d/x'))?.message,
    'cannot use /d/x: EUNKNOWN: what the system says, write',
  );
  assert.throws(
    () => readFileSync('/proc/self/mem'),
    (error) => unexpectedDiskError(error) !== undefined,
  );
});

test("a program's own mistake, and a connection's end, are no matter of a file", async () => {
  assert.equal(unexpectedDiskError(new TypeError('x is not a function')), undefined);
  assert.equal(unexpectedDiskError(undefined), undefined);
  const refused = await new Promise((resolve) => connect(9, '127.0.0.1').once('error', resolve));
  assert.equal(unexpectedDiskError(refused), undefined);
});
