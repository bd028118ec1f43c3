// Bundles src/ into dist/: one file for the command line, one for the worker threads, so that neither resolves dozens of
// modules at start. Dependencies stay outside the bundle except those that every start needs (commander, p-limit, undici).
import { rm } from 'node:fs/promises';
import { readFile } from 'node:fs/promises';
import { build } from 'esbuild';

const manifest = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
const root = new URL('..', import.meta.url).pathname;

await rm(new URL('../dist', import.meta.url), { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: { main: 'src/cli/main.ts', thread: 'src/worker/thread.ts' },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: 'linked',
  legalComments: 'linked',
  external: ['pino', 'pino-pretty', 'cli-progress', 'proper-lockfile'],
  define: { EDGAR_FETCH_VERSION: JSON.stringify(manifest.version) },
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
