// Values on the command line: what is read, and that every mistake is one sentence that says what would be right.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '../../src/model/errors.ts';
import * as values from '../../src/cli/values.ts';
import type { ValueParser } from '../../src/cli/values.ts';

interface Table {
  readonly name: string;
  readonly parse: ValueParser<unknown>;
  readonly read: readonly (readonly [string, unknown])[];
  readonly refused: readonly string[];
}

const TABLES: readonly Table[] = [
  {
    name: 'a duration',
    parse: values.duration(1),
    read: [
      ['500ms', 500],
      ['30s', 30_000],
      ['10m', 600_000],
      ['6h', 21_600_000],
      ['7d', 604_800_000],
      ['1.5s', 1500],
      [' 2s ', 2000],
      ['24d', 2_073_600_000],
    ],
    refused: [
      '',
      '5',
      '0s',
      '0.4ms',
      '-1s',
      '1w',
      '1 s',
      '1e3s',
      's',
      '25d',
      '10M',
      'forever',
      '1s1s',
      'Infinitys',
      '.5s',
    ],
  },
  {
    name: 'a duration from zero',
    parse: values.duration(0),
    read: [
      ['0s', 0],
      ['7d', 604_800_000],
    ],
    refused: ['0', '-1s'],
  },
  {
    name: 'a size',
    parse: values.size,
    read: [
      ['1', 1],
      ['1048576', 1_048_576],
      ['10MB', 10_000_000],
      ['10mb', 10_000_000],
      ['1GiB', 2 ** 30],
      ['1.5 KiB', 1536],
      ['2TB', 2e12],
      ['5b', 5],
    ],
    refused: ['', '0', '0.5', '-1', '1XB', '1e3', 'GiB', '1 0', '99999999TiB', '1MiBs', '0x10'],
  },
  {
    name: 'a whole number from 1 to 64',
    parse: values.wholeNumber(1, 64),
    read: [
      ['1', 1],
      ['64', 64],
      [' 8 ', 8],
      ['08', 8],
    ],
    refused: ['', '0', '65', '1.5', '-1', '+1', '1e1', 'x', '0x8', 'NaN'],
  },
  {
    name: 'a rate',
    parse: values.rate,
    read: [
      ['8', 8],
      ['0.5', 0.5],
      ['.5', 0.5],
      ['9.', 9],
      ['none', 'none'],
      [' none ', 'none'],
      ['100000', 100_000],
    ],
    refused: ['', '0', '-1', 'None', 'all', '100001', '1e3', 'Infinity', '8/s', '.'],
  },
  {
    name: 'a choice',
    parse: values.choice('flat', 'filing'),
    read: [
      ['flat', 'flat'],
      [' filing ', 'filing'],
    ],
    refused: ['', 'Flat', 'flat,filing', 'tree'],
  },
  {
    name: 'an origin',
    parse: values.origin,
    read: [
      ['https://mirror.example', 'https://mirror.example'],
      ['http://localhost:8080/', 'http://localhost:8080'],
      ['HTTP://A.example:80', 'http://a.example'],
      ['http://[::1]:1', 'http://[::1]:1'],
    ],
    refused: [
      '',
      'mirror.example',
      'localhost:8080',
      'ftp://a.example',
      'https://a.example/path',
      'https://a.example/?x',
      'https://a.example/#x',
      'https://me@a.example',
      'https://:secret@a.example',
      'https://',
    ],
  },
  {
    name: 'a flag',
    parse: values.flag,
    read: [
      ['1', true],
      ['true', true],
      ['TRUE', true],
      ['0', false],
      ['false', false],
    ],
    refused: ['', 'yes', 'no', 'on', '2'],
  },
  {
    name: 'a text',
    parse: values.text,
    read: [
      ['x', 'x'],
      [' ', ' '],
    ],
    refused: ['', '--rate', '--dry-run'],
  },
  {
    name: 'a folder',
    parse: values.folder,
    read: [
      ['downloads', 'downloads'],
      ['./--dry-run', './--dry-run'],
      ['a~b=c', 'a~b=c'],
      ['a:b//c', 'a:b//c'],
    ],
    refused: ['', '~', '~/edgar', '=downloads', '--dry-run', '-q', 'https://a.example/', 's3://bucket', 'file:///tmp'],
  },
];

for (const { name, parse, read, refused } of TABLES) {
  test(`${name} is read as it is meant`, () => {
    for (const [text, value] of read) assert.deepEqual(parse(text, '--option'), value, JSON.stringify(text));
  });

  test(`what is not ${name} is refused in one sentence that names the option and says what to give`, () => {
    for (const text of refused) {
      assert.throws(
        () => parse(text, '--option'),
        (error) => {
          assert.ok(error instanceof UsageError, `${JSON.stringify(text)}: ${String(error)}`);
          assert.match(error.message, /^--option ".*" is invalid; [^\n]+$/);
          return true;
        },
        JSON.stringify(text),
      );
    }
  });
}
