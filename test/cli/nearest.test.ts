// "Did you mean": one or two slips of the keyboard are understood, another word is not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest } from '../../src/cli/nearest.ts';

const COMMANDS = ['verify', 'help', 'completion'];
const OPTIONS = ['--out', '--rate', '--retries', '--help', '--json'];

for (const [word, candidates, meant] of [
  ['verfy', COMMANDS, 'verify'],
  ['vreify', COMMANDS, 'verify'],
  ['verifyy', COMMANDS, 'verify'],
  ['hlep', COMMANDS, 'help'],
  ['completoin', COMMANDS, 'completion'],
  ['urls', COMMANDS, undefined],
  ['v', COMMANDS, undefined],
  ['', COMMANDS, undefined],
  ['list.txt', COMMANDS, undefined],
  ['--ot', OPTIONS, '--out'],
  ['--hlep', OPTIONS, '--help'],
  ['--rates', OPTIONS, '--rate'],
  ['--retry', OPTIONS, undefined],
  ['--depth', OPTIONS, undefined],
] as const)
  // prettier-ignore
  test(`${JSON.stringify(word)}: ${meant ?? 'nothing near'}`, () => assert.equal(nearest(word, candidates), meant));
