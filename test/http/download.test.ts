// The way of one document on a real server: redirects, attempts and what is charged, and how it ends when the run does.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { createConnector } from '../../src/http/connector.ts';
import { download, type DownloadEnd, type DownloadFlow } from '../../src/http/download.ts';
import { NetworkWire } from '../../src/http/wire.ts';
import { startRawServer, type RawRequest } from '../support/raw-server.ts';
import { httpSettings } from '../support/http-settings.ts';

const DOCUMENT = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<a/>';
const empty = (status: string, fields = ''): string => `HTTP/1.1 ${status}\r\n${fields}Content-Length: 0\r\n\r\n`;

interface Downloaded {
  readonly end: DownloadEnd;
  readonly asked: readonly string[];
  readonly slept: number;
  /** SHA-256 of what was handed over. */
  readonly received: readonly string[];
}

/** Downloads /a.xml; `answer` of undefined resets the connection. */
async function downloadFrom(
  context: TestContext,
  answer: (request: RawRequest, requests: number) => string | undefined,
  more: Partial<DownloadFlow> = {},
): Promise<Downloaded> {
  const asked: string[] = [];
  const server = await startRawServer({
    answer: (socket, request) => {
      asked.push(request.path);
      const reply = answer(request, asked.length);
      if (reply === undefined) socket.resetAndDestroy();
      else socket.write(reply);
    },
  });
  context.after(() => server.close());
  const cancelled = new AbortController().signal;
  const wire = new NetworkWire(createConnector({}, 1_000), { idleTimeoutMs: 2_000, maxIdle: 4, cancelled });
  context.after(() => wire.close());
  const received: string[] = [];
  let slept = 0;
  const flow: DownloadFlow = {
    withConnection: (attempt) => attempt(() => undefined),
    isDraining: () => false,
    sleep: () => Promise.resolve(++slept > 0),
    faultOf: () => ({ whose: 'document', decided: Promise.resolve() }),
    decided: () => Promise.resolve(true),
    handOver: ({ body }) => Promise.resolve(void received.push(body.sha256)),
    ...more,
  };
  const url = `${server.origin}/a.xml`;
  const end = await download(
    { url, fetchUrl: url },
    {
      settings: httpSettings({ retries: 2 }),
      wire,
      permits: {
        acquire: () => Promise.resolve({ kind: 'granted', waitedMs: 0, permit: { ended: () => undefined } }),
      },
      openTemporary: () => assert.fail('the body is small'),
      nowMs: Date.now,
      random: () => 0,
    },
    flow,
  );
  return { end, asked, slept, received };
}

function effortOf({ end }: Downloaded): { attempts: number; requests: number } {
  assert.ok(end.kind !== 'left');
  return { attempts: end.effort.attempts, requests: end.effort.requests };
}

test('a redirect is followed within one attempt, and where it led is told', async (context) => {
  const way = await downloadFrom(context, ({ path }) =>
    path === '/a.xml' ? empty('302 Found', 'Location: /b.xml\r\n') : DOCUMENT,
  );
  assert.ok(way.end.kind === 'document');
  assert.deepEqual(effortOf(way), { attempts: 1, requests: 2 });
  assert.match(way.end.effort.finalUrl ?? '', /\/b\.xml$/);
  assert.deepEqual(way.received, [way.end.document.body.sha256]);
});

test('ten redirects are followed, and no more', async (context) => {
  const way = await downloadFrom(context, (_request, requests) => empty('302 Found', `Location: /${requests}\r\n`));
  assert.ok(way.end.kind === 'failed');
  assert.deepEqual([way.end.failure.code, way.end.failure.transient], ['redirect', false]);
  assert.deepEqual(effortOf(way), { attempts: 1, requests: 11 });
});

test('a transient failure is tried again, as often as retries allow', async (context) => {
  const cured = await downloadFrom(context, (_request, requests) =>
    requests === 1 ? empty('500 Oops') : requests === 2 ? empty('502 Bad') : DOCUMENT,
  );
  assert.equal(cured.end.kind, 'document');
  assert.deepEqual([effortOf(cured), cured.slept], [{ attempts: 3, requests: 3 }, 2]);
  const broken = await downloadFrom(context, () => empty('500 Oops'));
  assert.equal(broken.end.kind, 'failed');
  assert.deepEqual([effortOf(broken), broken.slept], [{ attempts: 3, requests: 3 }, 2]);
});

test('what the server says for good is not asked again', async (context) => {
  for (const [status, kind] of [
    ['404 Not Found', 'missing'],
    ['401 Unauthorized', 'failed'],
  ] as const) {
    const way = await downloadFrom(context, () => empty(status));
    assert.deepEqual([way.end.kind, effortOf(way).requests], [kind, 1]);
  }
});

test('attempts to which the host answered nobody are its own, and charge no document', async (context) => {
  const way = await downloadFrom(context, (_request, requests) => (requests <= 5 ? undefined : DOCUMENT), {
    faultOf: () => ({ whose: 'host', decided: Promise.resolve() }),
  });
  assert.equal(way.end.kind, 'document');
  assert.deepEqual(effortOf(way), { attempts: 1, requests: 6 });
});

test('a document that is whole but another keeps its bytes for a look', async (context) => {
  const page = '<html><body>no</body></html>';
  const way = await downloadFrom(context, () => `HTTP/1.1 200 OK\r\nContent-Length: ${page.length}\r\n\r\n${page}`);
  assert.ok(way.end.kind === 'failed');
  assert.equal(way.end.failure.code, 'unexpected-content');
  assert.equal(way.end.refused?.rule, 'not-html');
  assert.equal(effortOf(way).attempts, 3);
});

test('a kept connection that dies is replaced at once, by a request that is not charged', async (context) => {
  const way = await downloadFrom(context, ({ path, requestsOnConnection, connection }) => {
    if (path === '/a.xml') return empty('302 Found', 'Location: /b.xml\r\n');
    return connection === 1 && requestsOnConnection === 2 ? undefined : DOCUMENT;
  });
  assert.deepEqual([way.end.kind, effortOf(way), way.slept], ['document', { attempts: 1, requests: 3 }, 0]);
  assert.deepEqual(way.asked, ['/a.xml', '/b.xml', '/b.xml']);
});

test('a run that drains leaves the document, before an attempt and between two', async (context) => {
  const before = await downloadFrom(context, () => DOCUMENT, { isDraining: () => true });
  assert.deepEqual([before.end, before.asked], [{ kind: 'left', requests: 0, receivedBytes: 0 }, []]);
  const between = await downloadFrom(context, () => empty('500 Oops'), { sleep: () => Promise.resolve(false) });
  assert.deepEqual(between.end, { kind: 'left', requests: 1, receivedBytes: 0 });
});
