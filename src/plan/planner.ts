// Owns what is to become of each line of the list: fetched, there already, known to be missing, a duplicate, or bad. Reads
// the manifest's index and asks the disk for the size of files that have a row; sends nothing and writes nothing.
import type { Layout } from '../edgar/layout.ts';
import { fingerprintOf, type Fingerprint } from '../storage/manifest/fingerprint.ts';
import { FingerprintSet } from '../storage/manifest/fingerprint-set.ts';
import type { Existing, Validators } from '../model/document.ts';
import type { ManifestRow } from '../model/manifest-row.ts';
import type { Destination, KnownFile } from '../storage/destination.ts';
import type { Manifest } from '../storage/manifest/manifest.ts';
import type { KnownDocument } from '../storage/manifest/manifest-index.ts';
import { judgeLine } from './list-line.ts';
import { Names } from './names.ts';
import type { ListLine } from './url-list.ts';

export interface PlannerSettings {
  readonly layout: Layout;
  readonly existing: Existing;
  readonly recheckMissingMs: number;
  /** Origin that *.sec.gov documents are fetched from. */
  readonly mirror?: string | undefined;
}

/** A line of the list as the rows name it. */
export interface ListEntry {
  readonly url: string;
  readonly line: number;
  /** The line's own form, where it differs. */
  readonly given?: string | undefined;
  readonly tag?: string | undefined;
}

export type Plan =
  | { readonly kind: 'fetch'; readonly entry: ListEntry; readonly target: FetchTarget }
  | { readonly kind: 'there'; readonly entry: ListEntry; readonly path: string }
  | { readonly kind: 'known-missing'; readonly entry: ListEntry }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'bad'; readonly entry: ListEntry; readonly message: string };

/** A line as far as it is known before the disk is asked. */
type Assessment =
  | Extract<Plan, { kind: 'duplicate' | 'bad' }>
  | {
      readonly kind: 'url';
      readonly entry: ListEntry;
      readonly sec: boolean;
      readonly known: KnownDocument;
    };

export interface FetchTarget {
  readonly fetchUrl: string;
  readonly paths: readonly string[];
  readonly owned: boolean;
  readonly existing: Existing;
  /** The request goes to *.sec.gov itself, which wants a User-Agent that names a contact. */
  readonly contactsSec: boolean;
  /** Another URL has the usual name. */
  readonly collides: boolean;
  readonly validators?: Validators | undefined;
}

export class Planner {
  readonly #settings: PlannerSettings;
  readonly #manifest: Manifest;
  readonly #destination: Destination;
  readonly #nowMs: () => number;
  readonly #names: Names;
  /** URLs of the list that came already: those without a row; by number those that have one (*no-op*: 0.6 s a million). */
  readonly #seen = new FingerprintSet();
  readonly #seenKnown: Uint8Array;

  constructor(settings: PlannerSettings, manifest: Manifest, destination: Destination, nowMs: () => number) {
    this.#settings = settings;
    this.#manifest = manifest;
    this.#destination = destination;
    this.#nowMs = nowMs;
    this.#names = new Names(settings.layout, manifest, (path) => destination.isTaken(path));
    this.#seenKnown = new Uint8Array(manifest.urls);
  }

  /** What becomes of the next lines: of those that have a saved row the disk is asked together. */
  async plan(lines: readonly ListLine[]): Promise<Plan[]> {
    const assessed = lines.map((line) => this.#assess(line));
    const files: KnownFile[] = [];
    for (const one of assessed) if (one.kind === 'url' && one.known.kind === 'saved') files.push(one.known);
    const there = files.length === 0 ? [] : await this.#destination.areThere(files);
    let asked = 0;
    return assessed.map((one) => {
      if (one.kind !== 'url') return one;
      return this.#planUrl(one, one.known.kind === 'saved' && there[asked++] === true);
    });
  }

  #assess(line: ListLine): Assessment {
    const verdict = judgeLine(line);
    if (!verdict.valid) {
      const message = `${line.place ?? `line ${line.number}`} ${verdict.reason}`;
      return { kind: 'bad', entry: { url: line.text, line: line.number }, message };
    }
    const { url, sec, given, tag } = verdict;
    const fingerprint = fingerprintOf(url);
    const number = this.#manifest.numberOf(fingerprint);
    if (!this.#isFirst(fingerprint, number)) return { kind: 'duplicate' };
    return { kind: 'url', entry: entryOf(url, line.number, given, tag), sec, known: this.#manifest.known(number) };
  }

  /** False if the list had this URL before. */
  #isFirst(fingerprint: Fingerprint, number: number): boolean {
    if (number < 0) return this.#seen.add(fingerprint) >= 0;
    if (this.#seenKnown[number] === 1) return false;
    this.#seenKnown[number] = 1;
    return true;
  }

  #planUrl({ entry, sec, known }: Extract<Assessment, { kind: 'url' }>, isThere: boolean): Plan {
    const { existing, recheckMissingMs } = this.#settings;
    switch (known.kind) {
      case 'saved':
        return this.#planSaved(entry, sec, known, isThere);
      case 'missing':
        // A time to come is none that this was found at; a clock that was set back a little does no harm.
        if (existing === 'replace' || Math.abs(this.#nowMs() - known.sinceMs) >= recheckMissingMs) break;
        return { kind: 'known-missing', entry };
      case 'failed':
      case 'unknown':
        break;
    }
    return this.#planNew(entry, sec, []);
  }

  /** Under a name of its own; at `first` only if that is free, or has the same bytes. */
  #planNew(entry: ListEntry, sec: boolean, first: readonly string[]): Plan {
    const { paths, collides } = this.#names.give(entry.url);
    return { kind: 'fetch', entry, target: this.#target(entry.url, sec, [...first, ...paths], false, collides) };
  }

  /**
   * Where other URLs claim the same path, nobody may replace what stands there: the URL whose row came last may keep what
   * it finds, the others get names of their own.
   */
  #planSaved(entry: ListEntry, sec: boolean, known: Extract<KnownDocument, { kind: 'saved' }>, isThere: boolean): Plan {
    const { existing } = this.#settings;
    const { path, claim } = known;
    if (claim === 'earlier') return this.#planNew(entry, sec, []);
    if (isThere && existing === 'skip') return { kind: 'there', entry, path };
    if (claim === 'last') return this.#planNew(entry, sec, [path]);
    const target = this.#target(entry.url, sec, [path], true, false);
    const wantsCheck = isThere && existing === 'check';
    const validators = wantsCheck ? validatorsOf(this.#manifest.rowOf(entry.url, 'saved')) : undefined;
    return { kind: 'fetch', entry, target: { ...target, validators } };
  }

  #target(url: string, sec: boolean, paths: readonly string[], owned: boolean, collides: boolean): FetchTarget {
    const { mirror, existing } = this.#settings;
    const mirrored = sec && mirror !== undefined;
    return {
      paths,
      owned,
      collides,
      existing,
      contactsSec: sec && !mirrored,
      fetchUrl: mirrored ? mirror + url.slice(url.indexOf('/', 'https://'.length)) : url,
    };
  }
}

/** What may stand in a header of a request. */
const HEADER_VALUE = /^[\x21-\x7e\x80-\xff](?:[\x20-\x7e\x80-\xff]{0,4096}[\x21-\x7e\x80-\xff])?$/;

/**
 * What makes a request for a saved document conditional. Undefined if its server sent nothing of the kind, if the row has
 * something that is no header's value, or if it does not say which bytes they are of.
 */
export function validatorsOf(row: ManifestRow | undefined): Validators | undefined {
  if (row?.sha256 === undefined) return undefined;
  const { etag, lastModified, sha256 } = row;
  const given = [etag, lastModified].filter((value) => value !== undefined);
  if (given.length === 0 || !given.every((value) => HEADER_VALUE.test(value))) return undefined;
  return { etag, lastModified, sha256 };
}

function entryOf(url: string, line: number, given: string, tag: string | undefined): ListEntry {
  return { url, line, given: url === given ? undefined : given, tag };
}
