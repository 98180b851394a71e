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
} as const satisfies WebPreferences);

export interface WindowKind {
  readonly isPackaged: boolean;
  readonly platform: NodeJS.Platform;
}

export const webPreferences = (
  preload: string,
  { isPackaged, platform }: WindowKind,
): WebPreferences => ({
  ...WEB_PREFERENCES,
  preload,
  // Developer tools stay shut in what people install.
  devTools: !isPackaged,
  // macOS has its own; elsewhere Chromium would fetch a dictionary from the internet.
  spellcheck: platform === 'darwin',
});
