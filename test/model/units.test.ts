// Numbers, sizes and times as people read them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  countdown,
  counted,
  readableBytes,
  readableCount,
  readableDuration,
  readableRate,
} from '../../src/model/units.ts';

const CASES: readonly (readonly [(value: number) => string, readonly (readonly [number, string])[]])[] = [
  [
    readableCount,
    [
      [0, '0'],
      [999, '999'],
      [1000, '1,000'],
      [1_234_567, '1,234,567'],
    ],
  ],
  [
    (count) => counted(count, 'request'),
    [
      [0, '0 requests'],
      [1, '1 request'],
      [2000, '2,000 requests'],
    ],
  ],
  [
    readableBytes,
    [
      [0, '0 B'],
      [999, '999 B'],
      [1000, '1.0 kB'],
      [9_949, '9.9 kB'],
      [9_951, '10 kB'],
      [12_345, '12 kB'],
      [999_499, '999 kB'],
      [999_500, '1.0 MB'],
      [2.5e9, '2.5 GB'],
      [80_369_225_728, '80 GB'],
      [4e15, '4.0 PB'],
      [4e18, '4000 PB'],
    ],
  ],
  [
    readableDuration,
    [
      [0, '0 ms'],
      [83, '83 ms'],
      [500, '0.5 s'],
      [2000, '2 s'],
      [9_940, '9.9 s'],
      [9_960, '10 s'],
      [59_499, '59 s'],
      [59_500, '1 min 0 s'],
      [60_000, '1 min 0 s'],
      [3_599_000, '59 min 59 s'],
      [90_000_000, '25 h 0 min'],
    ],
  ],
  [
    countdown,
    [
      [-5, '0s'],
      [0, '0s'],
      [1, '1s'],
      [59_000, '59s'],
      [59_001, '1m 0s'],
      [432_000, '7m 12s'],
      [3_600_000, '1h 0m'],
      [10_920_000, '3h 2m'],
      [172_800_000, '2d 0h'],
      [187_200_000, '2d 4h'],
    ],
  ],
  [
    readableRate,
    [
      [0.25, '0.25'],
      [0.999, '1.0'],
      [8, '8.0'],
      [99.4, '99.4'],
      [99.5, '100'],
      [12_345.6, '12,346'],
    ],
  ],
];

for (const [write, values] of CASES) {
  test(`${write.name || 'counted'}: ${values.map(([, text]) => text).join(', ')}`, () => {
    assert.deepEqual(
      values.map(([value]) => write(value)),
      values.map(([, text]) => text),
    );
  });
}
