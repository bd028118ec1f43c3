// Whether anything follows a reply that nobody asked for: seen at once and later, and told from what servers rightly do.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { Connections, type Connection } from '../../src/http/connection.ts';
import { createConnector } from '../../src/http/connector.ts';
import { Exchanges } from '../../src/http/exchange.ts';

const REPLY = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<a/>';
const LISTEN_MS = 300;

/** Asks once, on a connection to a server that goes on as `then` says. */
async function askOnce(context: TestContext, then: (socket: Socket) => void): Promise<[Connections, Connection]> {
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.once('data', () => then(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const connections = new Connections(createConnector({}, 1_000), 4);
  const connection = connections.take(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  context.after(() => connection.destroy());
  const receiver = { onHead: () => true, onData: () => true };
  const exchanges = new Exchanges(5_000, new AbortController().signal);
  const end = await exchanges.run(connection, { path: '/', headers: {}, wholeMs: 5_000 }, receiver);
  assert.equal(end.kind, 'complete');
  return [connections, connection];
}

const UNASKED: readonly (readonly [string, string])[] = [
  ['another reply', REPLY],
  ['an interim reply', 'HTTP/1.1 103 Early Hints\r\n\r\n'],
  ['the first bytes of a reply', 'HT'],
  ['bytes that are no reply', 'left over'],
  ['a NUL', '\0'],
];

for (const [what, bytes] of UNASKED) {
  test(`${what} behind a reply is seen, in its packet and 5 ms later, and ends the use of kept connections`, async (context) => {
    const sends = [
      (socket: Socket) => socket.write(REPLY + bytes),
      (socket: Socket) => {
        socket.write(REPLY);
        setTimeout(() => socket.write(bytes), 5);
      },
    ];
    for (const send of sends) {
      const [connections, connection] = await askOnce(context, send);
      assert.equal(await connection.staysSilent(LISTEN_MS), false);
      assert.equal(connection.habits.sentUnasked, true);
      connections.release(connection);
      assert.notEqual(connections.take(connection.origin), connection);
    }
  });
}

const SILENT: readonly (readonly [string, (socket: Socket) => void])[] = [
  ['nothing', (socket) => socket.write(REPLY)],
  ['a line end', (socket) => socket.write(`${REPLY}\r\n`)],
  ['the end of the connection', (socket) => socket.end(REPLY)],
  ['a reset', (socket) => socket.write(REPLY, () => setTimeout(() => socket.resetAndDestroy(), 5))],
];

for (const [what, send] of SILENT) {
  test(`${what} behind a reply is silence`, async (context) => {
    const [connections, connection] = await askOnce(context, send);
    assert.equal(await connection.staysSilent(50), true);
    assert.equal(connection.habits.sentUnasked, false);
    connections.release(connection);
    assert.equal(connections.take(connection.origin), connection);
  });
}
