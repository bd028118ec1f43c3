// Owns who waits for a permit of one host, first come first served. Whoever is called off by a signal leaves the queue.
import { DRAINED, type PermitAnswer } from '../model/permits.ts';

export interface Waiting {
  readonly sinceMs: number;
  readonly answer: (answer: PermitAnswer) => void;
}

export class PermitQueue {
  #waiting: Waiting[] = [];

  get length(): number {
    return this.#waiting.length;
  }

  /** Joins the queue; resolves with the answer, or that nothing is sent any more when `signal` aborts. */
  wait(sinceMs: number, signal: AbortSignal | undefined): Promise<PermitAnswer> {
    return new Promise((resolve) => {
      const withdraw = (): void => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting);
        resolve(DRAINED);
      };
      const answer = (given: PermitAnswer): void => {
        signal?.removeEventListener('abort', withdraw);
        resolve(given);
      };
      const waiting = { sinceMs, answer };
      signal?.addEventListener('abort', withdraw);
      this.#waiting.push(waiting);
    });
  }

  next(): Waiting | undefined {
    return this.#waiting.shift();
  }

  answerAll(given: PermitAnswer): void {
    for (const { answer } of this.#waiting.splice(0)) answer(given);
  }
}
