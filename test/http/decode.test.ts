// Content decoding is strict to the trailer, in one call and as a stream, however the network cuts the bytes.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { memorySource } from '../../src/model/body.ts';
import { decodeSource, decodeWhole, tooLarge } from '../../src/http/decode.ts';
import { gzipFileEnds } from '../../src/check/gzip-file.ts';
import { CannotWriteError } from '../../src/model/errors.ts';
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

interface Decoded {
  readonly failure: Failure | undefined;
  readonly bytes: Buffer;
}

/** Decodes from a source, whose pieces the decoder gives on in pieces of its own. */
async function decodeAll(coding: Coding, wire: Buffer): Promise<Decoded> {
  const chunks: Buffer[] = [];
  const failure = await decodeSource(coding, memorySource(wire), (chunk) => void chunks.push(chunk));
  return { failure, bytes: Buffer.concat(chunks) };
}

function wholeOf(coding: Coding, wire: Buffer): Decoded {
  const decoding = decodeWhole(coding, wire, NO_LIMIT);
  if (decoding.kind === 'too-large-for-memory') throw new Error('it was meant to fit');
  if (decoding.kind === 'failed') return { failure: decoding.failure, bytes: Buffer.alloc(0) };
  return { failure: undefined, bytes: decoding.bytes };
}

async function assertRefused(coding: Coding, wire: Buffer): Promise<void> {
  for (const { failure } of [wholeOf(coding, wire), await decodeAll(coding, wire)]) {
    assert.deepEqual([failure?.code, failure?.transient], ['corrupt', true]);
  }
}

for (const { name, coding, encode } of CODERS) {
  test(`any bytes come back from ${name}, in one call and in pieces`, async () => {
    await fc.assert(
      fc.asyncProperty(body, async (bytes) => {
        const wire = encode(bytes);
        for (const decoded of [wholeOf(coding, wire), await decodeAll(coding, wire)]) {
          assert.equal(decoded.failure, undefined);
          assert.ok(decoded.bytes.equals(bytes));
        }
      }),
      { numRuns: 60 },
    );
  });

  test(`${name} that is cut anywhere is refused, or is shorter only by whole members`, async () => {
    await fc.assert(
      fc.asyncProperty(body, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), async (bytes, share) => {
        const wire = encode(bytes);
        const cut = wire.subarray(0, Math.floor(wire.length * share));
        if (name === 'gzip of several members' && isMemberEnd(bytes, cut.length)) return;
        await assertRefused(coding, cut);
      }),
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
      fc.asyncProperty(body, junk, async (bytes, behind) => {
        await assertRefused(coding, Buffer.concat([encode(bytes), behind]));
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
      fc.asyncProperty(body, fc.nat(trailer * 8 - 1), async (bytes, bit) => {
        const wire = Buffer.from(encode(bytes));
        const at = wire.length - trailer + (bit >> 3);
        wire[at] = wire[at]! ^ (1 << (bit & 7));
        await assertRefused(coding, wire);
      }),
      { numRuns: 80 },
    );
  });
}

test('a body of another coding than was said is refused', async () => {
  const bytes = Buffer.from('<xbrl></xbrl>');
  await assertRefused('gzip', bytes);
  await assertRefused('deflate', bytes);
  await assertRefused('gzip', deflateSync(bytes));
  await assertRefused('deflate', gzipSync(bytes));
  await assertRefused('gzip', Buffer.alloc(0));
  await assertRefused('deflate', Buffer.alloc(0));
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

/** Several pieces for the decoder, and more than it takes in at once. */
const LARGE = randomBytes(3_000_000);

test('a large body comes back from every coding, piece by piece', async () => {
  for (const { name, coding, encode } of CODERS) {
    const { failure, bytes } = await decodeAll(coding, encode(LARGE));
    assert.deepEqual([failure, bytes.equals(LARGE)], [undefined, true], name);
  }
});

test('of a large body a cut is seen, a wrong bit, and junk of any size behind it', async () => {
  for (const { name, coding, encode } of CODERS) {
    const wire = encode(LARGE);
    const broken: Buffer[] = [wire.subarray(0, -1), wire.subarray(0, 1_500_000), wire.subarray(0, 10)];
    for (const size of [1, 70_000, 300_000, 1_000_000]) broken.push(Buffer.concat([wire, Buffer.alloc(size, 7)]));
    if (coding === 'gzip') broken.push(flipped(wire, wire.length >> 1));
    for (const [number, bad] of broken.entries()) {
      const { failure } = await decodeAll(coding, bad);
      assert.equal(failure?.code, 'corrupt', `${name}, ${number}`);
    }
  }
});

test('a taker ends the decoding with a failure of its own, or with an error', async () => {
  const wire = gzipSync(LARGE);
  let taken = 0;
  const failure = await decodeSource('gzip', memorySource(wire), () => (++taken === 2 ? tooLarge(5) : undefined));
  assert.deepEqual([failure?.code, taken], ['too-large', 2]);
  const full = new CannotWriteError('the disk is full');
  await assert.rejects(
    decodeSource('gzip', memorySource(wire), () => {
      throw full;
    }),
    full,
  );
});

test('a body that cannot be read back ends the decoding with that error, and nothing else', async () => {
  const wire = gzipSync(randomBytes(2_000_000));
  const broken = new Error('EIO: i/o error, read');
  const source = {
    size: wire.length,
    read: (position: number, length: number): Buffer => {
      if (position > 1_000_000) throw broken;
      return wire.subarray(position, position + length);
    },
  };
  await assert.rejects(
    decodeSource('gzip', source, () => undefined),
    broken,
  );
  await assert.rejects(gzipFileEnds(source), broken);
});

test('a large gzip file is judged without a word of Node about leaks', async (context) => {
  const warnings: string[] = [];
  const hear = (warning: Error): void => void warnings.push(warning.message);
  process.on('warning', hear);
  context.after(() => process.off('warning', hear));
  const member = gzipSync(randomBytes(1_000_000), { level: 1 });
  assert.equal(await gzipFileEnds(memorySource(Buffer.concat(Array<Buffer>(20).fill(member)))), 'whole');
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(warnings, []);
});

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = copy[at]! ^ 1;
  return copy;
}
