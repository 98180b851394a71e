/** The web preferences the stand-in refuses: each would give a page more of the machine than the window may have. */
const REFUSED: readonly (readonly [keyof Electron.WebPreferences, unknown])[] = [
  ['sandbox', false],
  ['contextIsolation', false],
  ['nodeIntegration', true],
  ['nodeIntegrationInWorker', true],
  ['nodeIntegrationInSubFrames', true],
  ['webSecurity', false],
  ['allowRunningInsecureContent', true],
  ['webviewTag', true],
  ['experimentalFeatures', true],
  ['plugins', true],
];

/** @throws Error  names the preference */
export function refuseUnsafe(preferences: Electron.WebPreferences): void {
  for (const [name, value] of REFUSED) {
    if (preferences[name] === value)
      throw new Error(`stand-in: webPreferences.${name}: ${String(value)} is refused`);
  }
  if (preferences.partition !== undefined)
    throw new Error('stand-in: webPreferences.partition is not implemented');
}
