// The demo: plays EDGAR on loopback with synthetic documents, runs the real command-line tool against it as a user would,
// and then compares each downloaded file with what was served: the tool's own word is not taken for it.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startEdgarStandIn, type StandInDocument } from '../support/edgar-stand-in.ts';
import { seededRandom, syntheticInstance } from '../support/synthetic-xbrl.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const LIST = 'test/demo/urls.txt';
const DESTINATION = 'downloads';

process.exitCode = await demo();

/** Returns the exit code: 0 only if the tool succeeded and every file is byte for byte what was served. */
async function demo(): Promise<number> {
  if (!existsSync(join(PROJECT, 'dist/main.js'))) {
    print('dist/main.js is missing: run `npm run build` first.');
    return 1;
  }
  const documents = await makeDocuments();
  const namesThere = [...documents.keys()].map(nameOf).filter((name) => existsSync(inDestination(name)));
  const standIn = await startEdgarStandIn({ documents, framing: 'mixed' });
  print(`A stand-in on this machine (${standIn.origin}) plays EDGAR; nothing leaves the loopback interface.`);
  print(`It serves ${documents.size} synthetic XBRL instances, made by this project, under the paths in ${LIST}.`);
  if (namesThere.length > 0) {
    print(
      `${DESTINATION}/ holds ${namesThere.length} of them already: edgar-fetch skips what its manifest shows to be there, with no request.`,
    );
  }
  const command = ['bin/edgar-fetch.js', LIST, '--out', DESTINATION, '--mirror', standIn.origin, '--log-level', 'info'];
  print(`\n$ node ${command.join(' ')}`);
  const exitCode = await run(command);
  await standIn.close();

  print(
    `\nedgar-fetch ended with exit code ${exitCode} after ${standIn.countRequests()} requests. ${DESTINATION}/ holds:`,
  );
  const differing = await compare(documents);
  if (differing > 0) {
    print(`${differing} of ${documents.size} files are missing or differ from what was served.`);
    if (namesThere.length > 0)
      print(`If ${DESTINATION}/ was not filled by this demo, delete or rename it, and run the demo again.`);
    return 1;
  }
  print(`All ${documents.size} files are, by SHA-256, what the stand-in serves.`);
  return exitCode;
}

/** An instance for each URL of the list, by path: the same in each run, from 200 KB to 2 MB. */
async function makeDocuments(): Promise<Map<string, StandInDocument>> {
  const lines = (await readFile(join(PROJECT, LIST), 'utf8')).split('\n').filter((line) => line.startsWith('https://'));
  return new Map(
    lines.map((line) => {
      const path = new URL(line).pathname;
      const [, cik, ticker, year, month, day] =
        /\/data\/(\d+)\/.*\/([a-z]+)-(\d{4})(\d\d)(\d\d)\.xml$/.exec(path) ?? [];
      if (ticker === undefined)
        throw new Error(`${LIST} names ${line}, which this demo cannot play: not <ticker>-<date>.xml.`);
      const targetBytes = Math.round(200_000 * 10 ** seededRandom(path)());
      const periodEnd = `${year}-${month}-${day}`;
      return [path, { body: syntheticInstance({ ticker, cik: Number(cik), periodEnd, targetBytes, seed: path }) }];
    }),
  );
}

/** Runs the tool with our terminal as its own. Its own settings and proxies in the environment are left out. */
async function run(command: readonly string[]): Promise<number> {
  const foreign = /^(edgar_(?!fetch_state_dir$)|https?_proxy$|all_proxy$)/i;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
  // An interrupt from the terminal reaches the tool too, which drains; the stand-in has to outlive it.
  process.on('SIGINT', () => undefined);
  const child = spawn(process.execPath, command, { cwd: PROJECT, env, stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

/** Lists the files, and returns how many are not what was served. */
async function compare(documents: ReadonlyMap<string, StandInDocument>): Promise<number> {
  let differing = 0;
  for (const [path, { body }] of documents) {
    const found = await readFile(inDestination(nameOf(path))).catch(() => undefined);
    const same = found !== undefined && sha256(found) === sha256(body);
    if (!same) differing += 1;
    const verdict = found === undefined ? 'MISSING' : same ? 'as served' : 'DIFFERS';
    print(`  ${nameOf(path).padEnd(20)} ${String(found?.length ?? 0).padStart(9)} bytes  ${verdict}`);
  }
  return differing;
}

function nameOf(path: string): string {
  return basename(path);
}

function inDestination(name: string): string {
  return join(PROJECT, DESTINATION, name);
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
