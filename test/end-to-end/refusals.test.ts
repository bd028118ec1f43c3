// The table of refusals: each page of EDGAR's, plain and gzipped, under 200, 403, 404, 429 and 503, from the SEC's names and
// from a mirror. Recorded pages where the corpus is at hand, else the stand-in's own in the recorded shape.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeCertificates } from '../support/certificates.ts';
import { runCommand, testFolder, USER_AGENT } from '../support/command-line.ts';
import { startConnectProxy } from '../support/connect-proxy.ts';
import { corpusFiles, corpusSkip } from '../support/corpus.ts';
import { byEffort } from '../support/effort.ts';
import { manifestRows } from '../support/destination.ts';
import * as standIn from '../support/edgar-stand-in.ts';
import { refuse, startEdgarStandIn } from '../support/edgar-stand-in.ts';

type Meaning = 'throttle' | 'automated-access' | 'undeclared-tool' | 'missing' | 'maintenance';

const STATUSES = [200, 403, 404, 429, 503] as const;

const OWN_PAGES: readonly (readonly [Meaning, string])[] = [
  ['throttle', standIn.throttlePage()],
  ['automated-access', standIn.automatedAccess2026Page()],
  ['undeclared-tool', standIn.undeclaredToolPage()],
  ['missing', standIn.accessDeniedPage()],
  ['missing', standIn.noSuchKeyPage('/submissions/CIK1.json')],
  ['maintenance', standIn.maintenancePage()],
];

function recordedPages(): readonly (readonly [Meaning, string])[] {
  return corpusFiles('errors').map(({ name, body }) => [meaningOf(name), body.toString('utf8')] as const);
}

function meaningOf(name: string): Meaning {
  if (name.includes('rate-threshold')) return 'throttle';
  if (name.includes('automated-access')) return 'automated-access';
  if (name.includes('undeclared')) return 'undeclared-tool';
  return name.includes('s3-') ? 'missing' : 'maintenance';
}

interface Case {
  readonly meaning: Meaning;
  readonly page: string;
  readonly status: number;
  readonly gzip: boolean;
}

function casesOf(pages: readonly (readonly [Meaning, string])[]): Case[] {
  return pages.flatMap(([meaning, page]) =>
    STATUSES.flatMap((status, at) =>
      byEffort([at % 2 === 0], [false, true]).map((gzip) => ({ meaning, page, status, gzip })),
    ),
  );
}

/** Status and error code of a refused document from a mirror: it fails or misses alone. */
const FROM_MIRROR: Readonly<Record<Meaning, readonly [status: string, code: string]>> = {
  throttle: ['failed', 'blocked'],
  'automated-access': ['failed', 'user-agent-refused'],
  'undeclared-tool': ['failed', 'user-agent-refused'],
  missing: ['missing', 'not-found'],
  maintenance: ['failed', 'http-status'],
};

/** Exit code of a run in which the SEC's second reply is the page and all others are documents. */
const FROM_SEC: Readonly<Record<Meaning, number>> = {
  throttle: 0,
  'automated-access': 0,
  'undeclared-tool': 3,
  missing: 1,
  maintenance: 0,
};

const { source, pages } =
  corpusSkip === false
    ? { source: 'the corpus', pages: recordedPages }
    : { source: `the stand-in (${corpusSkip})`, pages: () => OWN_PAGES };

test(`pages of ${source} from a mirror fail that URL only and pause nobody`, async (context) => {
  const cwd = testFolder(context);
  const cases = casesOf(pages());
  const server = await startEdgarStandIn({
    documents: () => ({ body: Buffer.from('<xbrl/>') }),
    intercept: (request, response) => {
      const refused = cases[Number(/\/data\/(\d+)\//.exec(request.url ?? '')?.[1]) - 1];
      if (refused === undefined) return false;
      refuse(response, refused.status, refused.page, { gzip: refused.gzip });
      return true;
    },
  });
  context.after(() => server.close());
  const urls = Array.from(
    { length: cases.length + 40 },
    (_, at) => `https://www.sec.gov/Archives/edgar/data/${at + 1}/000095012310017583/x.xml`,
  );
  const end = await runCommand(['--mirror', server.origin, '--retries', '0'], { cwd, stdin: urls.join('\n') });
  assert.equal(end.exitCode, 1);
  const rows = new Map(manifestRows(join(cwd, 'downloads')).map((row) => [row.url, row]));
  for (const [at, { meaning, status, gzip }] of cases.entries()) {
    const row = rows.get(urls[at] ?? '');
    assert.deepEqual(
      [row?.status, row?.error?.code],
      FROM_MIRROR[meaning],
      `${meaning} under ${status}${gzip ? ', gzipped' : ''}`,
    );
  }
  assert.equal([...rows.values()].filter(({ status }) => status === 'saved').length, 40);
});

test(`pages of ${source} from the SEC pause, end or miss as they should`, async (context) => {
  const folder = testFolder(context);
  const { caPath, key, cert } = await makeCertificates(folder);
  let current: Case | undefined;
  const server = await startEdgarStandIn({
    tls: { key, cert },
    documents: () => ({ body: Buffer.from('<xbrl/>') }),
    intercept: (_request, response, number) => {
      if (number !== 2 || current === undefined) return false;
      refuse(response, current.status, current.page, { gzip: current.gzip });
      return true;
    },
  });
  context.after(() => server.close());
  const proxy = await startConnectProxy({ route: () => ({ host: '127.0.0.1', port: server.port }) });
  context.after(() => proxy.close());
  const urls = [1, 2, 3].map((cik) => `https://www.sec.gov/Archives/edgar/data/${cik}/000095012310017583/x.xml`);
  const cases = casesOf(pages()).filter(({ meaning, status, gzip }) => keepsTestShort(meaning, status, gzip));
  for (const [number, refusal] of cases.entries()) {
    current = refusal;
    server.reset();
    const cwd = join(folder, `run-${number}`);
    mkdirSync(cwd);
    const env = { HTTPS_PROXY: proxy.origin, NODE_EXTRA_CA_CERTS: caPath, EDGAR_FETCH_USER_AGENT: USER_AGENT };
    const end = await runCommand(['--block-pause', '100ms'], { cwd, env, stdin: urls.join('\n') });
    const name = `${refusal.meaning} under ${refusal.status}${refusal.gzip ? ', gzipped' : ''}`;
    assert.equal(end.exitCode, FROM_SEC[refusal.meaning], `${name}: ${end.stderr}`);
    const saved = manifestRows(join(cwd, 'downloads')).filter(({ status }) => status === 'saved');
    if (end.exitCode !== 0) continue;
    assert.equal(saved.length, urls.length, name);
    const charged = refusal.meaning === 'maintenance' ? 1 : 0;
    assert.equal(saved.filter(({ attempts }) => attempts === 2).length, charged, `${name} charges ${charged}`);
  }
});

/** Every page under every status is classified in test/http; a process for each is kept to those that differ. */
function keepsTestShort(meaning: Meaning, status: number, gzip: boolean): boolean {
  return gzip === (status === 403 || status === 503) && (meaning !== 'missing' || status !== 429);
}
