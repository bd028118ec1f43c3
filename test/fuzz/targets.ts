// Owns the functions that meet strangers' bytes, each with what must hold whatever the bytes are: it does not throw, it ends
// soon, and it says nothing wrong. A target runs one round with one seed; a broken property is an assertion that fails.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { canonicalUrl } from '../../src/edgar/canonical-url.ts';
import { candidatePaths, isDocumentPath, usualPath } from '../../src/edgar/layout.ts';
import { looksLikeHtml, recognisePage } from '../../src/edgar/refusal-pages.ts';
import { memorySource } from '../../src/model/body.ts';
import { checkDocument } from '../../src/check/document-check.ts';
import { redirectionOf } from '../../src/http/redirect.ts';
import { codingOf, framingOf, type ReplyHead } from '../../src/http/reply-head.ts';
import { retryAfterMs } from '../../src/http/retry-after.ts';
import { UsageError } from '../../src/model/errors.ts';
import { readUrlList } from '../../src/plan/url-list.ts';
import { parseRow } from '../../src/storage/manifest/manifest-parse.ts';
import { LoadedIndex } from '../support/loaded-index.ts';
import { genuineBodies, refusalBodies } from './bodies.ts';
import { below, mutated, pick, type Random } from './mutate.ts';

type Target = (random: Random) => void | Promise<void>;

const pages: Target = (random) => {
  const { bytes, name } = pick(random, genuineBodies);
  assert.equal(recognisePage(bytes), undefined, `the genuine ${name} is taken for a refusal`);
  const spoiled = mutated(pick(random, [...refusalBodies, ...genuineBodies]).bytes, random, bytes);
  recognisePage(spoiled);
  looksLikeHtml(spoiled.toString('latin1'));
  looksLikeHtml(spoiled.toString('utf8'));
};

const urlOf = (name: string): string => `https://www.sec.gov/Archives/edgar/data/1000045/000100004526000001/${name}`;

/** Where a cut leaves no whole document: before the last byte of the root's end tag. */
const endOfXml = (bytes: Buffer): number => bytes.lastIndexOf('>', bytes.lastIndexOf('</xbrl>') + 7);

const documents: Target = async (random) => {
  const { name, bytes } = pick(random, genuineBodies);
  const verdict = await checkDocument(memorySource(bytes), urlOf(name));
  assert.ok(verdict.genuine, `the genuine ${name} is refused: ${verdict.genuine ? '' : verdict.message}`);
  if (name.endsWith('.xml') && bytes.lastIndexOf('</xbrl>') >= 0) {
    const at = 1 + below(random, endOfXml(bytes));
    const ofCut = await checkDocument(memorySource(bytes.subarray(0, at)), urlOf(name));
    assert.ok(!ofCut.genuine, `the first ${at} of ${bytes.length} bytes of ${name} pass for the whole`);
  }
  const spoiled = mutated(bytes, random, pick(random, genuineBodies).bytes);
  const asked = urlOf(random() < 0.7 ? name : pick(random, genuineBodies).name);
  await checkDocument(memorySource(spoiled), asked);
};

const HEAD_VALUES: readonly (readonly [field: string, value: string])[] = [
  ['content-length', '5000'],
  ['transfer-encoding', 'chunked'],
  ['content-encoding', 'gzip'],
  ['retry-after', '120'],
  ['retry-after', 'Wed, 21 Oct 2026 07:28:00 GMT'],
  ['location', 'https://www.sec.gov/Archives/edgar/data/1/2/3.xml?a=b#c'],
  ['location', '../moved.xml'],
  ['etag', '"0123456789abcdef0123456789abcdef-gzip"'],
];

const heads: Target = (random) => {
  const fields: Record<string, string | string[]> = {};
  for (let left = below(random, 6); left > 0; left--) {
    const [field, value] = pick(random, HEAD_VALUES);
    const spoiled = mutated(Buffer.from(value), random, Buffer.from(pick(random, HEAD_VALUES)[1])).toString('latin1');
    const one = random() < 0.3 ? value : spoiled;
    fields[field] = random() < 0.2 ? [value, one] : one;
  }
  const head: ReplyHead = { status: pick(random, [200, 204, 206, 301, 302, 304, 308, 403, 429, 503]), fields };
  const framing = framingOf(head);
  if ('value' in framing && framing.value.kind === 'length')
    assert.ok(
      framing.value.wireBytes >= 0 && Number.isInteger(framing.value.wireBytes),
      String(framing.value.wireBytes),
    );
  codingOf(head);
  const waitMs = retryAfterMs(head, Date.UTC(2026, 9, 21));
  assert.ok(waitMs === undefined || (Number.isFinite(waitMs) && waitMs >= 0), `waits for ${waitMs}`);
  const from = new URL(random() < 0.5 ? 'https://www.sec.gov/Archives/x.xml' : 'http://127.0.0.1:8080/x.xml');
  const next = redirectionOf(from, head, true);
  if (next?.kind !== 'redirected') return;
  const { protocol, hash, username, password } = next.url;
  assert.ok(protocol === 'https:' || (protocol === 'http:' && from.protocol === 'http:'), shown(next.url.href));
  assert.equal(hash + username + password, '');
};

const manifestLine = (number: number, random: Random): string => {
  const url = `https://www.sec.gov/Archives/edgar/data/${number}/000100004526${String(number).padStart(6, '0')}/a"b\\${number}.xml`;
  const status = pick(random, ['saved', 'saved', 'missing', 'failed']);
  const place =
    status === 'saved' ? { path: `${number}/a-${number}.xml`, bytes: below(random, 1e7), sha256: 'ab'.repeat(32) } : {};
  return JSON.stringify({
    url,
    status,
    ...place,
    attempts: 1,
    settledAt: '2026-10-21T07:28:00.000Z',
    run: 'x',
    line: number,
  });
};

/** A text in a message. */
const shown = (text: string): string =>
  JSON.stringify(text.length <= 200 ? text : `${text.slice(0, 100)}...${text.slice(-100)}`);

/** A path that stays below the destination on every system. */
function assertStaysInside(path: string): void {
  const destination = join(sep, 'mnt', 'destination');
  assert.ok(resolve(destination, path).startsWith(destination + sep), `${shown(path)} leaves the destination`);
  assert.ok(!/(?:^|[/\\])\.\.?(?:[/\\]|$)/.test(path), `${shown(path)} has dots for a folder`);
}

const manifests: Target = (random) => {
  const lines = Array.from({ length: 1 + below(random, 40) }, () => manifestLine(below(random, 30), random));
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  const spoiled = random() < 0.2 ? bytes : mutated(bytes, random, bytes);
  for (const line of spoiled.toString('utf8').split('\n')) {
    const row = parseRow(line);
    if (row !== undefined)
      assert.ok(typeof row.url === 'string' && ['saved', 'missing', 'failed'].includes(row.status));
  }
  const folder = mkdtempSync(join(tmpdir(), 'edgar-fetch-fuzz-'));
  try {
    writeFileSync(join(folder, 'manifest.jsonl'), spoiled);
    const index = new LoadedIndex(join(folder, 'manifest.jsonl'));
    const whole = spoiled.toString('latin1').split('\n').slice(0, -1);
    assert.equal(
      index.rows + index.unreadable,
      whole.filter((line) => line !== '').length,
      'lines are counted once each',
    );
    for (const { path } of index.savedDocuments()) {
      assertStaysInside(path);
      assert.ok(isDocumentPath(path), shown(path));
    }
    if (spoiled === bytes) assertAgrees(index, lines);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** The index says of each URL what its rows say: the last saved one stands. */
function assertAgrees(index: LoadedIndex, lines: readonly string[]): void {
  const rows = lines.map((line) => parseRow(line)!);
  for (const { url } of rows) {
    const known = index.of(url);
    const ofUrl = rows.filter((row) => row.url === url);
    const saved = ofUrl.findLast(({ status }) => status === 'saved');
    assert.equal(known.kind, saved === undefined ? ofUrl.at(-1)!.status : 'saved', url);
    if (known.kind === 'saved') assert.deepEqual([known.path, known.bytes], [saved?.path, saved?.bytes]);
  }
}

const LINES: readonly string[] = [
  'https://www.sec.gov/Archives/edgar/data/1000045/000100004526000001/abc-20260331.xml',
  'https://sec.gov/Archives/edgar/data/0001000045/000100004526000001/abc-20260331.xml?x=1#top',
  'https://www.sec.gov/ix?doc=/Archives/edgar/data/1000045/000100004526000001/abc-20260331.htm',
  'http://127.0.0.1:8080/a/%2e%2e/b/..%2Fc/CON.xml my tag',
  'https://data.sec.gov/submissions/CIK0001000045.json',
  'HTTPS://EXAMPLE.org:443/a//b/./c;d,e?f=g&h=%zz',
  'http://[::1]:8080/é/日本.xml',
  '# a comment',
  'not a URL',
];

const lists: Target = async (random) => {
  const text = Array.from({ length: 1 + below(random, 12) }, () => pick(random, LINES)).join(
    pick(random, ['\n', '\r\n', '\n\n']),
  );
  const bytes = random() < 0.2 ? Buffer.from(text) : mutated(Buffer.from(text), random, Buffer.from(LINES.join('\n')));
  const whole = await linesOf([bytes]);
  assert.deepEqual(await linesOf(inBlocks(bytes, random)), whole, 'the lines depend on the blocks in which they come');
  for (const { text: line } of whole ?? []) for (const word of [line, ...line.split(/\s/)]) checkUrl(word);
};

/** Undefined for what is no list. */
async function linesOf(
  blocks: readonly Buffer[],
): Promise<{ text: string; number: number; tooLong: boolean }[] | undefined> {
  const lines = [];
  try {
    for await (const block of readUrlList(Readable.from(blocks), 'the list')) lines.push(...block);
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    return undefined;
  }
  return lines;
}

function inBlocks(bytes: Buffer, random: Random): Buffer[] {
  const blocks: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = 1 + below(random, random() < 0.5 ? 4 : 5000);
    blocks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return blocks;
}

function checkUrl(text: string): void {
  const verdict = canonicalUrl(text);
  if (!verdict.valid) return;
  assert.deepEqual(
    canonicalUrl(verdict.url),
    verdict,
    `the canonical form of ${shown(text)} has another canonical form`,
  );
  for (const layout of ['flat', 'filing'] as const) {
    const [usual, ...others] = candidatePaths(verdict.url, layout);
    assert.ok(usual === usualPath(verdict.url, layout), `${shown(verdict.url)} has another usual path than its first`);
    for (const path of [usual, ...others]) checkPath(path);
  }
}

function checkPath(path: string): void {
  assertStaysInside(path);
  assert.ok(!/^\.edgar-fetch(?:$|\/)/i.test(path), `${shown(path)} is in the state folder`);
  assert.ok(!/[\p{Cc}\\]/u.test(path), `${shown(path)} has control characters or backslashes`);
  for (const name of path.split('/')) {
    assert.notEqual(name, '', `${shown(path)} has an empty name`);
    assert.ok(Buffer.byteLength(name) <= 255, `${shown(path)} has a name of ${Buffer.byteLength(name)} bytes`);
  }
}

export const TARGETS = { pages, documents, heads, manifests, lists } satisfies Record<string, Target>;

export type TargetName = keyof typeof TARGETS;
