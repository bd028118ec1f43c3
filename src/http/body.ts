// Owns the bytes of one reply between the wire and the checks. A small body is collected and decoded in one call; a larger
// one goes to a temporary file as it comes, and from there through the decoder, so that a document of 1 GB needs no memory of
// that size and the network is never held back.
import { createHash, hash, type Hash } from 'node:crypto';
import { memorySource, type Body, type BodyFile, type ByteSource } from '../model/body.ts';
import type { Failure } from '../model/failure.ts';
import { decodeSource, decodeWhole, tooLarge } from './decode.ts';
import type { ContentCoding } from './reply-head.ts';

/** Wire bytes collected in memory before a body goes to a file. */
const MAX_COLLECTED_BYTES = 2 * 1024 * 1024;

/** Where a large body goes while it comes. */
export interface TemporaryBody extends BodyFile {
  /** Throws CannotWriteError. */
  write(chunk: Buffer): void;
}

export interface BodyOptions {
  readonly coding: ContentCoding;
  /** Decoded size at which the body is given up. */
  readonly maxBytes: number;
  /** Also compute MD5, to compare with EDGAR's ETag. */
  readonly withMd5: boolean;
  readonly openTemporary: () => TemporaryBody;
}

export type BodyResult = { readonly body: Body } | { readonly failure: Failure };

export class BodyCollector {
  readonly #options: BodyOptions;
  readonly #maxWireBytes: number;
  #chunks: Buffer[] = [];
  #wireBytes = 0;
  /** A large body on its way: as a document where there is no coding, else as it came. */
  #document: DocumentFile | undefined;
  #wire: TemporaryBody | undefined;
  #failure: Failure | undefined;
  #thrown: Error | undefined;

  constructor(options: BodyOptions) {
    this.#options = options;
    this.#maxWireBytes = maxWireBytes(options);
  }

  /** Takes the next bytes in; false if no more are wanted. */
  onData(chunk: Buffer): boolean {
    this.#wireBytes += chunk.length;
    if (this.#wireBytes > this.#maxWireBytes) this.#failure = tooLarge(this.#options.maxBytes);
    else this.#take(chunk);
    return this.#wantsMore;
  }

  /** The whole body arrived, or what was wanted of it. Rejects only with CannotWriteError. */
  async finish(): Promise<BodyResult> {
    if (this.#thrown !== undefined) {
      this.discard();
      throw this.#thrown;
    }
    if (this.#failure !== undefined) {
      this.discard();
      return { failure: this.#failure };
    }
    if (this.#document !== undefined) return { body: this.#document.body() };
    if (this.#wire === undefined) return this.#finishInMemory();
    try {
      return await decodeToFile(this.#options, this.#wire);
    } finally {
      this.#wire.discard();
    }
  }

  /** Throws away what came. */
  discard(): void {
    this.#chunks = [];
    this.#document?.discard();
    this.#wire?.discard();
  }

  #take(chunk: Buffer): void {
    try {
      if (this.#document !== undefined) this.#failure = this.#document.write(chunk);
      else if (this.#wire !== undefined) this.#wire.write(chunk);
      else {
        this.#chunks.push(chunk);
        if (this.#wireBytes > MAX_COLLECTED_BYTES) this.#openFile();
      }
    } catch (error) {
      this.#thrown = error as Error;
    }
  }

  #openFile(): void {
    const collected = this.#chunks;
    this.#chunks = [];
    if (this.#options.coding === 'identity') this.#document = new DocumentFile(this.#options);
    else this.#wire = this.#options.openTemporary();
    for (const chunk of collected) if (this.#wantsMore) this.#take(chunk);
  }

  get #wantsMore(): boolean {
    return this.#failure === undefined && this.#thrown === undefined;
  }

  #finishInMemory(): BodyResult | Promise<BodyResult> {
    const { coding, maxBytes, withMd5 } = this.#options;
    const [first, second] = this.#chunks;
    const wire = first !== undefined && second === undefined ? first : Buffer.concat(this.#chunks);
    this.#chunks = [];
    const decoding = decodeWhole(coding, wire, maxBytes);
    switch (decoding.kind) {
      case 'failed':
        return { failure: decoding.failure };
      case 'decoded':
        return { body: inMemory(decoding.bytes, withMd5) };
      case 'too-large-for-memory':
        return decodeToFile(this.#options, memorySource(wire));
    }
  }
}

/** A coding makes nothing much larger (RFC 1951 3.2.4: 5 bytes for each 65,535 that it cannot compress). */
function maxWireBytes({ coding, maxBytes }: BodyOptions): number {
  return coding === 'identity' ? maxBytes : maxBytes + Math.ceil(maxBytes / 64) + 65_536;
}

function inMemory(bytes: Buffer, withMd5: boolean): Body {
  const sha256 = hash('sha256', bytes, 'hex');
  return { kind: 'memory', bytes, sha256, md5: withMd5 ? hash('md5', bytes, 'hex') : undefined };
}

/** Decodes a body that came whole into a file. Rejects only with CannotWriteError. */
async function decodeToFile(options: BodyOptions, wire: ByteSource): Promise<BodyResult> {
  const document = new DocumentFile(options);
  try {
    const failure = await decodeSource(options.coding, wire, (chunk) => document.write(chunk));
    if (failure === undefined) return { body: document.body() };
    document.discard();
    return { failure };
  } catch (error) {
    document.discard();
    throw error;
  }
}

/** Decoded bytes on their way into a temporary file. */
class DocumentFile {
  readonly #file: TemporaryBody;
  readonly #maxBytes: number;
  readonly #sha256: Hash = createHash('sha256');
  readonly #md5: Hash | undefined;

  /** Throws CannotWriteError. */
  constructor({ openTemporary, maxBytes, withMd5 }: BodyOptions) {
    this.#file = openTemporary();
    this.#maxBytes = maxBytes;
    this.#md5 = withMd5 ? createHash('md5') : undefined;
  }

  /** Appends; the failure if the document grows too large. Throws CannotWriteError. */
  write(chunk: Buffer): Failure | undefined {
    if (this.#file.size + chunk.length > this.#maxBytes) return tooLarge(this.#maxBytes);
    this.#file.write(chunk);
    this.#sha256.update(chunk);
    this.#md5?.update(chunk);
    return undefined;
  }

  body(): Body {
    return { kind: 'file', file: this.#file, sha256: this.#sha256.digest('hex'), md5: this.#md5?.digest('hex') };
  }

  discard(): void {
    this.#file.discard();
  }
}
