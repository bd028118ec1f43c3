// The documents of the hostile cases: small, made here, different for every case (so that bytes of one case saved under
// the name of another are seen), and complete in the way their kind is.
import { crc32 } from 'node:zlib';

const fact = (seed: string, index: number): string =>
  `  <us-gaap:Assets contextRef="c${index}" unitRef="usd" decimals="-3">${seed.length * 1000 + index * 7919}</us-gaap:Assets>`;

const context = (index: number): string =>
  `  <context id="c${index}"><entity><identifier scheme="http://www.sec.gov/CIK">0001000045</identifier></entity>` +
  `<period><instant>2026-03-${String((index % 28) + 1).padStart(2, '0')}</instant></period></context>`;

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

export const ROOT_OPEN =
  '<xbrl xmlns="http://www.xbrl.org/2003/instance" xmlns:us-gaap="http://fasb.org/us-gaap/2025">';

/** The inside of an instance, without declaration and root tags. */
export const instanceInside = (seed: string, facts = 24): string =>
  [
    `  <!-- case ${seed} -->`,
    ...range(facts).map(context),
    '  <unit id="usd"><measure>iso4217:USD</measure></unit>',
    ...range(facts).map((index) => fact(seed, index)),
  ].join('\n');

export interface InstanceOptions {
  readonly declaration?: string;
  readonly prolog?: string;
  readonly inside?: string;
  readonly close?: string;
  readonly epilog?: string;
}

/** An XBRL instance as text, with each part replaceable. */
export const instanceText = (seed: string, options: InstanceOptions = {}): string =>
  [
    options.declaration ?? '<?xml version="1.0" encoding="UTF-8"?>\n',
    options.prolog ?? '',
    `${ROOT_OPEN}\n`,
    options.inside ?? instanceInside(seed),
    `\n${options.close ?? '</xbrl>'}`,
    options.epilog ?? '\n',
  ].join('');

export const instanceDocument = (seed: string, options: InstanceOptions = {}): Buffer =>
  Buffer.from(instanceText(seed, options), 'utf8');

/** A few hundred KB: more than one read, and gzip makes it small. */
export const largeInstance = (seed: string): Buffer => instanceDocument(seed, { inside: instanceInside(seed, 1500) });

export const schemaDocument = (seed: string): Buffer =>
  Buffer.from(
    '<?xml version="1.0" encoding="UTF-8"?>\n<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">\n' +
      range(20)
        .map((index) => `  <xs:element name="${seed.replaceAll('-', '_')}${index}" type="xs:string"/>`)
        .join('\n') +
      '\n</xs:schema>\n',
  );

export const jsonDocument = (seed: string, text = ''): Buffer =>
  Buffer.from(
    JSON.stringify({
      cik: '0001000045',
      seed,
      ...(text === '' ? {} : { text }),
      accessions: range(60).map((index) => `0001000045-26-${String(index)}`),
    }),
  );

export const submissionDocument = (seed: string, text = ''): Buffer =>
  Buffer.from(
    `<SEC-DOCUMENT>0001000045-26-000001.txt : 20260331\n<SEC-HEADER>${seed}\n</SEC-HEADER>\n<DOCUMENT>\n<TYPE>8-K\n<TEXT>\n` +
      range(80)
        .map((index) => `Line ${index} of the current report of ${seed}.`)
        .join('\n') +
      (text === '' ? '' : `\n${text}`) +
      '\n</TEXT>\n</DOCUMENT>\n</SEC-DOCUMENT>\n',
  );

export const htmlPage = (title: string, text: string): Buffer =>
  Buffer.from(
    `<!DOCTYPE html>\n<html lang="en">\n<head><title>${title}</title></head>\n<body><h1>${title}</h1>\n<p>${text}</p>\n</body>\n</html>\n`,
  );

/** A zip of one stored entry, with an optional archive comment. */
export const zipDocument = (seed: string, comment = '', data = instanceDocument(seed)): Buffer => {
  const name = Buffer.from('instance.xml');
  const sizes = Buffer.alloc(12);
  sizes.writeUInt32LE(crc32(data), 0);
  sizes.writeUInt32LE(data.length, 4);
  sizes.writeUInt32LE(data.length, 8);
  const common = Buffer.concat([Buffer.from([20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0x5c]), sizes]);
  const nameLengths = Buffer.from([name.length, 0, 0, 0]);
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, nameLengths, name, data]);
  const directory = Buffer.concat([
    Buffer.from('PK\x01\x02\x14\x00', 'latin1'),
    common,
    nameLengths,
    Buffer.alloc(14),
    name,
  ]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(local.length, 16);
  end.writeUInt16LE(Buffer.byteLength(comment), 20);
  return Buffer.concat([local, directory, end, Buffer.from(comment)]);
};

/** The head of a document: this share of its bytes. */
export const cut = (document: Buffer, share = 0.5): Buffer => document.subarray(0, Math.floor(document.length * share));

/** What a filing may quote of EDGAR's refusal pages, escaped for XML. */
export const REFUSAL_WORDS =
  'The title was &lt;title&gt;SEC.gov | Request Rate Threshold Exceeded&lt;/title&gt;, and then: Your Request Originates ' +
  'from an Undeclared Automated Tool. File Unavailable, undergoing maintenance. File Not Found. Access Denied.';
