// Makes XBRL instances that look like those of 2009: deterministic (seeded), shaped and compressible like the real ones.
// Nothing in them is a real company's figure, and each says so in a comment. `syntheticInstance` builds one document from
// its seed alone; `syntheticSeries` gives any number of different documents from a few templates, cheaply enough for load
// tests: gzip body and MD5 come without compressing or hashing the whole document again.
import { createHash, type Hash } from 'node:crypto';
import { constants, crc32, deflateRawSync } from 'node:zlib';

export interface SyntheticInstanceOptions {
  readonly ticker: string;
  readonly cik: number;
  /** `yyyy-mm-dd`; the schema is named after it, as in `<ticker>-<yyyymmdd>.xsd`. */
  readonly periodEnd: string;
  /** Size to aim for, in bytes; met within about 3 % from 20 KB upwards. */
  readonly targetBytes: number;
  readonly seed: number | string;
}

/** One document of a series. `body` is put together when it is asked for and not kept. */
export interface SyntheticDocument {
  readonly body: Buffer;
  readonly gzip: Buffer;
  /** Of the body, hexadecimal. */
  readonly md5: string;
  readonly bytes: number;
}

type Random = () => number;

const CONCEPTS = [
  'AccountsPayableCurrent',
  'AccountsReceivableNetCurrent',
  'AccruedLiabilitiesCurrent',
  'AdditionalPaidInCapital',
  'AllowanceForDoubtfulAccountsReceivableCurrent',
  'Assets',
  'AssetsCurrent',
  'CashAndCashEquivalentsAtCarryingValue',
  'CashAndCashEquivalentsPeriodIncreaseDecrease',
  'CommonStockValue',
  'CostOfRevenue',
  'DeferredIncomeTaxExpenseBenefit',
  'DeferredRevenueCurrent',
  'DepreciationAndAmortization',
  'Goodwill',
  'GrossProfit',
  'IncomeTaxExpenseBenefit',
  'IncomeTaxesPaid',
  'IncreaseDecreaseInAccountsReceivable',
  'IncreaseDecreaseInInventories',
  'InterestExpense',
  'InventoryNet',
  'Liabilities',
  'LiabilitiesAndStockholdersEquity',
  'LiabilitiesCurrent',
  'LongTermDebtNoncurrent',
  'NetCashProvidedByUsedInFinancingActivities',
  'NetCashProvidedByUsedInInvestingActivities',
  'NetCashProvidedByUsedInOperatingActivities',
  'NetIncomeLoss',
  'OperatingExpenses',
  'OperatingIncomeLoss',
  'OtherAssetsNoncurrent',
  'PaymentsOfDividendsCommonStock',
  'PaymentsToAcquirePropertyPlantAndEquipment',
  'ProceedsFromIssuanceOfLongTermDebt',
  'PropertyPlantAndEquipmentNet',
  'RepaymentsOfLongTermDebt',
  'ResearchAndDevelopmentExpense',
  'RetainedEarningsAccumulatedDeficit',
  'SellingGeneralAndAdministrativeExpense',
  'ShareBasedCompensation',
  'StockholdersEquity',
  'Revenues',
];
const NOTES = [
  'CommitmentsAndContingenciesDisclosureTextBlock',
  'IncomeTaxDisclosureTextBlock',
  'InventoryDisclosureTextBlock',
  'LongTermDebtTextBlock',
  'PensionAndOtherPostretirementBenefitsDisclosureTextBlock',
  'SegmentReportingDisclosureTextBlock',
  'SignificantAccountingPoliciesTextBlock',
  'StockholdersEquityNoteDisclosureTextBlock',
];
const MEMBERS = ['AdditionalPaidInCapitalMember', 'CommonStockMember', 'RetainedEarningsMember', 'TreasuryStockMember'];
const AXIS = 'us-gaap:StatementEquityComponentsAxis';
const PHRASES = [
  'the Company recognized a charge of',
  'in accordance with the terms of the credit agreement',
  'net of applicable income taxes',
  'as of the end of the fiscal period',
  'management believes that the ultimate resolution of these matters',
  'will not have a material adverse effect on its financial position',
  'the weighted average interest rate was',
  'compared with the same period of the prior year',
  'based upon quoted market prices for similar instruments',
  'the remaining unrecognized compensation cost of',
  'is expected to be recognized over a period of',
  'depreciation is computed by the straight-line method',
  'over the estimated useful lives of the assets',
  'the fair value of each option award',
  'is estimated on the date of grant',
  'certain prior year amounts have been reclassified',
  'to conform to the current presentation',
  'inventories are stated at the lower of cost or market',
  'revenue is recognized when title and risk of loss have passed',
  'the effective tax rate for the period was',
];

const WORDS = PHRASES.flatMap((phrase) => phrase.split(' '));

/** A small seeded generator of numbers in [0, 1) (mulberry32), the same on every machine. */
export function seededRandom(seed: number | string): Random {
  let state = createHash('md5').update(String(seed)).digest().readUInt32LE(0);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function oneOf(choices: readonly string[], random: Random): string {
  return choices[Math.floor(random() * choices.length)]!;
}

/** The size, in bytes, that stands at this quantile (0 to 1) among the XBRL instances in the SEC's own feeds. */
export function realisticBytes(quantile: number): number {
  const known = [20_000, 53_000, 650_000, 2_100_000, 8_000_000];
  const at = [0, 0.1, 0.5, 0.9, 1];
  const right = Math.max(
    1,
    at.findIndex((limit) => quantile <= limit),
  );
  const share = (quantile - at[right - 1]!) / (at[right]! - at[right - 1]!);
  return Math.round(known[right - 1]! ** (1 - share) * known[right]! ** share);
}

/** One instance, the same bytes for the same options; about 20 ms a megabyte. */
export function syntheticInstance(options: SyntheticInstanceOptions): Buffer {
  return Buffer.from(`${openingAndFacts(options, options.targetBytes)}</xbrl>\n`, 'latin1');
}

/**
 * A function from a document's number to that document: all different, each the same at every call. `templates` (default
 * 32) sets how many are built in full; the sizes follow `realisticBytes` unless `targetBytes` says otherwise.
 */
export function syntheticSeries(options: {
  readonly seed: number | string;
  readonly templates?: number | undefined;
  readonly targetBytes?: number | undefined;
}): (documentNumber: number) => SyntheticDocument {
  const count = options.templates ?? 32;
  const templates = new Map<number, Template>();
  return (documentNumber) => {
    const index = documentNumber % count;
    let template = templates.get(index);
    if (template === undefined) {
      template = buildTemplate(index, count, options);
      templates.set(index, template);
    }
    return completeTemplate(template, documentNumber);
  };
}

/** Everything of a document up to its last lines, with the state of each running check at that point. */
interface Template {
  readonly beginning: Buffer;
  readonly deflated: Buffer;
  readonly crc: number;
  readonly md5: Hash;
}

function buildTemplate(
  index: number,
  count: number,
  options: { readonly seed: number | string; readonly targetBytes?: number | undefined },
): Template {
  const targetBytes = options.targetBytes ?? realisticBytes((index + 0.5) / count);
  const seed = `${options.seed}/${index}`;
  const company = { ticker: `syn${index}`, cik: 9_000_000 + index, periodEnd: '2009-12-31', targetBytes, seed };
  const beginning = Buffer.from(openingAndFacts(company, targetBytes - 200), 'latin1');
  return {
    beginning,
    // Flushed, not finished: ends on a byte boundary, so that another deflate stream can follow in the same gzip member.
    deflated: deflateRawSync(beginning, { finishFlush: constants.Z_FULL_FLUSH }),
    crc: crc32(beginning),
    md5: createHash('md5').update(beginning),
  };
}

function completeTemplate(template: Template, documentNumber: number): SyntheticDocument {
  const fact = `  <dei:EntityPublicFloat contextRef="D0" unitRef="USD" decimals="0">${documentNumber}</dei:EntityPublicFloat>\n`;
  const ending = Buffer.from(
    `${fact}  <!-- SYNTHETIC document number ${documentNumber} of a series -->\n</xbrl>\n`,
    'latin1',
  );
  const bytes = template.beginning.length + ending.length;
  const gzipHeader = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
  const gzipTrailer = Buffer.alloc(8);
  gzipTrailer.writeUInt32LE(crc32(ending, template.crc), 0);
  gzipTrailer.writeUInt32LE(bytes, 4);
  return {
    get body() {
      return Buffer.concat([template.beginning, ending], bytes);
    },
    gzip: Buffer.concat([gzipHeader, template.deflated, deflateRawSync(ending), gzipTrailer]),
    md5: template.md5.copy().update(ending).digest('hex'),
    bytes,
  };
}

/** The document without its closing tag, aimed at `targetBytes` with it. */
function openingAndFacts(options: SyntheticInstanceOptions, targetBytes: number): string {
  const random = seededRandom(options.seed);
  const factCount = Math.max(12, Math.round((targetBytes * 0.42) / 165));
  const contexts = contextIds(options.periodEnd, Math.max(4, Math.ceil(factCount / (CONCEPTS.length * 0.7))));
  const facts = monetaryFacts(random, contexts, factCount);
  const footnotes = footnoteLink(random, facts.length);
  const frame = [opening(options), ...contexts.map((context) => contextElement(context, options.cik)), units()].join(
    '',
  );
  const room = targetBytes - frame.length - footnotes.length - facts.reduce((sum, fact) => sum + fact.length, 0) - 8;
  return [frame, ...facts, ...textBlocks(random, room), footnotes].join('');
}

function opening({ ticker, periodEnd }: SyntheticInstanceOptions): string {
  const day = periodEnd.replaceAll('-', '');
  const namespaces = [
    'xmlns="http://www.xbrl.org/2003/instance"',
    'xmlns:link="http://www.xbrl.org/2003/linkbase"',
    'xmlns:xlink="http://www.w3.org/1999/xlink"',
    'xmlns:iso4217="http://www.xbrl.org/2003/iso4217"',
    'xmlns:xbrldi="http://xbrl.org/2006/xbrldi"',
    'xmlns:dei="http://xbrl.us/dei/2009-01-31"',
    'xmlns:us-gaap="http://xbrl.us/us-gaap/2009-01-31"',
    `xmlns:${ticker}="http://example.com/${ticker}/${day}"`,
  ];
  return `<?xml version="1.0" encoding="us-ascii" standalone="yes"?>
<!-- SYNTHETIC: generated by the edgar-fetch project to test and show the downloader. No figure in it is real. -->
<xbrl ${namespaces.join(' ')}>
  <link:schemaRef xlink:type="simple" xlink:href="${ticker}-${day}.xsd" />
`;
}

interface Context {
  readonly id: string;
  readonly end: string;
  readonly member: string | undefined;
}

function contextIds(periodEnd: string, count: number): Context[] {
  const lastYear = Number(periodEnd.slice(0, 4));
  return Array.from({ length: count }, (_, index) => {
    const end = `${lastYear - (Math.floor(index / (MEMBERS.length + 1)) % 6)}${periodEnd.slice(4)}`;
    return {
      id: index === 0 ? 'D0' : `D${index}_STD_p12m_${end.replaceAll('-', '')}`,
      end,
      member: MEMBERS[(index % 5) - 1],
    };
  });
}

function contextElement({ id, end, member }: Context, cik: number): string {
  const segment =
    member === undefined
      ? ''
      : `      <segment><xbrldi:explicitMember dimension="${AXIS}">us-gaap:${member}</xbrldi:explicitMember></segment>\n`;
  return `  <context id="${id}">
    <entity>
      <identifier scheme="http://www.sec.gov/CIK">${String(cik).padStart(10, '0')}</identifier>
${segment}    </entity>
    <period>
      <startDate>${end.slice(0, 4)}-01-01</startDate>
      <endDate>${end}</endDate>
    </period>
  </context>
`;
}

function units(): string {
  return `  <unit id="USD">
    <measure>iso4217:USD</measure>
  </unit>
  <unit id="shares">
    <measure>shares</measure>
  </unit>
  <unit id="USDPerShare">
    <divide>
      <unitNumerator>
        <measure>iso4217:USD</measure>
      </unitNumerator>
      <unitDenominator>
        <measure>shares</measure>
      </unitDenominator>
    </divide>
  </unit>
`;
}

function monetaryFacts(random: Random, contexts: readonly Context[], count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const concept = CONCEPTS[Math.floor(index / contexts.length) % CONCEPTS.length]!;
    const context = contexts[index % contexts.length]!.id;
    const sign = random() < 0.12 ? '-' : '';
    const value = `${sign}${Math.floor(10 ** (2 + random() * 5))}000`;
    return `  <us-gaap:${concept} id="fact_${index}" contextRef="${context}" unitRef="USD" decimals="-3">${value}</us-gaap:${concept}>\n`;
  });
}

/** Notes to the statements, as escaped HTML in text-block facts, filling `room` bytes. */
function textBlocks(random: Random, room: number): string[] {
  const blocks: string[] = [];
  let left = room;
  for (let number = 1; left > 0; number += 1) {
    const note = NOTES[(number - 1) % NOTES.length]!;
    const tag = `us-gaap:${note}`;
    const head = `  <${tag} contextRef="D0">&lt;div&gt;\n&lt;p style="MARGIN-TOP: 18px"&gt;&lt;b&gt;Note ${number}.&lt;/b&gt;&lt;/p&gt;\n`;
    const tail = `&lt;/div&gt;</${tag}>\n`;
    const wanted = Math.min(left, 60_000) - head.length - tail.length;
    const paragraphs: string[] = [];
    for (let written = 0; written < wanted; written += paragraphs.at(-1)!.length) {
      paragraphs.push(random() < 0.7 ? paragraph(random) : tableRow(random));
    }
    const block = `${head}${paragraphs.join('')}${tail}`;
    blocks.push(block);
    left -= block.length;
  }
  return blocks;
}

function paragraph(random: Random): string {
  const phrases = Array.from({ length: 6 }, () => {
    const choice = random();
    if (choice < 0.45) return oneOf(PHRASES, random);
    if (choice < 0.65) return `${oneOf(PHRASES, random)} $${(random() * 900).toFixed(1)} million`;
    return [0, 1, 2, 3].map(() => oneOf(WORDS, random)).join(' ');
  });
  return `&lt;p style="MARGIN-TOP: 6px; TEXT-INDENT: 4%; MARGIN-BOTTOM: 0px"&gt;\n&lt;font style="FONT-FAMILY: ARIAL" size="2"&gt;${phrases.join(',\n')}.&lt;/font&gt;&lt;/p&gt;\n`;
}

function tableRow(random: Random): string {
  const label = oneOf(PHRASES, random);
  const cells = Array.from(
    { length: 3 },
    () =>
      `&lt;td valign="bottom" align="right"&gt;&lt;font size="2"&gt;${Math.floor(random() * 90_000)}&lt;/font&gt;&lt;/td&gt;\n`,
  );
  return `&lt;tr valign="bottom"&gt;&lt;td&gt;&lt;font size="2"&gt;${label}&lt;/font&gt;&lt;/td&gt;\n${cells.join('')}&lt;/tr&gt;\n`;
}

function footnoteLink(random: Random, factCount: number): string {
  const notes = Array.from({ length: Math.max(2, Math.round(factCount / 60)) }, (_, index) => {
    const fact = Math.floor(random() * factCount);
    return `    <link:loc xlink:type="locator" xlink:href="#fact_${fact}" xlink:label="loc_${index}" />
    <link:footnote xlink:type="resource" xlink:label="footnote_${index}" xlink:role="http://www.xbrl.org/2003/role/footnote" xml:lang="en-US">${PHRASES[index % PHRASES.length]!}</link:footnote>
    <link:footnoteArc xlink:type="arc" xlink:arcrole="http://www.xbrl.org/2003/arcrole/fact-footnote" xlink:from="loc_${index}" xlink:to="footnote_${index}" order="1.0" />
`;
  });
  return `  <link:footnoteLink xlink:type="extended" xlink:role="http://www.xbrl.org/2003/role/link">\n${notes.join('')}  </link:footnoteLink>\n`;
}
