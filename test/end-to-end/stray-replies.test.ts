// Replies that nobody asked for, on kept connections: a second whole reply behind the first, a status, half a reply, junk.
// Whoever takes one for the answer to the next request saves one document under the name of another, which is the worst
// that can happen, and one stray must never push all later replies of its connection to the wrong request. What has arrived
// before the next request is written can be told; what comes later HTTP/1.1 cannot tell from the answer (RFC 9112 9.3).
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ManifestRow } from '../../src/model/manifest-row.ts';
import { bulkyInstance, MIB, quickGzip } from '../support/bulky-documents.ts';
import { runCommand, type CommandEnd } from '../support/command-line.ts';
import { manifestRows } from '../support/destination.ts';
import { head } from '../support/hostile-cases/replies.ts';
import { startRawServer, type RawServer } from '../support/raw-server.ts';
import { rowsByUrl } from '../support/rows-by-url.ts';
import { byEffort } from '../support/effort.ts';

/** When the stray follows its reply. `atOnce`: it has arrived before the next request can be written. */
interface Moment {
  readonly name: string;
  readonly atOnce: boolean;
  readonly send: (socket: Socket, reply: Buffer, stray: Buffer) => Promise<void> | void;
}

const later = (ms: number): Moment => ({
  name: `${ms} ms later`,
  atOnce: false,
  send: (socket, reply, stray) => {
    const sendStray = (): void => {
      if (socket.writable) socket.write(stray);
    };
    // The server goes on meanwhile, as one that has lost count does.
    socket.write(reply, () => void afterMs(ms).then(sendStray));
  },
});

const IN_THE_SAME_PACKET: Moment = {
  name: 'in the same packet',
  atOnce: true,
  send: (socket, reply, stray) => void socket.write(Buffer.concat([reply, stray])),
};

const AT_ONCE: Moment = {
  name: 'in a packet of its own, at once',
  atOnce: true,
  send: (socket, reply, stray) => {
    socket.write(reply);
    socket.write(stray);
  },
};

const MOMENTS: readonly Moment[] = [IN_THE_SAME_PACKET, AT_ONCE, later(0.5), later(2), later(20)];

/** Also parts of a millisecond, which timers do not know. */
async function afterMs(ms: number): Promise<void> {
  if (ms >= 1) return sleep(ms);
  const end = performance.now() + ms;
  while (performance.now() < end) await new Promise((resolve) => setImmediate(resolve));
}

interface Stock {
  readonly name: string;
  readonly coded: boolean;
  readonly bodies: readonly Buffer[];
  /** As they travel. */
  readonly wire: readonly Buffer[];
  /** One reply in so many has a stray behind it. */
  readonly strayEvery: number;
}

function stock(name: string, count: number, bytes: number, coded: boolean, strayEvery: number): Stock {
  const bodies = Array.from({ length: count }, (_, number) => bulkyInstance(`${name} ${number}`, bytes));
  return { name, coded, bodies, wire: coded ? bodies.map(quickGzip) : bodies, strayEvery };
}

const SMALL = stock('20 KB', 60, 20_000, false, 20);
const SMALL_GZIP = stock('20 KB, gzip', 60, 20_000, true, 20);
const LARGE = stock('2 MiB', 20, 2 * MIB, false, 7);
const LARGE_GZIP = stock('2 MiB, gzip', 20, 2.7 * MIB, true, 7);

type Fate = 'right' | 'wrong' | 'not saved';

interface Stray {
  readonly name: string;
  /** What it can make of one URL when it comes too late to be told from an answer. Absent: nothing. */
  readonly costs?: Exclude<Fate, 'right'>;
  readonly bytes: (coded: boolean) => Buffer;
}

const replyOf = (body: Buffer, coded: boolean, status = '200 OK'): Buffer =>
  Buffer.concat([
    head(
      status,
      'Content-Type: application/xml',
      ...(coded ? ['Content-Encoding: gzip'] : []),
      `Content-Length: ${body.length}`,
    ),
    body,
  ]);

const someone = bulkyInstance('somebody else', 9_000);
const wholeReply = (coded: boolean): Buffer => replyOf(coded ? quickGzip(someone) : someone, coded);

const DOCUMENT: Stray = { name: 'another document', costs: 'wrong', bytes: wholeReply };

const OTHER_STRAYS: readonly Stray[] = [
  { name: 'a 304', costs: 'not saved', bytes: () => head('304 Not Modified', 'ETag: "x"') },
  { name: 'a 404', costs: 'not saved', bytes: () => replyOf(Buffer.from('not here\n'), false, '404 Not Found') },
  {
    name: 'half a reply',
    bytes: (coded) => wholeReply(coded).subarray(0, wholeReply(coded).length >> 1),
  },
  { name: 'two line ends', bytes: () => Buffer.from('\r\n\r\n') },
  { name: 'a 100 Continue', bytes: () => Buffer.from('HTTP/1.1 100 Continue\r\n\r\n') },
  { name: 'a 103 Early Hints', bytes: () => head('103 Early Hints', 'Link: </a.css>; rel=preload') },
];

interface Variant {
  readonly stock: Stock;
  readonly stray: Stray;
  readonly moment: Moment;
}

const VARIANTS: readonly Variant[] = [
  ...[SMALL, SMALL_GZIP, LARGE, LARGE_GZIP].flatMap((one) =>
    MOMENTS.map((moment) => ({ stock: one, stray: DOCUMENT, moment })),
  ),
  ...OTHER_STRAYS.flatMap((stray) =>
    [IN_THE_SAME_PACKET, AT_ONCE, later(2)].map((moment) => ({ stock: SMALL, stray, moment })),
  ),
];

/** A server of its own for each variant, so that no other variant's connections are touched by its strays. */
interface Served {
  readonly variant: Variant;
  readonly server: RawServer;
  readonly urls: readonly string[];
  /** For each connection the numbers of the documents that it carried, in turn. */
  readonly carried: Map<number, number[]>;
  strays: number;
}

async function serve(variant: Variant): Promise<Served> {
  const { bodies, wire, coded, strayEvery } = variant.stock;
  const carried = new Map<number, number[]>();
  const server = await startRawServer({
    answer: (socket, { path, connection }) => {
      const number = Number(/(\d+)\.xml$/.exec(path)?.[1]);
      carried.set(connection, [...(carried.get(connection) ?? []), number]);
      const reply = replyOf(wire[number]!, coded);
      if (number % strayEvery !== 5) return void socket.write(reply);
      served.strays += 1;
      return variant.moment.send(socket, reply, variant.stray.bytes(coded));
    },
  });
  const urls = bodies.map((_, number) => `${server.origin}/x/${number}.xml`);
  const served: Served = { variant, server, urls, carried, strays: 0 };
  return served;
}

for (const connections of byEffort([16], [1, 16])) {
  describe(`stray replies, ${connections === 1 ? 'one connection' : `${connections} connections`}`, () => {
    const cwd = mkdtempSync(join(tmpdir(), 'stray-replies-'));
    let all: Served[];
    let end: CommandEnd;
    let rows: ReadonlyMap<string, ManifestRow[]>;

    before(async () => {
      all = await Promise.all(VARIANTS.map(serve));
      const urls = all.flatMap((one) => one.urls);
      const args = ['--layout', 'filing', '--connections', String(connections), '--workers', '1', '--no-fsync'];
      end = await runCommand([...args, '--out', 'out', '--idle-timeout', '2s'], {
        cwd,
        stdin: urls.map((url) => `${url}\n`).join(''),
      });
      rows = rowsByUrl(manifestRows(join(cwd, 'out')));
    });

    after(async () => {
      await Promise.all(all.map(({ server }) => server.close()));
      rmSync(cwd, { recursive: true, force: true });
    });

    const fateOf = (served: Served, number: number): Fate => {
      const [row] = rows.get(served.urls[number]!) ?? [];
      if (row?.status !== 'saved' || row.path === undefined) return 'not saved';
      const saved = readFileSync(join(cwd, 'out', row.path));
      return saved.equals(served.variant.stock.bodies[number]!) ? 'right' : 'wrong';
    };

    it('every URL has exactly one row, and the run ends as its rows say', () => {
      const listed = all.flatMap(({ urls }) => urls);
      assert.deepEqual(
        listed.filter((url) => rows.get(url)?.length !== 1),
        [],
        end.stderr,
      );
      assert.equal(rows.size, listed.length);
      const allSaved = [...rows.values()].every(([row]) => row?.status === 'saved');
      assert.equal(end.exitCode, allSaved ? 0 : 1, end.stderr);
    });

    for (const [
      at,
      {
        stock: { name, bodies },
        stray,
        moment,
      },
    ] of VARIANTS.entries()) {
      it(`${stray.name} ${moment.name} (documents of ${name})`, (context) => {
        const served = all[at]!;
        const fates = bodies.map((_, number) => fateOf(served, number));
        const count = (fate: Fate): number => fates.filter((one) => one === fate).length;
        context.diagnostic(
          `${count('wrong')} wrong and ${count('not saved')} not saved of ${fates.length}, after ${served.strays} strays on ${served.carried.size} connections`,
        );
        assert.ok(served.strays > 0, 'strays were sent');
        for (const fate of ['wrong', 'not saved'] as const) {
          const most = stray.costs === fate && !moment.atOnce ? served.strays : 0;
          assert.ok(count(fate) <= most, `${count(fate)} ${fate}, ${most} at most`);
        }
        for (const numbers of served.carried.values()) {
          const shifted = numbers.filter((number, turn) => {
            const next = numbers[turn + 1];
            return fates[number] === 'wrong' && next !== undefined && fates[next] === 'wrong';
          });
          assert.deepEqual(shifted, [], 'a wrong file is followed by a wrong one: the connection was used on');
        }
      });
    }
  });
}
