// The stand-in, the proxy and the certificates are what other tests trust: these hold them to their word, with node:http
// as the client, so that nothing of ours is on both sides.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { gunzipSync, inflateSync } from 'node:zlib';
import { makeCertificates } from './certificates.ts';
import { startConnectProxy, type ProxyOptions } from './connect-proxy.ts';
import {
  automatedAccess2026Page,
  fileNotFoundPage,
  maintenancePage,
  refuse,
  startEdgarStandIn,
  throttlePage,
  undeclaredToolPage,
  type EdgarStandIn,
  type StandInOptions,
} from './edgar-stand-in.ts';
import { realisticBytes, syntheticInstance, syntheticSeries } from './synthetic-xbrl.ts';

const PATH = '/Archives/edgar/data/1000697/000095012310017583/wat-20091231.xml';
const INSTANCE = syntheticInstance({
  ticker: 'wat',
  cik: 1_000_697,
  periodEnd: '2009-12-31',
  targetBytes: 120_000,
  seed: 1,
});
const MD5 = createHash('md5').update(INSTANCE).digest('hex');

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

async function startStandIn(context: TestContext, options: Partial<StandInOptions> = {}): Promise<EdgarStandIn> {
  const standIn = await startEdgarStandIn({ documents: new Map([[PATH, { body: INSTANCE }]]), ...options });
  context.after(() => standIn.close());
  return standIn;
}

async function get(url: string, options: RequestOptions & { readonly ca?: Buffer } = {}): Promise<Reply> {
  const send = url.startsWith('https:') ? httpsRequest : httpRequest;
  const request = send(url, { agent: false, ...options });
  request.end();
  const [reply] = (await once(request, 'response')) as [IncomingMessage];
  return { status: reply.statusCode ?? 0, headers: reply.headers, body: Buffer.concat(await reply.toArray()) };
}

const GZIP = { headers: { 'Accept-Encoding': 'gzip, deflate' } };

describe('the EDGAR stand-in', () => {
  test('sends gzip with the length of the wire body and the MD5 of the document as its ETag', async (context) => {
    const standIn = await startStandIn(context);
    const reply = await get(standIn.origin + PATH, GZIP);
    assert.equal(reply.status, 200);
    assert.equal(reply.headers['content-encoding'], 'gzip');
    assert.equal(reply.headers['content-length'], String(reply.body.length));
    assert.equal(reply.headers.etag, `"${MD5}-gzip"`);
    assert.equal(reply.headers.vary, 'Accept-Encoding');
    assert.ok(gunzipSync(reply.body).equals(INSTANCE));
  });

  test('sends the document as it is when gzip is not asked for', async (context) => {
    const standIn = await startStandIn(context);
    const reply = await get(standIn.origin + PATH);
    assert.equal(reply.headers['content-encoding'], undefined);
    assert.equal(reply.headers.etag, `"${MD5}"`);
    assert.ok(reply.body.equals(INSTANCE));
    const refusing = await get(standIn.origin + PATH, { headers: { 'Accept-Encoding': 'gzip;q=0, identity' } });
    assert.equal(refusing.headers['content-encoding'], undefined);
  });

  test('sends deflate when told to, whatever was asked', async (context) => {
    const standIn = await startStandIn(context, { encoding: 'deflate' });
    const reply = await get(standIn.origin + PATH);
    assert.equal(reply.headers['content-encoding'], 'deflate');
    assert.ok(inflateSync(reply.body).equals(INSTANCE));
  });

  test('sends chunked bodies without a Content-Length, and mixes both framings when told to', async (context) => {
    const standIn = await startStandIn(context, { framing: 'mixed' });
    const framings: string[] = [];
    for (let number = 1; number <= 3; number += 1) {
      const reply = await get(standIn.origin + PATH, GZIP);
      assert.ok(gunzipSync(reply.body).equals(INSTANCE));
      assert.notEqual(reply.headers['content-length'] === undefined, reply.headers['transfer-encoding'] === undefined);
      framings.push(reply.headers['transfer-encoding'] ?? 'length');
    }
    assert.deepEqual(framings, ['length', 'length', 'chunked']);
  });

  test('answers 304 to the ETag or the date that it gave, and 200 to others', async (context) => {
    const standIn = await startStandIn(context);
    const first = await get(standIn.origin + PATH, GZIP);
    const ask = async (name: string, value = ''): Promise<number> =>
      (await get(standIn.origin + PATH, { headers: { [name]: value } })).status;
    assert.equal(await ask('If-None-Match', first.headers.etag), 304);
    assert.equal(await ask('If-None-Match', '"0123"'), 200);
    assert.equal(await ask('If-Modified-Since', first.headers['last-modified']), 304);
    assert.equal(await ask('If-Modified-Since', 'Mon, 01 Feb 2010 00:00:00 GMT'), 200);
  });

  test('announces the length of a missing body in a 304 when told to', async (context) => {
    const standIn = await startStandIn(context, { contentLengthOnNotModified: true });
    const reply = await get(standIn.origin + PATH, { headers: { 'If-None-Match': `"${MD5}"` } });
    assert.equal(reply.status, 304);
    assert.equal(reply.headers['content-length'], String(INSTANCE.length));
    assert.equal(reply.body.length, 0);
  });

  test('gives no ETag to web pages, and none at all when told so', async (context) => {
    const documents = new Map([
      ['/Archives/a.htm', { body: INSTANCE }],
      [PATH, { body: INSTANCE }],
    ]);
    const standIn = await startStandIn(context, { documents });
    assert.equal((await get(`${standIn.origin}/Archives/a.htm`)).headers.etag, undefined);
    const bare = await startStandIn(context, { documents, etag: false });
    assert.equal((await get(bare.origin + PATH)).headers.etag, undefined);
  });

  test('answers for missing documents as S3 does: 403 under /Archives, 404 elsewhere', async (context) => {
    const standIn = await startStandIn(context);
    const archived = await get(`${standIn.origin}/Archives/edgar/data/1/000000000000000000/none.xml`);
    assert.equal(archived.status, 403);
    assert.equal(archived.headers['content-type'], 'application/xml');
    assert.match(archived.body.toString(), /<Code>AccessDenied<\/Code>.*<RequestId>[A-Z0-9]{16}<\/RequestId>/);
    const other = await get(`${standIn.origin}/submissions/CIK0000000001.json`);
    assert.equal(other.status, 404);
    assert.match(other.body.toString(), /<Code>NoSuchKey<\/Code>.*<Key>submissions\/CIK0000000001\.json<\/Key>/);
  });

  test('redirects the bare host and a zero-padded CIK', async (context) => {
    const standIn = await startStandIn(context);
    const bareHost = await get(standIn.origin + PATH, { headers: { Host: 'sec.gov' } });
    assert.equal(bareHost.status, 301);
    assert.equal(bareHost.headers.location, `https://www.sec.gov${PATH}`);
    const padded = await get(standIn.origin + PATH.replace('/1000697/', '/0001000697/'));
    assert.equal(padded.status, 301);
    assert.equal(padded.headers.location, PATH);
  });

  test('lets a test answer instead, and counts requests until it is reset', async (context) => {
    const numbers: number[] = [];
    const standIn = await startStandIn(context, {
      intercept: (_request, response, requestNumber) => {
        numbers.push(requestNumber);
        if (requestNumber > 1) return false;
        refuse(response, 403, throttlePage(), { gzip: true, headers: { 'Retry-After': '600' } });
        return true;
      },
    });
    const refused = await get(standIn.origin + PATH);
    assert.equal(refused.status, 403);
    assert.equal(refused.headers['retry-after'], '600');
    assert.match(gunzipSync(refused.body).toString(), /Request Rate Threshold Exceeded/);
    assert.equal((await get(standIn.origin + PATH)).status, 200);
    assert.equal(standIn.countRequests(PATH), 2);
    assert.deepEqual(
      standIn.requests.map(({ connection }) => connection),
      [1, 2],
    );
    standIn.reset();
    assert.equal(standIn.countRequests(), 0);
    await get(standIn.origin + PATH);
    assert.deepEqual(numbers, [1, 2, 1]);
  });

  test('closes at once although a reply is being delayed', async (context) => {
    const standIn = await startStandIn(context, { delayMs: () => 60_000 });
    const pending = assert.rejects(get(standIn.origin + PATH), { code: 'ECONNRESET' });
    while (standIn.countRequests() === 0) await new Promise(setImmediate);
    const before = performance.now();
    await standIn.close();
    await standIn.close();
    assert.ok(performance.now() - before < 1000);
    await pending;
  });

  test('has pages that differ where EDGAR’s do', () => {
    assert.match(throttlePage(), /<title>SEC\.gov \| Request Rate Threshold Exceeded<\/title>/);
    assert.match(automatedAccess2026Page(), /<title>SEC\.gov \| Request Rate Threshold Exceeded<\/title>/);
    assert.match(automatedAccess2026Page(), /Automated access to our sites must comply/);
    assert.match(undeclaredToolPage(), /Undeclared Automated Tool/);
    assert.doesNotMatch(throttlePage(), /declare your traffic|Automated access/);
    assert.match(maintenancePage(), /File Unavailable[^]*undergoing maintenance/);
    assert.match(fileNotFoundPage(), /File Not Found/);
  });
});

describe('the synthetic instances', () => {
  test('are the same for the same seed, near the size asked for, and compress like real ones', () => {
    const options = { ticker: 'abc', cik: 1, periodEnd: '2009-12-31', targetBytes: 650_000, seed: 'x' };
    const instance = syntheticInstance(options);
    assert.ok(instance.equals(syntheticInstance(options)));
    assert.ok(!instance.equals(syntheticInstance({ ...options, seed: 'y' })));
    assert.ok(Math.abs(instance.length / options.targetBytes - 1) < 0.03);
    assert.match(instance.toString('latin1'), /^<\?xml [^]*SYNTHETIC[^]*<xbrl [^]*<\/xbrl>\n$/);
  });

  test('come in series of different documents, gzip and MD5 at hand', () => {
    const documentOf = syntheticSeries({ seed: 1, templates: 2, targetBytes: 30_000 });
    const bodies = [0, 1, 2, 3].map((number) => {
      const { body, gzip, md5, bytes } = documentOf(number);
      assert.ok(gunzipSync(gzip).equals(body));
      assert.equal(createHash('md5').update(body).digest('hex'), md5);
      assert.equal(body.length, bytes);
      return body.toString('latin1');
    });
    assert.equal(new Set(bodies).size, 4);
    assert.equal(documentOf(3).body.toString('latin1'), bodies[3]);
  });

  test('have sizes that follow those of the SEC’s feeds', () => {
    assert.deepEqual([0.1, 0.5, 0.9].map(realisticBytes), [53_000, 650_000, 2_100_000]);
    assert.ok(realisticBytes(0.3) > 53_000 && realisticBytes(0.3) < 650_000);
  });
});

describe('the proxy and the certificates', () => {
  const startProxy = async (context: TestContext, options: Partial<ProxyOptions>, port: number) => {
    const route = (host: string) => (host.endsWith('sec.gov') ? { host: '127.0.0.1', port } : undefined);
    const proxy = await startConnectProxy({ route, ...options });
    context.after(() => proxy.close());
    return proxy;
  };
  const tunnel = async (port: number, target: string, headers = {}): Promise<[IncomingMessage, Socket, Buffer]> => {
    const request = httpRequest({ host: '127.0.0.1', port, method: 'CONNECT', path: target, headers, agent: false });
    request.end();
    return (await once(request, 'connect')) as [IncomingMessage, Socket, Buffer];
  };

  test('carry TLS for www.sec.gov to the stand-in, and the authority vouches for it', async (context) => {
    const directory = await mkdtemp(join(tmpdir(), 'edgar-fetch-test-'));
    context.after(() => rm(directory, { recursive: true }));
    const { caPath, key, cert } = await makeCertificates(directory);
    const ca = await readFile(caPath);
    const standIn = await startStandIn(context, { tls: { key, cert } });
    const targets: string[] = [];
    const proxy = await startProxy(
      context,
      { requireAuth: 'user:pass', onConnect: (target) => targets.push(target) },
      standIn.port,
    );

    const authorization = `Basic ${Buffer.from('user:pass').toString('base64')}`;
    const [reply, socket] = await tunnel(proxy.port, 'www.sec.gov:443', { 'Proxy-Authorization': authorization });
    assert.equal(reply.statusCode, 200);
    const secured: TLSSocket = connectTls({ socket, servername: 'www.sec.gov', ca });
    await once(secured, 'secureConnect');
    assert.equal(secured.authorized, true);
    // The URL names loopback, so that a client which ignored the tunnel could not reach out.
    const overTunnel = { agent: undefined, createConnection: () => secured };
    const headers = { ...GZIP.headers, Host: 'www.sec.gov' };
    const document = await get(`http://127.0.0.1:9${PATH}`, { headers, ...overTunnel });
    assert.ok(gunzipSync(document.body).equals(INSTANCE));
    assert.deepEqual(targets, ['www.sec.gov:443']);
    assert.deepEqual(proxy.requests, [
      { kind: 'connect', target: 'www.sec.gov:443', proxyAuthorization: authorization },
    ]);
    assert.ok((await get(standIn.origin + PATH, { ca })).body.equals(INSTANCE));
  });

  test('refuse a client without credentials, and a host without a route', async (context) => {
    const standIn = await startStandIn(context);
    const proxy = await startProxy(context, { requireAuth: 'user:pass' }, standIn.port);
    assert.equal((await tunnel(proxy.port, 'www.sec.gov:443'))[0].statusCode, 407);
    const open = await startProxy(context, {}, standIn.port);
    assert.equal((await tunnel(open.port, 'example.com:443'))[0].statusCode, 502);
    assert.equal((await tunnel(open.port, 'nonsense//'))[0].statusCode, 502);
    const outward = await startProxy(context, { route: () => ({ host: '192.0.2.1', port: 80 }) }, standIn.port);
    assert.equal((await tunnel(outward.port, 'www.sec.gov:443'))[0].statusCode, 502);
  });

  test('stay silent, close, or open a dead tunnel, as told', async (context) => {
    const standIn = await startStandIn(context);
    const behaviours = ['close', 'dead-tunnel', 'silent'] as const;
    const proxy = await startProxy(
      context,
      { behaviour: (number) => behaviours[number - 1] ?? 'normal' },
      standIn.port,
    );
    await assert.rejects(tunnel(proxy.port, 'www.sec.gov:443'), { code: 'ECONNRESET' });
    const [reply, socket] = await tunnel(proxy.port, 'www.sec.gov:443');
    assert.equal(reply.statusCode, 200);
    socket.write('hello');
    const silent = assert.rejects(tunnel(proxy.port, 'www.sec.gov:443'), { code: 'ECONNRESET' });
    while (proxy.requests.length < 3) await new Promise(setImmediate);
    socket.once('data', () => assert.fail('nothing passes through a dead tunnel'));
    await proxy.close();
    await silent;
  });

  test('pass plain requests on with the host that was asked for', async (context) => {
    const standIn = await startStandIn(context);
    const proxy = await startProxy(context, {}, standIn.port);
    const viaProxy = (url: string): Promise<Reply> =>
      get(proxy.origin, { path: url, headers: { ...GZIP.headers, Host: new URL(url).host } });
    const reply = await viaProxy(`http://www.sec.gov${PATH}`);
    assert.equal(reply.status, 200);
    assert.ok(gunzipSync(reply.body).equals(INSTANCE));
    assert.equal(standIn.requests[0]?.headers.host, 'www.sec.gov');
    assert.equal((await viaProxy('http://example.com/')).status, 502);
  });
});
