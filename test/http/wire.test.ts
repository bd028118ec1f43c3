// What goes over the wire: the URL as it is, on a kept connection or a new one, directly or through a proxy; and what is told
// of what came behind a reply.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { createConnector } from '../../src/http/connector.ts';
import type { ProxySettings } from '../../src/http/proxy.ts';
import { NetworkWire, type WireEnd } from '../../src/http/wire.ts';
import { startRawServer, type RawRequest } from '../support/raw-server.ts';

const REPLY = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<a/>';

interface Line {
  readonly origin: string;
  readonly seen: RawRequest[];
  send(url: string, fresh?: boolean): Promise<Extract<WireEnd, { kind: 'complete' }>>;
}

async function lineTo(
  context: TestContext,
  reply: (request: RawRequest) => string = () => REPLY,
  proxies: (origin: string) => ProxySettings = () => ({}),
): Promise<Line> {
  const seen: RawRequest[] = [];
  const server = await startRawServer({
    answer: (socket, request) => {
      seen.push(request);
      socket.write(reply(request));
    },
  });
  context.after(() => server.close());
  const cancelled = new AbortController().signal;
  const connector = createConnector(proxies(server.origin), 1_000);
  const wire = new NetworkWire(connector, { idleTimeoutMs: 5_000, maxIdle: 4, cancelled });
  context.after(() => wire.close());
  const receiver = { onHead: () => true, onData: () => true };
  return {
    origin: server.origin,
    seen,
    async send(url, fresh = false) {
      const end = await wire.send({ url: new URL(url), headers: { accept: '*/*' }, wholeMs: 5_000, fresh }, receiver);
      assert.ok(end.kind === 'complete', end.kind);
      return end;
    },
  };
}

test('path and query are sent as the URL has them', async (context) => {
  const line = await lineTo(context);
  for (const path of ['/', '/a%20b/%c3%a9.xml', '/a?b=c&d', '/a?'])
    await (
      await line.send(line.origin + path)
    ).listening?.isOwn;
  assert.deepEqual(
    line.seen.map(({ path }) => path),
    ['/', '/a%20b/%c3%a9.xml', '/a?b=c&d', '/a?'],
  );
});

test('a connection is kept and listened to, and none is listened to that is new', async (context) => {
  const line = await lineTo(context);
  const first = await line.send(line.origin);
  assert.equal(first.listening, undefined);
  const second = await line.send(line.origin);
  assert.equal(await second.listening?.isOwn, true);
  const fresh = await line.send(line.origin, true);
  assert.equal(fresh.listening, undefined);
  assert.deepEqual(
    line.seen.map(({ connection, requestsOnConnection }) => `${connection}.${requestsOnConnection}`),
    ['1.1', '1.2', '2.1'],
  );
});

test('a kept connection carries nothing while it is listened to', async (context) => {
  const line = await lineTo(context);
  await line.send(line.origin);
  const second = await line.send(line.origin);
  await line.send(line.origin);
  assert.deepEqual([line.seen[2]?.connection, second.listening?.takesTime], [2, true]);
});

test('bytes behind the first reply of a connection are told, behind a later one they put it in doubt', async (context) => {
  const line = await lineTo(context, ({ requestsOnConnection }) =>
    requestsOnConnection === 1 ? REPLY : REPLY + REPLY,
  );
  assert.equal((await line.send(line.origin)).isFollowed, false);
  assert.equal(await (await line.send(line.origin)).listening?.isOwn, false);
  const other = await lineTo(context, () => `${REPLY}left over`);
  assert.equal((await other.send(other.origin)).isFollowed, true);
});

test('a proxy for plain http is asked for the whole URL, with its credentials', async (context) => {
  const line = await lineTo(
    context,
    () => REPLY,
    (origin) => ({ httpProxy: origin.replace('//', '//me:secret@') }),
  );
  await line.send('http://a.example:8080/b.xml?c');
  const [request] = line.seen;
  assert.equal(request?.path, 'http://a.example:8080/b.xml?c');
  assert.equal(request.headers.get('host'), 'a.example:8080');
  assert.equal(request.headers.get('accept'), '*/*');
  assert.equal(request.headers.get('proxy-authorization'), `Basic ${Buffer.from('me:secret').toString('base64')}`);
});
