import { expect, test } from 'vitest';
import { WEB_PREFERENCES, webPreferences } from './web-preferences.ts';

const SAFE = {
  sandbox: true,
  contextIsolation: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  experimentalFeatures: false,
  webviewTag: false,
  navigateOnDragDrop: false,
  safeDialogs: true,
};

test('every window is allowed exactly this', () => {
  expect(webPreferences('/p.cjs', { isPackaged: true, platform: 'linux' })).toEqual({
    ...SAFE,
    preload: '/p.cjs',
    devTools: false,
    spellcheck: false,
  });
  expect(webPreferences('/p.cjs', { isPackaged: false, platform: 'darwin' })).toEqual({
    ...SAFE,
    preload: '/p.cjs',
    devTools: true,
    spellcheck: true,
  });
});

test('nobody can loosen it while the app runs', () =>
  expect(Object.isFrozen(WEB_PREFERENCES)).toBe(true));
