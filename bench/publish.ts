// Keeps the figures of every workload's last full run, so that one can be measured again alone, and writes the tables
// into docs/performance.md between two marker comments.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { renderBars } from './bars.ts';
import type { Size } from './options.ts';
import { renderWorkload, type DatedResult } from './report.ts';

const RESULTS = fileURLToPath(new URL('../.bench/results.json', import.meta.url));
const DOCUMENT = fileURLToPath(new URL('../docs/performance.md', import.meta.url));
const BEGIN = '<!-- bench:begin -->';
const END = '<!-- bench:end -->';

const NEW_DOCUMENT = `# Performance

## The figures

${BEGIN}
${END}

## How to reproduce them

On Debian, with nothing else running: \`apt-get install nginx curl wget2 aria2 python3-requests openssl\`, then
\`npm run bench -- --write\`, which takes about an hour, needs 9 GB of memory for its files, and rewrites the tables above.
\`npm run bench -- --only small,start-up --write\` measures some workloads again and leaves the others as they were;
\`--workspace <folder on tmpfs>\` keeps the documents for the next time; \`--output <folder on a disk>\` shows what
forcing data to a real device costs; \`npm run bench -- --help\` lists the rest.

nginx serves from loopback with one worker process and gzipped files; documents, lists and output are in memory. Tools
take turns, round after round; each round begins with another one. After every run the output is checked: all names, all
sizes, and a hundred documents byte for byte. *Wall* is the median; *spread* the fastest and the slowest; *CPU* is user
and system time of the tool with its children, *nginx CPU* the server's meanwhile; *peak* is the resident size of the
largest process in the worst run (so a tool of four processes needs up to four times as much). \`edgar-fetch+fsync\` is
the default; the row above it has \`--no-fsync\`, since no peer forces data to the device.
`;

interface Kept {
  readonly machine: string;
  readonly results: readonly DatedResult[];
}

function readKept(): Kept | undefined {
  return existsSync(RESULTS) ? (JSON.parse(readFileSync(RESULTS, 'utf8')) as Kept) : undefined;
}

/** New results in place of old ones of the same name, in the given order; figures of another machine are dropped. */
export function mergeResults(
  machine: string,
  results: readonly DatedResult[],
  order: readonly string[],
): DatedResult[] {
  const kept = readKept();
  const old = kept?.machine === machine ? kept.results : [];
  const fresh = new Set(results.map(({ name }) => name));
  const all = [...results, ...old.filter(({ name }) => !fresh.has(name))];
  const sorted = all.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  mkdirSync(dirname(RESULTS), { recursive: true });
  writeFileSync(RESULTS, `${JSON.stringify({ machine, results: sorted } satisfies Kept, undefined, 1)}\n`);
  return sorted;
}

function splice(document: string, tables: string): string {
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`docs/performance.md has no ${BEGIN} with ${END} after it.`);
  return `${document.slice(0, begin)}${BEGIN}\n\n${tables}\n\n${document.slice(end)}`;
}

export function writeDocument(machine: string, results: readonly DatedResult[], size: Size): void {
  const bars = `### What it must show\n\n${renderBars(results, size)}`;
  const tables = ['### Every workload', ...results.map(renderWorkload)].join('\n\n');
  const document = existsSync(DOCUMENT) ? readFileSync(DOCUMENT, 'utf8') : NEW_DOCUMENT;
  mkdirSync(dirname(DOCUMENT), { recursive: true });
  writeFileSync(DOCUMENT, splice(document, `Measured on ${machine}.\n\n${bars}\n\n${tables}`));
}
