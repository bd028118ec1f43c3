// Owns the genuine bodies that are spoiled: those of the corpus where it is, and made ones of every kind that is checked.
import { gzipSync } from 'node:zlib';
import { corpusFiles, corpusSkip } from '../support/corpus.ts';
import {
  htmlPage,
  instanceDocument,
  instanceInside,
  jsonDocument,
  REFUSAL_WORDS,
  schemaDocument,
  submissionDocument,
  zipDocument,
} from '../support/hostile-cases/documents.ts';

export interface Body {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Larger ones make few rounds, and show no more. */
const MAX_BYTES = 300_000;

const made: readonly Body[] = [
  { name: 'plain.xml', bytes: instanceDocument('plain') },
  { name: 'tight.xml', bytes: instanceDocument('tight', { declaration: '', epilog: '', inside: '<a/>' }) },
  {
    name: 'prolog.xml',
    bytes: instanceDocument('prolog', {
      prolog: '<!-- made for a test -->\n<?page x?>\n<!DOCTYPE xbrl [<!ENTITY a "]>"><!-- > -->]>\n',
      epilog: '\n<!-- the end -->\n<?end?>\n',
    }),
  },
  {
    name: 'quotes.xml',
    bytes: instanceDocument('quotes', {
      inside: `${instanceInside('q')}<b a="&gt;'>" c='">'/><t>${REFUSAL_WORDS}</t>`,
    }),
  },
  { name: 'cdata.xml', bytes: instanceDocument('cdata', { inside: '<![CDATA[ </xbrl> <html> <!-- ]]>' }) },
  { name: 'utf16.xml', bytes: Buffer.from(`\ufeff${instanceDocument('utf16').toString()}`, 'utf16le') },
  { name: 'schema.xsd', bytes: schemaDocument('schema') },
  { name: 'facts.json', bytes: jsonDocument('facts') },
  { name: '0001000045-26-000001.txt', bytes: submissionDocument('submission') },
  { name: 'page.htm', bytes: htmlPage('FORM 8-K', 'Current report') },
  { name: 'filing-xbrl.zip', bytes: zipDocument('zip', 'a comment') },
  { name: 'master.gz', bytes: gzipSync(submissionDocument('gz')) },
];

const ofCorpus = (folder: string): Body[] =>
  corpusSkip === false
    ? corpusFiles(folder)
        .filter(({ body }) => body.length <= MAX_BYTES)
        .map(({ name, body }) => ({ name, bytes: body }))
    : [];

export const genuineBodies: readonly Body[] = [...made, ...ofCorpus('xbrl'), ...ofCorpus('index')];

/** What comes in place of a document. */
export const refusalBodies: readonly Body[] = [
  {
    name: 'throttle.html',
    bytes: htmlPage('SEC.gov | Request Rate Threshold Exceeded', 'Please declare your traffic.'),
  },
  {
    name: 'denied.xml',
    bytes: Buffer.from(
      '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>x</Message></Error>',
    ),
  },
  ...ofCorpus('errors'),
];
