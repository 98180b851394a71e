/**
 * Where a Chromium that tests may drive is installed: `STANDIN_CHROMIUM` first, then the PATH, then the usual places of each
 * system. Says plainly what to do when there is none; starts nothing.
 */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'microsoft-edge'];

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

function usualPlaces(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): readonly string[] {
  switch (platform) {
    case 'darwin':
      return ['Google Chrome', 'Chromium', 'Microsoft Edge'].map((name) => `/Applications/${name}.app/Contents/MacOS/${name}`);
    case 'win32':
      return [env['PROGRAMFILES'], env['PROGRAMFILES(X86)'], env['LOCALAPPDATA']]
        .filter((folder) => folder !== undefined)
        .flatMap((folder) => [
          join(folder, 'Google', 'Chrome', 'Application', 'chrome.exe'),
          join(folder, 'Chromium', 'Application', 'chrome.exe'),
          join(folder, 'Microsoft', 'Edge', 'Application', 'msedge.exe'),
        ]);
    default: {
      const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
      return NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
    }
  }
}

/** The path of the Chromium to drive.
 *  @throws Error  none is installed; the message says how to get or name one */
export function findChromium(env: NodeJS.ProcessEnv = process.env, platform: NodeJS.Platform = process.platform): string {
  const named = env['STANDIN_CHROMIUM'];
  if (named !== undefined && named !== '') {
    if (isProgram(named)) return named;
    throw new Error(`STANDIN_CHROMIUM names ${named}, which is not a program`);
  }
  const found = usualPlaces(platform, env).find(isProgram);
  if (found === undefined) {
    throw new Error('no Chromium found: install one (Debian: apt-get install chromium) or set STANDIN_CHROMIUM to its path');
  }
  return found;
}
