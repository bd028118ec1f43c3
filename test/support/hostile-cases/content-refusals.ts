// EDGAR's own ways of saying no, under the statuses they come with and under those they do not. This server is not the
// SEC: a refusal fails its URL only and must not pause the run. The same pages in
// other shapes are in content-refusal-shapes.ts.
import { gzipSync } from 'node:zlib';
import { fails, inGroup, missing, permanent, saved, transient } from './define.ts';
import { htmlPage, jsonDocument, submissionDocument } from './documents.ts';
import {
  ACCESS_DENIED,
  MAINTENANCE,
  NO_SUCH_KEY,
  NOT_FOUND,
  s3Error,
  SHORT_FORM,
  THROTTLED,
  UNDECLARED,
} from './edgar-pages.ts';
import { inTurn, whole } from './replies.ts';
import type { Expectation, HostileCase, Serve } from './types.ts';

const content = inGroup('content');
const HTML = 'Content-Type: text/html';

interface Refusal {
  readonly id: string;
  readonly name: string;
  readonly expect: Expectation;
  readonly reply: Serve;
  readonly source?: string;
  readonly file?: string;
  readonly genuine?: Buffer;
}

const refusal = ({ reply, source = 'EDGAR recording', ...rest }: Refusal): HostileCase =>
  content({ ...rest, source, serve: () => reply });

const page = (status: string, body: Buffer | string): Serve => whole(body, { status, fields: [HTML] });
const gzipped = (status: string, body: Buffer): Serve =>
  whole(gzipSync(body), { status, fields: [HTML, 'Content-Encoding: gzip'] });
const s3 = (status: string, body: string): Serve => whole(body, { status, fields: ['Content-Type: application/xml'] });

const blocked = fails('blocked');
const text = { file: '0001000045-26-000007.txt' } as const;

export const refusalCases: readonly HostileCase[] = [
  refusal({
    id: 'throttle-403',
    name: 'The throttle page under 403',
    expect: blocked,
    reply: page('403 Forbidden', THROTTLED),
  }),
  refusal({
    id: 'throttle-429',
    name: 'The throttle page under 429',
    expect: blocked,
    reply: page('429 Too Many Requests', THROTTLED),
  }),
  refusal({
    id: 'throttle-200',
    name: 'The throttle page under 200',
    expect: blocked,
    reply: page('200 OK', THROTTLED),
  }),
  refusal({
    id: 'throttle-403-gzip',
    name: 'The throttle page under 403, gzipped',
    expect: blocked,
    reply: gzipped('403 Forbidden', THROTTLED),
  }),
  refusal({
    id: 'throttle-200-gzip',
    name: 'The throttle page under 200, gzipped',
    expect: blocked,
    reply: gzipped('200 OK', THROTTLED),
  }),
  refusal({
    id: 'throttle-200-text',
    name: 'The throttle page under 200 in place of a .txt',
    expect: blocked,
    reply: page('200 OK', THROTTLED),
    ...text,
    genuine: submissionDocument('throttle-200-text'),
  }),
  refusal({
    id: 'throttle-200-htm',
    name: 'The throttle page under 200 in place of an .htm',
    expect: blocked,
    reply: page('200 OK', THROTTLED),
    file: 'form8k.htm',
    genuine: htmlPage('FORM 8-K', 'Current report'),
  }),
  ...[
    ['namespace', '<Error xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Code>NoSuchKey</Code></Error>'],
    ['space', '<Error ><Code >NoSuchKey</Code></Error>'],
    ['message-first', '<Error><Message>gone</Message><Code>NoSuchKey</Code></Error>'],
    ['comment', '<!-- storage --><Error><!-- why --><Code>AccessDenied</Code></Error>'],
    ['prefix', '<s3:Error xmlns:s3="urn:s3"><s3:Code>NoSuchKey</s3:Code></s3:Error>'],
    ['cdata', '<Error><Code><![CDATA[AccessDenied]]></Code></Error>'],
  ].map(([form = '', body = '']) =>
    refusal({
      id: `s3-200-${form}`,
      name: `A missing key of S3 under 200, written in another way (${form})`,
      source: 'DESIGN.md (S3 AccessDenied or NoSuchKey under any status)',
      expect: missing,
      reply: s3('200 OK', `<?xml version="1.0"?>\n${body}`),
    }),
  ),
  refusal({
    id: 'undeclared-403',
    name: 'The page on undeclared tools under 403',
    expect: fails('user-agent-refused'),
    reply: page('403 Forbidden', UNDECLARED),
  }),
  refusal({
    id: 'undeclared-403-gzip',
    name: 'The page on undeclared tools under 403, gzipped',
    expect: fails('user-agent-refused'),
    reply: gzipped('403 Forbidden', UNDECLARED),
  }),
  refusal({
    id: 'undeclared-200',
    name: 'The page on undeclared tools under 200 in place of an .htm',
    expect: fails('user-agent-refused'),
    reply: page('200 OK', UNDECLARED),
    file: 'form8k.htm',
    genuine: htmlPage('FORM 8-K', 'Current report'),
  }),
  refusal({
    id: 'short-form-403',
    name: 'The short refusal of 2026, with the title of the throttle page',
    expect: fails('user-agent-refused', 'blocked'),
    reply: page('403 Forbidden', SHORT_FORM),
  }),
  refusal({
    id: 'unknown-html-403',
    name: 'An unknown HTML page under 403',
    source: 'EDGAR.md (the wording changes)',
    expect: fails('blocked', 'forbidden'),
    reply: page('403 Forbidden', htmlPage('Stop', 'We have seen too much of you.')),
  }),
  refusal({
    id: 'unknown-html-429',
    name: 'An unknown HTML page under 429',
    source: 'EDGAR.md (the wording changes)',
    expect: fails('blocked', 'http-status'),
    reply: page('429 Too Many Requests', htmlPage('Stop', 'We have seen too much of you.')),
  }),
  refusal({
    id: 's3-denied-403',
    name: 'S3 AccessDenied under 403',
    expect: missing,
    reply: s3('403 Forbidden', ACCESS_DENIED),
  }),
  refusal({
    id: 's3-denied-404',
    name: 'S3 AccessDenied under 404',
    expect: missing,
    reply: s3('404 Not Found', ACCESS_DENIED),
  }),
  refusal({
    id: 's3-denied-200',
    name: 'S3 AccessDenied under 200',
    expect: missing,
    reply: s3('200 OK', ACCESS_DENIED),
    source: 'issue 3 (an S3 error in a 200)',
  }),
  refusal({
    id: 's3-denied-200-text',
    name: 'S3 AccessDenied under 200 in place of a .txt',
    source: 'issue 3 (an S3 error in a 200)',
    expect: missing,
    reply: s3('200 OK', ACCESS_DENIED),
    ...text,
    genuine: submissionDocument('s3-denied-200-text'),
  }),
  refusal({
    id: 's3-no-key-404',
    name: 'S3 NoSuchKey under 404',
    expect: missing,
    reply: s3('404 Not Found', NO_SUCH_KEY),
    file: 'CIK0000000001.json',
    genuine: jsonDocument('s3-no-key-404'),
  }),
  refusal({
    id: 's3-no-key-200',
    name: 'S3 NoSuchKey under 200',
    expect: missing,
    reply: s3('200 OK', NO_SUCH_KEY),
    source: 'issue 3 (an S3 error in a 200)',
  }),
  refusal({
    id: 's3-internal-200',
    name: 'S3 InternalError under 200',
    source: 'S3 documents errors in the body of a 200',
    expect: fails('http-status', 'unexpected-content'),
    reply: s3('200 OK', s3Error('InternalError', 'We encountered an internal error. Please try again.')),
  }),
  refusal({
    id: 's3-slow-down-503',
    name: 'S3 SlowDown under 503',
    source: 'S3 error responses',
    expect: transient('http-status'),
    reply: s3('503 Slow Down', s3Error('SlowDown', 'Please reduce your request rate.')),
  }),
  refusal({
    id: 'not-found-404',
    name: 'The page File Not Found under 404',
    expect: missing,
    reply: page('404 Not Found', NOT_FOUND),
  }),
  refusal({
    id: 'not-found-404-gzip',
    name: 'The page File Not Found under 404, gzipped',
    expect: missing,
    reply: gzipped('404 Not Found', NOT_FOUND),
  }),
  refusal({
    id: 'not-found-200',
    name: 'The page File Not Found under 200 in place of the XML',
    source: 'EDGAR.md (a 200 may carry an error page)',
    expect: { status: 'missing', codes: ['not-found'] },
    reply: page('200 OK', NOT_FOUND),
  }),
  refusal({
    id: 'maintenance-503',
    name: 'The maintenance page under 503 with Connection: close',
    expect: transient('http-status'),
    reply: whole(MAINTENANCE, {
      status: '503 Service Unavailable',
      fields: [HTML, 'Connection: close'],
      ending: 'fin',
    }),
  }),
  refusal({
    id: 'maintenance-200',
    name: 'The maintenance page under 200 in place of the XML',
    source: 'EDGAR.md (a 200 may carry an error page)',
    expect: fails('unexpected-content', 'http-status'),
    reply: page('200 OK', MAINTENANCE),
  }),
  refusal({
    id: 'maintenance-200-text',
    name: 'The maintenance page under 200 in place of a .txt',
    source: 'issue 3 (a body that is one of EDGAR’s error pages is that)',
    expect: fails('unexpected-content', 'http-status'),
    reply: page('200 OK', MAINTENANCE),
    ...text,
    genuine: submissionDocument('maintenance-200-text'),
  }),
  refusal({
    id: 'forbidden-text',
    name: 'A 403 with a word of plain text',
    source: 'RFC 9110 section 15.5.4',
    expect: permanent('forbidden'),
    reply: whole('Forbidden\n', { status: '403 Forbidden', fields: ['Content-Type: text/plain'] }),
  }),
  refusal({
    id: 'forbidden-empty',
    name: 'A 403 without a body',
    source: 'RFC 9110 section 15.5.4',
    expect: permanent('forbidden'),
    reply: whole('', { status: '403 Forbidden' }),
  }),
  content({
    id: 'maintenance-then-good',
    name: 'The maintenance page at the first attempt, the document at the second',
    source: 'EDGAR recording',
    expect: saved(2),
    serve: (genuine) => inTurn(page('503 Service Unavailable', MAINTENANCE), whole(genuine)),
  }),
];
