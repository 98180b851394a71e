// The window's end-to-end specs: the built app on a host (the stand-in for Electron, the loopback page, or Electron itself),
// driven in the browser that this machine has. Two workers: a spec waits most of the time, for a line that comes back or a window that
// opens; its relay, desktops, ports and folders are its own, and its Chromium its worker's.
import type { Project } from '@playwright/test';
import { defineConfig } from '@playwright/test';
import { findBrowser } from './build/scripts/find-browser.ts';

const browser = findBrowser();
// The browser's own calls home would break the promise that nothing but the relay is reached.
const QUIET = [
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const isRoot = process.getuid?.() === 0;

/** The stories run on every host that can be had; `LANDLINE_DESKTOP` picks one, which is how Electron itself is asked for. */
const wanted = process.env['LANDLINE_DESKTOP'];
type DesktopKind = 'standin' | 'loopback' | 'electron';
const HOSTS: Project<object, { readonly desktopKind: DesktopKind }>[] = [
  { name: 'standin', use: { desktopKind: 'standin' } },
  { name: 'loopback', use: { desktopKind: 'loopback' }, testIgnore: ['**/screens.spec.ts'] },
  { name: 'electron', use: { desktopKind: 'electron' } },
];

export default defineConfig<object, { readonly desktopKind: DesktopKind }>({
  projects: HOSTS.filter(({ name }) =>
    wanted === undefined ? name !== 'electron' : name === wanted,
  ),
  testDir: 'test/e2e',
  outputDir: 'test-results',
  fullyParallel: false,
  workers: 2,
  forbidOnly: process.env['CI'] !== undefined,
  retries: 0,
  // Nothing is timed by these: on a busy machine everything takes longer, and what never comes is found all the same.
  timeout: 120_000,
  expect: { timeout: 20_000 },
  reporter: [['dot']],
  use: {
    // A trace of every test takes a sixth of the time; `--trace on` makes one where it is wanted.
    trace: 'off',
    actionTimeout: 30_000,
    launchOptions: {
      ...(browser === undefined ? {} : { executablePath: browser }),
      args: isRoot ? [...QUIET, '--no-sandbox'] : QUIET,
    },
  },
});
