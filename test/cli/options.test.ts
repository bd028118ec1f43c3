// From what was typed and what the environment says to the settings of a run.
import assert from 'node:assert/strict';
import { isAbsolute, resolve } from 'node:path';
import { test } from 'node:test';
import { Command } from 'commander';
import { configure, optionsForLog } from '../../src/cli/configuration.ts';
import {
  addOptions,
  optionsToRepeat,
  readOptions,
  unknownVariables,
  type ResolvedOptions,
} from '../../src/cli/options.ts';
import { UsageError } from '../../src/model/errors.ts';
import type { RunSettings } from '../../src/run/settings.ts';

const CONTACT = 'Jane Doe jane@acme.io';

type Environment = Readonly<Record<string, string>>;

function options(args: readonly string[], environment: Environment = {}): ResolvedOptions {
  let resolved: ResolvedOptions | undefined;
  addOptions(new Command().exitOverride().configureOutput({ outputError: () => undefined }))
    .argument('[source]')
    .action((_source: unknown, typed: Record<string, unknown>) => {
      resolved = readOptions(typed, environment);
    })
    .parse(args, { from: 'user' });
  return resolved!;
}

function settings(args: readonly string[], environment: Environment = {}): RunSettings {
  return configure(options(args, environment), environment, '1.2.3');
}

test('the line end of a file of variables is no part of the User-Agent', () => {
  const { http, secProblem } = settings([], { EDGAR_FETCH_USER_AGENT: 'Me me@realfirm.org\r\n' });
  assert.deepEqual([http.userAgent, secProblem], ['Me me@realfirm.org', undefined]);
});

test('the defaults are those of the contract', () => {
  const { given, workers, ...defaults } = options([]);
  assert.deepEqual([...given.keys()], []);
  assert.ok(workers >= 1 && workers <= 4);
  assert.deepEqual(defaults, {
    out: 'downloads',
    layout: 'flat',
    existing: 'skip',
    'user-agent': undefined,
    rate: undefined,
    mirror: undefined,
    'dry-run': false,
    json: false,
    quiet: false,
    'log-level': undefined,
    'log-format': 'pretty',
    'no-progress': false,
    'batch-size': 16,
    connections: 16,
    retries: 5,
    'connect-timeout': 10_000,
    'idle-timeout': 30_000,
    'max-time': 600_000,
    'max-size': 2 ** 30,
    'block-pause': 660_000,
    'give-up': 21_600_000,
    'stop-after': undefined,
    'recheck-missing': 604_800_000,
    check: 'document',
    'no-fsync': false,
  });
});

/** Another value than the default for each option that takes one, and what it means. */
const OTHER: Readonly<Record<string, readonly [string, unknown]>> = {
  out: ['elsewhere', 'elsewhere'],
  layout: ['filing', 'filing'],
  existing: ['check', 'check'],
  'user-agent': [CONTACT, CONTACT],
  rate: ['0.5', 0.5],
  mirror: ['http://localhost:8080', 'http://localhost:8080'],
  'log-level': ['debug', 'debug'],
  'log-format': ['json', 'json'],
  'batch-size': ['7', 7],
  workers: ['3', 3],
  connections: ['9', 9],
  retries: ['0', 0],
  'connect-timeout': ['500ms', 500],
  'idle-timeout': ['1s', 1000],
  'max-time': ['1m', 60_000],
  'max-size': ['1kB', 1000],
  'block-pause': ['12m', 720_000],
  'give-up': ['1h', 3_600_000],
  'stop-after': ['2h', 7_200_000],
  'recheck-missing': ['0s', 0],
  check: ['wire', 'wire'],
};

const NAMES = Object.keys(options([])).filter((name) => name !== 'given') as Exclude<keyof ResolvedOptions, 'given'>[];

for (const name of NAMES) {
  const variable = `EDGAR_FETCH_${name.toUpperCase().replaceAll('-', '_')}`;
  const [text, value] = OTHER[name] ?? ['1', true];
  const typed = OTHER[name] === undefined ? [`--${name}`] : [`--${name}`, text];

  test(`--${name} and ${variable} mean the same, and the command line wins`, () => {
    assert.deepEqual(options(typed)[name], value);
    assert.deepEqual([...options(typed).given.keys()], [name]);
    assert.deepEqual(options([], { [variable]: text })[name], value);
    assert.deepEqual(options(typed, { [variable]: 'nonsense \u0000' })[name], value);
    assert.deepEqual(options([], { [variable]: '' }), options([]), 'an empty variable is unset');
  });
}

test('flags in the environment can say no', () => {
  assert.equal(options([], { EDGAR_FETCH_JSON: 'false' }).json, false);
  assert.equal(options(['--json'], { EDGAR_FETCH_JSON: '0' }).json, true);
  assert.equal(options([], { EDGAR_FETCH_NO_FSYNC: 'true' })['no-fsync'], true);
});

test('an invalid value in the environment is named by its variable', () => {
  assert.throws(
    () => options([], { EDGAR_FETCH_RATE: 'fast' }),
    (error) => {
      return error instanceof UsageError && error.message.startsWith('EDGAR_FETCH_RATE "fast" is invalid');
    },
  );
});

test('the User-Agent comes from the option, then its variable, then EDGAR_IDENTITY', () => {
  const both = { EDGAR_FETCH_USER_AGENT: 'two b@acme.io', EDGAR_IDENTITY: 'three c@acme.io' };
  assert.equal(settings(['--user-agent', 'one a@acme.io'], both).http.userAgent, 'one a@acme.io');
  assert.equal(settings([], both).http.userAgent, 'two b@acme.io');
  assert.equal(settings([], { ...both, EDGAR_FETCH_USER_AGENT: '' }).http.userAgent, 'three c@acme.io');
  assert.equal(settings([]).http.userAgent, 'edgar-fetch/1.2.3');
});

test('the SEC is contacted only with a User-Agent that names a contact, and at 9 a second at most', () => {
  const usable = settings(['--user-agent', CONTACT]);
  assert.deepEqual(
    [usable.secProblem, usable.http.mayContactSec, usable.secRate, usable.otherRate],
    [undefined, true, 8, undefined],
  );
  for (const args of [[], ['--user-agent', 'curl/8']]) {
    const barred = settings(args);
    assert.equal(barred.http.mayContactSec, false);
    assert.match(barred.secProblem ?? '', /EDGAR_FETCH_USER_AGENT/);
  }
  for (const rate of ['9.1', '10', 'none']) {
    const barred = settings(['--user-agent', CONTACT, '--rate', rate]);
    assert.equal(barred.http.mayContactSec, false, rate);
    assert.match(barred.secProblem ?? '', /at most 9/);
  }
});

test('a rate that is given holds for each other host too', () => {
  const nine = settings(['--user-agent', CONTACT, '--rate', '9']);
  assert.deepEqual([nine.secRate, nine.otherRate, nine.secProblem], [9, 9, undefined]);
  assert.equal(settings(['--rate', '50']).otherRate, 50);
  assert.equal(settings(['--rate', 'none']).otherRate, undefined);
});

test('proxies come from the environment, in capitals or small letters, and are checked', () => {
  const { proxies } = settings([], { HTTPS_PROXY: 'http://a:1', http_proxy: 'b:2', no_proxy: 'c' });
  assert.deepEqual(proxies, { httpsProxy: 'http://a:1', httpProxy: 'b:2', noProxy: 'c' });
  assert.deepEqual(settings([], { HTTPS_PROXY: '', https_proxy: 'http://a:1' }).proxies, { httpsProxy: 'http://a:1' });
  assert.throws(
    () => settings([], { HTTPS_PROXY: 'socks5://me:secret@a:1' }),
    (error) => error instanceof UsageError && /HTTPS_PROXY/.test(error.message) && !error.message.includes('secret'),
  );
});

test('the destination is absolute, and the settings are frozen', () => {
  const resolved = settings(['-o', 'x/../y']);
  assert.equal(resolved.destination, resolve('y'));
  assert.ok(Object.isFrozen(resolved));
});

test("the machine's state lies where the variables say, and relative XDG paths are passed over", () => {
  assert.equal(settings([], { EDGAR_FETCH_STATE_DIR: '/s', XDG_STATE_HOME: '/x' }).stateFolder, '/s');
  assert.equal(settings([], { XDG_STATE_HOME: '/x' }).stateFolder, '/x/edgar-fetch');
  for (const environment of [{}, { XDG_STATE_HOME: 'x' }, { EDGAR_FETCH_STATE_DIR: '', XDG_STATE_HOME: '' }]) {
    const { stateFolder } = settings([], environment);
    assert.ok(isAbsolute(stateFolder));
    assert.match(stateFolder, /\.local\/state\/edgar-fetch$/);
  }
});

test('the log of a run has the options that were set, without who the user is', () => {
  const log = optionsForLog(options(['--rate', '3', '--user-agent', CONTACT], { EDGAR_FETCH_JSON: '1' }));
  assert.deepEqual(log, { rate: 3, json: true });
});

test('variables that look like ours and are not are named, with the one that was meant', () => {
  const environment = {
    EDGAR_FETCH_RATES: '3',
    EDGAR_FETCH_USERAGENT: 'x',
    EDGAR_FETCH_COLOR: '1',
    EDGAR_FETCH_OUT: 'd',
  };
  assert.equal(
    unknownVariables(environment),
    'no option is set by EDGAR_FETCH_RATES (did you mean EDGAR_FETCH_RATE?), ' +
      'EDGAR_FETCH_USERAGENT (did you mean EDGAR_FETCH_USER_AGENT?), EDGAR_FETCH_COLOR',
  );
  assert.equal(unknownVariables({ EDGAR_FETCH_STATE_DIR: 'x', EDGAR_IDENTITY: 'x', EDGAR_FETCH_JSON: '' }), undefined);
});

test('the next command repeats what was typed and matters, as a shell reads it, and not what the environment says', () => {
  const typed = [
    '--max-size',
    '2GiB',
    '--json',
    '--no-fsync',
    '-o',
    "it's mine",
    '--user-agent',
    CONTACT,
    '--give-up',
    '1h',
  ];
  assert.equal(
    optionsToRepeat(options(typed, { EDGAR_FETCH_RETRIES: '3', EDGAR_FETCH_LAYOUT: 'filing' })),
    `--out 'it'\\''s mine' --user-agent '${CONTACT}' --max-size 2GiB --give-up 1h --no-fsync`,
  );
});
