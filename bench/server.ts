// nginx on loopback: one worker process, its own configuration, four servers over one store of documents (gzip, gzip
// with TLS, identity, and gzip with a log of when requests came).
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { whenDone } from './workspace.ts';

const NGINX = 'nginx';
const OPENSSL = 'openssl';
const START_TIMEOUT_MS = 5_000;
const CLOCK_TICKS_PER_SECOND = 100;

export interface Server {
  readonly gzip: string;
  readonly gzipTls: string;
  readonly identity: string;
  readonly logged: string;
  readonly certificate: string;
  /** CPU seconds that the worker process has used so far; undefined where /proc does not say. */
  cpuSeconds(): number | undefined;
  forgetRequests(): void;
  /** When the first logged request since then began, in seconds since 1970. */
  firstRequestAt(): number | undefined;
}

interface Ports {
  readonly gzip: number;
  readonly gzipTls: number;
  readonly identity: number;
  readonly logged: number;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function freePorts(): Promise<Ports> {
  const [gzip, gzipTls, identity, logged] = [await freePort(), await freePort(), await freePort(), await freePort()];
  return { gzip, gzipTls, identity, logged };
}

/** Any company, any filing: the base name alone leads to the stored file, so no million folders need to be made. */
function serverBlock(port: number, store: string, more: string): string {
  return `
  server {
    listen 127.0.0.1:${port}${more.includes('ssl_certificate') ? ' ssl' : ''};
    ${more}
    location ~ "^/Archives/edgar/data/\\d+/\\d{18}/(?:x\\d+-)?(?<stored>[^/]+)$" { alias "${store}/$stored"; }
    location / { return 404; }
  }`;
}

function configuration(directory: string, store: string, ports: Ports): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (n) => `${n}_temp_path "${directory}/tmp";`,
  );
  const tls = `ssl_certificate "${directory}/certificate.pem"; ssl_certificate_key "${directory}/key.pem"; gzip_static on;`;
  const log = `gzip_static on; access_log "${directory}/requests.log" times;`;
  return `daemon off;
worker_processes 1;
pid "${directory}/nginx.pid";
error_log "${directory}/error.log" warn;
events { worker_connections 4096; }
http {
  ${temporary.join('\n  ')}
  access_log off;
  log_format times '$msec $request_time';
  types { text/xml xml; }
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000;
${serverBlock(ports.gzip, store, 'gzip_static on;')}
${serverBlock(ports.gzipTls, store, tls)}
${serverBlock(ports.identity, store, '')}
${serverBlock(ports.logged, store, log)}
}
`;
}

function makeCertificate(directory: string): void {
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const key = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-keyout',
    `${directory}/key.pem`,
  ];
  const made = ['-out', `${directory}/certificate.pem`, '-days', '30'];
  execFileSync(OPENSSL, ['req', '-x509', ...key, ...made, ...subject], { stdio: 'ignore' });
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const open = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
  });
  socket.destroy();
  return open;
}

async function untilReady(nginx: ChildProcess, port: number, errorLog: string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await answers(port))) {
    if (nginx.exitCode !== null || Date.now() > deadline) {
      throw new Error(`nginx did not start: ${readFileSync(errorLog, 'utf8').trim()}`);
    }
    await sleep(20);
  }
}

function workerPid(master: number): string | undefined {
  try {
    return readFileSync(`/proc/${master}/task/${master}/children`, 'utf8').trim().split(' ')[0];
  } catch {
    return undefined;
  }
}

function cpuSecondsOf(pid: string | undefined): number | undefined {
  if (pid === undefined || pid === '') return undefined;
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND;
}

function firstLoggedRequest(log: string): number | undefined {
  const [endedAt, took] = readFileSync(log, 'utf8').split('\n')[0]!.split(' ').map(Number);
  return endedAt === undefined || took === undefined ? undefined : endedAt - took;
}

export async function startServer(workspace: string, store: string): Promise<Server> {
  const directory = join(workspace, 'nginx');
  mkdirSync(join(directory, 'tmp'), { recursive: true });
  makeCertificate(directory);
  const ports = await freePorts();
  const errorLog = join(directory, 'error.log');
  const requestLog = join(directory, 'requests.log');
  writeFileSync(errorLog, '');
  writeFileSync(join(directory, 'nginx.conf'), configuration(directory, store, ports));
  const place = ['-p', directory, '-c', join(directory, 'nginx.conf'), '-e', errorLog];
  const nginx = spawn(NGINX, place, { stdio: 'ignore', detached: true });
  whenDone(() => nginx.kill('SIGTERM'));
  await untilReady(nginx, ports.gzip, errorLog);
  const worker = workerPid(nginx.pid!);
  return {
    gzip: `http://127.0.0.1:${ports.gzip}`,
    gzipTls: `https://127.0.0.1:${ports.gzipTls}`,
    identity: `http://127.0.0.1:${ports.identity}`,
    logged: `http://127.0.0.1:${ports.logged}`,
    certificate: join(directory, 'certificate.pem'),
    cpuSeconds: () => cpuSecondsOf(worker),
    forgetRequests: () => writeFileSync(requestLog, ''),
    firstRequestAt: () => firstLoggedRequest(requestLog),
  };
}
