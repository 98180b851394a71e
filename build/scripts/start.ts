/**
 * `npm start`: builds the window if its sources are newer than the build, then opens Landline. In Electron where its binary
 * is (or can be fetched), otherwise in the browser, with the same core and the same window; it says which, and why.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isWindowStale } from './stale.ts';
import { ROOT, buildWindow, run, runNode, toolPath } from './run.ts';

const PROBE_LIMIT_MS = 4_000;

/** Where npm's electron package keeps its binary, once fetched. Asking the package itself would start a download. */
function electronBinary(): string | undefined {
  const home = join(ROOT, 'node_modules', 'electron');
  const pathFile = join(home, 'path.txt');
  const name = existsSync(pathFile) ? readFileSync(pathFile, 'utf8') : 'electron';
  const binary = join(process.env['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(home, 'dist'), name);
  return existsSync(binary) ? binary : undefined;
}

/** A download from a place that cannot be reached would hang for minutes: knock first. */
async function canFetchElectron(): Promise<boolean> {
  const mirror =
    process.env['ELECTRON_MIRROR'] ?? process.env['npm_config_electron_mirror'] ?? 'https://github.com/electron/electron/releases/';
  try {
    const answer = await fetch(mirror, { method: 'HEAD', signal: AbortSignal.timeout(PROBE_LIMIT_MS) });
    return answer.ok;
  } catch {
    return false;
  }
}

/** Why Electron cannot open a window here even with its binary, or undefined. */
function hindrance(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  if (process.getuid?.() === 0) return "Electron's sandbox does not run as root";
  if (process.env['DISPLAY'] === undefined && process.env['WAYLAND_DISPLAY'] === undefined) return 'there is no display for Electron here';
  return undefined;
}

async function chooseHost(): Promise<{ readonly electron: string } | { readonly reason: string }> {
  if (process.argv.includes('--browser')) return { reason: 'you asked for the browser' };
  const reason = hindrance();
  if (reason !== undefined) return { reason };
  const present = electronBinary();
  if (present !== undefined) return { electron: present };
  if (await canFetchElectron()) await runNode([toolPath('electron', 'install-electron')]);
  const fetched = electronBinary();
  return fetched === undefined ? { reason: "Electron's binary is not available here" } : { electron: fetched };
}

if (isWindowStale() && (await buildWindow()) !== 0) {
  console.error('The window could not be built; the lines above say why.');
  process.exit(1);
}
const host = await chooseHost();
const passedOn = process.argv.slice(2).filter((one) => one !== '--browser');
if ('electron' in host) {
  process.exitCode = await run(host.electron, [ROOT, ...passedOn]);
} else {
  console.log(`Opening Landline in the browser: ${host.reason}.`);
  process.exitCode = await runNode([join(ROOT, 'electron/loopback/index.ts'), ...passedOn]);
}
