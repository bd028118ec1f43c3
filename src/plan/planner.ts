// Owns what is to become of each line of the list: fetched, there already, known to be missing, a duplicate, or bad. Reads
// the manifest's index and asks the disk for the size of files that have a row; sends nothing and writes nothing.
import { canonicalUrl, plainUrl } from '../edgar/canonical-url.ts';
import type { Layout } from '../edgar/layout.ts';
import { digestOfText, type Digest } from '../storage/manifest/digest.ts';
import { DigestTable } from '../storage/manifest/digest-table.ts';
import type { Existing, Validators } from '../model/document.ts';
import type { ManifestIndex, KnownDocument } from '../storage/manifest/manifest-index.ts';
import { KnownFiles, type Question } from '../storage/folder/known-files.ts';
import { Names } from './names.ts';
import type { ListLine } from './url-list.ts';

export interface PlannerSettings {
  readonly destination: string;
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
  | { readonly kind: 'there'; readonly entry: ListEntry; readonly rowOffset: number; readonly path: string }
  | { readonly kind: 'known-missing'; readonly entry: ListEntry; readonly rowOffset: number }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'bad'; readonly entry: ListEntry; readonly message: string };

/** A line as far as it is known before the disk is asked. */
export type Assessment =
  | Extract<Plan, { kind: 'duplicate' | 'bad' }>
  | {
      readonly kind: 'url';
      readonly entry: ListEntry;
      readonly sec: boolean;
      readonly known: KnownDocument;
      /** Asked of the disk, if a saved row says where to look. */
      readonly question?: Question;
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
  readonly #index: ManifestIndex;
  readonly #files: KnownFiles;
  readonly #nowMs: () => number;
  /** Made when the first URL needs a name: a rerun that finds everything there gives none. */
  #names: Names | undefined;
  /** URLs of the list that came already: those without a row, and by number those that have one (saves 0.6 s a million). */
  readonly #seen = new DigestTable();
  readonly #seenKnown: Uint8Array;
  readonly #validatorsAt: (rowOffset: number) => Validators | undefined;

  /**
   * `validatorsAt` reads the validators of the manifest row at an offset. With `lookEntry`, the entry of storage/look-thread,
   * a long list is looked at by two threads.
   */
  constructor(
    settings: PlannerSettings,
    index: ManifestIndex,
    nowMs: () => number,
    validatorsAt: (rowOffset: number) => Validators | undefined,
    lookEntry?: URL,
  ) {
    this.#settings = settings;
    this.#index = index;
    this.#seenKnown = new Uint8Array(index.urls);
    this.#files = new KnownFiles(settings.destination, lookEntry);
    this.#nowMs = nowMs;
    this.#validatorsAt = validatorsAt;
  }

  /** What becomes of a line that is looked at alone. */
  plan(line: ListLine): Plan {
    return this.conclude(this.#assess(line));
  }

  /** What becomes of lines that follow each other. */
  planAll(lines: readonly ListLine[]): Plan[] {
    return this.assess(lines).map((assessment) => this.conclude(assessment));
  }

  /** The first half of planning, for lines that follow each other. What is assessed is concluded, in that order. */
  assess(lines: readonly ListLine[]): Assessment[] {
    return lines.map((line) => this.#assess(line));
  }

  /** What becomes of a line. */
  conclude(assessment: Assessment): Plan {
    return assessment.kind === 'url' ? this.#planUrl(assessment) : assessment;
  }

  /** Ends what was started for a long list; may be called more than once. */
  close(): void {
    this.#files.close();
  }

  #assess(line: ListLine): Assessment {
    if (line.tooLong) return bad(line, 'the line is longer than 8 KiB');
    const plain = plainUrl(line.text);
    const { text: given, tag }: TaggedText = plain === undefined ? splitTag(line.text) : line;
    const verdict = plain ?? canonicalUrl(given);
    if (!verdict.valid) return bad(line, `line ${line.number} is not a URL to fetch: ${verdict.reason}`);
    const { url, sec } = verdict;
    const digest = digestOfText(url);
    const number = this.#index.numberOf(digest);
    if (!this.#isFirst(digest, number)) return { kind: 'duplicate' };
    const entry = entryOf(url, line.number, given, tag);
    const known = this.#index.lookUpNumber(number);
    if (known.kind !== 'saved') return { kind: 'url', entry, sec, known };
    return { kind: 'url', entry, sec, known, question: this.#files.ask(known.path, known.bytes) };
  }

  /** False if the list had this URL before. */
  #isFirst(digest: Digest, number: number): boolean {
    if (number < 0) return this.#seen.add(digest) >= 0;
    if (this.#seenKnown[number] === 1) return false;
    this.#seenKnown[number] = 1;
    return true;
  }

  #planUrl({ entry, sec, known, question }: Extract<Assessment, { kind: 'url' }>): Plan {
    const { existing, recheckMissingMs } = this.#settings;
    switch (known.kind) {
      case 'saved':
        if (question === undefined) break;
        return this.#planSaved(entry, sec, known, this.#files.isThere(question));
      case 'missing':
        // A time to come is none that this was found at; a clock that was set back a little does no harm.
        if (existing === 'replace' || Math.abs(this.#nowMs() - known.sinceMs) >= recheckMissingMs) break;
        return { kind: 'known-missing', entry, rowOffset: known.rowOffset };
      case 'failed':
      case 'unknown':
        break;
    }
    return this.#planNew(entry, sec, []);
  }

  /** Under a name of its own; at `first` only if that is free, or has the same bytes. */
  #planNew(entry: ListEntry, sec: boolean, first: readonly string[]): Plan {
    const { paths, collides } = this.#nameGiver().give(entry.url);
    return { kind: 'fetch', entry, target: this.#target(entry.url, sec, [...first, ...paths], false, collides) };
  }

  /**
   * Where other URLs claim the same path, nobody may replace what stands there: the URL whose row came last may keep what
   * it finds, the others get names of their own.
   */
  #planSaved(entry: ListEntry, sec: boolean, known: Extract<KnownDocument, { kind: 'saved' }>, isThere: boolean): Plan {
    const { existing } = this.#settings;
    const { path, rowOffset, claim } = known;
    if (claim === 'earlier') return this.#planNew(entry, sec, []);
    if (isThere && existing === 'skip') return { kind: 'there', entry, rowOffset, path };
    if (claim === 'last') return this.#planNew(entry, sec, [path]);
    const target = this.#target(entry.url, sec, [path], true, false);
    const validators = isThere && existing === 'check' ? this.#validatorsAt(rowOffset) : undefined;
    return { kind: 'fetch', entry, target: { ...target, validators } };
  }

  #nameGiver(): Names {
    if (this.#names !== undefined) return this.#names;
    const names = new Names(this.#settings.destination, this.#settings.layout);
    names.expect(this.#index.urls);
    this.#index.visitSavedPaths((bytes, start, end) => names.holdBytes(bytes, start, end));
    this.#names = names;
    return names;
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

function entryOf(url: string, line: number, given: string, tag: string | undefined): ListEntry {
  return { url, line, given: url === given ? undefined : given, tag };
}

interface TaggedText {
  readonly text: string;
  readonly tag?: string | undefined;
}

/** Text after the first white space is the caller's own key. */
export function splitTag(text: string): TaggedText {
  const blank = text.search(/\s/);
  if (blank < 0) return { text };
  return { text: text.slice(0, blank), tag: text.slice(blank).trim() };
}

function bad(line: ListLine, message: string): Extract<Plan, { kind: 'bad' }> {
  return { kind: 'bad', entry: { url: line.text, line: line.number }, message };
}
