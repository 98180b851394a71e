/**
 * Starts one headless Chromium for tests and tells the address of its debugging port. It ends with the process that started it,
 * even when that one is killed: its debugging pipe then closes. It resolves no name beyond this machine, so that a test which
 * lets the window reach the network fails instead of leaving the building.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { findBrowser } from '../../../build/scripts/find-browser.ts';

export interface Chromium {
  /** `ws://127.0.0.1:PORT/devtools/browser/ID`. */
  readonly endpoint: string;
  readonly pid: number;
  /** Ends it at once and resolves when it is gone. Twice is harmless. */
  kill(): Promise<void>;
}

export interface ChromiumOptions {
  /** Folder of the browser profile; made when missing. One Chromium at a time may use it. */
  readonly profile: string;
  readonly env?: NodeJS.ProcessEnv;
}

const FLAGS = [
  '--no-startup-window',
  '--remote-debugging-port=0',
  '--remote-debugging-pipe',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-extensions',
  '--disable-features=Translate,MediaRouter,OptimizationHints,HttpsUpgrades',
  '--no-proxy-server',
  '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost',
  // Several apps share one Chromium: a window behind another must keep its timers and frames.
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
  '--force-color-profile=srgb',
  '--password-store=basic',
  '--mute-audio',
];

/** The sandbox refuses to run as root; anyone else keeps it. */
const isRoot = (): boolean => process.getuid?.() === 0;

const START_TIMEOUT_MS = 60_000;

function whenListening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      fail(`Chromium said nothing for ${START_TIMEOUT_MS} ms`);
    }, START_TIMEOUT_MS);
    const fail = (what: string): void => {
      clearTimeout(timer);
      reject(new Error(`${what}: ${text.slice(-800)}`));
    };
    child.stderr?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const endpoint = /DevTools listening on (ws:\S+)/.exec(text)?.[1];
      if (endpoint === undefined) return;
      clearTimeout(timer);
      child.stderr?.removeAllListeners('data').resume();
      resolve(endpoint);
    });
    child.once('error', (cause) => fail(`Chromium did not start (${cause.message})`));
    child.once('exit', (code) => fail(`Chromium ended with ${code ?? 'a signal'}`));
  });
}

/** @throws Error  none is installed; the message says how to get or name one */
export function requireBrowser(env: NodeJS.ProcessEnv = process.env): string {
  const path = findBrowser(env);
  if (path !== undefined) return path;
  throw new Error(
    'no Chromium found: install one (Debian: apt-get install chromium) or name one in LANDLINE_BROWSER',
  );
}

export async function startChromium({
  profile,
  env = process.env,
}: ChromiumOptions): Promise<Chromium> {
  mkdirSync(profile, { recursive: true });
  const headless = env['STANDIN_HEADED'] === undefined ? ['--headless=new'] : [];
  const asRoot = isRoot() ? ['--no-sandbox'] : [];
  const child = spawn(
    requireBrowser(env),
    [...headless, ...asRoot, ...FLAGS, `--user-data-dir=${profile}`],
    {
      // Descriptors 3 and 4 are the debugging pipe, unused but for this: Chromium ends when this process is gone.
      stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
    },
  );
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const endpoint = await whenListening(child);
  const { pid } = child;
  if (pid === undefined) throw new Error('Chromium has no process id');
  return {
    endpoint,
    pid,
    kill: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
}
