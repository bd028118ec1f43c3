// Entry of a worker thread: joins the HTTP layer with the storage, and both with the port to the main thread. Whatever goes
// wrong beyond a document ends the thread; the pool sees to the rest.
import { parentPort, workerData } from 'node:worker_threads';
import { createConnector } from '../http/connector.ts';
import { NetworkWire } from '../http/wire.ts';
import { systemClock } from '../model/clock.ts';
import { FolderDestination } from '../storage/folder/folder-destination.ts';
import { DocumentWorker } from './document-worker.ts';
import type { ToWorker, WorkerSettings } from './protocol.ts';

function serve(): void {
  if (parentPort === null) throw new Error('this file is the entry of a worker thread');
  const port = parentPort;
  const settings = workerData as WorkerSettings;
  const { name: thread, fsync, proxies, connectTimeoutMs, http, connections } = settings;
  const cancellation = new AbortController();
  const destination = new FolderDestination(settings.destination, { thread, fsync });
  const wire = new NetworkWire(createConnector(proxies, connectTimeoutMs), {
    idleTimeoutMs: http.idleTimeoutMs,
    maxIdle: 2 * connections - 1,
    cancelled: cancellation.signal,
  });
  const worker = new DocumentWorker(settings, {
    clock: systemClock,
    random: Math.random,
    wire,
    destination,
    openTemporary: () => destination.openTemporary(),
    post: (message) => port.postMessage(message),
    cancel: () => cancellation.abort(),
    close: () => {
      wire.close();
      port.close();
    },
  });
  port.on('message', (message: ToWorker) => worker.take(message));
}

serve();
