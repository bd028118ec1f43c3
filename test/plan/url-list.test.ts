// A list is the same lines however the pipe cuts its bytes, in the encodings that shells write.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { UsageError } from '../../src/model/errors.ts';
import { readUrlList, readUrlLists, type ListLine } from '../../src/plan/url-list.ts';

async function* blocksOf(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let block = 0; at < bytes.length; block++) {
    const size = sizes[block % sizes.length]!;
    yield await Promise.resolve(bytes.subarray(at, at + size));
    at += size;
  }
}

async function read(bytes: Buffer | string, sizes: readonly number[] = [65_536]): Promise<ListLine[]> {
  const lines: ListLine[] = [];
  for await (const block of readUrlList(blocksOf(Buffer.from(bytes), sizes), 'list')) lines.push(...block);
  return lines;
}

async function textsOf(bytes: Buffer | string): Promise<string[]> {
  return (await read(bytes)).map(({ text }) => text);
}

test('blank lines and comments are passed over, white space is trimmed, and numbers count every line', async () => {
  const text = '\n# a comment\n  https://a.example/1  \r\n\r\n\t# another\nhttps://a.example/2\tmy tag\nlast';
  assert.deepEqual(await read(text), [
    { number: 3, text: 'https://a.example/1', tooLong: false },
    { number: 6, text: 'https://a.example/2\tmy tag', tooLong: false },
    { number: 7, text: 'last', tooLong: false },
  ]);
});

test('a last line without an end counts, an end without a line does not', async () => {
  assert.deepEqual(await textsOf('a\nb'), ['a', 'b']);
  assert.deepEqual(await textsOf('a\nb\n'), ['a', 'b']);
  for (const empty of ['', '\n', '\r\n', '#', '\ufeff', ' ', '\ufeff\n'])
    assert.deepEqual(await read(empty), [], JSON.stringify(empty));
});

test('one and two bytes are a list too', async () => {
  assert.deepEqual(await textsOf('a'), ['a']);
  assert.deepEqual(await textsOf('ab'), ['ab']);
  assert.deepEqual(await textsOf('a\n'), ['a']);
});

function encode(text: string, encoding: 'utf8' | 'utf16le' | 'utf16be'): Buffer {
  const marked = `\ufeff${text}`;
  return encoding === 'utf16be' ? Buffer.from(marked, 'utf16le').swap16() : Buffer.from(marked, encoding);
}

test('byte order marks of UTF-8 and UTF-16 are understood, as PowerShell writes them', async () => {
  for (const encoding of ['utf8', 'utf16le', 'utf16be'] as const) {
    const lines = await read(encode('https://a.example/é\r\nhttps://a.example/2\r\n', encoding), [1]);
    assert.deepEqual(lines, [
      { number: 1, text: 'https://a.example/é', tooLong: false },
      { number: 2, text: 'https://a.example/2', tooLong: false },
    ]);
  }
});

test('any splitting of the bytes into blocks gives the same lines', async () => {
  const part = fc.oneof(
    fc.constantFrom('\n', '\r\n', '\r', '# c', 'https://a.example/x', ' tag', 'é', '\u{1f600}', '\ufeff', '\t', ' '),
    fc.tuple(fc.constantFrom('x', 'é'), fc.integer({ min: 8000, max: 9_000 })).map(([one, count]) => one.repeat(count)),
    fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\0', '')),
  );
  const bytes = fc.oneof(
    fc
      .tuple(fc.array(part, { maxLength: 12 }), fc.constantFrom('plain', 'utf8', 'utf16le', 'utf16be'))
      .map(([parts, encoding]) =>
        encoding === 'plain' ? Buffer.from(parts.join('')) : encode(parts.join(''), encoding as 'utf8'),
      ),
    fc.uint8Array({ min: 1 }).map((array) => Buffer.from(array)),
  );
  const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 9000 })), {
    minLength: 1,
    maxLength: 5,
  });
  await fc.assert(
    fc.asyncProperty(bytes, sizes, async (list, cuts) => {
      const settle = (from: Promise<ListLine[]>): Promise<unknown> => from.catch((error: unknown) => String(error));
      assert.deepEqual(await settle(read(list, cuts)), await settle(read(list)));
    }),
    { numRuns: 60 },
  );
});

test('a line of 8 KiB is taken, a longer one is marked and holds no more than that', async () => {
  const exact = `https://a.example/${'x'.repeat(8192 - 18)}`;
  const lines = await read(`${exact}\n${exact}y\n${'z'.repeat(500_000)}\nafter`, [1000]);
  assert.deepEqual(
    lines.map(({ number, text, tooLong }) => [number, text.length, tooLong]),
    [
      [1, 8192, false],
      [2, 8193, true],
      [3, 8193, true],
      [4, 5, false],
    ],
  );
});

test('a line that was cut is too long again when it is read back, and stays the same', async () => {
  const [cut] = await read(`https://a.example/${'z'.repeat(9_000)} tag`);
  const [again] = await read(`${cut!.text}\n`);
  assert.deepEqual(again, { ...cut, tooLong: true });
});

test('white space before a line does not count, bytes do, and blocks change nothing', async () => {
  const blanks = `${' '.repeat(9_000)}https://a.example/1`;
  const bytes = `https://a.example/${'ü'.repeat(6_000)}`;
  const behind = `https://a.example/2${' '.repeat(9_000)}`;
  for (const sizes of [[100_000], [1_000], [7]]) {
    const lines = await read(`${blanks}\n${bytes}\n${behind}\n`, sizes);
    assert.deepEqual(
      lines.map(({ number, text, tooLong }) => [number, text.slice(0, 19), tooLong]),
      [
        [1, 'https://a.example/1', false],
        [2, 'https://a.example/ü', true],
        [3, 'https://a.example/2', true],
      ],
    );
  }
});

test('a NUL byte means a binary file, wherever it stands', async () => {
  const binaries = ['\0', 'a\0', 'https://a.example/1\nhttps://a.example/2\n\0', `${'x\n'.repeat(50_000)}\0`];
  for (const text of binaries) {
    await assert.rejects(
      read(text),
      (error) => error instanceof UsageError && /list is a binary file/.test(error.message),
    );
  }
  await assert.rejects(read(Buffer.from('https://a.example\n', 'utf16le')), UsageError, 'UTF-16 without a mark');
});

test('lines come as soon as their block is there, not at the end of the source', async () => {
  let given = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) {
      given++;
      yield await Promise.resolve(Buffer.from(`https://a.example/${given}\n`));
    }
  }
  for await (const [line] of readUrlList(endless(), 'list')) {
    assert.equal(line?.number, given);
    if (given === 10) break;
  }
  assert.equal(given, 10);
});

test('CR, LF and CRLF end lines, however blocks cut them', async () => {
  const text = 'a\rb\r\nc\n\rd\r\r\ne\r';
  for (const size of [1, 2, 3, 100]) {
    const lines = await read(text, [size]);
    assert.deepEqual(
      lines.map(({ number, text }) => [number, text]),
      [
        [1, 'a'],
        [2, 'b'],
        [3, 'c'],
        [5, 'd'],
        [7, 'e'],
      ],
      `blocks of ${size}`,
    );
  }
});

async function readLists(lists: Readonly<Record<string, string>>, batchSize = 16): Promise<ListLine[]> {
  const open = Object.entries(lists).map(([name, text]) => ({ name, bytes: blocksOf(Buffer.from(text), [7]) }));
  const lines: ListLine[] = [];
  for await (const block of readUrlLists(open, batchSize)) lines.push(...block);
  return lines;
}

const URL_LINE = 'https://a.example/x';

for (const [what, text, says] of [
  ['names', 'www.sec.gov/a\n', 'x is not a list of URLs; line 1 is not a URL: https:// is missing before it'],
  [
    'a page',
    '\n<!DOCTYPE html>\n<a href="https://a.example/">',
    'x is not a list of URLs; line 2 is not a URL: it looks like HTML or XML; give the URLs in it, one a line',
  ],
  [
    'a batch of other lines before the first URL',
    `${'y\n'.repeat(16)}${URL_LINE}\n`,
    'x is not a list of URLs; line 1 is not a URL: give one URL a line, beginning with https://',
  ],
] as const) {
  // prettier-ignore
  test(`${what}: no list, in a sentence that copies nothing`, async () => {
    await assert.rejects(readLists({ x: text }), (error) => error instanceof UsageError && error.message === says);
  });
}

test('one URL in the first batch makes a list, however long the batch is waited for', async () => {
  const lines = await readLists({ x: `${'y\n'.repeat(15)}${URL_LINE}\n${'z\n'.repeat(100)}` });
  assert.equal(lines.length, 116);
  await assert.rejects(readLists({ x: `y\ny\n${URL_LINE}\n` }, 2), UsageError);
});

test('comments and blank lines alone are an empty list', async () => {
  assert.deepEqual(await readLists({ x: '# a comment\n\n', y: '' }), []);
});

test('several lists are one, numbered through; a bad line says where it stands', async () => {
  const lines = await readLists({
    'a.txt': `# mine\n${URL_LINE}`,
    'b.txt': `\ufeff${URL_LINE}/2\rurl\n`,
    c: `${URL_LINE}/3`,
  });
  assert.deepEqual(
    lines.map(({ number, text, place }) => [number, text, place]),
    [
      [2, URL_LINE, undefined],
      [3, `${URL_LINE}/2`, undefined],
      [4, 'url', 'line 2 of b.txt'],
      [5, `${URL_LINE}/3`, undefined],
    ],
  );
  await assert.rejects(
    readLists({ 'a.txt': URL_LINE, 'b.txt': '<html>' }),
    /^UsageError: b\.txt is not a list of URLs; line 1 is not a URL: it looks like HTML/,
  );
});

test('a compressed list is told to be uncompressed', async () => {
  await assert.rejects(read(Buffer.from([0x1f, 0x8b, 8, 1]), [1]), /is compressed; uncompress it/);
});
