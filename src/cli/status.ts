// Owns the status command: where a folder stands, and what to run next. It takes no lock, sends nothing and writes nothing.
import { existsSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { SEC_DEFAULT_RATE_PER_SECOND } from '../edgar/fair-access.ts';
import { UsageError } from '../model/errors.ts';
import { systemClock } from '../model/clock.ts';
import { lookAtFolder } from '../storage/folder/look-at-folder.ts';
import { statePaths } from '../storage/state-folder.ts';
import { stateFolder } from './configuration.ts';
import type { Edge } from './download.ts';
import { lookAtSec } from './sec-outlook.ts';
import { statusRow, statusText } from './status-text.ts';

/** Prints it; returns the exit code. Rejects with UsageError. */
export async function statusCommand(folder: string, json: boolean, { process }: Edge): Promise<number> {
  const destination = resolve(folder);
  const { manifest, lock } = statePaths(destination);
  if (!existsSync(manifest) && !existsSync(lock))
    throw new UsageError(
      `${folder} has no manifest (.edgar-fetch/manifest.jsonl); give the --out folder of an earlier run`,
    );
  const nowMs = systemClock.nowMs();
  const facts = {
    ...(await lookAtFolder(destination, nowMs)),
    destination: relative('', destination) || '.',
    sec: lookAtSec(stateFolder(process.env), SEC_DEFAULT_RATE_PER_SECOND, nowMs),
    nowMs,
  };
  if (facts.unreadable > 0)
    process.stderr.write(`edgar-fetch: ${facts.unreadable} lines of the manifest cannot be read and are passed over\n`);
  process.stdout.write(json ? `${JSON.stringify(statusRow(facts))}\n` : statusText(facts));
  return 0;
}
