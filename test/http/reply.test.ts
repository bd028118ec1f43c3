// What a host is said to have done: a kept connection that dies in silence is replaced, and is no answer of the host.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { attempt } from '../../src/http/attempt.ts';
import { Connections } from '../../src/http/connection.ts';
import { createConnector } from '../../src/http/connector.ts';
import type { HttpContext } from '../../src/http/context.ts';
import type { HostReport } from '../../src/http/permits.ts';
import { emptyTrace } from '../../src/http/reply.ts';

const REPLY = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<a/>';

test('a kept connection that dies before the first byte is reported as cancelled, and the request sent once more', async (context) => {
  let requests = 0;
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => (++requests === 2 ? socket.destroy() : socket.write(REPLY)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const reports: HostReport['kind'][] = [];
  const connector = createConnector({}, 1_000);
  const connections = new Connections(connector, 4);
  context.after(() => connections.close());
  const http: HttpContext = {
    settings: {
      userAgent: 'test',
      mayContactSec: false,
      idleTimeoutMs: 2_000,
      maxTimeMs: 5_000,
      maxBytes: 1_000,
      check: 'document',
      retries: 0,
    },
    connections,
    connector,
    permits: {
      acquire: () =>
        Promise.resolve({ kind: 'granted', waitedMs: 0, permit: { ended: ({ kind }) => reports.push(kind) } }),
    },
    openTemporary: () => assert.fail('the body is small'),
    cancelled: new AbortController().signal,
    nowMs: Date.now,
    random: Math.random,
  };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/1.xml`;
  const trace = emptyTrace();
  for (let time = 0; time < 2; time++) {
    const end = await attempt({ url, fetchUrl: url }, http, trace);
    assert.equal(end.kind, 'document');
  }
  assert.deepEqual([trace.requests, reports], [3, ['answered', 'cancelled', 'answered']]);
});
