/** The choice of a host, on machines of every kind; the binary is a real file in a temporary folder. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { chooseHost, type Machine } from './choose-host.ts';

let electronHome = '';
beforeEach(() => {
  electronHome = mkdtempSync(join(tmpdir(), 'electron-home-'));
});
afterEach(() => rmSync(electronHome, { recursive: true }));

const installBinary = (): void => {
  mkdirSync(join(electronHome, 'dist'));
  writeFileSync(join(electronHome, 'path.txt'), 'electron');
  writeFileSync(join(electronHome, 'dist/electron'), '');
};
const mustNotFetch = (): Promise<void> => Promise.reject(new Error('nothing was to be fetched'));

const desk = (differs: Partial<Machine> = {}): Machine => ({
  platform: 'linux',
  isRoot: false,
  env: { DISPLAY: ':0' },
  wantsBrowser: false,
  electronHome,
  fetchElectron: mustNotFetch,
  ...differs,
});
const binary = (): string => join(electronHome, 'dist/electron');

test('Electron opens the window where its binary is', async () => {
  installBinary();
  expect(await chooseHost(desk())).toEqual({ kind: 'electron', binary: binary() });
  expect(await chooseHost(desk({ platform: 'darwin', env: {} }))).toEqual({
    kind: 'electron',
    binary: binary(),
  });
});

test('a missing binary is fetched once', async () => {
  const fetchElectron = (): Promise<void> => Promise.resolve(installBinary());
  expect(await chooseHost(desk({ fetchElectron }))).toEqual({ kind: 'electron', binary: binary() });
});

test('a binary that cannot be fetched leaves the browser', async () => {
  const fetchElectron = (): Promise<void> => Promise.resolve();
  expect(await chooseHost(desk({ fetchElectron }))).toEqual({
    kind: 'browser',
    reason: "Electron's binary is not available here",
  });
});

test('a machine without a display, and root, get the browser and nothing is fetched', async () => {
  expect(await chooseHost(desk({ env: {} }))).toEqual({
    kind: 'browser',
    reason: 'there is no display for Electron here',
  });
  expect(await chooseHost(desk({ isRoot: true }))).toEqual({
    kind: 'browser',
    reason: "Electron's sandbox does not run as root",
  });
});

test('a binary that is named is used on any machine', async () => {
  installBinary();
  const env = { ELECTRON_OVERRIDE_DIST_PATH: join(electronHome, 'dist') };
  expect(await chooseHost(desk({ isRoot: true, env }))).toEqual({
    kind: 'electron',
    binary: binary(),
  });
});

test('whoever asks for the browser gets it', async () => {
  installBinary();
  expect(await chooseHost(desk({ wantsBrowser: true }))).toEqual({
    kind: 'browser',
    reason: 'you asked for it',
  });
});
