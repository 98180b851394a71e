/**
 * `app.getPath`: everything lies under the user-data folder of this run, so that a test never touches the home of whoever runs it.
 * The folder comes from `--user-data-dir=`, else `STANDIN_USER_DATA`, else a fresh temporary one.
 */
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const SWITCH = '--user-data-dir=';
/** Name in Electron → folder under user data. */
const FOLDERS: Readonly<Record<string, string>> = {
  home: 'standin-home',
  appData: 'standin-home/.config',
  desktop: 'standin-home/Desktop',
  documents: 'standin-home/Documents',
  downloads: 'standin-home/Downloads',
  music: 'standin-home/Music',
  pictures: 'standin-home/Pictures',
  videos: 'standin-home/Videos',
  recent: 'standin-home/Recent',
  logs: 'logs',
  crashDumps: 'Crashpad',
};

export class AppPaths {
  readonly #set = new Map<string, string>();

  constructor(argv: readonly string[], env: NodeJS.ProcessEnv) {
    const given =
      argv.find((arg) => arg.startsWith(SWITCH))?.slice(SWITCH.length) ?? env['STANDIN_USER_DATA'];
    const userData = given === undefined ? mkdtempSync(join(tmpdir(), 'standin-')) : resolve(given);
    this.#set.set('userData', userData);
    this.#set.set('temp', tmpdir());
    this.#set.set('exe', process.execPath);
    this.#set.set('module', process.execPath);
  }

  /** @throws Error  the name is not one of Electron's */
  get(name: string): string {
    const known = this.#set.get(name === 'sessionData' && !this.#set.has(name) ? 'userData' : name);
    const folder = FOLDERS[name];
    const path = known ?? (folder === undefined ? undefined : join(this.get('userData'), folder));
    if (path === undefined) throw new Error(`Failed to get '${name}' path`);
    if (name !== 'exe' && name !== 'module') mkdirSync(path, { recursive: true });
    return path;
  }

  set(name: string, path: string): void {
    this.#set.set(name, path);
  }
}
