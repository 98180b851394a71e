/**
 * Which of the two hosts opens the window here: Electron where its binary is (or can be fetched) and can show a window,
 * otherwise the browser, with the reason in words for the person who typed `npm start`.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Host =
  | { readonly kind: 'electron'; readonly binary: string }
  | { readonly kind: 'browser'; readonly reason: string };

export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly isRoot: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly wantsBrowser: boolean;
  /** The folder of npm's electron package. */
  readonly electronHome: string;
  /** Downloads Electron's binary into that folder; comes back in seconds where the place cannot be reached. */
  readonly fetchElectron: () => Promise<void>;
}

/** Where the binary is. Asking the package itself would start a download and wait for it. */
function findBinary({ env, electronHome }: Machine): string | undefined {
  const pathFile = join(electronHome, 'path.txt');
  const name = existsSync(pathFile) ? readFileSync(pathFile, 'utf8') : 'electron';
  const binary = join(env['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(electronHome, 'dist'), name);
  return existsSync(binary) ? binary : undefined;
}

/** Why Electron could open no window here even with its binary. */
function hindrance({ platform, isRoot, env }: Machine): string | undefined {
  if (platform !== 'linux') return undefined;
  if (isRoot) return "Electron's sandbox does not run as root";
  if (env['DISPLAY'] === undefined && env['WAYLAND_DISPLAY'] === undefined)
    return 'there is no display for Electron here';
  return undefined;
}

export async function chooseHost(machine: Machine): Promise<Host> {
  if (machine.wantsBrowser) return { kind: 'browser', reason: 'you asked for it' };
  // Whoever names a binary means it, on any machine.
  const isNamed = machine.env['ELECTRON_OVERRIDE_DIST_PATH'] !== undefined;
  const reason = isNamed ? undefined : hindrance(machine);
  if (reason !== undefined) return { kind: 'browser', reason };
  if (findBinary(machine) === undefined && !isNamed) await machine.fetchElectron();
  const binary = findBinary(machine);
  return binary === undefined
    ? { kind: 'browser', reason: "Electron's binary is not available here" }
    : { kind: 'electron', binary };
}
