// Loaded into every thread by NODE_OPTIONS: takes a worker thread down when it is about to give a document its final name.
// CRASH_NAMES: names that crash (comma-separated); CRASH_HOW: exit-0, exit-7, throw, heap, spin (for ever); CRASH_ONCE: folder for markers,
// so that each name crashes once only.
const { isMainThread } = require('node:worker_threads');
const fs = require('node:fs');
const path = require('node:path');

if (!isMainThread) {
  const names = new Set((process.env.CRASH_NAMES ?? '').split(','));
  const rename = fs.renameSync;
  fs.renameSync = (from, to) => {
    const name = path.basename(String(to));
    if (names.has(name) && mayCrash(name)) crash();
    return rename(from, to);
  };
  require('node:module').syncBuiltinESMExports();
}

function mayCrash(name) {
  if (!process.env.CRASH_ONCE) return true;
  const marker = path.join(process.env.CRASH_ONCE, name);
  if (fs.existsSync(marker)) return false;
  fs.writeFileSync(marker, '');
  return true;
}

function crash() {
  switch (process.env.CRASH_HOW) {
    case 'exit-0':
      return process.exit(0);
    case 'exit-7':
      return process.exit(7);
    case 'heap': {
      const hoard = [];
      for (;;) hoard.push(new Array(1e6).fill({}));
    }
    case 'spin':
      for (;;);
    default:
      setImmediate(() => {
        throw new Error('the test takes this thread down');
      });
      throw new Error('never saved');
  }
}
