// Watches a destination from a thread of its own and reads each file in the moment in which its name appears: a file that is
// there before it is complete is caught with fewer bytes than it should have. Tells its parent what it saw when asked.
const { createHash } = require('node:crypto');
const { readdirSync, readFileSync, watch } = require('node:fs');
const { join } = require('node:path');
const { parentPort, workerData } = require('node:worker_threads');

/** Folder, and genuine SHA-256 by name. */
const { folder, expected } = workerData;
let looked = new Set();
let wrong = [];
let live = 0;

function look(name) {
  if (name === null || name === '.edgar-fetch' || looked.has(name)) return false;
  let bytes;
  try {
    bytes = readFileSync(join(folder, name));
  } catch (error) {
    // The folder is emptied between rounds.
    if (error.code === 'ENOENT') return false;
    throw error;
  }
  looked.add(name);
  const hash = createHash('sha256').update(bytes).digest('hex');
  if (expected.get(name) !== hash) wrong.push(`${name} appeared with ${bytes.length} bytes that were not served`);
  return true;
}

watch(folder, (_event, name) => {
  if (look(name)) live++;
});
parentPort.on('message', () => {
  for (const name of readdirSync(folder)) look(name);
  parentPort.postMessage({ live, wrong });
  looked = new Set();
  wrong = [];
  live = 0;
});
parentPort.postMessage('watching');
