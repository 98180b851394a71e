/** Finds a Chromium, Chrome or Edge that is already on this machine. Looks, never installs. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const ON_PATH = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'chrome',
  'microsoft-edge',
  'msedge',
];

const isRunnable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

function usualPlaces(env: NodeJS.ProcessEnv): readonly string[] {
  const mac = ['Google Chrome', 'Chromium', 'Microsoft Edge'].map(
    (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
  );
  const windows = [env['PROGRAMFILES'], env['PROGRAMFILES(X86)'], env['LOCALAPPDATA']].flatMap(
    (base) =>
      base === undefined
        ? []
        : [
            join(base, 'Google/Chrome/Application/chrome.exe'),
            join(base, 'Microsoft/Edge/Application/msedge.exe'),
          ],
  );
  return [...mac, ...windows];
}

/** The path of a browser, or undefined. `LANDLINE_BROWSER` names one and is then the only answer. */
export function findBrowser(env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (env['LANDLINE_BROWSER'] !== undefined)
    return isRunnable(env['LANDLINE_BROWSER']) ? env['LANDLINE_BROWSER'] : undefined;
  const endings = process.platform === 'win32' ? ['.exe'] : [''];
  const onPath = (env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .flatMap((folder) => endings.map((ending) => ({ folder, ending })));
  const candidates = ON_PATH.flatMap((name) =>
    onPath.map(({ folder, ending }) => join(folder, name + ending)),
  );
  return [...candidates, ...usualPlaces(env)].find(isRunnable);
}
