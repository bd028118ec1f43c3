// An outage is not a failure of the documents; a bad document is not the end of a run.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCommand, testFolder } from '../support/command-line.ts';
import { documentsIn, manifestRows } from '../support/destination.ts';

const OUTAGE_MS = process.env['EDGAR_FETCH_LONG_TESTS'] === '1' ? 30_000 : 2_000;
const COUNT = 2_000;

/** A server that can go away and come back under the same port. */
class Flickering {
  readonly #listener: RequestListener;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  port = 0;

  constructor(listener: RequestListener) {
    this.#listener = listener;
  }

  async up(): Promise<void> {
    this.#server = createServer(this.#listener);
    this.#server.on('connection', (socket: Socket) => {
      // Those that the system had accepted already are told to the listener even of a closed server.
      if (this.#server?.listening !== true) return void socket.destroy();
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#server.listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.port = (this.#server.address() as AddressInfo).port;
  }

  down(): void {
    this.#server?.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

for (const retries of [5, 0]) {
  test(`an outage in the middle of ${COUNT} documents fails none and charges nobody, with --retries ${retries}`, async (context) => {
    const cwd = testFolder(context);
    let answered = 0;
    // Some replies are cut in the middle, some requests get none, others are refused.
    const server = new Flickering((request, response) => {
      response.write('<a>');
      const slow = request.url?.endsWith('3.xml') === true;
      if (slow) setTimeout(() => response.end('</a>'), 20);
      else response.end('</a>');
      if (++answered !== 500) return;
      server.down();
      setTimeout(() => void server.up(), OUTAGE_MS);
    });
    await server.up();
    context.after(() => server.down());
    const stdin = Array.from({ length: COUNT }, (_, number) => `http://127.0.0.1:${server.port}/${number}.xml\n`);
    const end = await runCommand(['--retries', String(retries)], { cwd, stdin: stdin.join('') });
    assert.deepEqual([end.exitCode, end.stderr], [0, '']);
    const rows = manifestRows(join(cwd, 'downloads'));
    assert.equal(rows.length, COUNT);
    assert.deepEqual(
      rows.filter(({ status, attempts }) => status !== 'saved' || attempts !== 1),
      [],
    );
    const resent = rows.reduce((sum, { requests }) => sum + (requests ?? 0), 0) - COUNT;
    context.diagnostic(`${COUNT} saved, 0 failed, 0 charged; ${resent} requests more than documents`);
  });
}

for (const [how, count] of [
  // More than may wait in a thread to hear whose fault it was.
  ['breaks off', 600],
  // Too few for an outage.
  ['does not come', 8],
] as const) {
  test(`where each reply ${how}, the run ends and the ${count} documents fail by themselves`, async (context) => {
    const cwd = testFolder(context);
    const server = new Flickering((_request, response) => {
      if (how === 'breaks off') response.write('<a>', () => response.destroy());
      else response.destroy();
    });
    await server.up();
    context.after(() => server.down());
    const urls = Array.from({ length: count }, (_, number) => `http://127.0.0.1:${server.port}/${number}.xml\n`);
    const end = await runCommand(['--retries', '0', '--workers', '2'], { cwd, stdin: urls.join('') });
    assert.equal(end.exitCode, 75, end.stderr);
    const rows = manifestRows(join(cwd, 'downloads'));
    assert.equal(rows.length, count);
    assert.deepEqual(
      rows.filter(({ status, attempts, requests }) => status !== 'failed' || attempts !== 1 || requests !== 1),
      [],
    );
  });
}

const BAD: Readonly<Record<string, readonly [status: number, body: string, code: string]>> = {
  '1': [404, '', 'not-found'],
  '2': [401, '', 'forbidden'],
  '3': [203, '<a/>', 'http-status'],
  '4': [302, '', 'redirect'],
  '5': [200, '<html><body>sorry</body></html>', 'unexpected-content'],
};

test(`of ${COUNT} documents with 10 % bad ones every good one is saved and every bad one has its row`, async (context) => {
  const cwd = testFolder(context);
  const server = new Flickering((request, response) => {
    const [status, body] = BAD[/bad-(\d)/.exec(request.url ?? '')?.[1] ?? ''] ?? [200, '<a/>'];
    response.writeHead(status).end(body);
  });
  await server.up();
  context.after(() => server.down());
  const name = (number: number): string =>
    number % 10 === 7 ? `${number}-bad-${1 + (Math.floor(number / 10) % 5)}` : String(number);
  const urls = Array.from({ length: COUNT }, (_, number) => `http://127.0.0.1:${server.port}/${name(number)}.xml`);
  const end = await runCommand(['--retries', '0'], { cwd, stdin: urls.join('\n') });
  assert.equal(end.exitCode, 1);
  const out = join(cwd, 'downloads');
  assert.equal(documentsIn(out).length, COUNT * 0.9);
  const rows = new Map(manifestRows(out).map((row) => [row.url, row]));
  for (const url of urls) {
    const code = BAD[/bad-(\d)/.exec(url)?.[1] ?? '']?.[2];
    assert.equal(rows.get(url)?.error?.code, code, url);
  }
  // With only transient ones left, the code says: run me again.
  const transient = urls.filter((url) => !/bad-[1-4]/.test(url));
  const again = await runCommand(['--retries', '0'], { cwd, stdin: transient.join('\n') });
  assert.equal(again.exitCode, 75, again.stderr);
});
