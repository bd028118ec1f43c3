// Owns the names of files: a pure function of the URL, never of what a server says. A name cannot leave the destination,
// collide with the state folder, or exceed what a filesystem holds. Which name is free is decided in run/names.ts.
import { createHash } from 'node:crypto';

export type Layout = 'flat' | 'filing';

const MAX_NAME_BYTES = 255;
/** PATH_MAX of Linux, its NUL included: what is longer cannot be asked for, wherever the destination lies. */
const MAX_PATH_BYTES = 4095;
const FILING_PATH = /^\/Archives\/edgar\/data\/(\d{1,10})\/(\d{18})\//;
/** A filing's document under a name that is safe as it stands (saves 2 us a URL). */
const PLAIN_FILING = /^https?:\/\/[^/]+\/Archives\/edgar\/data\/\d{1,10}\/\d{18}\/([\w-][\w.-]*)$/;
const MAX_PLAIN_NAME = 80;
const WINDOWS_DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:$|\.)/i;
/** Separators and whatever a terminal or a line-based tool would trip over. */
const UNSAFE = /[\p{Cc}/\\\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
/** The same in a path, whose separators are its own; and halves of characters, which no name can hold. */
const UNSAFE_IN_PATH = /[\p{Cc}\p{Cs}\\\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;
const STATE_FOLDER_NAME = /^\.edgar-fetch/i;
/** Names that are safe as they stand, and paths of them (together 9 us a document, a percent of *small*'s CPU). */
const PLAIN_NAME = /^[\w-][\w.-]*$/;
const PLAIN_PATH = /^[\w-][\w.-]*(?:\/[\w-][\w.-]*)*$/;

/**
 * The paths that a URL's document may get, best first: its own name, then the collision names. Relative, with `/`.
 * The first is usual; a later one is taken where another URL or a stranger's file holds the earlier ones.
 */
export function* candidatePaths(url: string, layout: Layout): Generator<string, void> {
  const parts = splitUrl(url, layout);
  const { folder, baseName, accession } = parts;
  yield folder + fitName(baseName, url);
  if (accession !== undefined) yield folder + fitName(`${accession}-${baseName}`, url);
  const distinct = accession === undefined ? baseName : `${accession}-${baseName}`;
  yield folder + markName(distinct, url);
  const top = parts.host === undefined ? '' : `${parts.host}/`;
  yield top + markName(`_${distinct}`, url);
}

/** The usual path of a URL, with no thought of collisions. */
export function usualPath(url: string, layout: Layout): string {
  const plain = PLAIN_FILING.exec(url);
  if (plain?.[1] !== undefined && plain[1].length <= MAX_PLAIN_NAME && !WINDOWS_DEVICE.test(plain[1]))
    return layout === 'flat' ? plain[1] : url.slice(url.indexOf('/data/') + '/data/'.length);
  const { folder, baseName } = splitUrl(url, layout);
  return folder + fitName(baseName, url);
}

/** Equal for paths that may be one file: macOS and Windows fold letter case, and macOS also Unicode forms. */
export function foldCase(path: string): string {
  return path.toLowerCase().normalize('NFC');
}

/** The name that the address itself gives its document: what its extension is judged by, and what its file is usually called. */
export function documentName(url: string): string {
  return baseNameOf(hostAndPath(url).path);
}

/**
 * True for a relative path that a document may have: of names that this file could have given, and no other. Whatever
 * else a damaged manifest says is never written to, renamed to or deleted.
 */
export function isDocumentPath(path: string): boolean {
  if (path.length <= MAX_NAME_BYTES && PLAIN_PATH.test(path)) return true;
  if (path.length > MAX_PATH_BYTES || Buffer.byteLength(path) > MAX_PATH_BYTES || UNSAFE_IN_PATH.test(path))
    return false;
  return path.split('/').every(isDocumentName);
}

function isDocumentName(name: string): boolean {
  if (name === '' || name === '.' || name === '..' || STATE_FOLDER_NAME.test(name)) return false;
  return name.length <= MAX_NAME_BYTES / 3 || Buffer.byteLength(name) <= MAX_NAME_BYTES;
}

function baseNameOf(path: string): string {
  return safeName(path.slice(path.lastIndexOf('/') + 1));
}

interface PathParts {
  /** '' or a folder path that ends with `/`. */
  readonly folder: string;
  readonly baseName: string;
  readonly accession?: string;
  /** Top folder of a URL that is not of EDGAR's filing shape, in the `filing` layout. */
  readonly host?: string;
}

function splitUrl(url: string, layout: Layout): PathParts {
  const { host, path } = hostAndPath(url);
  const filing = FILING_PATH.exec(path);
  const baseName = baseNameOf(path);
  const accession = filing?.[2];
  const named = accession === undefined ? { baseName } : { baseName, accession };
  if (layout === 'flat') return { folder: '', ...named };
  if (filing?.[1] !== undefined && accession !== undefined) return { folder: `${filing[1]}/${accession}/`, ...named };
  const folders = path
    .slice(1, path.lastIndexOf('/') + 1)
    .split('/')
    .slice(0, -1);
  const safeHost = fitName(safeName(host), url);
  const folder = [safeHost, ...folders.map((name) => fitName(safeName(name), url))].join('/');
  return { folder: `${folder}/`, host: safeHost, ...named };
}

function hostAndPath(url: string): { host: string; path: string } {
  const start = url.indexOf('//') + 2;
  const slash = url.indexOf('/', start);
  if (slash < 0) return { host: url.slice(start), path: '/' };
  const query = url.indexOf('?', slash);
  return { host: url.slice(start, slash), path: url.slice(slash, query < 0 ? undefined : query) };
}

/** Percent-decoded once, unsafe bytes left or made encoded; never empty, `.`, `..`, the state folder or a device name. */
function safeName(encoded: string): string {
  if (PLAIN_NAME.test(encoded) && !WINDOWS_DEVICE.test(encoded)) return encoded;
  const decoded = encoded.includes('%') ? decodeOnce(encoded) : encoded;
  const name = decoded.replace(UNSAFE, percentEncode);
  if (name === '') return 'index';
  if (/^\.{1,2}$/.test(name) || STATE_FOLDER_NAME.test(name)) return `%2E${name.slice(1)}`;
  if (WINDOWS_DEVICE.test(name)) return percentEncode(name.slice(0, 1)) + name.slice(1);
  return name;
}

/** Sequences that are not valid UTF-8 stay as they are. */
function decodeOnce(encoded: string): string {
  return encoded.replace(/(?:%[0-9a-f]{2})+/gi, (sequence) => {
    try {
      return decodeURIComponent(sequence);
    } catch {
      return sequence;
    }
  });
}

function percentEncode(text: string): string {
  return [...Buffer.from(text)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}

/** Cuts a name that is too long for a filesystem. */
function fitName(name: string, url: string): string {
  return name.length <= MAX_NAME_BYTES / 3 || Buffer.byteLength(name) <= MAX_NAME_BYTES ? name : markName(name, url);
}

/** `<stem>-<8 hex digits of the URL's SHA-256><extension>`, at most 255 bytes. */
function markName(name: string, url: string): string {
  const { stem, extension } = splitExtension(name);
  const mark = `-${createHash('sha256').update(url).digest('hex').slice(0, 8)}`;
  return cutToBytes(stem, MAX_NAME_BYTES - Buffer.byteLength(mark + extension)) + mark + extension;
}

function splitExtension(name: string): { stem: string; extension: string } {
  const extension = /(?<=[^.])\.[\w-]{1,16}$/.exec(name)?.[0] ?? '';
  return { stem: name.slice(0, name.length - extension.length), extension };
}

function cutToBytes(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text;
  let end = maxBytes;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}
