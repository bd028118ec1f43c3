// Entry of the thread that looks at files beside the main thread, until the board is closed.
import { workerData } from 'node:worker_threads';
import { LookBoard } from './look-board.ts';

/** What the thread is given. */
export interface LookTask {
  readonly destination: string;
  readonly memory: SharedArrayBuffer;
}

const { destination, memory } = workerData as LookTask;
const board = new LookBoard(destination, memory);
do while (board.lookAtNext());
while (board.wait());
