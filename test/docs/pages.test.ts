// What README.md, CHANGELOG.md, docs/ and the Dockerfile say of this repository: links lead to files and headings, figures
// are those of the page that they are taken from, files that are copied are there.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '../..');
const PAGES = ['README.md', 'CHANGELOG.md', ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`)];

/** A page without its code, in which a bracket means something else. */
function proseOf(page: string): string {
  return readFileSync(page, 'utf8').replace(/^```.*?^```$|`[^`\n]*`/gms, '');
}

/** As the pages of a repository name their headings. */
function anchorsOf(page: string): string[] {
  const headings = readFileSync(page, 'utf8').matchAll(/^#+ (.*)$/gm);
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\d\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

test('no link leads nowhere', () => {
  let seen = 0;
  for (const page of PAGES) {
    for (const [, target = ''] of proseOf(join(ROOT, page)).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      seen += 1;
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? join(ROOT, page) : join(ROOT, dirname(page), path);
      assert.ok(existsSync(file), `${page}: ${target}`);
      if (anchor !== undefined) assert.ok(anchorsOf(file).includes(anchor), `${page}: ${target}`);
    }
  }
  assert.ok(seen > 20, `${seen} links`);
});

test('the hostile cases in README.md are those of docs/integrity.md', () => {
  const page = readFileSync(join(ROOT, 'docs/integrity.md'), 'utf8');
  const totals = /^\| \*\*wrong bytes under the final name, exit 0\*\* \|(.*)\|$/m.exec(page)?.[1]?.split('|') ?? [];
  const [of, edgarFetch, curl, , wget2, aria2] = totals.map((cell) => cell.trim());
  const row = /^\| wrong bytes saved with exit 0, .*$/m.exec(readFileSync(join(ROOT, 'README.md'), 'utf8'))?.[0] ?? '';
  const figures = [`in ${of} [hostile cases]`, `| ${edgarFetch} | ${curl} | ${wget2} | ${aria2} |`];
  for (const figure of figures) assert.ok(row.includes(figure), `README.md: not "${figure}" in ${row}`);
});

test('the Dockerfile copies files that are there', () => {
  const copied = [...readFileSync(join(ROOT, 'Dockerfile'), 'utf8').matchAll(/^COPY (?:--from=build )?(.*) \S+$/gm)];
  const paths = copied.flatMap(([, sources = '']) => sources.replaceAll('/opt/edgar-fetch/', '').split(' '));
  assert.ok(paths.includes('dist') && paths.includes('LICENSE'));
  for (const path of paths) assert.ok(existsSync(join(ROOT, path)), path);
});
