// Short forms in which the tables of cases are written: one call a case, one word an expectation.
import type { CaseGroup, ErrorCode, Expectation, HostileCase, Listener, Serve } from './types.ts';
import { instanceDocument } from './documents.ts';
import { whole } from './replies.ts';
import type { Size } from './sizes.ts';

export interface Draft {
  readonly id: string;
  readonly name: string;
  readonly source: string;
  readonly expect: Expectation;
  /** Gets the right document; gives the behaviour of the server. */
  readonly serve: (genuine: Buffer) => Serve;
  /** Base name, or a path below the case's folder. */
  readonly file?: string;
  /** The whole path, for URLs of EDGAR's own shape. */
  readonly path?: string;
  readonly genuine?: Buffer;
  readonly listener?: Listener;
  readonly lenient?: string;
  /** Why the case says nothing new when the document is large. */
  readonly onlySmall?: string;
}

export const inGroup =
  (group: CaseGroup) =>
  (draft: Draft): HostileCase => {
    const genuine = draft.genuine ?? instanceDocument(draft.id);
    return {
      id: draft.id,
      name: draft.name,
      group,
      source: draft.source,
      path: draft.path ?? `/case/${draft.id}/${draft.file ?? 'instance-20260331.xml'}`,
      genuine,
      listener: draft.listener ?? 'shared',
      serve: draft.serve(genuine),
      expect: draft.expect,
      ...(draft.lenient === undefined ? {} : { lenientPeersMayBeRight: draft.lenient }),
      ...(draft.onlySmall === undefined ? {} : { onlySmall: draft.onlySmall }),
    };
  };

/** The framing cases of a file, each with documents of this size. */
export const framingCases = (size: Size, drafts: (size: Size) => readonly Draft[]): HostileCase[] =>
  drafts(size)
    .filter(({ onlySmall }) => !size.large || onlySmall === undefined)
    .map((draft) =>
      inGroup('framing')({
        ...draft,
        id: `${draft.id}${size.suffix}`,
        name: `${draft.name}${size.remark}`,
        genuine: draft.genuine ?? size.instance(draft.id),
      }),
    );

/** The document is saved, after exactly so many requests. */
export const saved = (requests = 1): Expectation => ({ status: 'saved', requests: [requests, requests] });

/** The document is saved, after a number of requests between these. */
export const savedWithin = (fewest: number, most: number): Expectation => ({
  status: 'saved',
  requests: [fewest, most],
});

export const missing: Expectation = { status: 'missing', codes: ['not-found'], retried: false };

/** Fails, and was tried again before. */
export const transient = (...codes: ErrorCode[]): Expectation => ({ status: 'failed', codes, retried: true });

/** Fails at the first request. */
export const permanent = (...codes: ErrorCode[]): Expectation => ({ status: 'failed', codes, retried: false });

/** Fails; whether it is tried again is not judged. */
export const fails = (...codes: ErrorCode[]): Expectation => ({ status: 'failed', codes });

interface Genuine {
  readonly file?: string;
  readonly path?: string;
  readonly fields?: readonly string[];
}

/** A genuine document, rightly framed, that a careless check would refuse. */
export const genuineCase = (
  id: string,
  name: string,
  source: string,
  genuine: Buffer,
  more: Genuine = {},
): HostileCase =>
  inGroup('content')({
    id,
    name,
    source,
    genuine,
    ...(more.file === undefined ? {} : { file: more.file }),
    ...(more.path === undefined ? {} : { path: more.path }),
    expect: saved(),
    serve: (document) => whole(document, { fields: more.fields ?? [] }),
  });

const LENIENT_HEAD = 'The head is broken, the body is the document, and this reader gets over it.';

/** A head that no reader need accept: unparsable, or refused for what it says. */
export const refused = fails('connection', 'http-status', 'truncated');

interface Odd {
  readonly id: string;
  readonly name: string;
  readonly source: string;
  readonly reply: (genuine: Buffer) => Serve;
  readonly expect?: Expectation;
}

/** Refused by edgar-fetch; saved by a lenient peer. */
export const odd = ({ reply, expect = refused, ...rest }: Odd): HostileCase =>
  inGroup('strictness')({ ...rest, expect, lenient: LENIENT_HEAD, serve: reply });

/** Unusual but good: must be saved. */
export const fine = ({ reply, ...rest }: Odd): HostileCase =>
  inGroup('strictness')({ ...rest, expect: saved(), serve: reply });
