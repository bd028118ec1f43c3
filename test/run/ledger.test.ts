// Every line ends in the accounts exactly once, saved only when its row is durable; and where rows cannot be written, no
// document stays without one, and nothing that was there before is lost.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { CannotWriteError } from '../../src/model/errors.ts';
import type { ManifestRow } from '../../src/model/manifest-row.ts';
import type { Effort, Outcome } from '../../src/model/outcome.ts';
import type { RunEvent } from '../../src/model/run-event.ts';
import { Ledger } from '../../src/run/ledger.ts';
import type { FetchPlan } from '../../src/plan/provisioner.ts';
import { FolderDestination } from '../../src/storage/folder/folder-destination.ts';
import { Manifest } from '../../src/storage/manifest/manifest.ts';
import { SpilledRows } from '../../src/storage/spilled-rows.ts';
import { makeState, withFolder } from '../support/test-folder.ts';

const EXCHANGE: Effort = { attempts: 1, requests: 2, startedAtMs: 0, settledAtMs: 1, wireBytes: 10 };

class Desk {
  readonly ledger: Ledger;
  readonly events: RunEvent[] = [];
  readonly stops: string[] = [];
  readonly #path: string;
  readonly #manifest: Manifest;

  constructor(out: string, options: { full?: boolean; reportUnchanged?: boolean } = {}) {
    const paths = makeState(out);
    this.#path = paths.manifest;
    this.#manifest = Manifest.open(paths.manifest, false);
    if (options.full === true) this.#manifest.append = () => Promise.reject(new CannotWriteError('the disk is full'));
    this.ledger = new Ledger({
      run: 'r',
      destination: new FolderDestination(out),
      manifest: this.#manifest,
      held: new SpilledRows(join(paths.temporary, 'missing.jsonl')),
      nowMs: () => 0,
      emit: (event) => this.events.push(event),
      reportUnchanged: options.reportUnchanged ?? false,
      onCannotWrite: (error) => this.stops.push(error.message),
    });
  }

  open(sequence: number): void {
    assert.equal(this.ledger.open([planOf(sequence)]).documents[0]?.sequence, sequence);
  }

  async finish(): Promise<ManifestRow[]> {
    await this.ledger.finish();
    await this.#manifest.close();
    return this.rows();
  }

  rows(): ManifestRow[] {
    const lines = readFileSync(this.#path, 'utf8').split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as ManifestRow);
  }
}

function urlOf(sequence: number): string {
  return `https://a.example/${sequence}.xml`;
}

function planOf(sequence: number): FetchPlan {
  const url = urlOf(sequence);
  return {
    kind: 'fetch',
    entry: { url, line: sequence + 1 },
    target: {
      fetchUrl: url,
      paths: [`${sequence}.xml`],
      owned: false,
      existing: 'skip',
      contactsSec: false,
      collides: false,
    },
  };
}

function savedAs(sequence: number): Outcome {
  const document = { path: `${sequence}.xml`, bytes: 4, sha256: 'x' };
  return { kind: 'saved', effort: EXCHANGE, document };
}

const MISSING: Outcome = {
  kind: 'missing',
  effort: EXCHANGE,
  failure: { code: 'not-found', message: 'gone', transient: false },
};

function failedBy(transient: boolean): Outcome {
  return { kind: 'failed', effort: EXCHANGE, failure: { code: 'http-status', message: 'x', transient } };
}

/** What may become of a line. */
type Fate =
  | 'saved'
  | 'confirmed'
  | 'missing'
  | 'transient'
  | 'permanent'
  | 'left'
  | 'lost'
  | 'duplicate'
  | 'bad'
  | 'known-missing'
  | 'there';

const FATES: readonly Fate[] = [
  'saved',
  'confirmed',
  'missing',
  'transient',
  'permanent',
  'left',
  'lost',
  'duplicate',
  'bad',
  'known-missing',
  'there',
];

function outcomeOf(fate: Fate, sequence: number): Outcome | undefined {
  switch (fate) {
    case 'saved':
      return savedAs(sequence);
    case 'confirmed':
      return { kind: 'confirmed', effort: EXCHANGE };
    case 'missing':
      return MISSING;
    case 'transient':
    case 'permanent':
      return failedBy(fate === 'transient');
    case 'left':
      return { kind: 'left' };
    default:
      return undefined;
  }
}

/** Reads a line and settles it, but for the outcome of a request: then its sequence is returned. */
function read(ledger: Ledger, fate: Fate, sequence: number): number | undefined {
  const { entry } = planOf(sequence);
  switch (fate) {
    case 'duplicate':
      ledger.settlePlan({ kind: 'duplicate' });
      return undefined;
    case 'bad':
      ledger.settlePlan({ kind: 'bad', entry, message: 'no URL' });
      return undefined;
    case 'known-missing':
      ledger.settlePlan({ kind: 'known-missing', entry });
      return undefined;
    case 'there':
      ledger.settlePlan({ kind: 'there', entry, path: 'a.xml' });
      return undefined;
    default:
      return ledger.open([planOf(sequence)]).documents[0]?.sequence;
  }
}

test('the law: lines = saved + unchanged + missing + failed + duplicates + left, in any order of settling', async () => {
  const fates = fc.array(fc.constantFrom(...FATES), { maxLength: 40 });
  const withOrder = fates.chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray([...list.keys()], { minLength: list.length })),
  );
  await fc.assert(
    fc.asyncProperty(withOrder, ([list, order]) =>
      withFolder(async (out) => {
        const desk = new Desk(out);
        const { ledger } = desk;
        const sequences = list.map((fate, at) => read(ledger, fate, at));
        for (const at of order) {
          const outcome = outcomeOf(list[at]!, at);
          if (outcome !== undefined) ledger.settle(sequences[at]!, outcome);
        }
        const rows = await desk.finish();
        const { lines, saved, unchanged, missing, failed, duplicates, left } = ledger.counts;
        assert.equal(lines, list.length);
        assert.equal(lines, saved + unchanged + missing + failed + duplicates + left);
        const count = (...wanted: Fate[]): number => list.filter((fate) => wanted.includes(fate)).length;
        const asked = count('saved', 'confirmed', 'missing', 'transient', 'permanent');
        const suspicious = asked >= 20 && count('missing') >= 0.9 * asked;
        const found = suspicious ? 0 : count('missing');
        assert.deepEqual(
          { saved, unchanged, missing, failed, duplicates, left },
          {
            saved: count('saved'),
            unchanged: count('confirmed', 'there'),
            missing: found + count('known-missing'),
            failed: count('transient', 'permanent', 'bad') + count('missing') - found,
            duplicates: count('duplicate'),
            left: count('left', 'lost'),
          },
        );
        assert.equal(ledger.counts.missingKnown, count('known-missing'));
        assert.equal(ledger.counts.failedTransient, count('transient'));
        assert.deepEqual([ledger.counts.requests, ledger.counts.wireBytes], [asked * 2, asked * 10]);
        assert.equal(rows.length, count('saved', 'missing', 'transient', 'permanent', 'bad'), 'others have no row');
        const settled = desk.events.filter(({ kind }) => kind === 'settled').length;
        assert.equal(settled, lines - duplicates - left, 'each is told once');
      }),
    ),
    { numRuns: 60 },
  );
});

test('a document cannot settle twice', () =>
  withFolder(async (out) => {
    const desk = new Desk(out);
    desk.open(0);
    desk.ledger.settle(0, savedAs(0));
    assert.throws(() => desk.ledger.settle(0, savedAs(0)), /settled twice/);
    await desk.finish();
  }));

test('a document is counted and told as saved only when its row is in the manifest', () =>
  withFolder(async (out) => {
    const desk = new Desk(out);
    desk.open(0);
    desk.ledger.settle(0, savedAs(0));
    assert.deepEqual([desk.ledger.counts.saved, desk.events.length], [0, 0]);
    const rows = await desk.finish();
    assert.deepEqual([desk.ledger.counts.saved, desk.events.length, rows.length], [1, 1, 1]);
  }));

test('where nearly everything is missing nothing is marked so, with a warning about the User-Agent', () =>
  withFolder(async (out) => {
    const desk = new Desk(out);
    for (let sequence = 0; sequence < 20; sequence++) {
      desk.open(sequence);
      desk.ledger.settle(sequence, sequence < 2 ? savedAs(sequence) : MISSING);
    }
    const rows = await desk.finish();
    assert.equal(rows.filter(({ status }) => status === 'failed').length, 18);
    assert.deepEqual([desk.ledger.counts.missing, desk.ledger.counts.failed], [0, 18]);
    assert.ok(desk.events.some((event) => event.kind === 'warning' && event.message.includes('User-Agent')));
  }));

test('a row that cannot be written stops the run, and its document is removed and left', () =>
  withFolder(async (out) => {
    const desk = new Desk(out, { full: true });
    writeFileSync(join(out, '0.xml'), '<a/>');
    desk.open(0);
    desk.ledger.settle(0, savedAs(0));
    assert.deepEqual(await desk.finish(), []);
    assert.deepEqual(desk.stops, ['the disk is full']);
    assert.deepEqual([desk.ledger.counts.saved, desk.ledger.counts.left], [0, 1]);
    assert.equal(existsSync(join(out, '0.xml')), false);
  }));

test('of a document whose row cannot be written what was there before stays, or comes back', () =>
  withFolder(async (out) => {
    const desk = new Desk(out, { full: true });
    const { replaced } = makeState(out);
    const old = 'e'.repeat(64);
    mkdirSync(replaced);
    writeFileSync(join(replaced, old), '<old/>');
    for (const sequence of [0, 1]) {
      writeFileSync(join(out, `${sequence}.xml`), '<a/>');
      desk.open(sequence);
      const more = sequence === 0 ? { wasThere: true } : { previousSha256: old };
      const document = { path: `${sequence}.xml`, bytes: 4, sha256: 'x', ...more };
      desk.ledger.settle(sequence, { kind: 'saved', effort: EXCHANGE, document });
    }
    await desk.finish();
    assert.equal(desk.ledger.counts.left, 2);
    assert.equal(readFileSync(join(out, '0.xml'), 'utf8'), '<a/>', 'it stood there without a row');
    assert.equal(readFileSync(join(out, '1.xml'), 'utf8'), '<old/>');
    assert.equal(readFileSync(join(replaced, old), 'utf8'), '<old/>');
  }));

test('a known-missing line is told with the tag and the form of its line', () =>
  withFolder(async (out) => {
    const desk = new Desk(out, { reportUnchanged: true });
    const entry = { url: urlOf(0), line: 7, given: 'HTTPS://a.example/0.xml', tag: 'key' };
    desk.ledger.settlePlan({ kind: 'known-missing', entry });
    await desk.finish();
    const told = desk.events.find((event) => event.kind === 'settled');
    assert.ok(told !== undefined);
    const { url, status, line, given, tag } = told.row;
    assert.deepEqual({ url, status, line, given, tag }, { ...entry, status: 'missing' });
  }));
