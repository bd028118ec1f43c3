// Mistakes at the command line get one clear sentence and an exit code; nothing is created, and no content is copied.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { testFolder } from '../support/command-line.ts';
import { byEffort } from '../support/effort.ts';
import { makeMistakes, MISTAKES, typeMistake } from '../support/mistakes.ts';

test('there are mistakes enough, none twice', () => {
  assert.ok(MISTAKES.length >= 60);
  assert.equal(new Set(MISTAKES.map(({ command }) => command)).size, MISTAKES.length);
});

describe('a mistake is answered in one sentence', { concurrency: 4 }, () => {
  for (const mistake of MISTAKES.filter((_, at) => at % byEffort(3, 1) === 0)) {
    const { command, exitCode, says } = mistake;
    test(command, async (context) => {
      const cwd = testFolder(context);
      makeMistakes(cwd);
      const before = readdirSync(cwd);
      const end = await typeMistake(command, cwd);
      assert.deepEqual(
        [end.exitCode, end.stdout, end.stderr],
        [exitCode, '', `edgar-fetch: ${says.replace('<cwd>', cwd)}\n`],
      );
      assert.ok(!says.includes('\n') && says.length < 200 && !says.includes('secret'), 'one line, and no secrets');
      assert.deepEqual(readdirSync(cwd), before, 'nothing is created');
    });
  }
});
