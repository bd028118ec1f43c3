// A certificate that is not trusted: what the run says of it, and that it ends with the first, lone request to the SEC.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { makeCertificates, type CertificateFault } from '../support/certificates.ts';
import { runCommand, testFolder, USER_AGENT, type CommandEnd } from '../support/command-line.ts';
import { startConnectProxy } from '../support/connect-proxy.ts';
import { manifestRows } from '../support/destination.ts';
import { startEdgarStandIn } from '../support/edgar-stand-in.ts';

interface Fault {
  readonly fault?: CertificateFault;
  readonly names?: string[];
  /** The authority is known to this machine. */
  readonly known: boolean;
}

/** A run of some documents of `host`, whose server shows such a certificate. */
async function runAgainst(
  context: TestContext,
  { fault, names, known }: Fault,
  hosts: readonly string[],
): Promise<{ readonly end: CommandEnd; readonly folder: string; readonly tunnels: number }> {
  const cwd = testFolder(context);
  const { caPath, key, cert } = await makeCertificates(cwd, names, fault);
  const server = await startEdgarStandIn({ documents: () => ({ body: Buffer.from('<xbrl/>') }), tls: { key, cert } });
  context.after(() => server.close());
  const proxy = await startConnectProxy({ route: () => ({ host: '127.0.0.1', port: server.port }) });
  context.after(() => proxy.close());
  const env = {
    HTTPS_PROXY: proxy.origin,
    EDGAR_FETCH_USER_AGENT: USER_AGENT,
    ...(known ? { NODE_EXTRA_CA_CERTS: caPath } : {}),
  };
  const list = hosts.map((host, at) => `https://${host}/Archives/edgar/data/${at + 1}/000095012310017583/a.xml\n`);
  const end = await runCommand(['--out', 'd'], { cwd, env, stdin: list.join('') });
  return { end, folder: join(cwd, 'd'), tunnels: proxy.requests.length };
}

const FAULTS: readonly (readonly [string, Fault, RegExp])[] = [
  [
    'expired',
    { fault: 'expired', known: true },
    /has expired \(CERT_HAS_EXPIRED\); check the date of this machine's clock;/,
  ],
  [
    'not yet valid',
    { fault: 'not-yet-valid', known: true },
    /is not valid yet \(CERT_NOT_YET_VALID\); check the date of/,
  ],
  [
    'for another name',
    { names: ['login.example'], known: true },
    /is for another host name \(ERR_TLS_CERT_ALTNAME_INVALID\); check the URL/,
  ],
  [
    'self-signed',
    { fault: 'self-signed', known: false },
    /it is self-signed \(DEPTH_ZERO_SELF_SIGNED_CERT\); .*NODE_EXTRA_CA_CERTS$/m,
  ],
  [
    'of an unknown issuer, as that of a company proxy',
    { known: false },
    /its issuer is unknown \(UNABLE_TO_VERIFY_LEAF_SIGNATURE\); .*CA file in NODE_EXTRA_CA_CERTS$/m,
  ],
];

for (const [name, fault, said] of FAULTS) {
  test(`${name}: the first request to the SEC ends the run with that sentence and 2`, async (context) => {
    const { end, folder, tunnels } = await runAgainst(context, fault, Array<string>(30).fill('www.sec.gov'));
    assert.equal(end.exitCode, 2, end.stderr);
    assert.match(end.stderr, said);
    assert.match(end.stderr, /^edgar-fetch: the server's certificate [^\n]*\n$/);
    assert.equal(tunnels, 1);
    assert.equal(existsSync(folder), false, 'nothing is created');
  });

  test(`${name}, on another host: a failed row each`, async (context) => {
    const { end, folder } = await runAgainst(context, fault, ['mirror.example', 'other.example']);
    assert.equal(end.exitCode, 1, end.stderr);
    const rows = manifestRows(folder);
    assert.deepEqual(
      rows.map(({ status, error, attempts }) => [status, error?.code, attempts]),
      Array(2).fill(['failed', 'connection', 1]),
    );
    if (fault.names === undefined && fault.known) return;
    for (const { error } of rows) assert.match(error?.message ?? '', said);
    assert.equal(/^next: set NODE_EXTRA_CA_CERTS/m.test(end.stderr), said.source.includes('NODE_EXTRA'), end.stderr);
  });
}
