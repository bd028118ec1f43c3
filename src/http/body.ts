// Owns the bytes of one reply between the wire and the checks. A small body is collected and decoded in one call; a larger
// one is decoded as it comes into a temporary file, so that a document of 1 GB needs no memory of that size.
import { createHash, hash, type Hash } from 'node:crypto';
import type { Failure } from '../model/failure.ts';
import type { ByteSource } from './byte-source.ts';
import { memorySource } from './byte-source.ts';
import { decodeWhole, openStreamDecoder, tooLarge, type StreamDecoder } from './decode.ts';
import type { BodyFlow } from './exchange.ts';
import type { ContentCoding } from './reply-head.ts';

/** Wire bytes collected in memory before a body is streamed. */
const MAX_COLLECTED_BYTES = 1024 * 1024;

/** Where a large body goes while it comes. Throws CannotWriteError. Whoever holds it moves it or discards it. */
export interface TemporaryBody extends ByteSource {
  readonly path: string;
  write(chunk: Buffer): void;
  /** Ends writing; `sync` forces the data to the device. */
  complete(sync: boolean): Promise<void>;
  discard(): void;
}

export type ReceivedBody =
  | {
      readonly kind: 'memory';
      readonly bytes: Buffer;
      readonly source: ByteSource;
      readonly sha256: string;
      readonly md5?: string;
    }
  | {
      readonly kind: 'file';
      readonly file: TemporaryBody;
      readonly source: ByteSource;
      readonly sha256: string;
      readonly md5?: string;
    };

export interface BodyOptions {
  readonly coding: ContentCoding;
  /** Decoded size at which the body is given up. */
  readonly maxBytes: number;
  /** Also compute MD5, to compare with EDGAR's ETag. */
  readonly withMd5: boolean;
  readonly openTemporary: () => TemporaryBody;
}

export type BodyResult = { readonly body: ReceivedBody } | { readonly failure: Failure };

export class BodyCollector {
  readonly #options: BodyOptions;
  #chunks: Buffer[] = [];
  /** Wire bytes that came before streaming began. */
  collectedBytes = 0;
  #stream: StreamedBody | undefined;
  #failure: Failure | undefined;
  #thrown: Error | undefined;

  constructor(options: BodyOptions) {
    this.#options = options;
  }

  onData(chunk: Buffer, flow: BodyFlow): void {
    if (this.#stream !== undefined) return this.#stream.write(chunk, flow);
    this.#chunks.push(chunk);
    this.collectedBytes += chunk.length;
    if (this.collectedBytes <= MAX_COLLECTED_BYTES) return;
    this.#guard(flow, () => this.#startStreaming(flow));
  }

  #collected(): Buffer {
    return this.#chunks.length === 1 && this.#chunks[0] !== undefined ? this.#chunks[0] : Buffer.concat(this.#chunks);
  }

  /** The whole body arrived. Rejects only with CannotWriteError. */
  async finish(): Promise<BodyResult> {
    if (this.#stream !== undefined) return this.#stream.finish();
    if (this.#thrown !== undefined) throw this.#thrown;
    if (this.#failure !== undefined) return { failure: this.#failure };
    const { coding, maxBytes } = this.#options;
    const wire = this.#collected();
    const decoding = decodeWhole(coding, wire, maxBytes);
    this.#chunks = [];
    switch (decoding.kind) {
      case 'failed':
        return { failure: decoding.failure };
      case 'decoded':
        return { body: inMemory(decoding.bytes, this.#options.withMd5) };
      case 'too-large-for-memory': {
        const stream = new StreamedBody(this.#options, wire);
        stream.write(wire, { pause: () => undefined, resume: () => undefined, abandon: () => undefined });
        return stream.finish();
      }
    }
  }

  /** Throws away what came. */
  discard(): void {
    this.#chunks = [];
    this.#stream?.discard();
  }

  #startStreaming(flow: BodyFlow): void {
    const wire = Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#stream = new StreamedBody(this.#options, wire);
    this.#stream.write(wire, flow);
  }

  #guard(flow: BodyFlow, action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#thrown = error as Error;
      flow.abandon();
    }
  }
}

function inMemory(bytes: Buffer, withMd5: boolean): ReceivedBody {
  const sha256 = hash('sha256', bytes, 'hex');
  const body = { kind: 'memory', bytes, source: memorySource(bytes), sha256 } as const;
  return withMd5 ? { ...body, md5: hash('md5', bytes, 'hex') } : body;
}

/** A body on its way through a decoder into a temporary file. */
class StreamedBody {
  readonly #maxBytes: number;
  readonly #file: TemporaryBody;
  readonly #decoder: StreamDecoder;
  readonly #sha256: Hash = createHash('sha256');
  readonly #md5: Hash | undefined;
  #flow: BodyFlow | undefined;
  #failure: Failure | undefined;
  #thrown: Error | undefined;
  #decodedBytes = 0;

  constructor(options: BodyOptions, firstBytes: Buffer) {
    this.#maxBytes = options.maxBytes;
    this.#md5 = options.withMd5 ? createHash('md5') : undefined;
    this.#file = options.openTemporary();
    this.#decoder = openStreamDecoder(options.coding, firstBytes, {
      onDecoded: (chunk) => this.#take(chunk),
      onDrain: () => this.#flow?.resume(),
      onFailure: (failure) => this.#fail(failure),
    });
  }

  write(chunk: Buffer, flow: BodyFlow): void {
    this.#flow = flow;
    if (this.#failure !== undefined || this.#thrown !== undefined) return;
    if (!this.#decoder.write(chunk)) flow.pause();
  }

  async finish(): Promise<BodyResult> {
    const ended = this.#isOver() ? undefined : await this.#decoder.end();
    const failure = this.#failure ?? ended;
    if (this.#thrown !== undefined) {
      this.discard();
      throw this.#thrown;
    }
    if (failure !== undefined) {
      this.discard();
      return { failure };
    }
    const file = this.#file;
    const body = { kind: 'file', file, source: file, sha256: this.#sha256.digest('hex') } as const;
    return { body: this.#md5 === undefined ? body : { ...body, md5: this.#md5.digest('hex') } };
  }

  discard(): void {
    this.#decoder.destroy();
    this.#file.discard();
  }

  #isOver(): boolean {
    return this.#failure !== undefined || this.#thrown !== undefined;
  }

  #take(chunk: Buffer): void {
    if (this.#isOver()) return;
    this.#decodedBytes += chunk.length;
    if (this.#decodedBytes > this.#maxBytes) return this.#fail(tooLarge(this.#maxBytes));
    try {
      this.#file.write(chunk);
    } catch (error) {
      this.#thrown = error as Error;
      this.#stop();
      return;
    }
    this.#sha256.update(chunk);
    this.#md5?.update(chunk);
  }

  #fail(failure: Failure): void {
    this.#failure ??= failure;
    this.#stop();
  }

  #stop(): void {
    this.#decoder.destroy();
    this.#flow?.abandon();
  }
}
