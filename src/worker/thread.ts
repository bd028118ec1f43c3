// Entry of a worker thread: joins the HTTP layer with the storage and serves the messages of protocol.ts until told to
// finish. Whatever goes wrong beyond a document ends the thread; the pool sees to the rest.
import { setMaxListeners } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { OutageBreaker } from '../limits/outage-breaker.ts';
import { systemClock } from '../model/clock.ts';
import { createConnector } from '../http/connector.ts';
import { NetworkWire } from '../http/wire.ts';
import { FolderDestination } from '../storage/folder/folder-destination.ts';
import { BatchRunner } from './batch-runner.ts';
import { Outbox } from './outbox.ts';
import type { ToWorker, WorkerSettings } from './protocol.ts';
import { PacedPermits } from './paced-permits.ts';

function serve(): void {
  if (parentPort === null) throw new Error('this file is the entry of a worker thread');
  const port = parentPort;
  const settings = workerData as WorkerSettings;
  const cancellation = new AbortController();
  const outbox = new Outbox(port);
  const draining = new AbortController();
  setMaxListeners(0, draining.signal);
  const paced = new PacedPermits(outbox, settings.pacedHosts, Date.now);
  // The breaker stands in front: who waits for a host to come back holds no start of its rate, which others could use.
  const breaker = new OutageBreaker(paced, { clock: systemClock, giveUpMs: settings.giveUpMs, listener: outbox });
  const { name: thread, fsync } = settings;
  const destination = new FolderDestination(settings.destination, { thread, fsync });
  const connector = createConnector(settings.proxies, settings.connectTimeoutMs);
  const wire = new NetworkWire(connector, {
    idleTimeoutMs: settings.http.idleTimeoutMs,
    maxIdle: 2 * settings.connections - 1,
    cancelled: cancellation.signal,
  });
  const runner = new BatchRunner({
    http: {
      settings: settings.http,
      wire,
      permits: { acquire: (host) => breaker.acquire(host, draining.signal) },
      openTemporary: () => destination.openTemporary(),
      nowMs: Date.now,
      random: Math.random,
    },
    destination,
    breaker,
    outbox,
    connections: settings.connections,
  });

  port.on('message', (message: ToWorker) => {
    switch (message.kind) {
      case 'batch':
        return runner.accept(message.batch.documents, message.alone);
      case 'permit':
        return paced.grant(message.id, message.isFirst);
      case 'permit-refused':
        return paced.refuse(message.id, message.message);
      case 'paced':
        return paced.pace(message.host);
      case 'ping':
        return outbox.send({ kind: 'pong' });
      case 'drain':
        runner.drain();
        draining.abort();
        setTimeout(() => cancellation.abort(), settings.drainMs).unref();
        return;
      case 'cancel':
        return cancellation.abort();
      case 'finish':
        return runner.finish();
      case 'close':
        void runner.idle().then(() => {
          wire.close();
          outbox.flush();
          port.close();
        });
        return;
    }
  });
}

serve();
