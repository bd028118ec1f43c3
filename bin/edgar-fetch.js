#!/usr/bin/env node
/* global require, __dirname */
// CommonJS, as dist/ is: the loader of ES modules costs 8 ms, in the main thread and again in each worker. What has to be said
// before the program can be loaded is said here, in words that any Node understands.
var manifest = require('../package.json');

if (isOlder(process.versions.node, manifest.engines.node.replace('>=', ''))) {
  refuse(
    'edgar-fetch needs Node ' + manifest.engines.node.replace('>=', '') + ' or later; this is ' + process.versions.node,
  );
} else if (!require('node:fs').existsSync(__dirname + '/../dist/main.js')) {
  refuse('edgar-fetch was not built: run `npm ci && npm run build` in its folder first');
} else {
  require('../dist/main.js');
}

function refuse(sentence) {
  process.stderr.write(sentence + '\n');
  process.exitCode = 2;
}

function isOlder(version, needed) {
  var have = version.split('.').map(Number);
  var want = needed.split('.').map(Number);
  for (var at = 0; at < 3; at++) if (have[at] !== want[at]) return have[at] < want[at];
  return false;
}
