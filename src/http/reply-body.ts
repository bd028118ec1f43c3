// Owns the taking in of one reply: its head, which alone may refuse the document, and its body, which is bounded.
import type { Failure } from '../model/failure.ts';
import { BodyCollector, type BodyResult } from './body.ts';
import type { HttpContext } from './context.ts';
import type { ReplyReceiver } from './exchange.ts';
import { codingOf, fieldOf, framingOf, partialFailure, type Framing, type ReplyHead } from './reply-head.ts';

/** The bodies of other statuses are only looked at: no page of EDGAR's is larger. */
const MAX_PAGE_BYTES = 256 * 1024;

export class ReplyBody implements ReplyReceiver {
  /** It comes from *.sec.gov itself. */
  readonly fromSec: boolean;
  /** Its request carried a validator. */
  readonly conditional: boolean;
  readonly #context: HttpContext;
  #collector: BodyCollector | undefined;
  head: ReplyHead | undefined;
  framing: Framing | undefined;
  /** The head alone refuses the document: a framing or a coding that cannot be checked. */
  headFailure: Failure | undefined;

  constructor(context: HttpContext, fromSec: boolean, conditional: boolean) {
    this.#context = context;
    this.fromSec = fromSec;
    this.conditional = conditional;
  }

  onHead(head: ReplyHead): boolean {
    this.head = head;
    const framing = framingOf(head);
    const coding = codingOf(head);
    if ('value' in framing) this.framing = framing.value;
    if ('failure' in framing) this.headFailure = framing.failure;
    else if ('failure' in coding) this.headFailure = coding.failure;
    else this.headFailure = partialFailure(head);
    if (this.headFailure !== undefined || !('value' in coding)) return false;
    this.#collector = new BodyCollector({
      coding: coding.value,
      maxBytes: head.status === 200 ? this.#context.settings.maxBytes : MAX_PAGE_BYTES,
      withMd5: this.fromSec && head.status === 200 && fieldOf(head, 'etag') !== undefined,
      openTemporary: this.#context.openTemporary,
    });
    return true;
  }

  onData(chunk: Buffer): boolean {
    return this.#collector?.onData(chunk) ?? false;
  }

  /** The decoded body. Rejects only with CannotWriteError. */
  async finish(): Promise<BodyResult | undefined> {
    return this.#collector?.finish();
  }

  discard(): void {
    this.#collector?.discard();
  }
}
