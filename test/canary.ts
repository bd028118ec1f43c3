// The canary (`npm run canary`): asks the live SEC, with at most 20 requests a person starts, whether what edgar-fetch
// assumes about EDGAR still holds. It needs a User-Agent of your own and prints which assumptions hold; it changes nothing.
import process from 'node:process';
import { createHash } from 'node:crypto';
import { gunzipSync, inflateSync } from 'node:zlib';
import { SEC_HOST_KEY } from '../src/edgar/fair-access.ts';
import { recognisePage } from '../src/edgar/refusal-pages.ts';
import { judgeUserAgent } from '../src/edgar/user-agent.ts';
import { createConnector } from '../src/http/connector.ts';
import { fieldOf, md5OfEtag, type ReplyHead } from '../src/http/reply-head.ts';
import { NetworkWire, type Wire } from '../src/http/wire.ts';
import { checkXml } from '../src/check/xml-ends.ts';
import { memorySource } from '../src/model/body.ts';

/** A request every 1.5 s stays far below the SEC's limit. */
const SPACING_MS = Number(process.env['EDGAR_FETCH_CANARY_SPACING_MS'] ?? '1500');
const MAX_REQUESTS = 20;

const WWW = 'https://www.sec.gov';
const INSTANCE = '/Archives/edgar/data/1000697/000095012310017583/wat-20091231.xml';
const SUBMISSION = '/Archives/edgar/data/1000697/0000950123-10-017583.txt';

interface Answer {
  readonly head: ReplyHead;
  readonly wireBytes: number;
  readonly body: Buffer;
}

type Verdict = { readonly holds: boolean; readonly seen: string };

interface Assumption {
  readonly says: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly judge: (answer: Answer) => Verdict;
}

const ASSUMPTIONS: readonly Assumption[] = [
  {
    says: 'the canonical address of an XBRL instance answers 200 without a redirect, and its two ends are those of <xbrl>',
    url: WWW + INSTANCE,
    judge: ({ head, body }) => {
      const verdict = checkXml(memorySource(body));
      const root = verdict.kind === 'document' ? verdict.root : verdict.rule;
      return { holds: head.status === 200 && root === 'xbrl', seen: `status ${head.status}, root ${root}` };
    },
  },
  {
    says: 'gzip is sent when it is asked for, and Content-Length, where there is one, counts bytes on the wire',
    url: WWW + INSTANCE,
    judge: ({ head, wireBytes }) => {
      const coding = fieldOf(head, 'content-encoding') ?? 'none';
      const length = fieldOf(head, 'content-length');
      const agrees = length === undefined || Number(length) === wireBytes;
      return {
        holds: coding === 'gzip' && agrees,
        seen: `coding ${coding}, Content-Length ${length ?? 'none'}, ${wireBytes} on the wire`,
      };
    },
  },
  {
    says: 'the ETag of a complete submission is the MD5 of its uncompressed bytes',
    url: WWW + SUBMISSION,
    judge: ({ head, body }) => {
      const etag = fieldOf(head, 'etag');
      const md5 = createHash('md5').update(body).digest('hex');
      return { holds: md5OfEtag(etag) === md5, seen: `ETag ${etag ?? 'none'}, MD5 ${md5}` };
    },
  },
  {
    says: 'the bare host answers with a redirect to www.sec.gov',
    url: `https://sec.gov${INSTANCE}`,
    judge: ({ head }) => redirectTo(head, WWW + INSTANCE),
  },
  {
    says: 'a zero-padded CIK answers with a redirect to the plain one',
    url: WWW + INSTANCE.replace('/data/1000697/', '/data/0001000697/'),
    judge: ({ head }) => redirectTo(head, WWW + INSTANCE),
  },
  {
    says: 'an absent file under /Archives is S3 AccessDenied under 403',
    url: WWW + INSTANCE.replace('wat-20091231', 'edgar-fetch-canary-no-such-file'),
    judge: ({ head, body }) => missing(head, body, 403, 'AccessDenied'),
  },
  {
    says: 'an absent document of data.sec.gov is S3 NoSuchKey under 404',
    url: 'https://data.sec.gov/submissions/CIK0000000001-none.json',
    judge: ({ head, body }) => missing(head, body, 404, 'NoSuchKey'),
  },
  {
    says: 'If-Modified-Since on a full index gives 304',
    url: `${WWW}/Archives/edgar/full-index/2010/QTR1/xbrl.idx`,
    headers: { 'if-modified-since': new Date().toUTCString() },
    judge: ({ head }) => ({ holds: head.status === 304, seen: `status ${head.status}` }),
  },
  {
    says: 'data.sec.gov sends no validators',
    url: 'https://data.sec.gov/submissions/CIK0001000697.json',
    judge: ({ head }) => {
      const validators = fieldOf(head, 'etag') ?? fieldOf(head, 'last-modified');
      return {
        holds: head.status === 200 && validators === undefined,
        seen: `status ${head.status}, validator ${validators ?? 'none'}`,
      };
    },
  },
];

function redirectTo(head: ReplyHead, target: string): Verdict {
  const location = fieldOf(head, 'location') ?? 'none';
  const leads = URL.canParse(location, WWW) && new URL(location, WWW).href === target;
  return {
    holds: head.status >= 300 && head.status < 400 && leads,
    seen: `status ${head.status}, Location ${location}`,
  };
}

function missing(head: ReplyHead, body: Buffer, status: number, code: string): Verdict {
  const holds = head.status === status && recognisePage(body) === 'missing' && body.includes(code);
  return { holds, seen: `status ${head.status}, ${body.toString('latin1', 0, 80).replace(/\s+/g, ' ')}` };
}

/** Sends one request and takes the whole reply in. */
async function ask(wire: Wire, assumption: Assumption, userAgent: string): Promise<Answer> {
  const url = new URL(assumption.url);
  const chunks: Buffer[] = [];
  const headers = { 'user-agent': userAgent, 'accept-encoding': 'gzip, deflate', ...assumption.headers };
  const receiver = { onHead: () => true, onData: (chunk: Buffer) => chunks.push(chunk) > 0 };
  const end = await wire.send({ url, headers, wholeMs: 60_000, fresh: false }, receiver);
  if (end.kind !== 'complete') throw new Error(end.kind === 'broken' ? end.error.message : end.kind);
  const { head, wireBytes } = end;
  const body = decode(Buffer.concat(chunks), fieldOf(head, 'content-encoding'));
  const page = recognisePage(body);
  if (page !== undefined && page !== 'missing') {
    throw new RefusedError(`the SEC answered with its "${page}" page (status ${head.status})`);
  }
  return { head, wireBytes, body };
}

/** Going on would make it worse. */
class RefusedError extends Error {
  override readonly name = 'RefusedError';
}

function decode(wire: Buffer, coding: string | undefined): Buffer {
  if (coding === 'gzip' && wire.length > 0) return gunzipSync(wire);
  return coding === 'deflate' ? inflateSync(wire) : wire;
}

async function main(): Promise<number> {
  const userAgent = [process.env['EDGAR_FETCH_USER_AGENT'], process.env['EDGAR_IDENTITY']].find(
    (text) => text !== undefined && text !== '',
  );
  const usable = judgeUserAgent(userAgent);
  if (!usable.usable || userAgent === undefined) {
    const reason = usable.usable ? 'none is set' : usable.reason;
    console.error(
      `canary: the SEC is not contacted with this User-Agent (${reason}); set EDGAR_FETCH_USER_AGENT='Your Name you@your-company.com'`,
    );
    return 2;
  }
  const proxy = process.env['HTTPS_PROXY'];
  const connector = createConnector(proxy === undefined ? {} : { httpsProxy: proxy }, 10_000);
  const cancelled = new AbortController().signal;
  const wire = new NetworkWire(connector, { idleTimeoutMs: 30_000, maxIdle: 4, cancelled });
  console.log(`asking ${SEC_HOST_KEY} about ${ASSUMPTIONS.length} assumptions, at most ${MAX_REQUESTS} requests`);
  let failed = 0;
  for (const assumption of ASSUMPTIONS.slice(0, MAX_REQUESTS)) {
    const verdict = await ask(wire, assumption, userAgent).then(assumption.judge, (error: unknown) => {
      if (error instanceof RefusedError) throw error;
      return { holds: false, seen: `no answer (${error instanceof Error ? error.message : String(error)})` };
    });
    if (!verdict.holds) failed++;
    console.log(`${verdict.holds ? 'holds   ' : 'DIFFERS '} ${assumption.says}\n         seen: ${verdict.seen}`);
    await new Promise((resolve) => setTimeout(resolve, SPACING_MS));
  }
  wire.close();
  console.log(
    failed === 0
      ? 'all assumptions hold'
      : `${failed} of ${ASSUMPTIONS.length} assumptions differ: please report what you saw`,
  );
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main().catch((error: unknown) => {
  if (!(error instanceof RefusedError)) throw error;
  console.error(`canary: ${error.message}; stopped. Wait 10 minutes, check the User-Agent, and try again`);
  return 1;
});
