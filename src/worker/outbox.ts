// Owns the way of events to the main thread: those of one turn travel in one message, in order.
import type { MessagePort } from 'node:worker_threads';
import type { FromWorker, WorkerEvent } from './protocol.ts';

export class Outbox {
  readonly #port: MessagePort;
  #events: WorkerEvent[] = [];

  constructor(port: MessagePort) {
    this.#port = port;
  }

  send(event: WorkerEvent): void {
    this.#events.push(event);
    if (this.#events.length === 1) setImmediate(() => this.flush());
  }

  flush(): void {
    if (this.#events.length === 0) return;
    const message: FromWorker = { events: this.#events };
    this.#events = [];
    this.#port.postMessage(message);
  }
}
