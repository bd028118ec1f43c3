// Owns what help says beside the options, and which options it shows first.
import type { Command, Option } from 'commander';
import { UsageError } from '../model/errors.ts';
import { nearest } from './nearest.ts';

const COLUMNS = 80;

/** After the options of a download. */
export const NOTES = `
List: one URL a line; text after the first whitespace is kept as its tag; lines
beginning with # are comments. EDGAR answers only those who say who they are:
  export EDGAR_FETCH_USER_AGENT='Your Name your.name@your-company.com'
  edgar-fetch urls.txt --out downloads
What failed is listed in <out>/.edgar-fetch/failed.txt, which is a list again.

Exit codes: 0 all there, 1 some failed for good, 75 run me again, 2 usage,
3 User-Agent refused, 4 cannot write, 130/143 interrupted. All other options and
the environment variables: edgar-fetch help options`;

export const VARIABLES = `
Defaults stand in brackets. --rate is none for other hosts than *.sec.gov, and
holds for each of them if given. Durations are 500ms, 30s, 10m or 6h. All can be
set in the environment: --max-size 1MB as EDGAR_FETCH_MAX_SIZE=1MB, --json as
EDGAR_FETCH_JSON=1; the command line wins. The User-Agent is also read from
EDGAR_IDENTITY. What the runs of a machine share is in EDGAR_FETCH_STATE_DIR.`;

/** Help shows these options only. */
export function showOptions(command: Command, isShown: (option: Option) => boolean): void {
  command.configureHelp({
    helpWidth: COLUMNS,
    visibleOptions: (of) => of.options.filter((option) => !option.hidden && isShown(option)),
  });
}

/** Prints the help of a command, of all options, or of the program. Throws UsageError for another topic. */
export function printHelp(program: Command, topic: string | undefined): void {
  if (topic === undefined) return program.outputHelp();
  const command = program.commands.find((one) => one.name() === topic);
  if (command !== undefined) return command.outputHelp();
  const topics = [...program.commands.map((one) => one.name()), 'options'];
  if (topic !== 'options') {
    const near = nearest(topic, topics);
    const advice = near === undefined ? `choose ${topics.join(', ')}` : `did you mean ${near}?`;
    throw new UsageError(`there is no help on ${topic}; ${advice}`);
  }
  showOptions(program, () => true);
  program.configureOutput().writeOut?.(`${program.helpInformation()}${VARIABLES}\n`);
}
