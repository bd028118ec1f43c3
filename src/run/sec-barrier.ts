// Owns whether documents of *.sec.gov may be fetched at all: not without a User-Agent that names a contact, nor at too high a rate.
import { UsageError } from '../model/errors.ts';
import { judgeLine } from '../plan/list-line.ts';
import type { FetchPlan } from '../plan/provisioner.ts';
import type { ListLine } from '../plan/url-list.ts';
import { hasManifest } from '../storage/folder/open-folder.ts';
import type { RunSettings } from './settings.ts';

/**
 * Throws UsageError where the first lines of a list would be fetched from the SEC and may not: nothing is created then. In a
 * destination with a manifest they may be there already, which only planning tells.
 */
export function refuseBarredList(first: readonly ListLine[], settings: RunSettings): void {
  const { secProblem, destination, mirror } = settings;
  if (secProblem === undefined || mirror !== undefined || !first.some(isOfSec)) return;
  if (!hasManifest(destination)) throw new UsageError(secProblem);
}

/** Why a batch may not be fetched, since a document of it is the SEC's; undefined if it may. */
export function whyBarred(batch: readonly FetchPlan[], { secProblem }: RunSettings): string | undefined {
  return batch.some(({ target }) => target.contactsSec) ? secProblem : undefined;
}

function isOfSec(line: ListLine): boolean {
  const verdict = judgeLine(line);
  return verdict.valid && verdict.sec;
}
