// The downloaders and how each is asked to do its best: same documents, flat folder, gzip asked for and decoded, as many
// connections as edgar-fetch has by default. Tried and not faster: curl with 6, 50 or 100 connections or starting at once,
// wget2 with 4 or 8 threads, aria2 with 4 connections, pipelining or no disk cache; over HTTP/2 (which the server therefore
// does not offer) curl gains nothing and wget2 1.99.1 loses documents.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ServedDocument } from './corpus.ts';
import { PYTHON, type Command } from './measure.ts';

const CONNECTIONS = 16;
const XARGS_PROCESSES = 4;
const XARGS_AT_MOST = 50;
export const EDGAR_FETCH = fileURLToPath(new URL('../bin/edgar-fetch.js', import.meta.url));
const BUNDLE = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const NOTEBOOK = fileURLToPath(new URL('notebook.py', import.meta.url));

export interface DownloadTask {
  readonly documents: readonly ServedDocument[];
  readonly origin: string;
  readonly output: string;
  readonly scratch: string;
  /** The certificate to trust; undefined over plain HTTP. */
  readonly certificate: string | undefined;
}

export interface Tool {
  readonly name: string;
  readonly ours: boolean;
  /** Undefined when it can be run, else what is missing. */
  missing(): string | undefined;
  /** Writes the lists that it needs, and says how to run it. */
  command(task: DownloadTask): Command;
}

function onPath(executable: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((directory) => existsSync(join(directory, executable)));
}

/** Undefined when the command is there, else the name of the Debian package that brings it. */
export function missingCommand(executable: string, debianPackage: string): string | undefined {
  return onPath(executable) ? undefined : debianPackage;
}

function writeList(
  task: DownloadTask,
  name: string,
  lineOf: (url: string, document: ServedDocument) => string,
): string {
  const file = join(task.scratch, name);
  writeFileSync(file, task.documents.map((document) => `${lineOf(task.origin + document.path, document)}\n`).join(''));
  return file;
}

export function writeUrls(task: DownloadTask): string {
  return writeList(task, 'urls.txt', (url) => url);
}

function option(name: string, certificate: string | undefined): string[] {
  return certificate === undefined ? [] : [`${name}=${certificate}`];
}

function trustedByNode(certificate: string | undefined): Record<string, string> {
  return certificate === undefined ? {} : { NODE_EXTRA_CA_CERTS: certificate };
}

/** edgar-fetch on `source` with default options, and no more than those given. */
export function edgarFetch(
  task: DownloadTask,
  source: string,
  options: readonly string[],
  program = EDGAR_FETCH,
): Command {
  return {
    argv: [process.execPath, program, source, '--out', task.output, ...options],
    environment: trustedByNode(task.certificate),
  };
}

function ours(name: string, options: readonly string[]): Tool {
  return {
    name,
    ours: true,
    missing: () => (existsSync(BUNDLE) ? undefined : 'dist/ (npm run build)'),
    command: (task) => edgarFetch(task, writeUrls(task), options),
  };
}

/** Another build of edgar-fetch, in a checkout at `folder`: what does a change cost? */
export function otherBuild(folder: string): Tool {
  const program = join(folder, 'bin', 'edgar-fetch.js');
  return {
    name: 'other-build',
    ours: false,
    missing: () => (existsSync(join(folder, 'dist', 'main.js')) ? undefined : `${folder}/dist (npm run build there)`),
    command: (task) => edgarFetch(task, writeUrls(task), ['--no-fsync'], program),
  };
}

function curlOptions(certificate: string | undefined): string[] {
  const trust = certificate === undefined ? [] : ['--cacert', certificate];
  return ['-q', '--silent', '--show-error', '--fail', '--compressed', ...trust];
}

function curlCommand(task: DownloadTask): Command {
  const list = writeList(task, 'curl.txt', (url, { name }) => `url = "${url}"\noutput = "${name}"`);
  const parallel = ['--parallel', '--parallel-max', String(CONNECTIONS)];
  return { argv: ['curl', ...curlOptions(task.certificate), ...parallel, '-K', list], directory: task.output };
}

function wget2Command(task: DownloadTask): Command {
  const quiet = ['--no-config', '--quiet', '--no-hsts', '--no-robots', '--tries=1'];
  const best = [`--max-threads=${CONNECTIONS}`, '--compression=gzip', ...option('--ca-certificate', task.certificate)];
  return { argv: ['wget2', ...quiet, ...best, '-P', task.output, '-i', writeUrls(task)], directory: task.scratch };
}

function aria2Command(task: DownloadTask): Command {
  const quiet = ['--no-conf', '--quiet', '--summary-interval=0', '--file-allocation=none', '--max-tries=1'];
  const best = [`-j${CONNECTIONS}`, '--http-accept-gzip=true', ...option('--ca-certificate', task.certificate)];
  return { argv: ['aria2c', ...quiet, ...best, '-d', task.output, '-i', writeUrls(task)] };
}

/** As many URLs a process as leave every process a fair share. */
function xargsCommand(task: DownloadTask): Command {
  const share = Math.ceil(task.documents.length / XARGS_PROCESSES / 4);
  const spread = ['-P', String(XARGS_PROCESSES), '-n', String(Math.min(XARGS_AT_MOST, share))];
  const curl = ['curl', ...curlOptions(task.certificate), '--remote-name-all'];
  return { argv: ['xargs', '-a', writeUrls(task), ...spread, ...curl], directory: task.output };
}

function notebookCommand(task: DownloadTask): Command {
  const environment: Record<string, string> = task.certificate ? { REQUESTS_CA_BUNDLE: task.certificate } : {};
  return { argv: [PYTHON, NOTEBOOK, writeUrls(task), task.output], environment };
}

function peer(name: string, missing: () => string | undefined, command: Tool['command']): Tool {
  return { name, ours: false, missing, command };
}

/** Looked for, not imported: the benchmark itself needs no Python package. */
function missingRequests(): string | undefined {
  const there = existsSync(PYTHON) && existsSync('/usr/lib/python3/dist-packages/requests');
  return there ? undefined : 'python3-requests';
}

export const TOOLS: readonly Tool[] = [
  ours('edgar-fetch', ['--no-fsync']),
  ours('edgar-fetch+fsync', []),
  peer('curl', () => missingCommand('curl', 'curl'), curlCommand),
  peer('wget2', () => missingCommand('wget2', 'wget2'), wget2Command),
  peer('aria2', () => missingCommand('aria2c', 'aria2'), aria2Command),
  peer('xargs', () => missingCommand('curl', 'curl'), xargsCommand),
  peer('notebook', missingRequests, notebookCommand),
];
