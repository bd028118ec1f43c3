// Owns `--dry-run`: the plan of a run on stdout. It reads the list and the manifest, sends nothing, creates nothing.
import { systemClock } from '../model/clock.ts';
import { FolderDestination } from '../storage/folder/folder-destination.ts';
import { readManifest } from '../storage/folder/open-folder.ts';
import { Planner, type Plan } from '../plan/planner.ts';
import type { RunSettings } from '../run/settings.ts';
import { readUrlLists } from '../plan/url-list.ts';
import type { Edge } from './download.ts';
import { lookAtSec, secFields, secLines, type Outlook } from './sec-outlook.ts';
import type { Source } from './source.ts';
import { timeAtRisingPace } from './time-left.ts';
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
  const nowMs = systemClock.nowMs();
  const sec = counts.fromSec === 0 ? undefined : lookAtSec(settings.stateFolder, settings.secRate, nowMs);
  const estimate = estimatedMs(counts, settings, sec, nowMs);
  process.stdout.write(
    json ? `${JSON.stringify(planRow(counts, estimate, sec))}\n` : planText(counts, estimate, sec, nowMs),
  );
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

/** Time that a block and the rate ask for; undefined where nothing limits the run. */
function estimatedMs(
  counts: PlanCounts,
  { otherRate, secRate }: RunSettings,
  sec: Outlook | undefined,
  nowMs: number,
): number | undefined {
  const otherMs = otherRate === undefined ? 0 : ((counts.toFetch - counts.fromSec) / otherRate) * 1000;
  const ms = Math.max(sec === undefined ? 0 : secMs(counts.fromSec, secRate, sec, nowMs), otherMs);
  return ms === 0 && counts.toFetch > 0 ? undefined : ms;
}

function secMs(documents: number, fullPerSecond: number, sec: Outlook, nowMs: number): number {
  const { silentUntilMs = nowMs, perSecond, risesAtMs } = sec;
  const startsAtMs = Math.max(nowMs, silentUntilMs);
  const pace = { perSecond, fullPerSecond };
  return startsAtMs - nowMs + timeAtRisingPace(documents, perSecond, pace, risesAtMs - startsAtMs);
}

function planRow(counts: PlanCounts, ms: number | undefined, sec: Outlook | undefined): object {
  return { ...counts, ...(ms === undefined ? {} : { estimatedSeconds: Math.ceil(ms / 1000) }), ...secFields(sec) };
}

function planText(counts: PlanCounts, ms: number | undefined, sec: Outlook | undefined, nowMs: number): string {
  const lines: readonly (readonly [string, string | number])[] = [
    ['URLs', counts.urls],
    ['duplicates', counts.duplicates],
    ['already there', counts.alreadyThere],
    ['known to be missing', counts.knownMissing],
    ['bad lines', counts.badLines],
    ['to fetch', counts.toFetch],
    ['name collisions', counts.nameCollisions],
    ...secLines(sec, nowMs).map((line) => ['the SEC', line] as const),
    ['estimated time', ms === undefined ? 'as fast as the network (no rate is set)' : readableDuration(ms)],
  ];
  return lines.map(([name, value]) => `${`${name}:`.padEnd(22)}${value}\n`).join('');
}
