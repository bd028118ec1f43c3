// Rows reach the manifest whole, in order, at the offsets that their promises give; a torn last line is cut first.
import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync, readSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { CannotWriteError } from '../../../src/model/errors.ts';
import type { ManifestRow } from '../../../src/model/manifest-row.ts';
import { MAX_LINE_BYTES } from '../../../src/storage/manifest/manifest-parse.ts';
import { Manifest } from '../../../src/storage/manifest/manifest.ts';
import { endLastLine, ManifestWriter } from '../../../src/storage/manifest/manifest-writer.ts';
import { withFolder } from '../../support/test-folder.ts';

/** A writer of a file that it opens. */
class Writer extends ManifestWriter {
  readonly descriptor: number;

  constructor(path: string, fsync: boolean) {
    const descriptor = openSync(path, 'a+');
    super(path, descriptor, endLastLine(descriptor), fsync);
    this.descriptor = descriptor;
  }

  async close(): Promise<void> {
    await this.flushed();
    closeSync(this.descriptor);
  }
}

function row(url: string, tag = ''): ManifestRow {
  return { url, status: 'failed', tag };
}

test('each row is found again at the offset that its promise gave, whatever turns they came in', async () => {
  const turns = fc.array(fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 5 }), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(turns, fc.boolean(), (batches, fsync) =>
      withFolder(async (folder) => {
        const path = join(folder, 'manifest.jsonl');
        const writer = new Writer(path, fsync);
        const appended: Promise<readonly [number, ManifestRow]>[] = [];
        for (const texts of batches) {
          for (const text of texts) {
            const one = row(text, text);
            appended.push(writer.append(one).then((offset) => [offset, one]));
          }
          await Promise.resolve();
        }
        const written = await Promise.all(appended);
        for (const [offset, one] of written) {
          const line = Buffer.from(`${JSON.stringify(one)}\n`);
          const found = Buffer.alloc(line.length);
          readSync(writer.descriptor, found, 0, line.length, offset);
          assert.deepEqual(found, line);
        }
        await writer.close();
        const lines = written.map(([, one]) => `${JSON.stringify(one)}\n`).join('');
        assert.equal(readFileSync(path, 'utf8'), lines, 'in the order of their coming');
      }),
    ),
    { numRuns: 40 },
  );
});

test('a row is in the file when its promise resolves, and rows of one turn are there together', async () => {
  await withFolder(async (folder) => {
    const path = join(folder, 'manifest.jsonl');
    const writer = new Writer(path, true);
    const rows = [row('a'), row('b'), row('c')];
    const first = Promise.race(rows.map((one) => writer.append(one)));
    await first;
    assert.equal(readFileSync(path, 'utf8').split('\n').length - 1, 3);
    await writer.close();
  });
});

const WHOLE = `${JSON.stringify(row('a'))}\n${JSON.stringify(row('b'))}\n`;

const LAST = JSON.stringify(row('c'));
const LONG = 'c'.repeat(MAX_LINE_BYTES);

const TORN: readonly (readonly [string, string, string])[] = [
  ['nothing', '', ''],
  ['whole lines only', WHOLE, WHOLE],
  ['half a row behind whole ones', `${WHOLE}{"url":"c"`, WHOLE],
  ['one byte behind whole ones', `${WHOLE}{`, WHOLE],
  ['half a row of 300 KB', `${WHOLE}{"url":"${'c'.repeat(300_000)}`, WHOLE],
  ['half a row alone', '{"url":"c"', ''],
  ['half a row of 300 KB alone', 'c'.repeat(300_000), ''],
  ['a row that lost its line end in an editor', `${WHOLE}${LAST}`, `${WHOLE}${LAST}\n`],
  ['such a row alone', LAST, `${LAST}\n`],
  ['half a row that a row could be', `${WHOLE}${LONG.slice(1)}`, WHOLE],
  ['something without line ends that no row can be', LONG, `${LONG}\n`],
  ['such a thing behind whole lines', `${WHOLE}${LONG}`, `${WHOLE}${LONG}\n`],
  ['NUL bytes of a power cut behind whole lines', `${WHOLE}${'\0'.repeat(4096)}`, WHOLE],
];

for (const [name, before, kept] of TORN) {
  test(`of a manifest with ${name} the whole lines are kept, and new rows follow them`, async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'manifest.jsonl');
      writeFileSync(path, before);
      const writer = new Writer(path, false);
      assert.equal(await writer.append(row('new')), Buffer.byteLength(kept));
      await writer.close();
      assert.equal(readFileSync(path, 'utf8'), `${kept}${JSON.stringify(row('new'))}\n`);
    });
  });
}

test('a manifest that cannot be opened is an error that names it', () => {
  withFolder((folder) => {
    assert.throws(
      () => Manifest.open(join(folder, 'absent', 'manifest.jsonl'), false),
      (error) => error instanceof CannotWriteError && error.message.includes('manifest.jsonl'),
    );
  });
});

test(
  'on a full disk every waiting row is rejected, later ones at once, and no half row stays',
  { skip: fullDeviceSkip() },
  async () => {
    const writer = new Writer('/dev/full', false);
    const both = await Promise.allSettled([writer.append(row('a')), writer.append(row('b'))]);
    const later = await Promise.allSettled([writer.append(row('c'))]);
    for (const settled of [...both, ...later]) {
      assert.ok(settled.status === 'rejected' && settled.reason instanceof CannotWriteError);
      assert.match(settled.reason.message, /the disk is full/);
    }
    await writer.close();
  },
);

function fullDeviceSkip(): string | false {
  return statSync('/dev/full', { throwIfNoEntry: false }) === undefined ? 'this system has no /dev/full' : false;
}
