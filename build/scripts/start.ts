/**
 * `npm start`: builds the window if its sources are newer than the build, then opens Landline in Electron or, where that cannot
 * be, in the browser: the same core and the same window. It says which, and why. `--browser` asks for the browser.
 */
import { join } from 'node:path';
import { chooseHost } from './choose-host.ts';
import { ROOT, buildWindow, run, runNode, toolPath } from './run.ts';
import { isWindowStale } from './stale.ts';

const PROBE_LIMIT_MS = 4_000;
const RELEASES = 'https://github.com/electron/electron/releases/';

/** The package's own downloader waits for minutes on a place it cannot reach: knock first. */
async function fetchElectron(): Promise<void> {
  const mirror =
    process.env['ELECTRON_MIRROR'] ?? process.env['npm_config_electron_mirror'] ?? RELEASES;
  try {
    await fetch(mirror, { method: 'HEAD', signal: AbortSignal.timeout(PROBE_LIMIT_MS) });
  } catch {
    return;
  }
  await runNode([toolPath('electron', 'install-electron')]);
}

if (isWindowStale() && (await buildWindow()) !== 0) {
  console.error('The window could not be built; the lines above say why.');
  process.exit(1);
}

const host = await chooseHost({
  platform: process.platform,
  isRoot: process.getuid?.() === 0,
  env: process.env,
  wantsBrowser: process.argv.includes('--browser'),
  electronHome: join(ROOT, 'node_modules', 'electron'),
  fetchElectron,
});
const passedOn = process.argv.slice(2).filter((one) => one !== '--browser');
if (host.kind === 'browser') {
  console.log(`Opening Landline in the browser: ${host.reason}.`);
  process.exitCode = await runNode([join(ROOT, 'electron/loopback/index.ts'), ...passedOn]);
} else {
  process.exitCode = await run(host.binary, [ROOT, ...passedOn]);
}
