// The integrity scoreboard (`npm run scoreboard`): every hostile case with every tool, then docs/integrity.md.
// Options for a quick look: `--tools curl,wget`, `--cases <regular expression on ids>`, `--to <file>`.
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { hostileCases } from './support/hostile-cases/index.ts';
import type { HostileCase } from './support/hostile-cases/types.ts';
import { startHostileServer } from './support/hostile-server.ts';
import { allTools, type Command, type Tool } from './support/peers.ts';
import { renderBoard, type Column, type Left, type Result } from './support/scoreboard-table.ts';

/** Two attempts of 3 s, a pause between, and room for a busy machine. */
const LIMIT_SECONDS = 15;
const TOOLS_AT_ONCE = 2;
const CASES_AT_ONCE = 4;

const projectFolder = join(import.meta.dirname, '..');

/** Calls `work` for each item, so many at once. */
const forEachAtOnce = async <Item>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> => {
  const queue = items.values();
  const lane = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
};

/** No proxy, no configuration of the user, no language. */
const environment = (home: string): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  HOME: home,
  LC_ALL: 'C',
  EDGAR_FETCH_STATE_DIR: join(home, 'state'),
});

interface Ended {
  readonly exit: Result['exit'];
  /** The last of what it said, to explain a surprise. */
  readonly said: string;
}

/** Runs a command in a process group of its own, which is killed at the limit. */
const run = (command: Command, home: string): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(command.program, command.args, {
      cwd: home,
      env: environment(home),
      detached: true,
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    let killed = false;
    let said = '';
    child.stderr.on('data', (bytes: Buffer) => (said = (said + bytes.toString()).slice(-600)));
    const limit = setTimeout(() => {
      killed = true;
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, LIMIT_SECONDS * 1000);
    child.stdin.on('error', () => undefined);
    child.stdin.end(command.stdin ?? '');
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(limit);
      resolve({ exit: killed || code === null ? 'killed' : code, said });
    });
  });

/** What lies at the first of these paths at which there is something. */
const judge = async (paths: readonly string[], genuine: Buffer): Promise<Left> => {
  for (const path of paths) {
    try {
      return (await readFile(path)).equals(genuine) ? 'right' : 'wrong';
    } catch {
      // Not there: maybe under the next name.
    }
  }
  return 'nothing';
};

/** The name as the URL writes it, and as it reads: both are names that a tool may choose. */
const namesOf = (path: string): readonly string[] => [basename(path), decodeURIComponent(basename(path))];

const runCase = async (tool: Tool, one: HostileCase, url: string): Promise<Result> => {
  const home = await mkdtemp(join(tmpdir(), 'scoreboard-'));
  try {
    const folder = join(home, 'out');
    await mkdir(folder);
    const file = basename(one.path);
    const ended = await run(tool.command({ url, folder, file, home }), home);
    const paths = namesOf(one.path).map((name) => join(folder, name));
    return { ...ended, left: await judge(paths, one.genuine) };
  } finally {
    await rm(home, { recursive: true, force: true });
  }
};

const runTool = async (tool: Tool, version: string, cases: readonly HostileCase[]): Promise<Column> => {
  const server = await startHostileServer({ cases });
  const results = new Map<string, Result>();
  await forEachAtOnce(cases, CASES_AT_ONCE, async (one) => {
    results.set(one.id, await runCase(tool, one, server.urlFor(one)));
  });
  await server.close();
  console.error(`${tool.name} ${version}: ${results.size} cases`);
  return { tool, version, results };
};

/** Rows of a failing kind: what edgar-fetch left that it should not have, and leniency without a note. */
const remarks = (cases: readonly HostileCase[], columns: readonly Column[]): string[] =>
  columns.flatMap(({ tool, results }) =>
    cases.flatMap((one) => {
      const result = results.get(one.id);
      const genuine = one.expect.status === 'saved';
      if (!genuine && result?.left === 'right' && one.lenientPeersMayBeRight === undefined)
        return [`no note on leniency: ${tool.name} on ${one.id}`];
      if (tool.name === 'edgar-fetch' && result?.left !== (genuine ? 'right' : 'nothing'))
        return [`edgar-fetch fails ${one.id}: ${result?.said ?? ''}`];
      return [];
    }),
  );

const { values: options } = parseArgs({
  options: {
    tools: { type: 'string' },
    cases: { type: 'string', default: '' },
    to: { type: 'string', default: join(projectFolder, 'docs', 'integrity.md') },
  },
});

const chosen = allTools(projectFolder).filter((tool) => options.tools?.split(',').includes(tool.name) ?? true);
const cases = hostileCases.filter((one) => new RegExp(options.cases).test(one.id));
const present = chosen.flatMap((tool) => {
  const version = tool.version();
  return version === undefined ? [] : [{ tool, version }];
});
const absent = chosen
  .filter((tool) => !present.some((one) => one.tool === tool))
  .map((tool) =>
    tool.package === undefined ? `${tool.name} (run npm run build)` : `${tool.name} (apt package ${tool.package})`,
  );
absent.forEach((name) => console.error(`skipped, not installed: ${name}`));

const columns: Column[] = [];
await forEachAtOnce(present, TOOLS_AT_ONCE, async ({ tool, version }) => {
  columns.push(await runTool(tool, version, cases));
});
columns.sort((a, b) => chosen.indexOf(a.tool) - chosen.indexOf(b.tool));

await writeFile(options.to, renderBoard({ cases, columns, absent, limitSeconds: LIMIT_SECONDS }));
const found = remarks(cases, columns);
found.forEach((line) => console.error(line));
console.error(`written: ${options.to}`);
process.exitCode = found.some((line) => line.startsWith('edgar-fetch')) ? 1 : 0;
