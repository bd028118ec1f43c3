// Entry of a worker thread: joins the HTTP layer with the storage and serves the messages of protocol.ts until told to
// finish. Whatever goes wrong beyond a document ends the thread; the pool sees to the rest.
import { parentPort, workerData } from 'node:worker_threads';
import { Connections } from '../http/connection.ts';
import { createConnector } from '../http/connector.ts';
import { FolderDestination } from '../storage/folder/folder-destination.ts';
import { BatchRunner } from './batch-runner.ts';
import { Outages } from './outages.ts';
import { Outbox } from './outbox.ts';
import type { ToWorker, WorkerSettings } from './protocol.ts';
import { ThreadPermits } from './thread-permits.ts';

function serve(): void {
  if (parentPort === null) throw new Error('this file is the entry of a worker thread');
  const port = parentPort;
  const settings = workerData as WorkerSettings;
  const cancellation = new AbortController();
  const outbox = new Outbox(port);
  const outages = new Outages(settings.outages);
  const permits = new ThreadPermits(outbox, settings.guardedHosts, Date.now);
  const { name: thread, fsync } = settings;
  const destination = new FolderDestination(settings.destination, { thread, fsync });
  const connector = createConnector(settings.proxies, settings.connectTimeoutMs);
  const connections = new Connections(connector, 2 * settings.connections - 1);
  const runner = new BatchRunner({
    http: {
      settings: settings.http,
      connections,
      connector,
      permits,
      openTemporary: () => destination.openTemporary(),
      cancelled: cancellation.signal,
      nowMs: Date.now,
      random: Math.random,
    },
    destination,
    outages,
    outbox,
    connections: settings.connections,
  });

  port.on('message', (message: ToWorker) => {
    switch (message.kind) {
      case 'batch':
        return runner.accept(message.batch.documents);
      case 'permit':
        return permits.grant(message.id);
      case 'permit-refused':
        return permits.refuse(message.id, message.message);
      case 'guard':
        return permits.guard(message.host, message.guarded);
      case 'outage':
        return outages.declare(message.host, message.sinceMs, message.untilMs);
      case 'ping':
        return outbox.send({ kind: 'pong' });
      case 'drain':
        runner.drain();
        permits.drain();
        setTimeout(() => cancellation.abort(), settings.drainMs).unref();
        return;
      case 'cancel':
        return cancellation.abort();
      case 'finish':
        void runner.idle().then(() => {
          connections.close();
          outbox.flush();
          port.close();
        });
        return;
    }
  });
}

serve();
