// The canary, which a person runs against the live SEC, here against the stand-in under the SEC's names.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeCertificates } from '../support/certificates.ts';
import { testFolder, USER_AGENT } from '../support/command-line.ts';
import { startConnectProxy } from '../support/connect-proxy.ts';
import { startEdgarStandIn } from '../support/edgar-stand-in.ts';

const CANARY = fileURLToPath(new URL('../canary.ts', import.meta.url));

async function runCanary(env: Readonly<Record<string, string>>): Promise<{ exitCode: number | null; output: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', CANARY], {
    env: { PATH: process.env['PATH'] ?? '', EDGAR_FETCH_CANARY_SPACING_MS: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (text: Buffer) => (output += text.toString()));
  child.stderr.on('data', (text: Buffer) => (output += text.toString()));
  const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { exitCode, output };
}

test('the canary tests each assumption with at most 20 requests and says which hold', async (context) => {
  const folder = testFolder(context);
  const { caPath, key, cert } = await makeCertificates(folder);
  const server = await startEdgarStandIn({
    tls: { key, cert },
    documents: (path) => {
      if (path.includes('no-such-file') || path.includes('-none')) return undefined;
      return { body: Buffer.from(path.endsWith('.xml') ? '<xbrl>\n</xbrl>\n' : 'some text\n') };
    },
  });
  context.after(() => server.close());
  const proxy = await startConnectProxy({ route: () => ({ host: '127.0.0.1', port: server.port }) });
  context.after(() => proxy.close());
  const env = { HTTPS_PROXY: proxy.origin, NODE_EXTRA_CA_CERTS: caPath, EDGAR_FETCH_USER_AGENT: USER_AGENT };
  const { exitCode, output } = await runCanary(env);
  assert.equal(exitCode, 0, output);
  assert.match(output, /all assumptions hold\n$/);
  assert.ok(server.countRequests() <= 20);
});

test('without a User-Agent of one’s own nothing is sent', async () => {
  const { exitCode, output } = await runCanary({ EDGAR_FETCH_USER_AGENT: 'curl/8.0' });
  assert.equal(exitCode, 2);
  assert.match(output, /the SEC is not contacted with this User-Agent/);
});
