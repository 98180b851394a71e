// Loaded before every program of the house (`node -r`). Plain old JavaScript, so that any Node can read it: an old Node then
// gets one sentence and exit 1, where it would otherwise stumble over TypeScript or crash inside the database driver.
'use strict';

var fs = require('fs');
var path = require('path');

// 24.7 brought Argon2id to node:crypto; type stripping and the native database driver are older.
var LEAST = [24, 7];

var have = process.versions.node.split('.').map(Number);
var isNew = have[0] > LEAST[0] || (have[0] === LEAST[0] && have[1] >= LEAST[1]);
var root = path.join(__dirname, '..', '..');

if (!fs.existsSync(path.join(root, 'node_modules'))) {
  console.error('Nothing is installed here yet: run "npm ci" first.');
  process.exit(1);
}
if (!isNew) {
  console.error(
    'Landline needs Node ' +
      LEAST.join('.') +
      ' or newer and this is ' +
      process.version +
      ': start it with npm after a plain "npm ci", which brings the right Node along.',
  );
  process.exit(1);
}
