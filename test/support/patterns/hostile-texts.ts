// Owns the texts that a pattern is tried on, all of one length: what strangers' bytes are made of, repeated, and what the
// pattern itself waits for. A backtracking pattern gives itself away by its own repetitions: reach one, feed it what it
// repeats, and let the end not match; or begin over and over what has no end. Pure.
import { RegExpParser, type AST } from '@eslint-community/regexpp';
import type { SourcePattern } from './source-patterns.ts';

export interface HostileText {
  readonly name: string;
  readonly make: (length: number) => string;
}

const STRANGERS_UNITS: readonly string[] = [
  ' ', '\n', '\t', '\r\n', ' \n', '<!--', '-->', '<!-- ', '<!-- -->', '<!--\n', '--', '"', "'", '=" "', '[', ']', '(', ')',
  '{', '<', '</', '<?', '?>', '<?xml ', '<a ', '</a>', '<![CDATA[', ']]>', '>', '&lt;', '0', '12', '.', '..', '1.', '%41',
  '%', '%zz', 'a', 'A', 'a ', 'a.', 'a-', '@', 'a@', '@a.', ',', ';', ':', '/', '//', '/a', '../', '\\', '|', '-', '_', '\0',
  '\u0001', '\u00a0', '\ufeff', '\u00ef\u00bb\u00bf', '\u2028', '\ud83d\ude00', '\ud83d',
]; // prettier-ignore

/** What a class of characters is asked about. */
const ALPHABET = [
  ' ',
  '\n',
  '0',
  'a',
  'A',
  '_',
  '<',
  '>',
  '"',
  "'",
  '-',
  '.',
  ':',
  '/',
  '%',
  '@',
  '\0',
  '\u00a0',
  '\ufeff',
];

/** Matches next to nothing, so that a match that needs an end fails there. */
const MISMATCH = '\u0001';

const MAX_SAMPLES = 6;

/** A repetition with fewer rounds than this costs a bounded factor. */
const MANY_ROUNDS = 16;

export function hostileTextsFor({ source, flags }: SourcePattern): HostileText[] {
  const { pattern } = new RegExpParser().parseLiteral(`/${source}/${flags}`);
  const repetitions = new Map<string, { readonly before: string; readonly unit: string }>();
  const add = (before: string, unit: string): void => {
    if (unit !== '') repetitions.set(JSON.stringify([before, unit]), { before, unit });
  };
  for (const unit of [...STRANGERS_UNITS, ...fragmentsOf(pattern)]) add('', unit);
  const reached: Reached = (before, units) => {
    add('', before);
    for (const unit of units) {
      add(before, unit);
      add('', before + unit);
    }
  };
  for (const alternative of pattern.alternatives) walk(alternative.elements, '', reached);
  return [...repetitions.values()].flatMap(({ before, unit }) => textsOf(before, unit));
}

function textsOf(before: string, unit: string): HostileText[] {
  const opening = before === '' ? '' : `${JSON.stringify(before)} and `;
  const fill = (length: number): string =>
    before +
    unit.repeat(Math.ceil((length - before.length) / unit.length)).slice(0, Math.max(0, length - before.length));
  return [
    { name: `${opening}${JSON.stringify(unit)} repeated`, make: fill },
    {
      name: `${opening}${JSON.stringify(unit)} repeated, then a character that does not fit`,
      make: (length) => fill(length - 1) + MISMATCH,
    },
  ];
}

/** The characters that stand in the pattern, and its pairs of neighbours. */
function fragmentsOf(pattern: AST.Pattern): string[] {
  const characters: string[] = [];
  const collect = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    if (Array.isArray(node)) return node.forEach(collect);
    if ('type' in node && node.type === 'Character' && 'value' in node && typeof node.value === 'number')
      characters.push(String.fromCodePoint(node.value));
    for (const [key, value] of Object.entries(node)) if (key !== 'parent') collect(value);
  };
  collect(pattern.alternatives);
  return [...characters, ...characters.map((character, index) => character + (characters[index + 1] ?? ''))];
}

/** Called for each repetition: what leads to it, and what one round of it may be. */
type Reached = (before: string, units: readonly string[]) => void;

function walk(elements: readonly AST.Element[], before: string, reached: Reached): void {
  let here = before;
  for (const element of elements) {
    inside(element, here, reached);
    here += samplesOf(element)[0] ?? '';
  }
}

function inside(element: AST.Element, before: string, reached: Reached): void {
  switch (element.type) {
    case 'Quantifier':
      if (element.max >= MANY_ROUNDS) reached(before, samplesOf(element.element));
      return inside(element.element, before, reached);
    case 'Group':
    case 'CapturingGroup':
      for (const alternative of element.alternatives) walk(alternative.elements, before, reached);
      return;
    case 'Assertion':
      if (element.kind === 'lookahead' || element.kind === 'lookbehind')
        for (const alternative of element.alternatives) walk(alternative.elements, before, reached);
      return;
    default:
      return;
  }
}

/** Short texts that the element matches, the plainest first. */
function samplesOf(element: AST.Element): string[] {
  switch (element.type) {
    case 'Character':
      return [String.fromCodePoint(element.value)];
    case 'CharacterSet':
    case 'CharacterClass':
    case 'ExpressionCharacterClass': {
      const set = new RegExp(`^${element.raw}$`, element.raw.includes('\\p') ? 'u' : '');
      return ALPHABET.filter((character) => set.test(character)).slice(0, MAX_SAMPLES);
    }
    case 'Quantifier':
      return samplesOf(element.element).map((sample) => sample.repeat(Math.max(1, element.min)));
    case 'Group':
    case 'CapturingGroup':
      return element.alternatives.flatMap((alternative) => joined(alternative.elements)).slice(0, MAX_SAMPLES);
    case 'Assertion':
      // What stands behind a place must be there to reach it; what is looked for ahead comes of itself.
      return element.kind === 'lookbehind' ? element.alternatives.flatMap(({ elements }) => joined(elements)) : [''];
    case 'Backreference':
      return [''];
  }
}

/** Samples of elements in a row: the first of each, and each element in turn in its other forms. */
function joined(elements: readonly AST.Element[]): string[] {
  const samples = elements.map(samplesOf);
  const first = samples.map(([sample]) => sample ?? '');
  const others = samples.flatMap((ofOne, at) => ofOne.slice(1).map((sample) => first.with(at, sample).join('')));
  return [first.join(''), ...others].slice(0, MAX_SAMPLES);
}
