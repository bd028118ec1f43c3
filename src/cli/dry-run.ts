// Owns `--dry-run`: the plan of a run on stdout. It reads the list and the manifest, sends nothing, creates nothing.
import { systemClock } from '../model/clock.ts';
import { FolderDestination } from '../storage/folder/folder-destination.ts';
import { readManifest } from '../storage/folder/open-folder.ts';
import { Planner, type Plan } from '../plan/planner.ts';
import type { RunSettings } from '../run/settings.ts';
import { readUrlLists } from '../plan/url-list.ts';
import type { Edge } from './download.ts';
import type { Source } from './source.ts';
import { readableDuration } from '../model/units.ts';

interface PlanCounts {
  urls: number;
  duplicates: number;
  alreadyThere: number;
  knownMissing: number;
  badLines: number;
  toFetch: number;
  nameCollisions: number;
  /** Of those to fetch: from *.sec.gov itself. */
  fromSec: number;
}

/** Prints the plan; returns the exit code. Rejects with UsageError. */
export async function printDryRun(
  source: Source,
  settings: RunSettings,
  json: boolean,
  { process, lookEntry }: Edge,
): Promise<number> {
  const destination = new FolderDestination(settings.destination, { lookEntry });
  const planner = new Planner(settings, readManifest(settings.destination), destination, () => systemClock.nowMs());
  const counts: PlanCounts = {
    urls: 0,
    duplicates: 0,
    alreadyThere: 0,
    knownMissing: 0,
    badLines: 0,
    toFetch: 0,
    nameCollisions: 0,
    fromSec: 0,
  };
  for await (const lines of readUrlLists(source.lists, settings.batchSize)) {
    for (const plan of await planner.plan(lines)) count(counts, plan);
  }
  destination.close();
  process.stdout.write(json ? `${JSON.stringify(planRow(counts, settings))}\n` : planText(counts, settings));
  return 0;
}

function count(counts: PlanCounts, plan: Plan): void {
  counts.urls++;
  switch (plan.kind) {
    case 'fetch':
      counts.toFetch++;
      if (plan.target.collides) counts.nameCollisions++;
      if (plan.target.contactsSec) counts.fromSec++;
      return;
    case 'there':
      counts.alreadyThere++;
      return;
    case 'known-missing':
      counts.knownMissing++;
      return;
    case 'duplicate':
      counts.duplicates++;
      return;
    case 'bad':
      counts.badLines++;
  }
}

/** Time that the rate asks for; undefined where nothing limits the run. */
function estimatedMs(counts: PlanCounts, settings: RunSettings): number | undefined {
  const otherMs =
    settings.otherRate === undefined ? 0 : ((counts.toFetch - counts.fromSec) / settings.otherRate) * 1000;
  const ms = Math.max((counts.fromSec / settings.secRate) * 1000, otherMs);
  return ms === 0 && counts.toFetch > 0 ? undefined : ms;
}

function planRow(counts: PlanCounts, settings: RunSettings): object {
  const ms = estimatedMs(counts, settings);
  return { ...counts, ...(ms === undefined ? {} : { estimatedSeconds: Math.ceil(ms / 1000) }) };
}

function planText(counts: PlanCounts, settings: RunSettings): string {
  const ms = estimatedMs(counts, settings);
  const lines: readonly (readonly [string, string | number])[] = [
    ['URLs', counts.urls],
    ['duplicates', counts.duplicates],
    ['already there', counts.alreadyThere],
    ['known to be missing', counts.knownMissing],
    ['bad lines', counts.badLines],
    ['to fetch', counts.toFetch],
    ['name collisions', counts.nameCollisions],
    ['estimated time', ms === undefined ? 'as fast as the network (no rate is set)' : readableDuration(ms)],
  ];
  return lines.map(([name, value]) => `${`${name}:`.padEnd(22)}${value}\n`).join('');
}
