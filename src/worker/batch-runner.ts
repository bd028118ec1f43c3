// Owns the documents of a worker's batches from their arrival to their outcome: how many are asked for at a time, how many
// are saved at a time, and when the worker wants more. One slow document never idles it: the next batch is asked for as
// soon as fewer URLs wait than connections are free, and no sooner, so that none waits here behind slow ones.
import pLimit from 'p-limit';
import type { DocumentRequest } from '../model/document.ts';
import type { Clock } from '../model/clock.ts';
import type { Outcome } from '../model/outcome.ts';
import type { OutageBreaker } from '../limits/outage-breaker.ts';
import type { Fault } from '../model/permits.ts';
import type { HttpContext } from '../http/context.ts';
import { download, type DownloadFlow } from '../http/download.ts';
import type { Destination, SaveEnd } from '../storage/destination.ts';
import type { EventBuffer } from './event-buffer.ts';
import { leftAfter, outcomeOfSave, outcomeWithoutSave } from './outcome-of.ts';

/** Saves under way in one thread; with fsync they wait for the device. Twice as many are no faster and hold 20 MB more. */
const MAX_SAVES = 4;

/** Documents that wait to be tried again hold no connection, but are not to pile up without bound. */
const MAX_SLEEPING = 256;

/** What a worker asks of a destination. */
export type SaveSide = Pick<Destination, 'save' | 'refuse' | 'matches'>;

export interface BatchRunnerParts {
  readonly http: HttpContext;
  readonly destination: SaveSide;
  readonly breaker: OutageBreaker;
  readonly events: EventBuffer;
  readonly connections: number;
  readonly clock: Clock;
}

export class BatchRunner {
  readonly #parts: BatchRunnerParts;
  readonly #downloads: ReturnType<typeof pLimit>;
  readonly #saves = pLimit(MAX_SAVES);
  readonly #wakers = new Set<() => void>();
  #active = 0;
  /** Documents that wait to be tried again, or to hear whose fault their failure was. */
  #sleeping = 0;
  /** Of them those that wait to hear. */
  #unjudged = 0;
  /** Attempts that send nothing more and have not ended. */
  #waiting = 0;
  #hungry = true;
  #draining = false;
  #finishing = false;
  /** No other batch comes before this one has settled. */
  #alone = false;
  #whenIdle: (() => void) | undefined;

  constructor(parts: BatchRunnerParts) {
    this.#parts = parts;
    this.#downloads = pLimit(parts.connections);
  }

  /** Takes a batch; its documents settle one by one, in any order. */
  accept(documents: readonly DocumentRequest[], alone: boolean): void {
    this.#hungry = false;
    this.#alone = alone;
    for (const document of documents) void this.#settle(document);
    this.#tellHunger();
  }

  /** Nothing new starts: what waits is given back, what is in flight goes on. */
  drain(): void {
    this.#draining = true;
    for (const wake of this.#wakers) wake();
  }

  /** The list has ended: what is not known when nothing is under way will never be. */
  finish(): void {
    this.#finishing = true;
    this.#judge();
  }

  /** Resolves when every accepted document has settled. */
  idle(): Promise<void> {
    if (this.#active === 0) return Promise.resolve();
    return new Promise((resolve) => (this.#whenIdle = resolve));
  }

  async #settle(document: DocumentRequest): Promise<void> {
    this.#active++;
    const outcome = await this.#process(document);
    this.#parts.events.send({ kind: 'settled', sequence: document.sequence, outcome });
    this.#active--;
    this.#tellHunger();
    this.#judge();
    if (this.#active > 0) return;
    this.#parts.events.flush();
    this.#whenIdle?.();
  }

  async #process(document: DocumentRequest): Promise<Outcome> {
    let save: Promise<SaveEnd> | undefined;
    const flow: DownloadFlow = {
      withConnection: (attempt) => this.#withConnection(attempt),
      sleep: (delayMs) => this.#sleep(delayMs),
      isDraining: () => this.#draining,
      faultOf: (host, sentAtMs) => this.#parts.breaker.faultOf(host, sentAtMs),
      decided: (fault) => this.#decided(fault),
      handOver: (received) =>
        // The attempt ends when the save begins, not when that ends.
        new Promise((begun) => {
          save = this.#saves(() => {
            begun();
            return this.#parts.destination.save(document, received.body);
          });
          save.catch(() => undefined);
        }),
    };
    const end = await download(await this.#bound(document), this.#parts.http, flow);
    try {
      if (end.kind === 'left' && end.error !== undefined) throw end.error;
      if (end.kind !== 'document')
        return await outcomeWithoutSave(end, (body) => this.#parts.destination.refuse(document, body));
      if (save === undefined) throw new Error('a received document was not handed over');
      return outcomeOfSave(document, end, await save);
    } catch (error) {
      this.#parts.events.send({ kind: 'fatal', message: error instanceof Error ? error.message : String(error) });
      return leftAfter(end);
    }
  }

  /**
   * An attempt that sends nothing more makes way for another, but for fewer than ask at a time, since what it received waits;
   * and where one asks at a time, all come on one connection.
   */
  #withConnection<T>(attempt: (free: () => void) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const run = (end: () => void): void => {
        let waits = false;
        const free = (): void => {
          if (waits || this.#waiting >= this.#parts.connections - 1) return;
          waits = true;
          this.#waiting++;
          end();
        };
        void attempt(free)
          .then(resolve, reject)
          .finally(() => {
            if (waits) this.#waiting--;
            end();
          });
      };
      void this.#downloads(() => new Promise<void>(run)).then(() => this.#tellHunger());
    });
  }

  /** A 304 must not confirm a file that is damaged: validators count only for the bytes that they belong to. */
  async #bound(document: DocumentRequest): Promise<DocumentRequest> {
    const { validators, paths } = document;
    if (validators?.sha256 === undefined || (await this.#parts.destination.matches(paths[0] ?? '', validators.sha256)))
      return document;
    return { ...document, validators: {} };
  }

  /** Waits to try again. */
  #sleep(delayMs: number): Promise<boolean> {
    return this.#rest((wake) => this.#parts.clock.after(delayMs, wake));
  }

  /** Waits until it is known whose fault a failure was. */
  async #decided(fault: Fault): Promise<boolean> {
    this.#unjudged++;
    const goesOn = await this.#rest((wake) => void fault.decided.then(wake));
    this.#unjudged--;
    return goesOn;
  }

  /** Waits, without a connection, until `begin` calls back; false at once if the run drains, and `begin` is called off. */
  async #rest(begin: (wake: () => void) => (() => void) | undefined): Promise<boolean> {
    if (this.#draining) return false;
    this.#sleeping++;
    this.#tellHunger();
    this.#judge();
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        callOff?.();
        this.#wakers.delete(wake);
        resolve();
      };
      const callOff = begin(wake);
      this.#wakers.add(wake);
    });
    this.#sleeping--;
    return !this.#draining;
  }

  /** Where nothing is under way, and nothing more comes that could show an outage, there was none. */
  #judge(): void {
    const isAtEnd = this.#finishing || this.#alone || this.#sleeping > MAX_SLEEPING;
    if (isAtEnd && this.#unjudged === this.#active) this.#parts.breaker.blameDocuments();
  }

  /** Asks for more when fewer URLs wait than connections are free; once, until a batch comes. */
  #tellHunger(): void {
    if (this.#hungry || this.#draining || this.#sleeping > MAX_SLEEPING) return;
    const free = this.#parts.connections - this.#downloads.activeCount;
    if (this.#downloads.pendingCount >= free) return;
    this.#hungry = true;
    this.#parts.events.send({ kind: 'hungry' });
  }
}
