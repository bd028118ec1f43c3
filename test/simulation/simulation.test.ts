// Whole runs with a virtual clock and seeded faults in network, disk and process: run, workers, limits, pool, planner, ledger
// and manifest are the real ones. A failure names its seed; EDGAR_FETCH_SIMULATION_SEED=<n> replays it.
import assert from 'node:assert/strict';
import { closeSync, appendFileSync, existsSync, readFileSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { mock, test } from 'node:test';
import { SEC_HOST_KEY, hostKeyOf } from '../../src/edgar/fair-access.ts';
import { CannotWriteError } from '../../src/model/errors.ts';
import type { ManifestRow } from '../../src/model/manifest-row.ts';
import type { RunEvent } from '../../src/model/run-event.ts';
import type { WorkerSettings } from '../../src/worker/protocol.ts';
import { LocalWorkers } from '../../src/run/local-workers.ts';
import { readUrlList } from '../../src/plan/url-list.ts';
import { Run } from '../../src/run/run.ts';
import type { RunResult } from '../../src/run/run-ports.ts';
import type { RunSettings } from '../../src/run/settings.ts';
import { ManifestWriter } from '../../src/storage/manifest/manifest-writer.ts';
import { statePaths } from '../../src/storage/state-folder.ts';
import { byEffort } from '../support/effort.ts';
import { MemoryFile } from '../support/memory-file.ts';
import { withFolder } from '../support/test-folder.ts';
import { documentOf } from './simulated-replies.ts';
import { SimulatedThread } from './simulated-thread.ts';
import { Random, VirtualClock, World, rest, type Fate } from './virtual-world.ts';

const RUNS = byEffort(60, 1_500, 5_000);
const ONE = process.env['EDGAR_FETCH_SIMULATION_SEED'];
const MAX_STEPS = 300_000;
const FAULTY_RUNS = 4;
const MAX_RUNS = 12;

/** The real one, which the faults stand in front of. */
const append = Reflect.get(ManifestWriter.prototype, 'append');

test('whole runs keep their promise whatever fails', async (context) => {
  const seeds = ONE === undefined ? Array.from({ length: RUNS }, (_, seed) => seed) : [Number(ONE)];
  const seen = new Map<string, number>();
  const count = (what: string, by = 1): unknown => seen.set(what, (seen.get(what) ?? 0) + by);
  for (const seed of seeds) {
    try {
      await withFolder((folder) => new Simulation(seed, folder, count).completes());
    } catch (error) {
      throw new Error(`seed ${seed}: ${error instanceof Error ? (error.stack ?? '') : String(error)}`, {
        cause: error,
      });
    }
  }
  context.diagnostic([...seen].map(([what, times]) => `${what}: ${times}`).join(', '));
  if (ONE !== undefined) return;
  for (const what of [
    'process death',
    'ENOSPC',
    'exit 0',
    'exit 1',
    'exit 4',
    'exit 75',
    'exit 130',
    'SEC pages',
    'hits',
  ])
    assert.ok((seen.get(what) ?? 0) > 0, `the seeds never met: ${what}`);
});

class Simulation {
  readonly #random: Random;
  readonly #clock: VirtualClock;
  readonly #world: World;
  readonly #state = new MemoryFile();
  readonly #destination: string;
  readonly #count: (what: string, by?: number) => unknown;
  readonly #settings: RunSettings;
  readonly #lines: string[] = [];
  /** Documents that also fail by themselves. */
  readonly #troubled = new Set<string>();

  constructor(seed: number, folder: string, count: (what: string, by?: number) => unknown) {
    const random = new Random(seed);
    this.#random = random;
    this.#count = count;
    this.#clock = new VirtualClock(random);
    this.#destination = join(folder, 'out');
    const blockPauseMs = random.chance(0.5) ? 660_000 : 60_000;
    this.#world = new World(this.#clock, random, blockPauseMs);
    this.#settings = {
      destination: this.#destination,
      stateFolder: folder,
      layout: random.chance(0.5) ? 'flat' : 'filing',
      existing: 'skip',
      secRate: random.chance(0.7) ? 8 : random.within(1, 9),
      ...(random.chance(0.2) ? { otherRate: random.within(2, 50) } : {}),
      batchSize: random.within(1, 16),
      workers: random.within(1, 4),
      connections: random.within(1, 24),
      blockPauseMs,
      giveUpMs: random.chance(0.8) ? 21_600_000 : 1_800_000,
      recheckMissingMs: 7 * 86_400_000,
      connectTimeoutMs: 10_000,
      fsync: false,
      http: {
        userAgent: 'Jane Doe jane.doe@example.com',
        mayContactSec: true,
        idleTimeoutMs: 30_000,
        maxTimeMs: 600_000,
        maxBytes: 2 ** 30,
        check: 'document',
        retries: random.within(0, 5),
      },
      proxies: {},
      reportUnchanged: false,
    };
    this.#makeList();
  }

  /** Runs follow each other on one destination until one has nothing left to try. */
  async completes(): Promise<void> {
    for (let run = 0; run < MAX_RUNS; run++) {
      const saved = this.#savedBefore();
      this.#world.beginRun();
      const result = await this.#runOnce(run < FAULTY_RUNS);
      for (const url of this.#world.requested) assert.ok(!saved.has(url), `${url} was saved and was requested again`);
      assert.deepEqual(this.#world.violations, []);
      this.#count('run');
      if (result === undefined) this.#count('process death');
      else this.#count(`exit ${result.exitCode}`);
      if (result?.end.kind === 'completed' && result.exitCode <= 1) {
        this.#count('hits', this.#world.outageFailures);
        this.#count('SEC pages', this.#world.throttlePages);
        return;
      }
      this.#clock.restart(this.#random.within(1_000, 7_200_000));
    }
    assert.fail(`no run of ${MAX_RUNS} completed`);
  }

  #makeList(): void {
    const random = this.#random;
    const onlySec = random.chance(0.2);
    const total = random.within(1, 70);
    for (let number = 0; number < total; number++) {
      const host = onlySec || random.chance(0.4) ? 'www.sec.gov' : `files${random.within(1, 2)}.example.org`;
      const accession = String(number).padStart(18, '0');
      const name = random.chance(0.9) ? `d${number}.xml` : 'report.xml';
      const url = `https://${host}/Archives/edgar/data/${1000 + number}/${accession}/${name}`;
      const die = random.next();
      const kind: Fate['kind'] = die < 0.85 ? 'good' : die < 0.92 ? 'missing' : die < 0.98 ? 'forbidden' : 'poison';
      const troubles = random.chance(0.15) ? random.within(1, 8) : 0;
      this.#world.fates.set(url, { kind, troubles });
      if (troubles > 0) this.#troubled.add(url);
      this.#lines.push(url);
      if (random.chance(0.05)) this.#lines.push(url);
      if (random.chance(0.02)) this.#lines.push(`not a url ${number}`);
    }
  }

  #makeFaults(run: Run): { readonly deathAfter: number; readonly fullDisk: number; readonly crash: number } {
    const random = this.#random;
    for (const host of [SEC_HOST_KEY, 'files1.example.org', 'files2.example.org']) {
      if (random.chance(0.25))
        this.#world.silence('outage', host, random.within(0, 20_000), random.within(500, 3_000_000));
    }
    if (random.chance(0.25))
      this.#world.silence('block', SEC_HOST_KEY, random.within(500, 20_000), random.within(500, 3_000_000));
    if (random.chance(0.15)) {
      const signal = random.chance(0.5) ? 'SIGINT' : 'SIGTERM';
      const inMs = random.within(0, 20_000);
      this.#clock.exactly(inMs, () => run.interrupt(signal));
      if (random.chance(0.3)) this.#clock.exactly(inMs + random.within(1, 2_000), () => run.interrupt(signal));
    }
    return {
      deathAfter: random.chance(0.3) ? random.within(1, 1_500) : Infinity,
      fullDisk: random.chance(0.1) ? 0.03 : 0,
      crash: random.chance(0.2) ? 0.02 : 0,
    };
  }

  /** Undefined if the process died. */
  async #runOnce(faulty: boolean): Promise<RunResult | undefined> {
    const settled: { row: { url: string; status: string }; transient: boolean }[] = [];
    const faults = { deathAfter: Infinity, fullDisk: 0, crash: 0 };
    const stopAfter = faulty && this.#random.chance(0.1) ? { stopAfterMs: this.#random.within(1, 60_000) } : {};
    const settings = { ...this.#settings, ...stopAfter };
    const ports = {
      pid: process.pid,
      clock: this.#clock,
      emit: (event: RunEvent) => {
        if (event.kind === 'settled') settled.push(event);
      },
    };
    const threads = {
      workerEntry: new URL('file:///nowhere'),
      secStateFile: this.#state,
      startThread: (given: WorkerSettings) =>
        new SimulatedThread(given, { clock: this.#clock, random: this.#random, world: this.#world, ...faults }),
    };
    const run = new Run(settings, {
      ...ports,
      lines: readUrlList(this.#source(), 'the list'),
      version: '0',
      optionsForLog: {},
      openWorkers: (destination, listener) =>
        new LocalWorkers(settings, destination, { ...ports, ...threads }, listener),
    });
    if (faulty) Object.assign(faults, this.#makeFaults(run));
    const restore = this.#failAppends(faulty && this.#random.chance(0.1));
    let end: { readonly result: RunResult } | { readonly error: unknown } | undefined;
    run.complete().then(
      (result) => (end = { result }),
      (error: unknown) => (end = { error }),
    );
    try {
      for (let step = 0; ; step++) {
        await rest();
        if (end !== undefined) break;
        if (step >= faults.deathAfter) {
          this.#die();
          return;
        }
        assert.ok(step < MAX_STEPS, 'the run does not end');
        assert.ok(this.#clock.step(), 'the run hangs: nobody waits for anything');
      }
    } finally {
      restore();
    }
    const ended = end;
    if ('error' in ended) throw ended.error;
    this.#judge(ended.result, settled);
    return ended.result;
  }

  async *#source(): AsyncGenerator<Uint8Array> {
    await Promise.resolve();
    yield Buffer.from(`${this.#lines.join('\n')}\n`);
  }

  /** From a seeded row on the disk takes no rows, or only those that are written at the end. */
  #failAppends(fail: boolean): () => void {
    if (!fail) return () => undefined;
    let before = this.#random.within(0, 40);
    const failures = this.#random.chance(0.5) ? this.#random.within(1, 5) : Infinity;
    let failed = 0;
    const real = (writer: ManifestWriter, row: ManifestRow): Promise<number> => append.call(writer, row);
    const count = this.#count;
    const mocked = mock.method(ManifestWriter.prototype, 'append', function (this: ManifestWriter, row: ManifestRow) {
      if (before-- > 0 || failed >= failures) return real(this, row);
      failed++;
      count('ENOSPC');
      return Promise.reject(new CannotWriteError('the disk is full (simulated)'));
    });
    return () => mocked.mock.restore();
  }

  /** What the process held is gone; a row may have been half written. */
  #die(): undefined {
    const { manifest, lock } = statePaths(this.#destination);
    if (process.platform === 'linux') closeFilesBelow(this.#destination);
    rmSync(lock, { force: true });
    if (this.#random.chance(0.5) && existsSync(manifest)) appendFileSync(manifest, '{"url":"https://www.sec.gov/Arch');
    return undefined;
  }

  #rows(): ManifestRow[] {
    const { manifest } = statePaths(this.#destination);
    if (!existsSync(manifest)) return [];
    const text = readFileSync(manifest, 'utf8');
    const whole = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
    return whole.filter((line) => line !== '').map((line) => JSON.parse(line) as ManifestRow);
  }

  #savedBefore(): Set<string> {
    const saved = this.#rows().filter(({ status }) => status === 'saved');
    for (const { path, url } of saved) {
      const file = join(this.#destination, path!);
      assert.equal(readFileSync(file, 'utf8'), documentOf(url), `${path} has a saved row`);
    }
    return new Set(saved.map(({ url }) => url));
  }

  #judge(
    result: RunResult,
    settled: readonly {
      readonly row: { readonly url: string; readonly status: string };
      readonly transient: boolean;
    }[],
  ): void {
    const { counts, exitCode } = result;
    const { lines, saved, unchanged, missing, failed, duplicates, left } = counts;
    assert.equal(lines, saved + unchanged + missing + failed + duplicates + left, 'the law');
    const early = [2, 3, 4, 75, 130, 143].includes(exitCode);
    assert.ok(left === 0 || early, `${left} are left with exit ${exitCode} after ${result.end.kind}`);
    assert.ok(lines === this.#lines.length || early, `${lines} of ${this.#lines.length} lines with exit ${exitCode}`);
    assert.equal(exitCode, expectedExit(result), `exit after ${result.end.kind}`);
    if (this.#world.crashes === 0) assert.equal(counts.requests, this.#world.requests, 'all requests are counted');
    const has = (status: string): number => settled.filter(({ row }) => row.status === status).length;
    assert.deepEqual(
      [has('saved'), has('unchanged'), has('missing'), has('failed')],
      [saved, unchanged, missing, failed],
      'events and counts agree',
    );
    assert.equal(new Set(settled.map(({ row }) => row.url)).size, settled.length, 'one row a URL');
    const id = this.#runId();
    const rows = this.#rows().filter(({ run }) => run === id);
    assert.equal(new Set(rows.map(({ url }) => url)).size, rows.length, 'one manifest row a URL and run');
    this.#savedBefore();
    assert.ok(!existsSync(statePaths(this.#destination).lock), 'the lock is given back');
    for (const row of rows) this.#judgeCharge(row);
  }

  /** Who met nothing but an outage of its thread is charged one attempt. */
  #judgeCharge(row: ManifestRow): void {
    const hits = this.#world.hits.get(row.url) ?? [];
    if (hits.length === 0 || row.status !== 'saved' || this.#world.asksForPatience) return;
    if (this.#troubled.has(row.url)) return;
    const host = hostKeyOf(new URL(row.url));
    const excused = hits.every(({ thread, atMs }) =>
      this.#world.declared.some(
        (outage) =>
          outage.host === host && outage.thread === thread && atMs >= outage.sinceMs && atMs <= outage.untilMs,
      ),
    );
    if (!excused) return;
    this.#count('excused');
    assert.ok((row.attempts ?? 0) <= 1, `${row.url} was charged ${row.attempts ?? 0} attempts for an outage`);
  }

  #runId(): string {
    const { runs } = statePaths(this.#destination);
    if (!existsSync(runs)) return '';
    const last = readFileSync(runs, 'utf8').trimEnd().split('\n').at(-1);
    return (JSON.parse(last ?? '{}') as { id: string }).id;
  }
}

function expectedExit({ end, counts }: RunResult): number {
  switch (end.kind) {
    case 'usage':
      return 2;
    case 'interrupted':
      return end.signal === 'SIGTERM' ? 143 : 130;
    case 'cannot-write':
      return 4;
    case 'user-agent-refused':
      return 3;
    case 'gave-up':
    case 'stopped-after':
      return 75;
    case 'completed':
      if (counts.failed > counts.failedTransient || counts.missing > counts.missingKnown) return 1;
      return counts.failedTransient > 0 ? 75 : 0;
  }
}

/** Descriptors of a run that died stay open in this process. */
function closeFilesBelow(folder: string): void {
  for (const name of readdirSync('/proc/self/fd')) {
    try {
      if (readlinkSync(`/proc/self/fd/${name}`).startsWith(folder)) closeSync(Number(name));
    } catch {
      // The descriptor that lists the others is gone.
    }
  }
}
