// Nothing that a server sends may hold a thread: each look at a body ends in bounded time, whatever the body repeats. The
// bound is generous; what it tells apart is milliseconds from minutes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { looksLikeHtml, recognisePage, refusalSaid } from '../../src/edgar/refusal-pages.ts';
import { verdictOnReply } from '../../src/http/verdict.ts';
import { byEffort } from '../support/effort.ts';

/** Of the processor: others may want it too. */
const MAX_MS = 250;
const SIZES = [4 * 1024, 64 * 1024, 1024 * 1024];

const BEGINNINGS = [
  '',
  '<html>',
  '<Error>',
  'text ',
  '<html><title>',
  '<html><title>SEC.gov | File</title>',
  '<?xml ?>',
];

const PARTS = [
  ...[' ', '\t', '\r\n', '\0', 'x', '&', '&#', '&nbsp', '"', "'", '[', ']', '(', '<', '>', '/', '-', '|', ':'],
  ...['<!--', '-->', '<!---->', '<!-- x -->', '<!--<!--', '<?', '?>', '<?x?>', '<!', '<!>', '<![CDATA[', ']]>'],
  ...['<!DOCTYPE', '<!DOCTYPE a [', '<!DOCTYPE html>', '<a', '<a ', '</', '</a>', '<p>', '<a:', 'a:'],
  ...['<title', '<title>', '</title', '<h1', '<h1>', '</h1>', '<Code>', '<Code ', '</Code>', '<Error>', '<html>'],
  ...[
    '<script',
    '<script>',
    '</script',
    '<style>',
    '</html',
    '</html>',
    'SEC.gov',
    'declare your ',
    '\u00ef\u00bb\u00bf',
  ],
];

const FACTS = { head: { status: 403, fields: {} }, fromSec: true, conditional: false, nowMs: 0 };

/** `verdictOnReply` is all of them, one after the other. */
const LOOKS: readonly (readonly [string, (body: Buffer) => unknown])[] = [
  ['recognisePage', recognisePage],
  ['looksLikeHtml', (body) => looksLikeHtml(body.toString('latin1'))],
  ['refusalSaid', refusalSaid],
  ['verdictOnReply', (body) => verdictOnReply(FACTS, body)],
];

function assertQuick(body: Buffer, what: string): void {
  for (const [name, look] of LOOKS) {
    const begun = process.cpuUsage();
    look(body);
    const used = process.cpuUsage(begun);
    const tookMs = (used.user + used.system) / 1000;
    assert.ok(tookMs < MAX_MS, `${name} took ${Math.round(tookMs)} ms for ${what}`);
  }
}

const repeated = (beginning: string, part: string, size: number): Buffer =>
  Buffer.from((beginning + part.repeat(Math.ceil(size / part.length))).slice(0, size), 'latin1');

for (const beginning of BEGINNINGS) {
  test(`anything repeated behind ${JSON.stringify(beginning)} is looked at in bounded time`, () => {
    for (const part of PARTS) {
      for (const size of SIZES) {
        assertQuick(repeated(beginning, part, size), `${size} bytes of ${JSON.stringify(beginning + part)}`);
      }
    }
  });
}

/** Parts that something else must close, or that eat what follows. */
const OPENERS = [
  '<!--',
  '<?',
  '<!',
  '<![CDATA[',
  '<!DOCTYPE a [',
  '<a ',
  '</',
  '<title>',
  '<Code>',
  '<script>',
  '"',
  '[',
];

test('any two parts in turn, and any part behind an open one, are looked at in bounded time', () => {
  const size = byEffort(32, 64) * 1024;
  const step = byEffort(4, 1);
  for (const [number, one] of PARTS.entries()) {
    const others = PARTS.filter((_, other) => (number + other) % step === 0);
    for (const other of others) assertQuick(repeated('', one + other, size), `${JSON.stringify(one + other)} in turn`);
    for (const opener of OPENERS) {
      const body = repeated(opener.repeat(size / 2 / opener.length), one, size);
      assertQuick(body, `${JSON.stringify(opener)} and then ${JSON.stringify(one)}`);
    }
  }
});

test('blanks and lines of comment before a tag are looked at in bounded time', () => {
  for (const tag of ['<xbrl>', '<Error>', '<html>', '<x', '']) {
    for (let blanks = 20; blanks <= 60; blanks++)
      assertQuick(Buffer.from(' '.repeat(blanks) + tag), `${blanks} blanks`);
    for (let lines = 1; lines <= 60; lines++) {
      const prolog = '    <!-- Field: Doc-Info; Name: Generator; Value: GoFiler Complete -->\n'.repeat(lines);
      assertQuick(Buffer.from(`<?xml version="1.0"?>\n${prolog}${tag}`), `${lines} lines of comment`);
    }
  }
});

test('gzip that grows a thousandfold is looked at in bounded time', () => {
  for (const character of ['\0', ' ', '<']) {
    assertQuick(gzipSync(Buffer.alloc(64 * 1024 * 1024, character)), `64 MiB of ${JSON.stringify(character)} as gzip`);
  }
});
