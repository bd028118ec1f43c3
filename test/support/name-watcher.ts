// Owns a watcher of final names (name-watcher.cjs, a thread of its own): whether any file had its name before its bytes.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

interface Sighting {
  /** Files that were read in the moment in which they appeared, since the last report. */
  readonly live: number;
  /** Files that appeared with bytes that were not served, one sentence each. */
  readonly wrong: readonly string[];
}

interface NameWatcher {
  report(): Promise<Sighting>;
  close(): Promise<unknown>;
}

/** Watches an existing flat folder; `expected` maps names to the SHA-256 of the genuine bytes. */
export async function watchNames(folder: string, expected: ReadonlyMap<string, string>): Promise<NameWatcher> {
  const worker = new Worker(new URL('name-watcher.cjs', import.meta.url), {
    workerData: { folder, expected },
    execArgv: [],
  });
  await once(worker, 'message');
  const ask = async (message: string): Promise<Sighting> => {
    worker.postMessage(message);
    const [sighting] = (await once(worker, 'message')) as [Sighting];
    return sighting;
  };
  return { report: () => ask('report'), close: () => worker.terminate() };
}
