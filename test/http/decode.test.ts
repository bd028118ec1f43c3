// Content decoding is strict to the trailer, in one call and as a stream, however the network cuts the bytes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { decodeWhole, openStreamDecoder } from '../../src/http/decode.ts';
import type { Failure } from '../../src/model/failure.ts';

type Coding = 'gzip' | 'deflate';

const NO_LIMIT = 2 ** 30;

interface Coder {
  readonly name: string;
  readonly coding: Coding;
  readonly encode: (bytes: Buffer) => Buffer;
}

const CODERS: readonly Coder[] = [
  { name: 'gzip', coding: 'gzip', encode: (bytes) => gzipSync(bytes) },
  {
    name: 'gzip of several members',
    coding: 'gzip',
    encode: (bytes) => {
      const third = Math.ceil(bytes.length / 3);
      const parts = [bytes.subarray(0, third), bytes.subarray(third, 2 * third), bytes.subarray(2 * third)];
      return Buffer.concat(parts.map((part) => gzipSync(part)));
    },
  },
  { name: 'deflate', coding: 'deflate', encode: (bytes) => deflateSync(bytes) },
  { name: 'raw deflate', coding: 'deflate', encode: (bytes) => deflateRawSync(bytes) },
];

/** Bytes that compress and bytes that do not. */
const body = fc.oneof(
  fc.uint8Array({ maxLength: 3000 }).map((bytes) => Buffer.from(bytes)),
  fc
    .tuple(fc.string({ minLength: 1, maxLength: 20 }), fc.nat(20_000))
    .map(([text, count]) => Buffer.from(text.repeat(count / text.length))),
);
const cuts = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 5 });

interface Decoded {
  readonly failure: Failure | undefined;
  readonly bytes: Buffer;
}

/** Feeds a stream decoder in pieces of the given sizes, over and over. */
async function decodeStream(coding: Coding, wire: Buffer, sizes: readonly number[]): Promise<Decoded> {
  const chunks: Buffer[] = [];
  const failures: Failure[] = [];
  let wake: () => void = () => undefined;
  const decoder = openStreamDecoder(coding, wire, {
    onDecoded: (chunk) => chunks.push(chunk),
    onDrain: () => wake(),
    onFailure: (failure) => {
      failures.push(failure);
      wake();
    },
  });
  let at = 0;
  for (let piece = 0; at < wire.length && failures.length === 0; piece++) {
    const size = sizes[piece % sizes.length]!;
    const drained = new Promise<void>((resolve) => (wake = resolve));
    const more = decoder.write(wire.subarray(at, at + size));
    at += size;
    if (!more) await drained;
  }
  const ended = failures[0] ?? (await decoder.end());
  decoder.destroy();
  return { failure: ended, bytes: Buffer.concat(chunks) };
}

function wholeOf(coding: Coding, wire: Buffer): Decoded {
  const decoding = decodeWhole(coding, wire, NO_LIMIT);
  if (decoding.kind === 'too-large-for-memory') throw new Error('it was meant to fit');
  if (decoding.kind === 'failed') return { failure: decoding.failure, bytes: Buffer.alloc(0) };
  return { failure: undefined, bytes: decoding.bytes };
}

async function assertRefused(coding: Coding, wire: Buffer, sizes: readonly number[]): Promise<void> {
  for (const { failure } of [wholeOf(coding, wire), await decodeStream(coding, wire, sizes)]) {
    assert.deepEqual([failure?.code, failure?.transient], ['corrupt', true]);
  }
}

for (const { name, coding, encode } of CODERS) {
  test(`any bytes come back from ${name}, in one call and in pieces`, async () => {
    await fc.assert(
      fc.asyncProperty(body, cuts, async (bytes, sizes) => {
        const wire = encode(bytes);
        for (const decoded of [wholeOf(coding, wire), await decodeStream(coding, wire, sizes)]) {
          assert.equal(decoded.failure, undefined);
          assert.ok(decoded.bytes.equals(bytes));
        }
      }),
      { numRuns: 60 },
    );
  });

  test(`${name} that is cut anywhere is refused, or is shorter only by whole members`, async () => {
    await fc.assert(
      fc.asyncProperty(
        body,
        cuts,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        async (bytes, sizes, share) => {
          const wire = encode(bytes);
          const cut = wire.subarray(0, Math.floor(wire.length * share));
          if (name === 'gzip of several members' && isMemberEnd(bytes, cut.length)) return;
          await assertRefused(coding, cut, sizes);
        },
      ),
      { numRuns: 80 },
    );
  });

  test(`${name} with junk, NUL bytes or half a member behind it is refused`, async () => {
    const junk = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      fc.integer({ min: 1, max: 600 }).map((length) => Buffer.alloc(length)),
      fc
        .constantFrom('\x1f', '\x1f\x8b', '\x1f\x8b\x08', '\n', '\r\n', '<html>')
        .map((text) => Buffer.from(text, 'latin1')),
      fc.integer({ min: 1, max: 19 }).map((length) => gzipSync(Buffer.alloc(0)).subarray(0, length)),
    );
    await fc.assert(
      fc.asyncProperty(body, cuts, junk, async (bytes, sizes, behind) => {
        await assertRefused(coding, Buffer.concat([encode(bytes), behind]), sizes);
      }),
      { numRuns: 80 },
    );
  });
}

function isMemberEnd(bytes: Buffer, length: number): boolean {
  const third = Math.ceil(bytes.length / 3);
  const first = gzipSync(bytes.subarray(0, third)).length;
  return length === first || length === first + gzipSync(bytes.subarray(third, 2 * third)).length;
}

for (const { name, coding, encode, trailer } of [
  { ...CODERS[0]!, trailer: 8 },
  { ...CODERS[2]!, trailer: 4 },
]) {
  test(`one wrong bit in the trailer of ${name} is seen`, async () => {
    await fc.assert(
      fc.asyncProperty(body, cuts, fc.nat(trailer * 8 - 1), async (bytes, sizes, bit) => {
        const wire = Buffer.from(encode(bytes));
        const at = wire.length - trailer + (bit >> 3);
        wire[at] = wire[at]! ^ (1 << (bit & 7));
        await assertRefused(coding, wire, sizes);
      }),
      { numRuns: 80 },
    );
  });
}

test('a body of another coding than was said is refused', async () => {
  const bytes = Buffer.from('<xbrl></xbrl>');
  await assertRefused('gzip', bytes, [5]);
  await assertRefused('deflate', bytes, [5]);
  await assertRefused('gzip', deflateSync(bytes), [5]);
  await assertRefused('deflate', gzipSync(bytes), [5]);
  await assertRefused('gzip', Buffer.alloc(0), [5]);
  await assertRefused('deflate', Buffer.alloc(0), [5]);
});

test('identity is passed through, up to the limit', () => {
  const bytes = Buffer.from('<xbrl></xbrl>');
  assert.deepEqual(decodeWhole('identity', bytes, bytes.length), { kind: 'decoded', bytes });
  const over = decodeWhole('identity', bytes, bytes.length - 1);
  assert.ok(over.kind === 'failed');
  assert.deepEqual([over.failure.code, over.failure.transient], ['too-large', false]);
});

test('exactly the limit is decoded in one call, one byte more is not', () => {
  for (const { name, coding, encode } of CODERS) {
    for (const size of [2, 1000, 5000, 100_000]) {
      const wire = encode(Buffer.alloc(size, 'x'));
      if (wire.length * 4 <= size || coding === 'gzip') {
        assert.equal(decodeWhole(coding, wire, size).kind, 'decoded', `${size} bytes of ${name}`);
      }
      const over = decodeWhole(coding, wire, size - 1);
      assert.equal(over.kind, 'too-large-for-memory', `${size} bytes of ${name} under a limit of ${size - 1}`);
    }
  }
});

test('a gzip trailer that lies about the size costs no memory', () => {
  const wire = Buffer.from(gzipSync(Buffer.from('small')));
  for (const announced of [0, 1, 0xffff_ffff, 15 * 1024 * 1024]) {
    wire.writeUInt32LE(announced, wire.length - 4);
    assert.notEqual(decodeWhole('gzip', wire, NO_LIMIT).kind, 'decoded');
  }
});
