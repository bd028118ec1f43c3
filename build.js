// Bundles src/ into dist/: one file for the command line, one for each kind of thread, so that neither resolves dozens of
// modules at start. Dependencies stay outside the bundle except those that every start needs (commander, p-limit, undici).
// The output is CommonJS (the loader of ES modules costs 8 ms a thread): what src/ imports on demand is evaluated on demand.
import { execFileSync } from 'node:child_process';
import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';

const root = fileURLToPath(new URL('.', import.meta.url));
const manifest = JSON.parse(await readFile(`${root}package.json`, 'utf8'));

/**
 * What the bundle takes of undici in place of its index, which also evaluates fetch, caches, web sockets, mocks and agents, in
 * every thread: 25 ms a thread. The library and its HTTP parser are the same.
 */
const UNDICI_CLIENT = `module.exports = {
  Client: require('undici/lib/dispatcher/client.js'),
  buildConnector: require('undici/lib/core/connect.js'),
  errors: require('undici/lib/core/errors.js'),
};`;

const slimUndici = {
  name: 'slim-undici',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^undici$/ }, ({ path }) => ({ path, namespace: 'slim' }));
    onLoad({ filter: /.*/, namespace: 'slim' }, () => ({ contents: UNDICI_CLIENT, resolveDir: root }));
    // Never called with `allowH2: false` and without request bodies; node:http2 alone takes 6 ms to load, in every thread.
    onResolve({ filter: /\/(?:client-h2|web\/fetch\/body)\.js$/ }, ({ path }) => ({ path, namespace: 'left-out' }));
    onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: '' }));
    onLoad({ filter: /\/undici\/lib\/dispatcher\/client-h1\.js$/ }, async ({ path }) => ({
      contents: passOver100(await readFile(path, 'utf8')),
    }));
  },
};

/**
 * undici 7 closes the connection on a `100 Continue` that nobody asked for: since nodejs/undici#201, when it knew no 1xx at all.
 * RFC 9110 15.2 has every client pass over it, as undici now does over all other 1xx; so its check is taken out, and the build
 * fails when it is no longer found as it was. The hostile cases with 1xx heads run the shipped bundle against it.
 */
function passOver100(clientH1) {
  const refusal =
    /\n {4}if \(statusCode === 100\) \{\n {6}util\.destroy\(socket, new SocketError\('bad response',[^\n]*\n {6}return -1\n {4}\}\n/g;
  const found = clientH1.match(refusal)?.length ?? 0;
  if (found !== 1) throw new Error(`undici has changed: its refusal of status 100 was found ${found} times, not once`);
  return clientH1.replace(refusal, '\n');
}

/** Half of commander is comments, and a third of undici. */
const othersWithoutComments = {
  name: 'others-without-comments',
  setup({ onLoad }) {
    onLoad({ filter: /\/(?:commander|undici)\/lib\/.*\.js$/ }, async ({ path }) => ({
      contents: (await transform(await readFile(path, 'utf8'), { minifyWhitespace: true })).code,
    }));
  },
};

/** The licence of each package of which something is in the bundle, in one text. */
async function licencesOf(inputs) {
  const folders = new Set(inputs.map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]));
  const texts = [...folders].sort().flatMap((folder) => (folder === undefined ? [] : [licenceOf(folder)]));
  return (await Promise.all(texts)).join(`\n${'-'.repeat(80)}\n\n`);
}

async function licenceOf(folder) {
  const { name, version, license } = JSON.parse(await readFile(`${root}${folder}/package.json`, 'utf8'));
  const file = (await readdir(`${root}${folder}`)).find((entry) => /^licen[cs]e(?:\.|$)/i.test(entry));
  if (file === undefined) throw new Error(`${name} is in the bundle and has no licence file`);
  return `${name} ${version} (${license})\n\n${(await readFile(`${root}${folder}/${file}`, 'utf8')).trim()}\n`;
}

await rm(`${root}dist`, { recursive: true, force: true });
const { metafile } = await build({
  metafile: true,
  absWorkingDir: root,
  entryPoints: {
    main: 'src/cli/main.ts',
    thread: 'src/worker/thread.ts',
    'look-thread': 'src/storage/folder/look-thread.ts',
  },
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  supported: { 'dynamic-import': false },
  sourcemap: 'linked',
  legalComments: 'none',
  external: ['pino', 'pino-pretty', 'proper-lockfile'],
  plugins: [slimUndici, othersWithoutComments],
  define: { EDGAR_FETCH_VERSION: JSON.stringify(manifest.version), 'import.meta.url': '__url' },
  banner: { js: "const __url = require('node:url').pathToFileURL(__filename).href;" },
  logLevel: 'warning',
});
await writeFile(`${root}dist/package.json`, '{ "type": "commonjs" }\n');
const inputs = Object.values(metafile.outputs).flatMap((output) => Object.keys(output.inputs));
await writeFile(`${root}dist/LICENSES.txt`, await licencesOf(inputs));
await writeFile(
  `${root}dist/edgar-fetch.1`,
  execFileSync(process.execPath, [`${root}bin/edgar-fetch.js`, 'help', 'man']),
);
