// What comes on a kept connection: one that dies in silence is replaced, and is no answer of the host; a reply that came
// before the answer is not taken for it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { createConnector } from '../../src/http/connector.ts';
import type { HttpContext } from '../../src/http/context.ts';
import type { HostReport } from '../../src/model/permits.ts';
import { emptyTrace, request } from '../../src/http/request.ts';
import { NetworkWire } from '../../src/http/wire.ts';
import { httpSettings } from '../support/http-settings.ts';

const reply = (document: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${document.length}\r\n\r\n${document}`;

interface Asked {
  readonly url: string;
  readonly documents: string[];
  readonly reports: HostReport['kind'][];
  readonly trace: ReturnType<typeof emptyTrace>;
  ask(extension?: string): Promise<void>;
}

/** A server that answers each request as `answer` says, and a client that asks it for one document after the other. */
async function serverThat(
  context: TestContext,
  answer: (socket: Socket, path: string, requests: number) => void,
): Promise<Asked> {
  let requests = 0;
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => answer(socket, bytes.toString().split(' ')[1] ?? '', ++requests));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const reports: HostReport['kind'][] = [];
  const cancelled = new AbortController().signal;
  const wire = new NetworkWire(createConnector({}, 1_000), { idleTimeoutMs: 2_000, maxIdle: 4, cancelled });
  context.after(() => wire.close());
  const http: HttpContext = {
    settings: httpSettings(),
    wire,
    permits: {
      acquire: () =>
        Promise.resolve({ kind: 'granted', waitedMs: 0, permit: { ended: ({ kind }) => reports.push(kind) } }),
    },
    openTemporary: () => assert.fail('the body is small'),
    nowMs: Date.now,
    random: Math.random,
  };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const asked: Asked = {
    url,
    documents: [],
    reports,
    trace: emptyTrace(),
    async ask(extension = 'xml') {
      const fetchUrl = `${url}/${asked.documents.length}.${extension}`;
      const wanted = { url: fetchUrl, fetchUrl };
      const address = new URL(fetchUrl);
      const onListening = (): void => undefined;
      let end = await request(address, wanted, http, asked.trace, { fresh: false, onListening });
      if (end.kind === 'again') end = await request(address, wanted, http, asked.trace, { fresh: true, onListening });
      const text =
        end.kind === 'document' && end.document.body.kind === 'memory' ? end.document.body.bytes.toString() : '';
      asked.documents.push(end.kind === 'failed' ? end.failure.code : text === '' ? end.kind : text);
    },
  };
  return asked;
}

test('a kept connection that dies before the first byte is reported as cancelled, and the request sent once more', async (context) => {
  const asked = await serverThat(context, (socket, _path, requests) =>
    requests === 2 ? socket.destroy() : socket.write(reply('<a/>')),
  );
  for (let time = 0; time < 2; time++) await asked.ask();
  assert.deepEqual(asked.documents, ['<a/>', '<a/>']);
  assert.deepEqual([asked.trace.requests, asked.reports], [3, ['answered', 'cancelled', 'answered']]);
});

/** Written in place of an answer, which follows: as if it had come between the request and its answer. */
const STRAYS: readonly (readonly [string, string])[] = [
  ['a document', reply('<stray/>')],
  ['a page that says there is none', 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'],
  ['a redirect', 'HTTP/1.1 302 Found\r\nLocation: /elsewhere.xml\r\nContent-Length: 0\r\n\r\n'],
  ['a body that is refused', reply('<html><body>no</body></html>')],
];

for (const [what, stray] of STRAYS) {
  test(`${what} that comes before the answer of a kept connection is not believed; the answer is asked for again`, async (context) => {
    const asked = await serverThat(context, (socket, path, requests) => {
      if (requests === 2) socket.write(stray);
      // Long after the stray, as clocks go, and long before it is believed: the first reply took as long.
      setTimeout(() => socket.write(reply(`<a>${path}</a>`)), 20);
    });
    for (let time = 0; time < 4; time++) await asked.ask();
    assert.deepEqual(asked.documents, ['<a>/0.xml</a>', '<a>/1.xml</a>', '<a>/2.xml</a>', '<a>/3.xml</a>']);
    assert.equal(asked.trace.requests, 5);
  });
}

/** Content-Length counts characters, and the body has more bytes than that. */
const TEXT = 'Société Générale\n'.repeat(20);
const SHORT_HEAD = `HTTP/1.1 200 OK\r\nContent-Length: ${TEXT.length}\r\n\r\n`;

test('a text with more bytes behind it than its length announced is no whole one, on whatever connection', async (context) => {
  const asked = await serverThat(context, (socket, path) =>
    socket.write(['/1.txt', '/2.txt'].includes(path) ? SHORT_HEAD + TEXT : reply('some text')),
  );
  for (let time = 0; time < 4; time++) await asked.ask('txt');
  assert.deepEqual(asked.documents, ['some text', 'truncated', 'truncated', 'some text']);
  // The kept connection's reply was asked for once more: it might have been another's.
  assert.equal(asked.trace.requests, 5);
});

test('a document that shows its own end is one, whatever comes behind it', async (context) => {
  const asked = await serverThat(context, (socket) => socket.write(`${reply('<a/>')}left over`));
  for (let time = 0; time < 3; time++) await asked.ask();
  assert.deepEqual([asked.documents, asked.trace.requests], [['<a/>', '<a/>', '<a/>'], 3]);
});
