// Owns the verify command: findings on stdout, exit 0 if everything is whole, 1 if not; with --repair what is damaged is
// fetched again, by a run like any other.
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { UsageError } from '../model/errors.ts';
import { Verifier, type Finding, type Verification } from '../run/verification.ts';
import { readUrlLists } from '../plan/url-list.ts';
import { FolderDestination } from '../storage/folder/folder-destination.ts';
import { hasManifest, readManifest } from '../storage/folder/open-folder.ts';
import { downloadFrom, type Edge } from './download.ts';
import type { ResolvedOptions } from './options.ts';
import { openSource } from './source.ts';

type Damaged = Exclude<Finding, { status: 'unknown' }>;

export interface VerifyOptions {
  readonly list?: string;
  readonly repair: boolean;
}

/** Verifies a destination; returns the exit code. Rejects with UsageError. */
export async function verifyCommand(
  folder: string,
  verify: VerifyOptions,
  options: ResolvedOptions,
  edge: Edge,
): Promise<number> {
  if (!hasManifest(folder)) {
    throw new UsageError(
      `${folder} has no manifest (.edgar-fetch/manifest.jsonl); give the --out folder of an earlier run`,
    );
  }
  const { stdout } = edge.process;
  const damaged: Damaged[] = [];
  const manifest = readManifest(resolve(folder));
  const verifier = new Verifier(new FolderDestination(resolve(folder)), manifest, (finding) => {
    if (finding.status !== 'unknown') damaged.push(finding);
    stdout.write(options.json ? `${JSON.stringify(finding)}\n` : findingText(finding));
  });
  try {
    if (verify.list === undefined) await verifier.verifyAll();
    else {
      const source = openSource([verify.list], edge.process.stdin);
      await verifier.verifyList(readUrlLists(source.lists, options['batch-size']));
    }
  } finally {
    await manifest.close();
  }
  const { unreadableRows } = verifier;
  if (unreadableRows > 0)
    edge.process.stderr.write(
      `edgar-fetch: ${unreadableRows} lines of the manifest cannot be read and are passed over\n`,
    );
  if (options.json) stdout.write(`${JSON.stringify({ status: 'summary', ...verifier.counts })}\n`);
  else if (!options.quiet) stdout.write(summaryText(verifier.counts));
  if (damaged.length === 0 || !verify.repair) return damaged.length === 0 ? 0 : 1;
  return repair(folder, damaged, verify.list ?? 'the manifest', options, edge);
}

/** Fetches damaged documents again, whatever their sizes say; the damaged bytes are kept under `replaced/`. */
function repair(
  folder: string,
  damaged: Damaged[],
  name: string,
  options: ResolvedOptions,
  edge: Edge,
): Promise<number> {
  const lists = [{ name, bytes: Readable.from(linesOf(damaged)), isChecked: true }];
  const given = new Map(options.given)
    .set('out', { text: folder, source: '--out' })
    .set('existing', { text: 'replace', source: '--existing' });
  return downloadFrom(
    { lists, name, close: () => undefined },
    { ...options, out: folder, existing: 'replace', json: false, given },
    edge,
  );
}

/** As a list, of which each URL has its line and its tag of the list that was asked about, or the tag of its row. */
function* linesOf(damaged: Damaged[]): Generator<Uint8Array> {
  let number = 1;
  for (const { url, tag, line = number } of damaged.sort((a, b) => (a.line ?? 0) - (b.line ?? 0))) {
    yield Buffer.from(`${'\n'.repeat(line - number)}${url}${tag === undefined ? '' : ` ${tag}`}\n`);
    number = line + 1;
  }
}

function findingText(finding: Finding): string {
  switch (finding.status) {
    case 'missing':
    case 'changed':
      return `${finding.status.padEnd(8)} ${finding.path}  ${finding.url}${reasonText(finding)}\n`;
    case 'unknown':
      return `unknown  ${finding.path}${reasonText(finding)}\n`;
    case 'absent':
      return `absent   ${finding.url}  (line ${finding.line})${reasonText(finding)}\n`;
  }
}

function reasonText(finding: Finding): string {
  return 'reason' in finding ? `  (${finding.reason})` : '';
}

function summaryText(counts: Verification): string {
  const { whole, missing, changed, unknown, absent } = counts;
  return `${whole} whole, ${missing} missing, ${changed} changed, ${unknown} unknown${absent > 0 ? `, ${absent} absent` : ''}\n`;
}
