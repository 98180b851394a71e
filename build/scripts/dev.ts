/**
 * `npm run dev`: the window rebuilt on every save. In Electron where its binary is, otherwise the loopback host in the
 * browser, restarted when its own sources change; reload the page to see a new window.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, buildWindow, runNode, toolPath } from './run.ts';

const CONFIG = ['--config', 'build/electron.vite.config.ts'];
const vite = toolPath('electron-vite');

if (existsSync(join(ROOT, 'node_modules/electron/path.txt'))) {
  process.exitCode = await runNode([vite, 'dev', '--watch', ...CONFIG]);
} else {
  console.log("Electron's binary is not available here: the window opens in the browser.");
  if ((await buildWindow()) !== 0) process.exit(1);
  const codes = await Promise.all([
    runNode([vite, 'build', '--watch', ...CONFIG]),
    runNode(['--watch', join(ROOT, 'electron/loopback/index.ts'), ...process.argv.slice(2)]),
  ]);
  process.exitCode = Math.max(...codes);
}
