// The tools of the scoreboard, each as a careful user runs it: its best flags for whole files, and the same short limits
// for all (one retry, 1 s to connect, 1 s of silence, 3 s for an attempt and 5 MiB where the tool can be told).
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MAX_SIZE_BYTES } from './hostile-cases/types.ts';

export interface Job {
  readonly url: string;
  /** Where the document goes, and nothing else. */
  readonly folder: string;
  /** The name that the document must have there. */
  readonly file: string;
  /** For state and configuration of the tool. */
  readonly home: string;
}

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly stdin?: string;
}

export interface Tool {
  readonly name: string;
  /** The apt package that brings it. */
  readonly package?: string;
  /** Undefined where the tool is not installed. */
  readonly version: () => string | undefined;
  readonly command: (job: Job) => Command;
  /** The flags as the published table shows them. */
  readonly shown: string;
}

const firstLine = (program: string, args: readonly string[]): string | undefined => {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split('\n')[0];
  } catch {
    return undefined;
  }
};

const versionIn = (program: string): string | undefined =>
  /\d+(\.\d+)+/.exec(firstLine(program, ['--version']) ?? '')?.[0];

const CURL =
  `--disable --fail --compressed --location --max-redirs 10 --remove-on-error --retry 1 --retry-delay 1 --retry-max-time 10 --retry-all-errors ` +
  `--connect-timeout 1 --max-time 3 --max-filesize ${MAX_SIZE_BYTES} --proto =http,https --globoff --silent --show-error`;
const WGET =
  '--no-config --compression=gzip --tries=2 --waitretry=1 --timeout=1 --max-redirect=10 --retry-on-http-error=429,500,502,503,504 --no-verbose';
const WGET2 =
  '--no-config --compression=gzip,deflate --tries=2 --waitretry=1 --timeout=1 --max-redirect=10 --no-robots --no-hsts --quiet';
const ARIA2 =
  '--no-conf --http-accept-gzip=true --max-tries=2 --retry-wait=1 --connect-timeout=1 --timeout=1 --split=1 --max-connection-per-server=1 ' +
  '--file-allocation=none --auto-file-renaming=false --always-resume=false --follow-torrent=false --follow-metalink=false --quiet';
const EDGAR_FETCH = '--layout flat --retries 1 --connect-timeout 1s --idle-timeout 1s --max-time 3s --max-size 5MiB';

const words = (flags: string): string[] => flags.split(' ');

/** What careful users of requests write: streaming, raise_for_status, a count of wire bytes, a temporary name, a retry. */
const REQUESTS_SCRIPT = `
import os, sys, time, requests
from requests.adapters import HTTPAdapter
url, path = sys.argv[1:3]
part = path + ".part"

def fetch(session):
    deadline = time.monotonic() + 3
    with session.get(url, stream=True, timeout=(1, 1)) as response:
        response.raise_for_status()
        size = 0
        with open(part, "wb") as out:
            for chunk in response.iter_content(65536):
                size += len(chunk)
                if size > ${MAX_SIZE_BYTES}: raise SystemExit("too large")
                if time.monotonic() > deadline: raise IOError("too slow")
                out.write(chunk)
        announced = response.headers.get("Content-Length")
        if announced is not None and "chunked" not in response.headers.get("Transfer-Encoding", ""):
            if response.raw.tell() != int(announced): raise IOError("incomplete")
    os.replace(part, path)

session = requests.Session()
session.trust_env = False
session.mount("http://", HTTPAdapter(max_retries=1))
session.max_redirects = 10
for attempt in (1, 2):
    try:
        fetch(session)
        break
    except requests.HTTPError as error:
        if attempt == 2 or error.response.status_code not in (408, 425, 429, 500, 502, 503, 504): raise
    except (requests.RequestException, IOError, ValueError):
        if attempt == 2: raise
    finally:
        if os.path.exists(part): os.remove(part)
    time.sleep(1)
`;

const requestsVersion = (): string | undefined =>
  firstLine('/usr/bin/python3', [
    '-c',
    'import requests, urllib3; print(f"{requests.__version__} (urllib3 {urllib3.__version__})")',
  ]);

const peers: readonly Tool[] = [
  {
    name: 'curl',
    package: 'curl',
    version: () => versionIn('curl'),
    shown: CURL,
    command: ({ url, folder, file }) => ({
      program: 'curl',
      args: [...words(CURL), '--output', join(folder, file), url],
    }),
  },
  {
    name: 'wget',
    package: 'wget',
    version: () => versionIn('wget'),
    shown: WGET,
    command: ({ url, folder }) => ({ program: 'wget', args: [...words(WGET), '--directory-prefix', folder, url] }),
  },
  {
    name: 'wget2',
    package: 'wget2',
    version: () => versionIn('wget2'),
    shown: WGET2,
    command: ({ url, folder }) => ({ program: 'wget2', args: [...words(WGET2), '--directory-prefix', folder, url] }),
  },
  {
    name: 'aria2',
    package: 'aria2',
    version: () => versionIn('aria2c'),
    shown: ARIA2,
    command: ({ url, folder, file }) => ({
      program: 'aria2c',
      args: [...words(ARIA2), '--dir', folder, '--out', file, url],
    }),
  },
  {
    name: 'python-requests',
    package: 'python3-requests',
    version: requestsVersion,
    shown:
      'a script with stream=True, raise_for_status, a check of Content-Length against the bytes on the wire, a temporary name and one retry (REQUESTS_SCRIPT in test/support/peers.ts)',
    command: ({ url, folder, file }) => ({
      program: '/usr/bin/python3',
      args: ['-c', REQUESTS_SCRIPT, url, join(folder, file)],
    }),
  },
];

const edgarFetch = (projectFolder: string): Tool => {
  const program = join(projectFolder, 'bin', 'edgar-fetch.js');
  return {
    name: 'edgar-fetch',
    version: () => (existsSync(program) ? firstLine(process.execPath, [program, '--version']) : undefined),
    shown: EDGAR_FETCH,
    command: ({ url, folder }) => ({
      program: process.execPath,
      args: [program, '-', '--out', folder, ...words(EDGAR_FETCH)],
      stdin: `${url}\n`,
    }),
  };
};

export const allTools = (projectFolder: string): readonly Tool[] => [edgarFetch(projectFolder), ...peers];
