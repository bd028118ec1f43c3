// The command line of the benchmark, and what its two sizes mean in numbers. `full` is the size that issue and docs talk
// about; `smoke` is the same code over tens of documents, for CI.
import { parseArgs } from 'node:util';

type SizeName = 'smoke' | 'full';

export interface DocumentRange {
  readonly count: number;
  readonly minBytes: number;
  readonly maxBytes: number;
}

export interface Size {
  readonly name: SizeName;
  readonly small: DocumentRange;
  readonly large: DocumentRange;
  /** Decoded bytes of the `real` workload: the corpus is repeated until they are reached. */
  readonly realBytes: number;
  /** Start-up takes milliseconds, so each round measures it so often. */
  readonly startUpRepeats: number;
  readonly noOpRows: readonly [one: number, few: number, many: number];
  readonly nightlyUrls: number;
  readonly planUrls: readonly [few: number, many: number];
  readonly memoryDocuments: readonly [few: number, many: number];
  /** 0: the workload is left out, since it takes a second for every eight. */
  readonly paceDocuments: number;
  readonly timeoutSeconds: number;
  /** Room that the corpora and the largest output need together. */
  readonly neededBytes: number;
}

export interface Options {
  readonly size: Size;
  readonly rounds: number;
  readonly only: readonly string[];
  readonly tools: readonly string[];
  readonly write: boolean;
  readonly help: boolean;
  readonly workspace: string | undefined;
  readonly output: string | undefined;
  readonly corpus: string | undefined;
  readonly against: string | undefined;
}

const SIZES: Record<SizeName, Size> = {
  smoke: {
    name: 'smoke',
    small: { count: 40, minBytes: 5_000, maxBytes: 35_000 },
    large: { count: 4, minBytes: 500_000, maxBytes: 1_000_000 },
    realBytes: 1_000_000,
    startUpRepeats: 1,
    noOpRows: [1, 50, 500],
    nightlyUrls: 20,
    planUrls: [100, 1_000],
    memoryDocuments: [40, 80],
    paceDocuments: 0,
    timeoutSeconds: 60,
    neededBytes: 100e6,
  },
  full: {
    name: 'full',
    small: { count: 20_000, minBytes: 5_000, maxBytes: 35_000 },
    large: { count: 300, minBytes: 500_000, maxBytes: 5_000_000 },
    realBytes: 1e9,
    startUpRepeats: 5,
    noOpRows: [1, 10_000, 1_000_000],
    nightlyUrls: 3_000,
    planUrls: [10_000, 1_000_000],
    memoryDocuments: [10_000, 200_000],
    paceDocuments: 1_000,
    timeoutSeconds: 900,
    neededBytes: 9e9,
  },
};

export const USAGE = `npm run bench -- [options]
  --size smoke|full     tens of documents in one round, or the real thing (default full)
  --rounds <n>          interleaved rounds (default 5; smoke 1)
  --only <a,b>          these workloads, or all of a family (small, real, ...): small-http small-https large-http large-https
                        real-http real-https identity-small identity-large start-up no-op nightly plan memory sec-pace
  --tools <a,b>         these downloaders only: edgar-fetch edgar-fetch+fsync curl wget2 aria2 xargs notebook
  --against <dir>       also another build of edgar-fetch, of the checkout there, as the tool other-build
  --write               put the tables into docs/performance.md (size full only)
  --workspace <dir>     make the corpora there, keep them, and use them again (default: a temporary folder)
  --output <dir>        let the tools write to a folder made there, say on a real disk (default: in the workspace)
  --corpus <dir>        folder of real XBRL documents (default ../shared/corpus/xbrl)`;

/** A command line that cannot be followed; its message is one plain sentence. */
export class UsageError extends Error {}

function commaList(text: string | undefined): readonly string[] {
  return text === undefined ? [] : text.split(',').filter((part) => part !== '');
}

function parseSize(name: string): Size {
  if (name === 'smoke' || name === 'full') return SIZES[name];
  throw new UsageError(`--size is smoke or full, not "${name}".`);
}

function parseRounds(text: string | undefined, size: Size): number {
  if (text === undefined) return size.name === 'full' ? 5 : 1;
  const rounds = Number(text);
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new UsageError(`--rounds is a whole number above 0, not "${text}".`);
  return rounds;
}

function readArguments(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const options = { size: { type: 'string', default: 'full' }, rounds: text, only: text, tools: text } as const;
  const places = { workspace: text, output: text, corpus: text, against: text } as const;
  try {
    return parseArgs({ args: [...argv], options: { ...options, ...places, write: flag, help: flag } }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

export function parseOptions(argv: readonly string[]): Options {
  const values = readArguments(argv);
  const size = parseSize(values.size);
  if (values.write && size.name !== 'full')
    throw new UsageError('--write is for --size full: smoke figures mean nothing.');
  if (values.write && values.tools !== undefined) throw new UsageError('--write wants every tool: leave out --tools.');
  if (values.write && values.against !== undefined)
    throw new UsageError('--write is for the usual tools: leave out --against.');
  return {
    size,
    rounds: parseRounds(values.rounds, size),
    only: commaList(values.only),
    tools: commaList(values.tools),
    write: values.write,
    help: values.help,
    workspace: values.workspace,
    output: values.output,
    corpus: values.corpus,
    against: values.against,
  };
}
