/** Where the browser host keeps its data when nobody says where: beside the Electron app's, never in it. */
import { join } from 'node:path';

export function defaultDataFolder(
  platform: NodeJS.Platform,
  env: NodeJS.ProcessEnv,
  home: string,
): string {
  if (platform === 'darwin')
    return join(home, 'Library', 'Application Support', 'Landline in the browser');
  if (platform === 'win32')
    return join(env['APPDATA'] ?? join(home, 'AppData', 'Roaming'), 'Landline in the browser');
  return join(env['XDG_DATA_HOME'] ?? join(home, '.local', 'share'), 'landline-browser');
}
