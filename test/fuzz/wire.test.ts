// Fuzzing of the wire: some hundred URLs whose first replies are spoiled, head or body, in one packet or several, and the real
// command line over them. Whatever comes, every URL is accounted for once, the run ends by itself with an exit code of the
// contract, documents that came unspoiled are there, and a file holds what one of the replies for its URL can be read to say.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CODINGS, FRAMINGS, bodyOf, headOf } from '../support/framings.ts';
import { startCommand, type CommandEnd } from '../support/command-line.ts';
import { documentsIn, manifestRows } from '../support/destination.ts';
import { instanceDocument } from '../support/hostile-cases/documents.ts';
import { startRawServer, type RawServer } from '../support/raw-server.ts';
import { rowsByUrl } from '../support/rows-by-url.ts';
import { below, mutated, pick, randomOf, type Random } from './mutate.ts';
import { fuzzPlan } from './plan.ts';
import { readings } from './readings.ts';
import { byEffort } from '../support/effort.ts';

const URLS = 300;

/** So that the good replies of a host lie between its bad ones: twenty failures in a row mean an outage. */
const HOSTS = 6;

const LONGEST_RUN_MS = 90_000;

const FLAGS = [
  ...['--layout', 'filing', '--retries', '1', '--max-size', '20MiB', '--no-fsync', '--connections', '16'],
  ...['--connect-timeout', '2s', '--idle-timeout', '1s', '--max-time', '4s'],
];

interface Asked {
  readonly url: string;
  readonly body: Buffer;
  /** Its first reply is spoiled, and maybe later ones. */
  readonly spoiled: boolean;
  readonly replies: Buffer[];
}

/** A right reply in one of the framings, and whether a FIN belongs to it. */
function rightReply(
  body: Buffer,
  random: Random,
): { readonly bytes: readonly [head: Buffer, body: Buffer]; readonly fin: boolean } {
  const framing = pick(random, FRAMINGS);
  const coding = pick(random, CODINGS);
  const wire = coding.encode(body, true);
  return { bytes: [headOf(framing, coding, wire.length), bodyOf(framing, wire)], fin: framing.fin === 'each' };
}

async function sendSpoiled(socket: Socket, asked: Asked, random: Random, another: Buffer): Promise<void> {
  const [head, body] = rightReply(asked.body, random).bytes;
  const what = random();
  const spoiled = Buffer.concat([
    what < 0.7 ? mutated(head, random, Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n')) : head,
    what < 0.5 ? body : mutated(body, random, another),
  ]);
  asked.replies.push(spoiled);
  for (const packet of inPackets(spoiled, random)) {
    socket.write(packet);
    if (random() < 0.5) await sleep(below(random, 3));
  }
  // Left open, what comes late could not be told from the answer to the next request.
  if (random() < 0.8) socket.end();
  else socket.resetAndDestroy();
}

function inPackets(bytes: Buffer, random: Random): Buffer[] {
  if (random() < 0.5) return [bytes];
  const cut = below(random, bytes.length + 1);
  return [bytes.subarray(0, cut), bytes.subarray(cut)];
}

class Wire {
  readonly asked = new Map<string, Asked>();
  #servers: RawServer[] = [];

  async open(seed: number): Promise<void> {
    const random = randomOf(seed);
    this.#servers = await Promise.all(
      Array.from({ length: HOSTS }, () => startRawServer({ answer: this.#answer(seed) })),
    );
    for (let number = 0; number < URLS; number++) {
      const url = `${this.#servers[number % HOSTS]!.origin}/x/${number}.xml`;
      const body = instanceDocument(`fuzz ${seed} ${number}`);
      this.asked.set(url, { url, body, spoiled: random() < 0.6, replies: [] });
    }
  }

  #answer(
    seed: number,
  ): (socket: Socket, request: { readonly path: string; readonly origin: string }) => Promise<void> {
    return async (socket, { path, origin }) => {
      const asked = this.asked.get(origin + path);
      if (asked === undefined) return void socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
      const number = Number(/\d+/.exec(path)?.[0]);
      const random = randomOf(seed * 1000 + number * 10 + asked.replies.length);
      if (asked.spoiled && (asked.replies.length === 0 || random() < 0.3))
        return sendSpoiled(socket, asked, random, this.asked.values().next().value!.body);
      const reply = rightReply(asked.body, random);
      const bytes = Buffer.concat(reply.bytes);
      asked.replies.push(bytes);
      if (reply.fin) socket.end(bytes);
      else socket.write(bytes);
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close()));
  }
}

async function runOver(cwd: string, urls: readonly string[]): Promise<CommandEnd> {
  const running = startCommand([...FLAGS, '--out', 'out'], { cwd, stdin: urls.map((url) => `${url}\n`).join('') });
  const limit = setTimeout(() => running.child.kill('SIGKILL'), LONGEST_RUN_MS);
  const end = await running.ended;
  clearTimeout(limit);
  return end;
}

/** All that a run over this seed's replies breaks, one sentence each. */
async function faultsOf(seed: number): Promise<{ readonly faults: string[]; readonly saved: number }> {
  const cwd = mkdtempSync(join(tmpdir(), 'fuzz-wire-'));
  const wire = new Wire();
  try {
    await wire.open(seed);
    const end = await runOver(cwd, [...wire.asked.keys()]);
    const faults = [0, 1, 75].includes(end.exitCode ?? -1)
      ? []
      : [`exit ${end.exitCode ?? end.signal ?? ''}: ${end.stderr.slice(0, 500)}`];
    const out = join(cwd, 'out');
    const rows = rowsByUrl(manifestRows(out));
    const files = new Set(documentsIn(out));
    for (const asked of wire.asked.values()) {
      const settled = rows.get(asked.url) ?? [];
      const [row] = settled;
      if (settled.length !== 1 || row === undefined) faults.push(`${asked.url} has ${settled.length} rows`);
      else if (row.error?.code === 'worker-crashed') faults.push(`${asked.url}: ${row.error.message.slice(0, 300)}`);
      else if (row.status === 'saved' && row.path !== undefined) {
        files.delete(row.path);
        const saved = readFileSync(join(out, row.path));
        if (!saved.equals(asked.body) && !readings(asked.replies).some((reading) => reading.equals(saved)))
          faults.push(`${asked.url} was saved with bytes that none of its replies says`);
      } else if (!asked.spoiled) faults.push(`${asked.url} came unspoiled: ${JSON.stringify(row.error)}`);
    }
    if (rows.size !== wire.asked.size) faults.push(`${rows.size} URLs have rows, ${wire.asked.size} were given`);
    if (files.size > 0) faults.push(`${files.size} files have no row`);
    return { faults, saved: [...rows.values()].filter(([row]) => row?.status === 'saved').length };
  } finally {
    await wire.close();
    rmSync(cwd, { recursive: true, force: true });
  }
}

describe('spoiled replies', () => {
  const { firstSeed, rounds, seconds } = fuzzPlan(byEffort(3, 5));

  it('cost nothing but the document that they spoil', async (context) => {
    const endMs = performance.now() + seconds * 1000;
    let seed = firstSeed;
    do {
      const { faults, saved } = await faultsOf(seed);
      context.diagnostic(`seed ${seed}: ${saved} of ${URLS} documents saved`);
      assert.deepEqual(faults.slice(0, 10), [], `EDGAR_FETCH_FUZZ_SEED=${seed} repeats it`);
      seed += 1;
    } while (seed < firstSeed + rounds && performance.now() < endMs);
  });
});
