// Every exchange comes to exactly one end: what the reply's framing says, what the receiver wants, a limit, a cancellation or
// a broken connection, told apart on real sockets.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { Connections, type Connection } from '../../src/http/connection.ts';
import { createConnector } from '../../src/http/connector.ts';
import { Exchanges, type ExchangeEnd, type ReplyReceiver } from '../../src/http/exchange.ts';
import type { ReplyHead } from '../../src/http/reply-head.ts';
import { startRawServer, type RawAnswer } from '../support/raw-server.ts';

const REPLY = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<a/>';
const LONG = 60_000;

interface Limits {
  readonly idleMs?: number;
  readonly wholeMs?: number;
  readonly connectMs?: number;
}

interface Asker {
  readonly connection: Connection;
  readonly cancellation: AbortController;
  /** What came of the last reply. */
  readonly heads: ReplyHead[];
  readonly body: () => string;
  ask(receiver?: Partial<ReplyReceiver>): Promise<ExchangeEnd>;
}

function askerOf(context: TestContext, origin: string, limits: Limits = {}): Asker {
  const cancellation = new AbortController();
  const exchanges = new Exchanges(limits.idleMs ?? LONG, cancellation.signal);
  const connection = new Connections(createConnector({}, limits.connectMs ?? LONG), 1).take(origin);
  context.after(() => connection.destroy());
  const heads: ReplyHead[] = [];
  const chunks: Buffer[] = [];
  const taker = {
    onHead: (head: ReplyHead) => heads.push(head) > 0,
    onData: (chunk: Buffer) => chunks.push(chunk) > 0,
  };
  const request = { path: '/a.xml', headers: { 'x-test': 'yes' }, wholeMs: limits.wholeMs ?? LONG };
  return {
    connection,
    cancellation,
    heads,
    body: () => Buffer.concat(chunks).toString(),
    ask: (receiver = {}) => exchanges.run(connection, request, { ...taker, ...receiver }),
  };
}

async function serverThat(context: TestContext, answer: RawAnswer, limits?: Limits): Promise<Asker> {
  const server = await startRawServer({ answer });
  context.after(() => server.close());
  return askerOf(context, server.origin, limits);
}

test('a reply is complete as its framing says, and the next on the connection is known to be such', async (context) => {
  const asker = await serverThat(context, (socket, { headers }) => {
    assert.equal(headers.get('x-test'), 'yes');
    socket.write(REPLY);
  });
  for (const reused of [false, true]) {
    const end = await asker.ask();
    assert.ok(end.kind === 'complete');
    assert.deepEqual([end.head.status, end.wireBytes, end.reused], [200, 4, reused]);
    assert.ok(end.timing.beganAfterMs >= 0 && end.timing.sentAtMs <= performance.now());
  }
  assert.equal(asker.body(), '<a/><a/>');
});

test('interim heads are passed over', async (context) => {
  const asker = await serverThat(
    context,
    (socket) => void socket.write(`HTTP/1.1 103 Early Hints\r\nLink: </b>\r\n\r\n${REPLY}`),
  );
  const end = await asker.ask();
  assert.ok(end.kind === 'complete');
  assert.deepEqual(
    asker.heads.map(({ status }) => status),
    [200],
  );
});

test('a 304 has no body, whatever length it announces, and its connection is not used again', async (context) => {
  const asker = await serverThat(
    context,
    (socket) => void socket.write('HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n'),
  );
  const end = await asker.ask();
  assert.deepEqual([end.kind, 'wireBytes' in end && end.wireBytes], ['complete', 0]);
  assert.equal(asker.connection.client.destroyed, true);
});

test('a receiver that wants no body, or no more of it, ends the exchange and the connection', async (context) => {
  for (const [receiver, wireBytes] of [
    [{ onHead: () => false }, 0],
    [{ onData: () => false }, 4],
  ] as const) {
    const asker = await serverThat(context, (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n');
      setTimeout(() => socket.write('<a/>'), 20);
    });
    const end = await asker.ask(receiver);
    assert.ok(end.kind === 'abandoned');
    assert.deepEqual([end.head.status, end.wireBytes], [200, wireBytes]);
    assert.equal(asker.connection.client.destroyed, true);
  }
});

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n';

test('silence has a limit, before the head and within the body', async (context) => {
  for (const begin of ['', HEAD]) {
    const asker = await serverThat(context, (socket) => void socket.write(begin), { idleMs: 150 });
    const end = await asker.ask();
    assert.deepEqual(end, { kind: 'timed-out', limit: 'idle', wireBytes: 0 });
  }
});

test('a reply that goes on and on is cut at the limit on the whole, and not by that on silence', async (context) => {
  const asker = await serverThat(
    context,
    (socket) => {
      socket.write(HEAD);
      const drip = setInterval(() => socket.write('x'), 20);
      socket.on('close', () => clearInterval(drip));
    },
    { idleMs: 400, wholeMs: 900 },
  );
  const end = await asker.ask();
  assert.ok(end.kind === 'timed-out');
  assert.ok(end.wireBytes > 0);
  assert.equal(end.limit, 'whole');
});

test('a server that is not spoken to in TLS ends at the limit on connecting', async (context) => {
  const server = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const asker = askerOf(context, origin, { connectMs: 300 });
  assert.deepEqual(await asker.ask(), { kind: 'timed-out', limit: 'connect', wireBytes: 0 });
});

test('one abort ends all that is in flight, and nothing is sent after it', async (context) => {
  let requests = 0;
  const asker = await serverThat(context, () => {
    requests++;
    asker.cancellation.abort();
  });
  assert.deepEqual(await asker.ask(), { kind: 'cancelled' });
  assert.deepEqual(await asker.ask(), { kind: 'cancelled' });
  assert.equal(requests, 1);
});

test('a connection that breaks is told by what had come, and by what it had carried', async (context) => {
  const asker = await serverThat(context, (socket, { requestsOnConnection }) => {
    if (requestsOnConnection === 1) socket.write(REPLY);
    else socket.destroy();
  });
  await asker.ask();
  const silent = await asker.ask();
  assert.ok(silent.kind === 'broken');
  assert.deepEqual([silent.silent, silent.reused, silent.wireBytes], [true, true, 0]);

  const cut = await serverThat(context, (socket) => void socket.write(`${HEAD}<a/>`, () => socket.destroy()));
  const within = await cut.ask();
  assert.ok(within.kind === 'broken');
  assert.deepEqual([within.silent, within.reused, within.wireBytes], [false, false, 4]);
});

test('a server that switches protocols though nobody asked is broken', async (context) => {
  const asker = await serverThat(
    context,
    (socket) => void socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
  );
  const end = await asker.ask();
  assert.equal(end.kind, 'broken');
});
