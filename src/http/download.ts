// Owns the way of one document from its first attempt to its end: attempts with their redirect hops, the waits between them,
// and what they are charged. It saves nothing: a received document is handed to its caller, who must move or discard its body.
import { hostKeyOf } from '../edgar/fair-access.ts';
import { discardBody } from '../model/body.ts';
import { permanentFailure, transientFailure, type Failure } from '../model/failure.ts';
import type { Effort } from '../model/outcome.ts';
import type { Fault } from '../model/permits.ts';
import type { HttpContext } from './context.ts';
import { emptyTrace, request, type Asked, type RequestManner } from './request.ts';
import { decideRetry, type RetryDecision } from './retry-policy.ts';
import type { ReceivedDocument, RequestEnd } from './verdict.ts';

const MAX_REDIRECTS = 10;

/** What all its redirects came to. */
type AttemptEnd = Exclude<RequestEnd, { kind: 'redirected' }>;

export type DownloadEnd =
  | (Exclude<AttemptEnd, { kind: 'held' | 'again' | 'left' }> & { readonly effort: Effort })
  /** The run ends. `error`: because what came cannot be written. */
  | { readonly kind: 'left'; readonly requests: number; readonly receivedBytes: number; readonly error?: Error };

/** How the caller bounds and ends downloads. */
export interface DownloadFlow {
  /** Runs an attempt when a request may be sent; `free` says early that the attempt sends nothing more. */
  readonly withConnection: <T>(attempt: (free: () => void) => Promise<T>) => Promise<T>;
  readonly isDraining: () => boolean;
  /** Waits; resolves false at once when the run drains. */
  readonly sleep: (delayMs: number) => Promise<boolean>;
  /** Whose fault it is that a request sent then got no answer: where it is the host's, nobody is charged. */
  readonly faultOf: (hostKey: string, sentAtMs: number) => Fault;
  /** Waits until that is known; resolves false when the run drains. */
  readonly decided: (fault: Fault) => Promise<boolean>;
  /** Called with a received document within its attempt: attempts wait when saves are full. */
  readonly handOver: (received: ReceivedDocument) => Promise<void>;
}

/** Downloads one document. Never rejects. */
export async function download(asked: Asked, context: HttpContext, flow: DownloadFlow): Promise<DownloadEnd> {
  const way = new Download(asked, context, flow);
  return way.run().catch((error: unknown) => way.left(error as Error));
}

class Download {
  readonly #asked: Asked;
  readonly #context: HttpContext;
  readonly #flow: DownloadFlow;
  readonly #hostKey: string;
  readonly #startedAtMs: number;
  readonly #trace = emptyTrace();
  /** Attempts that are the document's own whatever the host does. */
  #charged = 0;
  /** Attempts to which nobody answered, and how long each took: those that are the host's fault are not charged. */
  readonly #unanswered: { readonly fault: Fault; readonly tookMs: number }[] = [];
  /** The last reply may have been another's. */
  #fresh = false;
  /** SHA-256 of bytes that differed from the SEC's ETag. */
  #doubtedSha256: string | undefined;

  constructor(asked: Asked, context: HttpContext, flow: DownloadFlow) {
    this.#asked = asked;
    this.#context = context;
    this.#flow = flow;
    this.#hostKey = hostKeyOf(new URL(asked.fetchUrl));
    this.#startedAtMs = context.nowMs();
  }

  async run(): Promise<DownloadEnd> {
    for (;;) {
      const end = await this.#flow.withConnection((free) => this.#attempt(free));
      if (end.kind === 'left') return this.left();
      this.#fresh = end.kind === 'again';
      if (end.kind === 'held' || end.kind === 'again') continue;
      const isFinal = end.kind === 'failed' && end.final === true;
      if (!isFinal) this.#charge(end);
      if (end.kind !== 'failed' || isFinal) return { ...end, effort: this.#effort() };
      const decision = await this.#decide(end.failure);
      if (decision === undefined) return this.left();
      if (decision.kind === 'settle') return { ...end, effort: this.#effort() };
      discardBody(end.refused?.body);
      if (!(await this.#flow.sleep(decision.delayMs))) return this.left();
    }
  }

  async #attempt(free: () => void): Promise<AttemptEnd> {
    if (this.#flow.isDraining()) return { kind: 'left' };
    this.#trace.activeMs = 0;
    this.#trace.finalUrl = undefined;
    const end = await this.#requests({ fresh: this.#fresh, onListening: free });
    if (end.kind !== 'document') return end;
    if (this.#isDoubted(end.document)) return this.#doubt(end.document);
    await this.#flow.handOver(end.document);
    return end;
  }

  /** A request and its redirect hops, each with a permit of its own. */
  async #requests(manner: RequestManner): Promise<AttemptEnd> {
    let url = new URL(this.#asked.fetchUrl);
    for (let hops = 0; hops <= MAX_REDIRECTS;) {
      const end = await request(url, this.#asked, this.#context, this.#trace, manner);
      if (end.kind === 'again' && !end.madeWay) manner = { ...manner, fresh: true };
      else if (end.kind === 'redirected') {
        url = end.url;
        this.#trace.finalUrl = url.href;
        hops++;
      } else return end;
    }
    return { kind: 'failed', failure: permanentFailure('redirect', `more than ${MAX_REDIRECTS} redirects`) };
  }

  /** Bytes that differ from the SEC's own MD5 are fetched once more; the same bytes again are what the SEC has. */
  #isDoubted(document: ReceivedDocument): boolean {
    return document.md5Differs && document.body.sha256 !== this.#doubtedSha256;
  }

  #doubt(document: ReceivedDocument): AttemptEnd {
    this.#doubtedSha256 = document.body.sha256;
    discardBody(document.body);
    return { kind: 'failed', failure: transientFailure('corrupt', "the bytes are not those of the SEC's ETag (MD5)") };
  }

  left(error?: Error): DownloadEnd {
    const { requests, receivedBytes } = this.#trace;
    return { kind: 'left', requests, receivedBytes, ...(error === undefined ? {} : { error }) };
  }

  /** The last word waits until it is known whose fault it was. Undefined if the run drains first. */
  async #decide(failure: Failure): Promise<RetryDecision | undefined> {
    for (;;) {
      const decision = this.#nextStep(failure);
      const open = this.#unanswered.find(({ fault }) => fault.whose === 'open')?.fault;
      if (decision.kind === 'retry' || open === undefined || !this.#isUnanswered(failure)) return decision;
      const sinceMs = this.#context.nowMs();
      if (!(await this.#flow.decided(open))) return undefined;
      this.#trace.waitedMs += this.#context.nowMs() - sinceMs;
    }
  }

  #nextStep(failure: Failure): RetryDecision {
    const hosts = this.#unanswered.filter(({ fault }) => fault.whose === 'host');
    const excusedMs = hosts.reduce((sum, { tookMs }) => sum + tookMs, 0);
    return decideRetry({
      failure,
      attempts: this.#attempts(),
      maxRetries: this.#context.settings.retries,
      spentMs: this.#context.nowMs() - this.#startedAtMs - this.#trace.waitedMs - excusedMs,
      random: this.#context.random(),
    });
  }

  #attempts(): number {
    return this.#charged + this.#unanswered.filter(({ fault }) => fault.whose !== 'host').length;
  }

  #charge(end: AttemptEnd): void {
    if (end.kind === 'failed' && this.#isUnanswered(end.failure)) {
      const tookMs = this.#trace.activeMs;
      this.#unanswered.push({ fault: this.#flow.faultOf(this.#hostKey, this.#context.nowMs() - tookMs), tookMs });
    } else this.#charged++;
  }

  #effort(): Effort {
    const { requests, httpStatus, wireBytes, receivedBytes, finalUrl } = this.#trace;
    return {
      attempts: this.#attempts(),
      requests,
      startedAtMs: this.#startedAtMs,
      settledAtMs: this.#context.nowMs(),
      httpStatus,
      wireBytes,
      receivedBytes,
      finalUrl,
    };
  }

  /** What an outage of the host looks like to one document. */
  #isUnanswered({ code, transient }: Failure): boolean {
    if (!transient) return false;
    return code === 'connection' || code === 'timeout' || code === 'truncated' || this.#trace.httpStatus === 503;
  }
}
