// For `bin/electron`: finds the main file of the app it was given and runs it with the arguments Electron would give it.
import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [node, , given = '.', ...rest] = process.argv;
if (given === '--version' || given === '-v') {
  console.log('stand-in');
  process.exit(0);
}
const path = resolve(given);
const main = statSync(path).isDirectory()
  ? join(path, JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')).main ?? 'index.js')
  : path;
process.argv = [node, main, ...rest];
await import(pathToFileURL(main).href);
