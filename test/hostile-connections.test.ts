// What a hostile reply leaves behind on its connection: each case is asked for on a kept connection that has just carried a
// good document, and right behind it come two more good ones, on the same connection if the tool keeps it. Whatever becomes of
// the case, they are saved, byte for byte: a reply that leaks into the next request is the worst defect there is.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ManifestRow } from '../src/model/manifest-row.ts';
import { runCommand, type CommandEnd } from './support/command-line.ts';
import { manifestRows } from './support/destination.ts';
import { hostileCases } from './support/hostile-cases/index.ts';
import { MAX_SIZE_BYTES, type HostileCase } from './support/hostile-cases/types.ts';
import { startHostileServer, type HostileServer } from './support/hostile-server.ts';
import { rowsByUrl } from './support/rows-by-url.ts';

/** One attempt each, so that nothing comes between a case and its controls; one connection, so that they come in turn. */
const FLAGS = [
  ...[
    '--connections',
    '1',
    '--workers',
    '1',
    '--retries',
    '0',
    '--layout',
    'filing',
    '--max-size',
    String(MAX_SIZE_BYTES),
  ],
  ...['--connect-timeout', '2s', '--idle-timeout', '2s', '--max-time', '4s'],
];

/** Runs side by side: the cases that keep silent mostly wait. */
const LANES = 6;

/** Where nothing listens no control can be had, nor from a host that has just asked for a day of silence. */
const cases = hostileCases.filter(({ id, listener }) => listener !== 'closed' && id !== 'retry-after-too-long');

interface Lane {
  readonly cases: readonly HostileCase[];
  readonly out: string;
  readonly end: CommandEnd;
  readonly rows: ReadonlyMap<string, ManifestRow[]>;
}

describe('the connection of a hostile reply', () => {
  const home = mkdtempSync(join(tmpdir(), 'hostile-connections-'));
  let server: HostileServer;
  let lanes: readonly Lane[];

  const run = async (number: number): Promise<Lane> => {
    const ours = cases.filter((_, at) => at % LANES === number);
    const out = join(home, `out-${number}`);
    const urls = ours.flatMap((one) => {
      const [before, behind, last] = [0, 1, 2].map((control) => server.controlFor(one, control).url);
      return [before, server.urlFor(one), behind, last];
    });
    const end = await runCommand(['--out', out, ...FLAGS], { cwd: home, stdin: `${urls.join('\n')}\n` });
    return { cases: ours, out, end, rows: rowsByUrl(manifestRows(out)) };
  };

  before(async () => {
    server = await startHostileServer({ cases, apart: true });
    lanes = await Promise.all(Array.from({ length: LANES }, (_, number) => run(number)));
  });

  after(async () => {
    await server.close();
    rmSync(home, { recursive: true, force: true });
  });

  it('settles every URL once, and no run breaks', () => {
    for (const { cases: ours, end, rows } of lanes) {
      assert.equal(end.exitCode, 1, end.stderr);
      assert.equal(rows.size, 4 * ours.length);
      assert.ok([...rows.values()].every((settled) => settled.length === 1));
    }
  });

  for (const [at, one] of cases.entries()) {
    it(`${one.name} (${one.id})`, () => {
      const { out, rows } = lanes[at % LANES]!;
      const savedAs = (url: string): Buffer | undefined => {
        const [row] = rows.get(url) ?? [];
        return row?.status === 'saved' && row.path !== undefined ? readFileSync(join(out, row.path)) : undefined;
      };
      for (const number of [0, 1, 2]) {
        const { url, body } = server.controlFor(one, number);
        const saved = savedAs(url);
        assert.ok(saved !== undefined, `control ${number}: ${JSON.stringify(rows.get(url))}`);
        assert.ok(
          saved.equals(body),
          `control ${number} was saved with other bytes: ${saved.toString('latin1', 0, 200)}`,
        );
      }
      const saved = savedAs(server.urlFor(one));
      assert.ok(saved === undefined || saved.equals(one.genuine), 'the case itself was saved with other bytes');
    });
  }

  it('a connection that a good reply leaves is used again, so that this shows something', (context) => {
    const kept = cases.filter(({ id }) => server.controlsBehind(id) > 0);
    context.diagnostic(`the controls of ${kept.length} of ${cases.length} cases came on the connection of the case`);
    assert.ok(kept.length > cases.length / 4, `${kept.length} of ${cases.length}`);
  });
});
