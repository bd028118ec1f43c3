// Genuine documents of every size in every right framing: all are saved, at the first attempt. And the same bodies cut short:
// none is, and each says so in the right word. Whoever decodes a large body as it comes must bear every way in which it may end.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { ManifestRow } from '../../src/model/manifest-row.ts';
import { bulkyInstance, MIB } from '../support/bulky-documents.ts';
import { makeCertificates } from '../support/certificates.ts';
import { runCommand, type CommandEnd } from '../support/command-line.ts';
import { corpusFiles, corpusSkip } from '../support/corpus.ts';
import { manifestRows } from '../support/destination.ts';
import { byEffort } from '../support/effort.ts';
import { bodyOf, CODINGS, endsWithFin, FRAMINGS, headOf, type Coding, type Framing } from '../support/framings.ts';
import { finish, send } from '../support/hostile-cases/replies.ts';
import { startRawServer, type RawServer } from '../support/raw-server.ts';
import { rowsByUrl } from '../support/rows-by-url.ts';

interface Genuine {
  readonly name: string;
  readonly body: Buffer;
  /** It has repetitions, and is coded by looking for them. */
  readonly repetitive?: true;
}

const made = (name: string, mebibytes: number): Genuine => ({
  name: `${name}.xml`,
  body: bulkyInstance(name, mebibytes * MIB),
});

/** Facts by the ten thousand: large decoded, small on the wire. */
function repetitive(name: string, bytes: number): Genuine {
  const fact = '  <Assets contextRef="c1" unitRef="usd" decimals="-3">1000</Assets>\n';
  return {
    name: `${name}.xml`,
    repetitive: true,
    body: Buffer.from(`<xbrl>\n${fact.repeat(bytes / fact.length)}</xbrl>\n`),
  };
}

/** From 2.7 MB on, also a coded body has more than 2 MB on the wire. */
const TWO = made('two', 2.7);
const EIGHT = made('eight', 8);
const TWENTY = made('twenty', 20);
const SIXTY = made('sixty', 60);
const SIXTY_REPETITIVE = repetitive('sixty-repetitive', 60 * MIB);

/** Only what shows its own end can be told to be whole where nothing else says so. */
const showsItsEnd = ({ name }: Genuine): boolean => ['.xml', '.json', '.zip', '.gz'].includes(extname(name));
const canBeProven = (framing: Framing, coding: Coding, document: Genuine): boolean =>
  framing.body !== 'until close' || coding.token !== undefined || showsItsEnd(document);

/** Coded once for all runs, but for the largest. */
const wires = new Map<string, Buffer>();
function wireOf(document: Genuine, coding: Coding): Buffer {
  const key = `${coding.name} ${document.name}`;
  const wire = wires.get(key) ?? coding.encode(document.body, document.repetitive ?? false);
  if (document.body.length <= 20 * MIB) wires.set(key, wire);
  return wire;
}

interface Run {
  readonly name: string;
  readonly tls: boolean;
  readonly connections: number;
  readonly number: number;
}

const ALL_RUNS: readonly Run[] = [
  { name: 'plain, 16 connections', tls: false, connections: 16, number: 0 },
  { name: 'plain, one connection', tls: false, connections: 1, number: 1 },
  { name: 'TLS, 16 connections', tls: true, connections: 16, number: 2 },
  { name: 'TLS, one connection', tls: true, connections: 1, number: 3 },
];
const RUNS = ALL_RUNS.filter(({ number }) => byEffort([0, 3], [0, 1, 2, 3]).includes(number));

const FILES: readonly Genuine[] = corpusSkip === false ? [...corpusFiles('xbrl'), ...corpusFiles('index')] : [];

/**
 * What a run serves in one framing and coding. A document of the corpus comes in each framing in two of the four runs, each time
 * in another coding; the large ones are spread in the same way.
 */
function documentsFor(run: Run, framingNumber: number, codingNumber: number): Genuine[] {
  const turn = (number: number): boolean => (number + framingNumber + run.number) % CODINGS.length === codingNumber;
  const largest = largestFor(run, framingNumber, codingNumber);
  const framing = FRAMINGS[framingNumber]!;
  const coding = CODINGS[codingNumber]!;
  const files = FILES.filter((_, number) => turn(number) && (number + framingNumber + (run.number >> 1)) % 2 === 0);
  return [TWO, ...files, ...(turn(0) ? [EIGHT] : []), ...largest].filter((document) =>
    canBeProven(framing, coding, document),
  );
}

function largestFor(run: Run, framingNumber: number, codingNumber: number): Genuine[] {
  const framing = FRAMINGS[framingNumber]!.name;
  const coding = CODINGS[codingNumber]!.name;
  if (framing === 'length, Connection: close' && coding === 'gzip')
    return run.number === 0 ? [SIXTY] : run.number === 2 ? [SIXTY_REPETITIVE] : [TWENTY];
  if (framing === 'until close, HTTP/1.0' && coding === 'deflate')
    return run.number === 1 ? [SIXTY_REPETITIVE] : [TWENTY];
  if (framing === 'chunks, closed without a word' && coding === 'identity')
    return run.number === 3 ? [SIXTY] : [TWENTY];
  return framing === 'chunks' && coding === 'deflate without a wrapper' ? [TWENTY] : [];
}

interface Hall {
  readonly server: RawServer;
  readonly framing: Framing;
  readonly coding: Coding;
  readonly documents: readonly Genuine[];
}

type Tls = { readonly key: string; readonly cert: string } | undefined;

const urlOf = ({ server }: Hall, document: Genuine): string => `${server.origin}/x/${document.name}`;

async function openHall(framing: Framing, coding: Coding, documents: readonly Genuine[], tls: Tls): Promise<Hall> {
  const byPath = new Map(documents.map((document) => [`/x/${document.name}`, document]));
  let replies = 0;
  const server = await startRawServer({
    tls,
    answer: async (socket, { path }) => {
      const wire = wireOf(byPath.get(path)!, coding);
      replies += 1;
      const last = endsWithFin(framing, replies);
      await send(socket, headOf(framing, coding, wire.length));
      const body = bodyOf(framing, wire);
      // The FIN goes out with the last bytes.
      if (last) socket.end(body);
      else await send(socket, body);
    },
  });
  return { server, framing, coding, documents };
}

interface Ran {
  readonly end: CommandEnd;
  readonly rows: ReadonlyMap<string, ManifestRow[]>;
  readonly tookMs: number;
}

async function runOver(cwd: string, urls: readonly string[], args: readonly string[]): Promise<Ran> {
  const begun = performance.now();
  const end = await runCommand(['--layout', 'filing', '--out', 'out', '--no-fsync', ...args], {
    cwd,
    stdin: urls.map((url) => `${url}\n`).join(''),
    env: urls.some((url) => url.startsWith('https:')) ? { NODE_EXTRA_CA_CERTS: join(cwd, 'authority.pem') } : {},
  });
  return { end, rows: rowsByUrl(manifestRows(join(cwd, 'out'))), tookMs: performance.now() - begun };
}

/** The hall's name for a test. */
const nameOf = (framing: Framing, coding: Coding): string => `${framing.name}; ${coding.name}`;

const everyCombination = <T>(make: (framing: number, coding: number) => T): T[] =>
  FRAMINGS.flatMap((_, framing) => CODINGS.map((__, coding) => make(framing, coding)));

for (const run of RUNS) {
  describe(`genuine documents in every framing: ${run.name}`, () => {
    const cwd = mkdtempSync(join(tmpdir(), 'framings-'));
    let halls: Hall[];
    let ran: Ran;

    before(async () => {
      const tls = run.tls ? await makeCertificates(cwd) : undefined;
      halls = await Promise.all(
        everyCombination((framing, coding) =>
          openHall(FRAMINGS[framing]!, CODINGS[coding]!, documentsFor(run, framing, coding), tls),
        ),
      );
      const urls = halls.flatMap((hall) => hall.documents.map((document) => urlOf(hall, document)));
      ran = await runOver(cwd, urls, ['--connections', String(run.connections), '--retries', '1']);
    });

    after(async () => {
      await Promise.all(halls.map(({ server }) => server.close()));
      rmSync(cwd, { recursive: true, force: true });
    });

    const fault = (hall: Hall, document: Genuine): string[] => {
      const settled = ran.rows.get(urlOf(hall, document)) ?? [];
      const [row] = settled;
      const name = `${document.name} (${document.body.length} bytes)`;
      if (settled.length !== 1 || row === undefined) return [`${name} has ${settled.length} rows`];
      if (row.status !== 'saved' || row.path === undefined) return [`${name}: ${JSON.stringify(row.error)}`];
      if (!readFileSync(join(cwd, 'out', row.path)).equals(document.body))
        return [`${name} was saved with other bytes`];
      return row.attempts === 1 ? [] : [`${name} took ${row.attempts} attempts`];
    };

    it('all are saved', (context: TestContext) => {
      const documents = halls.flatMap((hall) => hall.documents);
      const bytes = documents.reduce((sum, { body }) => sum + body.length, 0);
      context.diagnostic(
        `${documents.length} documents, ${Math.round(bytes / MIB)} MiB in ${Math.round(ran.tookMs)} ms`,
      );
      assert.deepEqual([ran.end.exitCode, ran.end.stderr], [0, '']);
    });

    for (const [at, name] of everyCombination((f, c) => nameOf(FRAMINGS[f]!, CODINGS[c]!)).entries())
      it(name, () => {
        const hall = halls[at]!;
        assert.deepEqual(
          hall.documents.flatMap((document) => fault(hall, document)),
          [],
        );
      });
  });
}

it('the files of the corpus were among them', { skip: corpusSkip }, () => {
  assert.ok(FILES.length >= 90, `${FILES.length} files`);
});

const CUT_AT = 0.9;

/** Of each kind of body one framing is enough: the cut comes before the ways to end differ. */
const CUT_FRAMINGS = FRAMINGS.filter(({ fin, version }) => fin === 'each' && version === undefined);
const CUT_DOCUMENTS: readonly Genuine[] = [made('cut-small', 0.3), made('cut-two', 2.7), EIGHT];

type Cut = 'fin' | 'rst';

/** A decoder may notice a missing end before, or instead of, the framing; a reset may cost what had not been read. */
function rightWords(framing: Framing, coding: Coding, cut: Cut): readonly string[] {
  const noEnd = framing.body === 'until close' && coding.token !== undefined ? ['corrupt'] : [];
  return ['truncated', ...noEnd, ...(cut === 'rst' ? ['connection'] : [])];
}

async function openCutHall(framing: Framing, coding: Coding, cut: Cut, tls: Tls): Promise<Hall> {
  const byPath = new Map(CUT_DOCUMENTS.map((document) => [`/x/${document.name}`, document]));
  const server = await startRawServer({
    tls,
    answer: async (socket, { path }) => {
      const wire = wireOf(byPath.get(path)!, coding);
      const body = bodyOf(framing, wire);
      await send(socket, headOf(framing, coding, wire.length));
      if (await send(socket, body.subarray(0, body.length * CUT_AT))) await finish(socket, cut);
    },
  });
  return { server, framing, coding, documents: CUT_DOCUMENTS };
}

for (const tls of byEffort([false], [false, true])) {
  describe(`the same cut short at nine tenths, ${tls ? 'TLS' : 'plain'}`, () => {
    const cwd = mkdtempSync(join(tmpdir(), 'framings-cut-'));
    const combinations = CUT_FRAMINGS.flatMap((framing) =>
      CODINGS.flatMap((coding) => (['fin', 'rst'] as const).map((cut) => ({ framing, coding, cut }))),
    );
    let halls: Hall[];
    let ran: Ran;

    before(async () => {
      const certificates = tls ? await makeCertificates(cwd) : undefined;
      halls = await Promise.all(
        combinations.map(({ framing, coding, cut }) => openCutHall(framing, coding, cut, certificates)),
      );
      const urls = halls.flatMap((hall) => hall.documents.map((document) => urlOf(hall, document)));
      ran = await runOver(cwd, urls, ['--connections', '16', '--retries', '0']);
    });

    after(async () => {
      await Promise.all(halls.map(({ server }) => server.close()));
      rmSync(cwd, { recursive: true, force: true });
    });

    for (const [at, { framing, coding, cut }] of combinations.entries())
      it(`${nameOf(framing, coding)}; ${cut === 'fin' ? 'closed' : 'reset'}`, () => {
        const hall = halls[at]!;
        const words = rightWords(framing, coding, cut);
        for (const document of hall.documents) {
          const settled = ran.rows.get(urlOf(hall, document)) ?? [];
          assert.equal(settled.length, 1, `rows of ${document.name}`);
          const { status, error } = settled[0]!;
          assert.equal(status, 'failed', document.name);
          assert.ok(words.includes(error?.code ?? ''), `${document.name}: ${JSON.stringify(error)}`);
        }
      });

    it('ends with 75: another run may have them', () => assert.equal(ran.end.exitCode, 75, ran.end.stderr));
  });
}
