// Writes docs/integrity.md from the results of a run: totals, one table a group, footnotes. Pure.
import { limitLines } from './http-limits.ts';
import type { CaseGroup, HostileCase } from './hostile-cases/types.ts';
import type { Tool } from './peers.ts';

/** What a tool left under the final name: the genuine bytes, nothing, or anything else. */
export type Left = 'right' | 'nothing' | 'wrong';

export interface Result {
  /** Exit status, or `killed` when the tool had to be ended. */
  readonly exit: number | 'killed';
  readonly left: Left;
  /** The last of its error output; not in the table. */
  readonly said: string;
}

export interface Column {
  readonly tool: Tool;
  readonly version: string;
  readonly results: ReadonlyMap<string, Result>;
}

export interface Board {
  readonly cases: readonly HostileCase[];
  readonly columns: readonly Column[];
  /** Tools that are not installed, with the package that brings them. */
  readonly absent: readonly string[];
  readonly limitSeconds: number;
}

const TITLES: Readonly<Record<CaseGroup, string>> = {
  framing: 'Framing: does a tool notice that bytes are missing, too many, or damaged on the way?',
  content: 'Content: does it notice that what came is not the document?',
  strictness: 'Strictness: what does it make of replies that break, bend or stretch the rules?',
};

const isGenuine = (one: HostileCase): boolean => one.expect.status === 'saved';

interface Total {
  readonly title: string;
  readonly among: (one: HostileCase) => boolean;
  readonly holds: (result: Result) => boolean;
}

const isBad = (one: HostileCase): boolean => !isGenuine(one);
const claimsSuccess = (result: Result): boolean => result.exit === 0;

const TOTALS: readonly Total[] = [
  {
    title: '**wrong bytes under the final name, exit 0**',
    among: () => true,
    holds: (r) => r.left === 'wrong' && claimsSuccess(r),
  },
  {
    title: '**wrong bytes under the final name, exit not 0**',
    among: () => true,
    holds: (r) => r.left === 'wrong' && !claimsSuccess(r),
  },
  { title: 'nothing there, exit 0', among: () => true, holds: (r) => r.left === 'nothing' && claimsSuccess(r) },
  { title: 'good documents: right, exit 0', among: isGenuine, holds: (r) => r.left === 'right' && claimsSuccess(r) },
  {
    title: 'good documents: right, exit not 0',
    among: isGenuine,
    holds: (r) => r.left === 'right' && !claimsSuccess(r),
  },
  { title: 'good documents: nothing', among: isGenuine, holds: (r) => r.left === 'nothing' },
  { title: 'bad replies: nothing, exit not 0', among: isBad, holds: (r) => r.left === 'nothing' && !claimsSuccess(r) },
  { title: 'bad replies: right all the same (more lenient)', among: isBad, holds: (r) => r.left === 'right' },
  { title: 'had to be ended', among: () => true, holds: (r) => r.exit === 'killed' },
];

const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const plain = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('*', '\\*');

const resultOf = (column: Column, one: HostileCase): Result => {
  const result = column.results.get(one.id);
  if (result === undefined) throw new Error(`no result of ${column.tool.name} for ${one.id}`);
  return result;
};

/** Numbers the distinct notes in the order in which they are first needed. */
class Footnotes {
  private readonly notes: string[] = [];

  mark(note: string): string {
    if (!this.notes.includes(note)) this.notes.push(note);
    return `<sup>${this.notes.indexOf(note) + 1}</sup>`;
  }

  lines(): string[] {
    return this.notes.map((note, index) => `${index + 1}. ${plain(note)}`);
  }
}

const NO_NOTE = 'The reply broke a rule, and the bytes happened to be right.';

const cell = (column: Column, one: HostileCase, notes: Footnotes): string => {
  const result = resultOf(column, one);
  const left = result.left === 'wrong' ? '**wrong**' : result.left;
  const lenient = isBad(one) && result.left === 'right';
  return `${result.exit} ${left}${lenient ? notes.mark(one.lenientPeersMayBeRight ?? NO_NOTE) : ''}`;
};

const wanted = (one: HostileCase): string =>
  isGenuine(one) ? 'right' : `nothing: ${(one.expect.codes ?? []).map((code) => `\`${code}\``).join(' or ')}`;

const heading = (first: readonly string[], columns: readonly Column[]): string[] => [
  row(...first, ...columns.map((column) => column.tool.name)),
  row(...first.map(() => '---'), ...columns.map(() => '---')),
];

const totals = ({ cases, columns }: Board): string[] => [
  ...heading(['', 'of'], columns),
  ...TOTALS.map(({ title, among, holds }) => {
    const counted = cases.filter(among);
    const counts = columns.map((column) => counted.filter((one) => holds(resultOf(column, one))).length);
    return row(title, String(counted.length), ...counts.map(String));
  }),
];

const groupTable = (group: CaseGroup, { cases, columns }: Board, notes: Footnotes): string[] => [
  `## ${TITLES[group]}`,
  '',
  ...heading(['case', 'source', 'wanted'], columns),
  ...cases
    .filter((one) => one.group === group)
    .map((one) =>
      row(plain(one.name), plain(one.source), wanted(one), ...columns.map((column) => cell(column, one, notes))),
    ),
  '',
  ...leftOutLarge(cases.filter((one) => one.group === group)),
];

/** The cases that do not come a second time with a large document, by their reasons. */
const leftOutLarge = (cases: readonly HostileCase[]): string[] => {
  const reasons = new Set(cases.flatMap(({ onlySmall }) => onlySmall ?? []));
  if (reasons.size === 0) return [];
  const because = (reason: string): string =>
    `- ${plain(reason)}: ${cases
      .filter(({ onlySmall }) => onlySmall === reason)
      .map(({ name }) => plain(name))
      .join('; ')}`;
  return ['Not repeated with 2 MiB on the wire, because', '', ...[...reasons].map(because), ''];
};

const tools = ({ columns }: Board): string[] => [
  row('tool', 'version', 'run with'),
  row('---', '---', '---'),
  ...columns.map(({ tool, version }) => row(tool.name, version, `\`${tool.shown}\``)),
];

const introduction = (board: Board): string[] => [
  '# Integrity: what downloaders leave on disk when a server lies',
  '',
  '<!-- Written by `npm run scoreboard` from a run. Do not edit. -->',
  '',
  `One hostile server on the loopback, ${board.cases.length} cases, every tool once per case in an empty folder. A cell is the exit status`,
  'and what is left under the final name: `right` (the genuine document, byte for byte), `nothing`, or **wrong** (anything else, a part',
  `of the document too). \`killed\`: it was still running after ${board.limitSeconds} s. A small number says that the tool is right and merely more lenient.`,
  '',
  'The peers promise less: none of them says that it checks what a document contains, so the part on content shows what a user must',
  'add, not a defect of theirs. What they do promise is in the part on framing. wget, wget2 and aria2 keep a part of a document under',
  'its final name on purpose, to go on from there; who looks at the folder only cannot tell it from the whole.',
  '',
  ...(board.absent.length === 0 ? [] : [`Not installed here, so not in the table: ${board.absent.join(', ')}.`, '']),
];

export const renderBoard = (board: Board): string => {
  const notes = new Footnotes();
  const groups = (Object.keys(TITLES) as CaseGroup[]).flatMap((group) => groupTable(group, board, notes));
  const parts = [
    ...introduction(board),
    '## Totals',
    '',
    ...totals(board),
    '',
    '## Tools',
    '',
    ...tools(board),
    '',
    ...limitLines(),
    ...groups,
    '## Notes',
    '',
    ...notes.lines(),
  ];
  return `${parts.join('\n')}\n`;
};
