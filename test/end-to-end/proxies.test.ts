// A proxy in the way: whoever refuses is named, for plain http as for https, and no password is shown.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { runCommand, testFolder, type CommandEnd } from '../support/command-line.ts';
import { startConnectProxy, type ConnectProxy } from '../support/connect-proxy.ts';
import { startEdgarStandIn } from '../support/edgar-stand-in.ts';

const URLS = { http: 'http://mirror.example/a.xml\n', https: 'https://mirror.example/a.xml\n' };

async function openProxy(context: TestContext, requireAuth?: string): Promise<ConnectProxy> {
  const server = await startEdgarStandIn({ documents: () => ({ body: Buffer.from('<xbrl/>') }) });
  context.after(() => server.close());
  const proxy = await startConnectProxy({ route: () => ({ host: '127.0.0.1', port: server.port }), requireAuth });
  context.after(() => proxy.close());
  return proxy;
}

function run(context: TestContext, url: string, env: Readonly<Record<string, string>>): Promise<CommandEnd> {
  return runCommand(['--retries', '0'], { cwd: testFolder(context), env, stdin: url });
}

for (const scheme of ['http', 'https'] as const) {
  const variable = `${scheme.toUpperCase()}_PROXY`;

  test(`a proxy for ${scheme} that wants a password is named, with the variable to set`, async (context) => {
    const proxy = await openProxy(context, 'user:right');
    const address = proxy.origin.replace('://', '://user:wrongsecret@');
    const end = await run(context, URLS[scheme], { [variable]: address });
    assert.equal(end.exitCode, 1);
    const said = `the proxy 127\\.0\\.0\\.1:${proxy.port} answered (CONNECT with )?407; give user and password in ${variable}`;
    assert.match(end.stderr, new RegExp(said));
    assert.doesNotMatch(end.stderr, /wrongsecret/);
  });

  test(`a proxy for ${scheme} that refuses the connection is named`, async (context) => {
    const proxy = await openProxy(context);
    await proxy.close();
    const end = await run(context, URLS[scheme], { [variable]: proxy.origin });
    assert.equal(end.exitCode, 75);
    assert.match(end.stderr, new RegExp(`the proxy 127\\.0\\.0\\.1:${proxy.port} failed \\(connect ECONNREFUSED`));
  });
}

test('ALL_PROXY is read after the variable of the scheme, in upper and lower case', async (context) => {
  const proxy = await openProxy(context);
  for (const env of [{ ALL_PROXY: proxy.origin }, { all_proxy: proxy.origin }]) {
    const end = await run(context, URLS.http, env);
    assert.deepEqual([end.exitCode, end.stderr], [0, '']);
  }
  const before = await run(context, URLS.http, { ALL_PROXY: 'http://127.0.0.1:1', HTTP_PROXY: proxy.origin });
  assert.deepEqual([before.exitCode, before.stderr], [0, '']);
  assert.equal(proxy.requests.length, 3);
});

test('a 407 of the server itself is not said of a proxy', async (context) => {
  const server = await startEdgarStandIn({
    documents: () => undefined,
    intercept: (_request, response) => {
      response.writeHead(407).end();
      return true;
    },
  });
  context.after(() => server.close());
  const end = await run(context, `${server.origin}/a.xml\n`, {});
  assert.match(end.stderr, /the server refuses this document \(status 407\)/);
});
