// Workloads that no peer takes part in: start-up, the no-op rerun, the nightly run, the plan.
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { archivePath, type ServedDocument } from './corpus.ts';
import { FIRST_NEW_COMPANY, openFolder, type Folder } from './folder.ts';
import type { Command, Measurement } from './measure.ts';
import { EDGAR_FETCH, edgarFetch, writeUrls, type DownloadTask } from './tools.ts';
import { filingPath, findFault } from './verify.ts';
import { exitFault, type Bench, type Contestant, type Workload } from './workload.ts';

const SEC = 'https://www.sec.gov';
const LINES_A_WRITE = 10_000;

function ours(name: string, command: () => Command, fault: Contestant['fault'] = exitFault): Contestant {
  return { name, ours: true, command, fault };
}

function task(bench: Bench, documents: readonly ServedDocument[], output = bench.workspace.output): DownloadTask {
  return { documents, origin: bench.server.gzip, output, scratch: bench.workspace.scratch, certificate: undefined };
}

const startUp: Workload = {
  name: 'start-up',
  title: 'start-up: Node alone, --version, a list of one URL',
  prepare: async (bench) => {
    const one = task(bench, (await bench.corpora.small()).slice(0, 1));
    const node = (...argv: string[]): Command => ({ argv: [process.execPath, ...argv] });
    const contestants: Contestant[] = [
      { name: 'node -e 0', ours: false, command: () => node('-e', '0'), fault: exitFault },
      ours('edgar-fetch --version', () => node(EDGAR_FETCH, '--version')),
      ours(
        'one document',
        () => edgarFetch(one, writeUrls(one), ['--no-fsync']),
        (measurement) => exitFault(measurement) ?? findFault(one.output, one.documents),
      ),
    ];
    return { contestants, repeats: bench.size.startUpRepeats };
  },
};

/** The URLs are the SEC's, and may be asked for at the local server only: so see first that --mirror is obeyed. */
async function mirrorFault(bench: Bench): Promise<string | undefined> {
  const [document] = await bench.corpora.small();
  const list = join(bench.workspace.scratch, 'mirrored.txt');
  writeFileSync(list, `${SEC}${document!.path}\n`);
  const once = ['--no-fsync', '--retries', '0', '--give-up', '1s', '--mirror', bench.server.gzip];
  const measurement = await bench.measure(edgarFetch(task(bench, [document!]), list, once));
  return exitFault(measurement) ?? findFault(bench.workspace.output, [document!]);
}

const filing = (bench: Bench): string[] => ['--no-fsync', '--layout', 'filing', '--mirror', bench.server.logged];

/** A kept workspace keeps them. */
function remove(bench: Bench, ...folders: Folder[]): void {
  if (bench.workspace.kept) return;
  for (const folder of folders) rmSync(join(folder.directory, '..'), { recursive: true, force: true });
}

function noOpContestant(bench: Bench, rows: number): [Contestant, Folder] {
  const folder = openFolder(bench.workspace.directory, rows);
  const command = (): Command => {
    folder.restore();
    bench.server.forgetRequests();
    return edgarFetch(task(bench, [], folder.directory), folder.list, filing(bench));
  };
  const fault = (measurement: Measurement): string | undefined =>
    exitFault(measurement) ?? (bench.server.firstRequestAt() === undefined ? undefined : 'it sent requests');
  return [ours(`${rows.toLocaleString('en')} ${rows === 1 ? 'row' : 'rows'}`, command, fault), folder];
}

const noOp: Workload = {
  name: 'no-op',
  title: 'no-op rerun: every URL of the list is there',
  prepare: async (bench) => {
    const fault = await mirrorFault(bench);
    if (fault !== undefined) throw new Error(`--mirror: ${fault}`);
    const made = bench.size.noOpRows.map((rows) => noOpContestant(bench, rows));
    const contestants = made.map(([contestant]) => contestant);
    // the largest folder stays for the nightly run
    const dispose = (): void => remove(bench, ...made.slice(0, -1).map(([, folder]) => folder));
    return { contestants, dispose };
  },
};

/** Small documents under companies that the folder has never seen. */
function newDocuments(small: readonly ServedDocument[], count: number): ServedDocument[] {
  return Array.from({ length: count }, (_, serial) => {
    const stored = small[serial % small.length]!;
    const name = `x${Math.floor(serial / small.length)}-${stored.name}`;
    return { ...stored, name, path: archivePath(serial, name, FIRST_NEW_COMPANY) };
  });
}

const nightly: Workload = {
  name: 'nightly',
  title: 'nightly: new URLs into a folder of many rows, until the first request and in all',
  prepare: async (bench) => {
    const fault = await mirrorFault(bench);
    if (fault !== undefined) throw new Error(`--mirror: ${fault}`);
    const folder = openFolder(bench.workspace.directory, bench.size.noOpRows[2]);
    const documents = newDocuments(await bench.corpora.small(), bench.size.nightlyUrls);
    const job: DownloadTask = { ...task(bench, documents, folder.directory), origin: SEC };
    const command = (): Command => {
      folder.restore();
      bench.server.forgetRequests();
      return edgarFetch(job, writeUrls(job), filing(bench));
    };
    const checked = (measurement: Measurement): string | undefined =>
      exitFault(measurement) ?? findFault(folder.directory, documents, filingPath);
    const firstRequestAt = (): number | undefined => bench.server.firstRequestAt();
    const contestant = {
      ...ours(`${documents.length.toLocaleString('en')} new URLs`, command, checked),
      firstRequestAt,
    };
    return { contestants: [contestant], dispose: () => remove(bench, folder) };
  },
};

function writePlanList(bench: Bench, count: number): string {
  const file = join(bench.workspace.scratch, `plan-${count}.txt`);
  writeFileSync(file, '');
  for (let start = 0; start < count; start += LINES_A_WRITE) {
    const urls = Array.from({ length: Math.min(LINES_A_WRITE, count - start) }, (_, offset) => start + offset);
    writeFileSync(file, urls.map((n) => `${SEC}${archivePath(n, `c${n}-20231231_htm.xml`)}\n`).join(''), { flag: 'a' });
  }
  return file;
}

function planContestant(bench: Bench, count: number): Contestant {
  const stdinFile = writePlanList(bench, count);
  const nowhere = join(bench.workspace.output, 'nowhere');
  const argv = [process.execPath, EDGAR_FETCH, '--dry-run', '--out', nowhere];
  const counted = new RegExp(String(count).replace(/\B(?=(\d{3})+$)/g, `[ ,.'\\u202f\\u00a0]?`));
  const fault = (measurement: Measurement): string | undefined => {
    if (!counted.test(measurement.stdout)) return exitFault(measurement) ?? `the plan does not speak of ${count} URLs`;
    return exitFault(measurement) ?? (existsSync(nowhere) ? 'the destination was created' : undefined);
  };
  return ours(`${count.toLocaleString('en')} URLs`, () => ({ argv, stdinFile }), fault);
}

const plan: Workload = {
  name: 'plan',
  title: 'plan: --dry-run of URLs from stdin',
  prepare: (bench) =>
    Promise.resolve({ contestants: bench.size.planUrls.map((count) => planContestant(bench, count)) }),
};

export const OFFLINE_WORKLOADS: readonly Workload[] = [startUp, noOp, nightly, plan];
