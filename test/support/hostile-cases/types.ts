// What a hostile case is: one URL, how the server answers it, and what a downloader must make of it.
// The limits that the cases assume (the test and the scoreboard both set them): connect 1 s, idle 1 s, whole attempt 3 s,
// decoded size 5 MiB, one retry. The codes are spelled out here on purpose: they are the public contract of DESIGN.md,
// so a rename in src/ shows up as a failing case.
import type { Socket } from 'node:net';
import type { RawRequest } from '../raw-server.ts';

export type ErrorCode =
  | 'invalid-url'
  | 'not-found'
  | 'forbidden'
  | 'user-agent-refused'
  | 'blocked'
  | 'redirect'
  | 'http-status'
  | 'timeout'
  | 'connection'
  | 'truncated'
  | 'corrupt'
  | 'unexpected-content'
  | 'too-large'
  | 'worker-crashed'
  | 'disk';

/** The three parts of the scoreboard: how bytes travel, what they are, and how strictly the rules are read. */
export type CaseGroup = 'framing' | 'content' | 'strictness';

/** A size limit that the cases on `too-large` stay above and all other documents stay below. */
export const MAX_SIZE_BYTES = 5 * 1024 * 1024;

export interface RequestHead extends RawRequest {
  /** Pause between two pieces of a reply that never ends. */
  readonly dripMs: number;
}

/** Answers one request. `attempt` counts the requests for this case, from 1, redirect hops included. */
export type Serve = (socket: Socket, request: RequestHead, attempt: number) => void | Promise<void>;

export interface Expectation {
  readonly status: 'saved' | 'missing' | 'failed';
  /** For a failure: the acceptable codes, usually one. */
  readonly codes?: readonly ErrorCode[];
  /** True: asked at least twice. False: asked exactly once. Absent: not judged. */
  readonly retried?: boolean;
  /** Fewest and most requests, where `retried` does not say enough. */
  readonly requests?: readonly [fewest: number, most: number];
}

/**
 * Which listener serves the case. `shared`: one with at most a few bad cases, so that the outage logic of a tool (many
 * failures in a row from one host) stays out of it. `own`: a listener of its own, because the case spoils its host for
 * others (junk on a kept connection, Retry-After). `closed`: a port on which nothing listens.
 */
export type Listener = 'shared' | 'own' | 'closed';

export interface HostileCase {
  readonly id: string;
  readonly name: string;
  readonly group: CaseGroup;
  /** An RFC section, an EDGAR recording, or a known behaviour of a peer. */
  readonly source: string;
  readonly path: string;
  /** The right document, whether or not the server ever sends it. */
  readonly genuine: Buffer;
  readonly listener: Listener;
  readonly serve: Serve;
  readonly expect: Expectation;
  /** Why a tool that saves the right bytes here is merely more lenient. */
  readonly lenientPeersMayBeRight?: string;
  /** Of a framing case: why it does not come a second time with a large document. */
  readonly onlySmall?: string;
}
