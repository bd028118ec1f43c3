// Owns workers of a run without threads and network: a test says what becomes of the documents that they are given.
import type { Batch, DocumentRequest } from '../../src/model/document.ts';
import type { Outcome } from '../../src/model/outcome.ts';
import type { RunEnd } from '../../src/model/run-end.ts';
import type { Workers, WorkersListener } from '../../src/run/workers.ts';

export class PlayedWorkers implements Workers {
  readonly secPace = undefined;
  /** URLs of each batch. */
  readonly batches: string[][] = [];
  /** What was called, batches apart. */
  readonly calls: string[] = [];
  readonly #listener: WorkersListener;
  readonly #play: (document: DocumentRequest) => Outcome | undefined;
  readonly #out = new Map<DocumentRequest, () => void>();
  #draining = false;

  /** `play` says at once what becomes of a document, or undefined: then it is out until `settle`. */
  constructor(listener: WorkersListener, play: (document: DocumentRequest) => Outcome | undefined) {
    this.#listener = listener;
    this.#play = play;
  }

  ready(): Promise<boolean> {
    return Promise.resolve(!this.#draining);
  }

  give({ documents }: Batch): void {
    this.batches.push(documents.map(({ url }) => url));
    for (const document of documents) {
      const outcome = this.#play(document);
      if (outcome === undefined) this.#out.set(document, () => undefined);
      else this.#listener.onSettled(document, outcome);
    }
  }

  settleAll(outcome: Outcome): void {
    for (const [document, whenSettled] of [...this.#out]) {
      this.#out.delete(document);
      this.#listener.onSettled(document, outcome);
      whenSettled();
    }
  }

  async idle(): Promise<void> {
    this.calls.push('idle');
    const waits = [...this.#out.keys()].map(
      (document) => new Promise<void>((resolve) => this.#out.set(document, resolve)),
    );
    await Promise.all(waits);
  }

  end(end: RunEnd): void {
    this.#listener.onEnd(end);
  }

  drain(): void {
    this.#draining = true;
    this.calls.push('drain');
  }

  cancel(): void {
    this.calls.push('cancel');
  }

  close(): Promise<void> {
    this.calls.push('close');
    return Promise.resolve();
  }

  terminate(): Promise<void> {
    this.calls.push('terminate');
    return Promise.resolve();
  }
}
