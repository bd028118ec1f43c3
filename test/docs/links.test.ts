// Every link of README.md, CHANGELOG.md and docs/ into this repository leads to a file, and to a heading in it.
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
