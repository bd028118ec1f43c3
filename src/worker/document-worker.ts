// Owns a worker's side of protocol.ts, whatever it runs in: it joins permits, outages and the batch runner, and serves the
// main thread's messages until told to close.
import { setMaxListeners } from 'node:events';
import { OutageBreaker } from '../limits/outage-breaker.ts';
import type { Clock } from '../model/clock.ts';
import type { HttpContext } from '../http/context.ts';
import { BatchRunner, type SaveSide } from './batch-runner.ts';
import { EventBuffer } from './event-buffer.ts';
import { PacedPermits } from './paced-permits.ts';
import type { FromWorker, ToWorker, WorkerSettings } from './protocol.ts';

export interface WorkerPorts extends Pick<HttpContext, 'wire' | 'openTemporary' | 'random'> {
  readonly clock: Clock;
  readonly destination: SaveSide;
  readonly post: (message: FromWorker) => void;
  /** Ends all that is in flight on the wire. */
  readonly cancel: () => void;
  /** Everything has settled and been told: nothing more is asked. */
  readonly close: () => void;
}

export class DocumentWorker {
  readonly #settings: WorkerSettings;
  readonly #ports: WorkerPorts;
  readonly #events: EventBuffer;
  readonly #paced: PacedPermits;
  readonly #runner: BatchRunner;
  readonly #draining = new AbortController();

  constructor(settings: WorkerSettings, ports: WorkerPorts) {
    this.#settings = settings;
    this.#ports = ports;
    setMaxListeners(0, this.#draining.signal);
    const { clock, destination, wire, openTemporary, random, post } = ports;
    const { http, giveUpMs, threads, connections, pacedHosts } = settings;
    const nowMs = (): number => clock.nowMs();
    this.#events = new EventBuffer(post, clock);
    this.#paced = new PacedPermits(this.#events, pacedHosts, nowMs);
    // The breaker stands in front: who waits for a host to come back holds no start of its rate, which others could use.
    const breaker = new OutageBreaker(this.#paced, { clock, giveUpMs, threads, listener: this.#events });
    const permits = { acquire: (host: string) => breaker.acquire(host, this.#draining.signal) };
    this.#runner = new BatchRunner({
      http: { settings: http, wire, permits, openTemporary, nowMs, random },
      destination,
      breaker,
      events: this.#events,
      connections,
      clock,
    });
  }

  take(message: ToWorker): void {
    switch (message.kind) {
      case 'batch':
        return this.#runner.accept(message.batch.documents, message.alone);
      case 'permit':
        return this.#paced.grant(message.id, message.isFirst);
      case 'permit-refused':
        return this.#paced.refuse(message.id, message.message);
      case 'paced':
        return this.#paced.pace(message.host);
      case 'ping':
        return this.#events.send({ kind: 'pong' });
      case 'drain':
        this.#runner.drain();
        this.#draining.abort();
        this.#ports.clock.after(this.#settings.drainMs, () => this.#ports.cancel());
        return;
      case 'cancel':
        return this.#ports.cancel();
      case 'finish':
        return this.#runner.finish();
      case 'close':
        return void this.#close();
    }
  }

  async #close(): Promise<void> {
    await this.#runner.idle();
    this.#events.flush();
    this.#ports.close();
  }
}
