// Owns the taking in of one reply: its head, which alone may refuse the document, and its body, which is bounded.
import { transientFailure, type Failure } from '../model/failure.ts';
import { BodyCollector, type BodyResult, type TemporaryBody } from './body.ts';
import type { ReplyReceiver } from './exchange.ts';
import { codingOf, fieldOf, framingOf, partialFailure } from './reply-head.ts';
import type { ContentCoding, Framing, ReplyHead } from './reply-head.ts';

/** The bodies of other statuses are only looked at: no page of EDGAR's is larger. */
const MAX_PAGE_BYTES = 256 * 1024;

export interface ReplyOptions {
  /** It comes from *.sec.gov itself, not from a mirror or another host. */
  readonly fromSec: boolean;
  /** Decoded size of a document. */
  readonly maxBytes: number;
  readonly openTemporary: () => TemporaryBody;
}

export class Reply implements ReplyReceiver {
  readonly fromSec: boolean;
  readonly #options: ReplyOptions;
  head: ReplyHead | undefined;
  framing: Framing | undefined;
  coding: ContentCoding | undefined;
  /** A framing or a coding that cannot be checked. */
  #headFailure: Failure | undefined;
  #body: BodyCollector | undefined;

  constructor(options: ReplyOptions) {
    this.#options = options;
    this.fromSec = options.fromSec;
  }

  onHead(head: ReplyHead): boolean {
    this.head = head;
    const framing = framingOf(head);
    if ('failure' in framing) return this.#refuse(framing.failure);
    this.framing = framing.value;
    const coding = codingOf(head);
    if ('failure' in coding) return this.#refuse(coding.failure);
    this.coding = coding.value;
    const partial = partialFailure(head);
    if (partial !== undefined) return this.#refuse(partial);
    const { fromSec, maxBytes, openTemporary } = this.#options;
    this.#body = new BodyCollector({
      coding: coding.value,
      maxBytes: head.status === 200 ? maxBytes : MAX_PAGE_BYTES,
      withMd5: fromSec && head.status === 200 && fieldOf(head, 'etag') !== undefined,
      openTemporary,
    });
    return true;
  }

  /** Size of the body on the wire, if the head says it. */
  get announcedBytes(): number | undefined {
    return this.framing?.kind === 'length' && this.head?.status !== 304 ? this.framing.wireBytes : undefined;
  }

  onData(chunk: Buffer): boolean {
    return this.#body?.onData(chunk) ?? false;
  }

  /** The decoded body, or why there is none. Rejects only with CannotWriteError. */
  async finish(): Promise<BodyResult> {
    if (this.#body !== undefined) return this.#body.finish();
    return { failure: this.#headFailure ?? transientFailure('truncated', 'no body came') };
  }

  discard(): void {
    this.#body?.discard();
  }

  #refuse(failure: Failure): boolean {
    this.#headFailure = failure;
    return false;
  }
}
