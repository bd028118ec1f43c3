// Owns the right to send: the port through which every request, redirect hops included, asks when it may start and tells
// how it ended. In a thread it is OutageBreaker over PacedPermits, in the main thread Limits.

/** How a request ended, as far as its host is concerned. */
export type HostReport =
  | { readonly kind: 'answered' }
  /** No reply, or 503: may be an outage. */
  | { readonly kind: 'unreachable'; readonly message: string }
  /** The host asked for silence. `page` names what it showed. */
  | { readonly kind: 'throttled'; readonly page: string; readonly retryAfterMs?: number }
  | { readonly kind: 'user-agent-refused' }
  /** Its certificate is not trusted. */
  | { readonly kind: 'untrusted'; readonly message: string }
  /** 429 or 503 with Retry-After from a host other than the SEC. */
  | { readonly kind: 'retry-after'; readonly retryAfterMs: number }
  /** The reply broke off: the host neither answered nor failed to. */
  | { readonly kind: 'broken-off' }
  | { readonly kind: 'cancelled' };

export interface Permit {
  /** The first request of the run to the SEC, alone: if its certificate is not trusted, the run ends. */
  readonly isFirst?: boolean;
  /** Must be called exactly once, when the request has ended. */
  ended(report: HostReport): void;
}

export type PermitAnswer =
  | { readonly kind: 'granted'; readonly permit: Permit; readonly waitedMs: number }
  /** The run ends, or gives this host up for longer than the document has left. */
  | { readonly kind: 'refused'; readonly because: 'drain' | 'host-waits'; readonly message: string };

export interface Permits {
  /** Resolves when a request to `host` may start, or when `signal` says that nobody wants it any more. Never rejects. */
  acquire(host: string, signal?: AbortSignal): Promise<PermitAnswer>;
}

/** The answer to whoever waits when the run drains. */
export const DRAINED: PermitAnswer = { kind: 'refused', because: 'drain', message: '' };

/** Whose fault it is that a request got no answer. Open until the host's next success, or an outage, shows it. */
export interface Fault {
  readonly whose: 'host' | 'document' | 'open';
  /** Resolves when it is no longer open. */
  readonly decided: Promise<void>;
}
