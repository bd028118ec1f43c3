// Owns how the head of a reply is read: framing, content coding, validators. Pure functions of the header
// fields; anything that RFC 9112 leaves room to misread is refused, because a misread length is a truncated file.
import { permanentFailure, type Failure } from '../model/failure.ts';

/** Header fields as undici gives them: lower-case names, a list where a field came more than once. */
export type HeaderFields = Readonly<Record<string, string | string[] | undefined>>;

export interface ReplyHead {
  readonly status: number;
  readonly fields: HeaderFields;
}

export type Framing =
  | { readonly kind: 'length'; readonly wireBytes: number }
  | { readonly kind: 'chunked' }
  /** The end of the connection ends the body: its completeness cannot be seen from the framing. */
  | { readonly kind: 'until-close' };

export type ContentCoding = 'identity' | 'gzip' | 'deflate';

type Judged<T> = { readonly value: T } | { readonly failure: Failure };

/** All values of a field, joined as RFC 9110 5.3 allows; undefined if the field is absent. */
export function fieldOf(head: ReplyHead, name: string): string | undefined {
  const value = head.fields[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

export function framingOf(head: ReplyHead): Judged<Framing> {
  const transferEncoding = fieldOf(head, 'transfer-encoding');
  if (transferEncoding !== undefined) {
    // Exactly what the HTTP parser takes for chunked: with a tab or NBSP beside it, it hands over the chunks undecoded.
    if (/^ *chunked *$/i.test(transferEncoding)) return { value: { kind: 'chunked' } };
    const message = `the reply uses Transfer-Encoding "${clip(transferEncoding)}"; only chunked can be checked for completeness`;
    return { failure: permanentFailure('http-status', message) };
  }
  const length = fieldOf(head, 'content-length');
  if (length === undefined) return { value: { kind: 'until-close' } };
  if (/^ *\d{1,18} *$/.test(length)) return { value: { kind: 'length', wireBytes: Number(length) } };
  return { failure: permanentFailure('http-status', `the reply's Content-Length "${clip(length)}" is not a length`) };
}

export function codingOf(head: ReplyHead): Judged<ContentCoding> {
  const coding = fieldOf(head, 'content-encoding')?.trim().toLowerCase() ?? '';
  switch (coding) {
    case '':
    case 'identity':
    case 'none':
      return { value: 'identity' };
    case 'gzip':
    case 'x-gzip':
      return { value: 'gzip' };
    case 'deflate':
      return { value: 'deflate' };
    default: {
      const message = `the reply's Content-Encoding "${clip(coding)}" was not asked for and cannot be decoded`;
      return { failure: permanentFailure('corrupt', message) };
    }
  }
}

/**
 * What Content-Range says against a 200 being the whole document; undefined if nothing. (RFC 9110 14.4 gives it no meaning there,
 * but a server that answers 200 with a part says so in it.)
 */
export function partialFailure(head: ReplyHead): Failure | undefined {
  const range = fieldOf(head, 'content-range');
  if (range === undefined || head.status !== 200) return undefined;
  const [, last, size] = /^\s{0,9}bytes 0-(\d{1,18})\/(\d{1,18})\s{0,9}$/.exec(range) ?? [];
  if (last !== undefined && Number(last) + 1 === Number(size)) return undefined;
  const message = `the reply is a part of the document (Content-Range "${clip(range)}") though nobody asked for one`;
  return permanentFailure('http-status', message);
}

/** True for an entity tag (RFC 9110 8.8.3; some servers leave the quotes out). `*` is none: as a condition it matches anything. */
export function isEntityTag(etag: string): boolean {
  return /^(?:(?:W\/)?"[\x21\x23-\x7e\x80-\xff]{0,4096}"|[\w.:+/=-]{1,256})$/.test(etag);
}

/** The MD5 that EDGAR's strong ETag carries, if it has that shape: 32 hex digits, with or without `-gzip`. */
export function md5OfEtag(etag: string | undefined): string | undefined {
  return /^"([0-9a-f]{32})(?:-gzip)?"$/i.exec(etag?.trim() ?? '')?.[1]?.toLowerCase();
}

function clip(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}
