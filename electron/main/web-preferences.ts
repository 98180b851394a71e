/** What every window of the app is allowed, as one frozen literal: there is no second place where it could be loosened. */
import type { WebPreferences } from 'electron';

export const WEB_PREFERENCES = Object.freeze({
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
  spellcheck: true,
} as const satisfies WebPreferences);

/** Developer tools stay shut in what people install. */
export const webPreferences = (preload: string, isPackaged: boolean): WebPreferences => ({
  ...WEB_PREFERENCES,
  preload,
  devTools: !isPackaged,
});
