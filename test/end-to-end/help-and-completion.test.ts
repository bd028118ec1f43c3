// Help fits a screen and a half, says what a first run needs, and covers every option; completions work in the real shells.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCommand, testFolder } from '../support/command-line.ts';

test('--help has at most 36 lines of 80 columns, and says what a first run needs', async (context) => {
  const cwd = testFolder(context);
  const [long, short, word] = await Promise.all(
    [['--help'], ['-h'], ['help']].map((args) => runCommand(args, { cwd })),
  );
  assert.deepEqual([long!.exitCode, long!.stderr], [0, '']);
  assert.deepEqual([short!.stdout, word!.stdout], [long!.stdout, long!.stdout]);
  const lines = long!.stdout.trimEnd().split('\n');
  assert.ok(lines.length <= 36, `${lines.length} lines`);
  assert.deepEqual(
    lines.filter((line) => line.length > 80),
    [],
  );
  for (const said of ['EDGAR_FETCH_USER_AGENT', 'one URL a line', 'tag', 'failed.txt', 'Exit codes', 'help options'])
    assert.ok(long!.stdout.includes(said), said);
});

test('every command has help of its own, under both names, and "help options" has every option', async (context) => {
  const cwd = testFolder(context);
  for (const command of ['verify', 'completion', 'help']) {
    const [asked, flag] = await Promise.all(
      [
        [`help`, command],
        [command, '--help'],
      ].map((args) => runCommand(args, { cwd })),
    );
    assert.deepEqual([asked!.exitCode, asked!.stdout], [0, flag!.stdout]);
    assert.match(asked!.stdout, new RegExp(`^Usage: edgar-fetch ${command}`));
  }
  const { stdout } = await runCommand(['help', 'options'], { cwd });
  for (const option of ['--out', '--give-up', '--no-fsync', '--recheck-missing', '--log-format', '--batch-size'])
    assert.ok(stdout.includes(`${option} `), option);
  assert.deepEqual(
    stdout.split('\n').filter((line) => line.length > 80),
    [],
  );
});

/** What was typed, and words that the shell must offer for it. */
const TYPED: readonly (readonly [string, readonly string[]])[] = [
  ['ver', ['verify']],
  ['--la', ['--layout']],
  ['--layout ', ['flat', 'filing']],
  ['verify --re', ['--repair']],
  ['completion z', ['zsh']],
  ['help ver', ['verify']],
  ['x.txt --log-level ', ['error', 'warn', 'info', 'debug']],
  ['x.txt --out fol', ['folder']],
];

const SHELLS = {
  bash: (words: string) => `
    source ./script
    COMP_WORDS=(edgar-fetch ${words}); [[ '${words}' == *' ' ]] && COMP_WORDS+=('')
    COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _edgar_fetch; printf '%s\\n' "\${COMPREPLY[@]}"`,
  fish: (words: string) => `source ./script; complete -C 'edgar-fetch ${words}' | string replace -r '\\t.*' ''; true`,
};

for (const [shell, ask] of Object.entries(SHELLS)) {
  const skip = spawnSync(shell, ['--version']).error !== undefined && `no ${shell} here`;
  test(`${shell} completes commands, options and values`, { skip }, async (context) => {
    const cwd = testFolder(context);
    mkdirSync(join(cwd, 'folder'));
    writeFileSync(join(cwd, 'script'), (await runCommand(['completion', shell], { cwd })).stdout);
    for (const [words, wanted] of TYPED) {
      const offered = execFileSync(shell, ['-c', ask(words)], { cwd, encoding: 'utf8' })
        .trim()
        .split('\n');
      assert.deepEqual(offered.map((word) => word.replace(/\/$/, '')).sort(), [...wanted].sort(), words);
    }
  });
}

const noZsh = spawnSync('zsh', ['--version']).error !== undefined && 'no zsh here';
test('zsh takes the script and completes by the function of bash', { skip: noZsh }, async (context) => {
  const cwd = testFolder(context);
  writeFileSync(join(cwd, 'script'), (await runCommand(['completion', 'zsh'], { cwd })).stdout);
  const said = execFileSync('zsh', ['-f', '-c', 'source ./script; print -r -- ${_comps[edgar-fetch]}'], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, HOME: cwd, ZDOTDIR: cwd },
  });
  assert.match(said, /_bash_complete.*_edgar_fetch/);
});

test('other shells are refused in one sentence', async (context) => {
  const end = await runCommand(['completion', 'tcsh'], { cwd: testFolder(context) });
  assert.deepEqual(
    [end.exitCode, end.stdout, end.stderr],
    [2, '', 'edgar-fetch: there are no completions of tcsh; choose bash, zsh or fish\n'],
  );
});
