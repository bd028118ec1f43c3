// The shapes in which a page of refusal may come: what a proxy, another template or another encoding makes of the same page.
// A shape gets the page as recorded and says the same in other bytes.
import { gzipSync } from 'node:zlib';

export interface PageShape {
  readonly id: string;
  readonly name: string;
  readonly reshape: (page: Buffer) => Buffer;
}

const BAR = ' | ';

const retitled =
  (change: (title: string) => string) =>
  (page: Buffer): Buffer =>
    Buffer.from(
      page
        .toString('utf8')
        .replace(
          /<title>([^<]*)<\/title>/i,
          (_, title: string) => `<title>${change(title.includes('|') ? title : `SEC.gov${BAR}${title}`)}</title>`,
        ),
    );

const before = (prefix: Buffer | string) => (page: Buffer) => Buffer.concat([Buffer.from(prefix), page]);

const text = (change: (page: string) => string) => (page: Buffer) => Buffer.from(change(page.toString('utf8')));

const shape = (id: string, name: string, reshape: PageShape['reshape']): PageShape => ({ id, name, reshape });

const utf16 = (page: Buffer): Buffer => Buffer.from(page.toString('utf8'), 'utf16le');
const swapped = (page: Buffer): Buffer => utf16(page).swap16();

/** What the page's first heading says where its title says nothing. */
const headed =
  (title: string) =>
  (page: Buffer): Buffer => {
    const said = /<title>([^<]*)<\/title>/i.exec(page.toString('utf8'))?.[1] ?? '';
    return Buffer.from(`<html><head>${title}</head><body><h1 class="big">${said}</h1><p>Sorry.</p></body></html>`);
  };

/** Of the title, which only HTML pages have. */
export const TITLE_SHAPES: readonly PageShape[] = [
  ...['&#124;', '&#x7C;', '&vert;', '&VerticalLine;', '&nbsp;|&nbsp;', '&#160;&#124;&#160;', '&ndash;', '&mdash;'].map(
    (entity, index) =>
      shape(
        `title-entity-${index + 1}`,
        `the bar of the title as ${entity}`,
        retitled((title) => title.replace(BAR, ` ${entity} `)),
      ),
  ),
  shape(
    'title-entities',
    'every blank of the title as &nbsp;',
    retitled((title) => title.replaceAll(' ', '&nbsp;')),
  ),
  shape(
    'title-letters',
    'letters of the title as numeric entities',
    retitled((title) => title.replaceAll('e', '&#101;').replaceAll('t', '&#x74;')),
  ),
  shape(
    'title-break',
    'line breaks inside the title',
    retitled((title) => `\r\n\t${title.replaceAll(' ', '\r\n    ')}\n`),
  ),
  shape(
    'title-dash',
    'a dash in place of the bar',
    retitled((title) => title.replace(BAR, ' – ')),
  ),
  shape('title-dash-1252', 'a dash of windows-1252 in place of the bar', (page) => {
    const [head = '', ...rest] = page.toString('latin1').split(BAR);
    return Buffer.from([`${head} \u0096 ${rest.shift() ?? ''}`, ...rest].join(BAR), 'latin1');
  }),
  shape(
    'title-colon',
    'a colon in place of the bar',
    retitled((title) => title.replace(BAR, ': ')),
  ),
  shape(
    'title-dot',
    'a dot behind the title',
    retitled((title) => `${title}.`),
  ),
  shape(
    'title-suffix',
    'a word behind the title',
    retitled((title) => `${title} | Access`),
  ),
  shape(
    'title-year',
    'a year behind the title',
    retitled((title) => `${title} - 2026`),
  ),
  shape(
    'title-site',
    'the whole name of the site',
    retitled((title) => title.replace('SEC.gov', 'U.S. Securities and Exchange Commission')),
  ),
  shape(
    'title-bare',
    'the title without the site',
    retitled((title) => title.replace(`SEC.gov${BAR}`, '')),
  ),
  shape(
    'title-capitals',
    'tags and title in capitals',
    text((page) => page.replace(/<\/?(?:html|head|title|body)\b|>[^<]*(?=<\/title)/gi, (part) => part.toUpperCase())),
  ),
  shape(
    'title-attribute',
    'a title with attributes',
    text((page) => page.replace('<title>', '<title lang="en"\n data-x=1 >')),
  ),
  shape('heading-only', 'a heading and no title', headed('')),
  shape('heading-empty-title', 'a heading and an empty title', headed('<title> </title>')),
  shape('heading-site-title', 'a heading and the site as the title', headed('<title>SEC.gov</title>')),
  shape('heading-status-title', 'a heading and a status as the title', headed('<title>403 Forbidden</title>')),
];

/** Of any page's bytes. */
export const BODY_SHAPES: readonly PageShape[] = [
  shape('utf16le-bom', 'UTF-16, little endian, with a byte order mark', (page) => utf16(before('\ufeff')(page))),
  shape('utf16be-bom', 'UTF-16, big endian, with a byte order mark', (page) => swapped(before('\ufeff')(page))),
  shape('utf16le', 'UTF-16, little endian', utf16),
  shape('utf16be', 'UTF-16, big endian', swapped),
  shape('bom', 'a byte order mark before it', before('\ufeff')),
  shape('gzip', 'gzip that nothing announced', (page) => gzipSync(page)),
  shape('gzip-utf16', 'UTF-16 inside gzip that nothing announced', (page) => gzipSync(utf16(page))),
  shape('gzip-cut', 'gzip that nothing announced, cut', (page) => gzipSync(page).subarray(0, -12)),
  shape('long', 'more than 64 KB', (page) => Buffer.concat([page, Buffer.from('<!-- x -->\n'.repeat(7000))])),
  shape('blanks', '40 blanks before it', before(' '.repeat(40))),
  shape('lines', '6 KB of empty lines before it', before('\r\n'.repeat(3000))),
  shape('comment', 'a comment before it', before('<!-- served by edge 17 -->\n')),
  shape('comment-long', 'a comment of 8 KB before it', before(`<!--${' edge'.repeat(1600)} -->\n`)),
  shape('ssi', 'a server-side include before it', before('<!--#include virtual="/head.html" -->\n')),
];

/** Of HTML pages only: what would not be XML. */
export const HTML_SHAPES: readonly PageShape[] = [
  shape('text', 'a line of text before it', before('Notice from the proxy\n')),
  shape('head', 'a reply head before it', before('HTTP/1.1 403 Forbidden\r\nServer: edge\r\nX-Cache: MISS\r\n\r\n')),
  shape('script', 'a script before it', before('<script>if (1 < 2) document.title = "<title>x</title>";</script>\n')),
  shape('style', 'a style before it', before('<style>html > p { }</style>')),
  shape('declaration', 'an XML declaration before it', before('<?xml version="1.0" encoding="UTF-8"?>\n')),
  shape(
    'doctype-public',
    'a doctype with a public identifier before it',
    before(
      '<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">\n<!-- again -->\n',
    ),
  ),
  shape('padded', 'more than 64 KB of text behind it', (page) =>
    Buffer.concat([page.subarray(0, page.lastIndexOf('</body>')), Buffer.from(`<p>${'x '.repeat(50_000)}</p></html>`)]),
  ),
];
