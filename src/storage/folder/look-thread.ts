// Entry of the thread that looks at files beside the main thread.
import { parentPort, workerData } from 'node:worker_threads';
import { answersTo } from './presence.ts';

parentPort?.on('message', (question: string) => parentPort?.postMessage(answersTo(workerData as string, question)));
