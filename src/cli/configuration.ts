// Owns what the options mean for a run: checked against each other, in base units, frozen. Not passed below cli/.
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { SEC_DEFAULT_RATE_PER_SECOND, SEC_MAX_RATE_PER_SECOND } from '../edgar/fair-access.ts';
import { judgeUserAgent } from '../edgar/user-agent.ts';
import { parseProxy, type ProxySettings } from '../http/proxy.ts';
import { UsageError } from '../model/errors.ts';
import type { RunSettings } from '../run/settings.ts';
import type { ResolvedOptions } from './options.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Resolves the settings of a run. Throws UsageError. */
export function configure(options: ResolvedOptions, environment: Environment, version: string): RunSettings {
  const { mirror } = options;
  const userAgent = headerText(options['user-agent']);
  const problem = userAgentProblem(userAgent) ?? rateProblem(options.rate);
  const otherRate = typeof options.rate === 'number' ? options.rate : undefined;
  return Object.freeze({
    destination: resolve(options.out),
    stateFolder: stateFolder(environment),
    layout: options.layout,
    existing: options.existing,
    ...(mirror === undefined ? {} : { mirror }),
    secRate:
      typeof options.rate === 'number' && rateProblem(options.rate) === undefined
        ? options.rate
        : SEC_DEFAULT_RATE_PER_SECOND,
    ...(otherRate === undefined ? {} : { otherRate }),
    batchSize: options['batch-size'],
    workers: options.workers,
    connections: options.connections,
    blockPauseMs: options['block-pause'],
    giveUpMs: options['give-up'],
    ...(options['stop-after'] === undefined ? {} : { stopAfterMs: options['stop-after'] }),
    recheckMissingMs: options['recheck-missing'],
    connectTimeoutMs: options['connect-timeout'],
    fsync: !options['no-fsync'],
    http: Object.freeze({
      userAgent: userAgent ?? `edgar-fetch/${version}`,
      mayContactSec: problem === undefined,
      idleTimeoutMs: options['idle-timeout'],
      maxTimeMs: options['max-time'],
      maxBytes: options['max-size'],
      check: options.check,
      retries: options.retries,
    }),
    proxies: proxySettings(environment),
    ...(problem === undefined ? {} : { secProblem: problem }),
    reportUnchanged: options.json,
  });
}

/** Where the runs of this machine meet: the XDG Base Directory Specification's place for state. */
export function stateFolder(environment: Environment): string {
  const own = environment['EDGAR_FETCH_STATE_DIR'];
  if (own !== undefined && own !== '') return resolve(own);
  const state = environment['XDG_STATE_HOME'];
  if (state !== undefined && isAbsolute(state)) return join(state, 'edgar-fetch');
  return join(homedir(), '.local', 'state', 'edgar-fetch');
}

/** The options as `runs.jsonl` keeps them: those that were set, without what identifies a person. */
export function optionsForLog(options: ResolvedOptions): Readonly<Record<string, unknown>> {
  const names = [...options.given.keys()].filter((name) => name !== 'user-agent');
  return Object.fromEntries(names.map((name) => [name, options[name]]));
}

/** Other hosts and mirrors may be asked at any rate. */
function rateProblem(rate: number | 'none' | undefined): string | undefined {
  if (rate === undefined || (rate !== 'none' && rate <= SEC_MAX_RATE_PER_SECOND)) return undefined;
  return `--rate ${rate} is too fast for *.sec.gov, which blocks an address at 10 requests a second; give at most ${SEC_MAX_RATE_PER_SECOND}`;
}

/** A User-Agent as a header carries it: the line end of a file of variables is no part of it. Throws UsageError. */
function headerText(userAgent: string | undefined): string | undefined {
  const text = userAgent?.trim() ?? '';
  if (!/^[\x20-\x7e\xa0-\xff]*$/.test(text))
    throw new UsageError('the User-Agent has characters that a header cannot carry; give it in one line of plain text');
  return text === '' ? undefined : text;
}

function userAgentProblem(userAgent: string | undefined): string | undefined {
  const verdict = judgeUserAgent(userAgent);
  if (verdict.usable) return undefined;
  return (
    `*.sec.gov is not contacted with this User-Agent (${verdict.reason}); give --user-agent 'Your Name ` +
    `your.name@your-company.com', or export EDGAR_FETCH_USER_AGENT`
  );
}

function proxySettings(environment: Environment): ProxySettings {
  const httpsProxy = proxyVariable(environment, 'HTTPS_PROXY');
  const httpProxy = proxyVariable(environment, 'HTTP_PROXY');
  const noProxy = environment['NO_PROXY'] ?? environment['no_proxy'];
  return {
    ...(httpsProxy === undefined ? {} : { httpsProxy }),
    ...(httpProxy === undefined ? {} : { httpProxy }),
    ...(noProxy === undefined ? {} : { noProxy }),
  };
}

/** The value may hold a password and is never shown. */
function proxyVariable(environment: Environment, name: 'HTTPS_PROXY' | 'HTTP_PROXY'): string | undefined {
  const names = [name, name.toLowerCase(), 'ALL_PROXY', 'all_proxy'];
  const found = names.find((variable) => (environment[variable] ?? '') !== '');
  const value = found === undefined ? undefined : environment[found];
  if (found === undefined || value === undefined) return undefined;
  if (/^socks/i.test(value)) {
    const unset = /^all/i.test(found) ? ', which go before it' : '';
    throw new UsageError(
      `${found} is a SOCKS proxy, which is not supported; set HTTPS_PROXY and HTTP_PROXY to http://host:port${unset}`,
    );
  }
  if (parseProxy(value) === undefined)
    throw new UsageError(`${found} is not a proxy address; give it as http://host:port`);
  return value;
}
