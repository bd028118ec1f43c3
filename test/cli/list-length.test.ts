// A list's length is that of its URL lines, by its reader's rules, of the file as it was when the run began.
import assert from 'node:assert/strict';
import { readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ListLength } from '../../src/cli/list-length.ts';
import { testFolder } from '../support/command-line.ts';

const LIST = '# a comment\nhttps://a.example/1\n\n   \nhttps://a.example/1 tag\r\nno url\nhttps://a.example/2';

test('comments and blank lines do not count; duplicates, bad lines and a last line without an end do', async (context) => {
  const path = join(testFolder(context), 'urls.txt');
  writeFileSync(path, LIST);
  const length = new ListLength({ files: [path], urls: 0 });
  assert.equal(length.lines, undefined);
  assert.deepEqual([await length.count(), length.lines, await length.count()], [4, 4, 4]);
  await length.close();
  await length.close();
});

test('a list that is replaced by the run that reads it is counted as it was', async (context) => {
  const folder = testFolder(context);
  const path = join(folder, 'failed.txt');
  writeFileSync(path, LIST);
  const length = new ListLength({ files: [path], urls: 0 });
  writeFileSync(`${path}.new`, 'https://a.example/3\n');
  renameSync(`${path}.new`, path);
  assert.equal(await length.count(), 4);
  await length.close();
});

test('several lists, and URLs of the command line, have one length', async (context) => {
  const path = join(testFolder(context), 'urls.txt');
  writeFileSync(path, LIST);
  const length = new ListLength({ files: [path, path], urls: 3 });
  assert.equal(await length.count(), 11);
  await length.close();
  const some = new ListLength({ files: [path, `${path}.none`], urls: 0 });
  assert.equal(await some.count(), undefined);
  await some.close();
});

for (const [what, content] of [
  ['no file', undefined],
  ['a binary file', 'https://a.example/1\n\0'],
] as const) {
  test(`${what} has no length, and that is not an error`, async (context) => {
    const path = join(testFolder(context), 'urls.txt');
    if (content !== undefined) writeFileSync(path, content);
    const length = new ListLength({ files: [path], urls: 0 });
    assert.equal(await length.count(), undefined);
    await length.close();
  });
}

test('a source that cannot be read twice has none', async () => {
  const length = new ListLength(undefined);
  assert.equal(await length.count(), undefined);
  await length.close();
});

test('counting ends when it is not wanted any more, and no file stays open', async (context) => {
  const path = join(testFolder(context), 'urls.txt');
  writeFileSync(path, 'https://a.example/1\n'.repeat(500_000));
  const open = (): number => readdirSync('/proc/self/fd').length;
  const before = open();
  const [counting, unused] = [new ListLength({ files: [path], urls: 0 }), new ListLength({ files: [path], urls: 0 })];
  const counted = counting.count();
  await Promise.all([counting.close(), unused.close()]);
  assert.deepEqual([await counted, counting.lines], [undefined, undefined]);
  assert.equal(open(), before);
});
