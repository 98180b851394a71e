/**
 * `app`: ready, quit and the state an app keeps with the desktop. Quitting follows Electron: `before-quit`, each window's `close`,
 * `will-quit`, `quit`; a listener may stop it at each step. Paths are `app-paths.ts`, the lock `single-instance.ts`.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { AppPaths } from './app-paths.ts';
import type { BrowserLink } from './browser-link.ts';
import type { Tell } from './notes.ts';
import { SingleInstance } from './single-instance.ts';
import { StrictEmitter, createEvent, strict } from './strict.ts';
import { APP_EVENTS } from './surface.ts';
import type { AppMembers } from './surface.ts';
import type { ListedWindow, WindowRegistry } from './window-registry.ts';

export interface AppParts {
  readonly env: NodeJS.ProcessEnv;
  /** The app's main file; its package.json is looked for from there upwards. */
  readonly entry: string;
  readonly tell: Tell;
  readonly link: BrowserLink;
  readonly windows: WindowRegistry<ListedWindow>;
}

interface Package {
  readonly name?: string;
  readonly productName?: string;
  readonly version?: string;
}

type PathName = Parameters<Electron.App['getPath']>[0];

function findRoot(entry: string): string {
  let folder = dirname(resolve(entry));
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder)
    folder = dirname(folder);
  return folder;
}

const switchValue = (name: string): string | undefined => {
  const prefix = `--${name}`;
  const found = process.argv.find((arg) => arg === prefix || arg.startsWith(`${prefix}=`));
  return found?.slice(prefix.length + 1);
};

export class App extends StrictEmitter implements Pick<Electron.App, AppMembers> {
  readonly #parts: AppParts;
  readonly #root: string;
  readonly #package: Package;
  readonly #paths: AppPaths;
  #instance: SingleInstance | undefined;
  readonly #ready = Promise.withResolvers<void>();
  readonly #schemes = new Set<string>();
  #isReady = false;
  #isQuitting = false;
  #badge = 0;
  #opensAtLogin = false;
  #hasAccessibility = false;
  #aboutPanel: Electron.AboutPanelOptionsOptions = {};
  name: string;
  userAgentFallback = '';
  readonly isPackaged: boolean;
  readonly dock = undefined;
  readonly commandLine = strict('app.commandLine', {
    appendSwitch: (name: string, value?: string) =>
      void process.argv.push(value === undefined ? `--${name}` : `--${name}=${value}`),
    appendArgument: (value: string) => void process.argv.push(value),
    hasSwitch: (name: string) => switchValue(name) !== undefined,
    getSwitchValue: (name: string) => switchValue(name) ?? '',
    removeSwitch: (name: string) => {
      const at = process.argv.findIndex(
        (arg) => arg === `--${name}` || arg.startsWith(`--${name}=`),
      );
      if (at >= 0) process.argv.splice(at, 1);
    },
  });

  constructor(parts: AppParts) {
    super();
    this.#parts = parts;
    const { env } = parts;
    this.#root = findRoot(parts.entry);
    const manifest = join(this.#root, 'package.json');
    this.#package = existsSync(manifest)
      ? (JSON.parse(readFileSync(manifest, 'utf8')) as Package)
      : {};
    this.name = this.#package.productName ?? this.#package.name ?? 'Electron';
    this.isPackaged = env['STANDIN_PACKAGED'] !== undefined;
    this.#paths = new AppPaths(process.argv, env);
    // Electron is ready some time after main's first turn: what main does there (lock, quit, setPath) comes first.
    setImmediate(() => void this.#start());
  }

  protected override get raises(): readonly string[] {
    return APP_EVENTS;
  }

  async #start(): Promise<void> {
    if (this.#isQuitting) return;
    try {
      await this.#parts.link.open(join(this.getPath('sessionData'), 'chromium-profile'));
    } catch (cause) {
      console.error('stand-in:', cause);
      process.exit(70);
    }
    this.#isReady = true;
    this.emit('will-finish-launching');
    this.emit('ready', createEvent({}), {});
    this.#ready.resolve();
  }

  whenReady(): Promise<void> {
    return this.#ready.promise;
  }

  isReady(): boolean {
    return this.#isReady;
  }

  quit(): void {
    if (this.#isQuitting) return;
    this.#isQuitting = true;
    void this.#quit().then((done) => {
      this.#isQuitting = done;
    });
  }

  /** True while windows close because the app quits: then `window-all-closed` is not raised. */
  get isQuitting(): boolean {
    return this.#isQuitting;
  }

  /** For the last window: an app that does not listen quits, as in Electron. */
  lastWindowClosed(): void {
    if (this.#isQuitting) return;
    if (this.listenerCount('window-all-closed') === 0) this.quit();
    else this.emit('window-all-closed');
  }

  async #quit(): Promise<boolean> {
    const before = createEvent({});
    this.emit('before-quit', before);
    if (before.defaultPrevented) return false;
    for (const window of this.#parts.windows.all()) {
      if (!(await window.closeAsUser())) return false;
    }
    const last = createEvent({});
    this.emit('will-quit', last);
    if (last.defaultPrevented) return false;
    this.#leave(0);
    return true;
  }

  exit(code = 0): void {
    this.#isQuitting = true;
    this.#leave(code);
  }

  #leave(code: number): void {
    this.emit('quit', createEvent({}), code);
    for (const window of this.#parts.windows.all()) window.destroy();
    this.#instance?.release();
    void this.#parts.link.end().finally(() => process.exit(code));
  }

  relaunch(options: Electron.RelaunchOptions = {}): void {
    this.#parts.tell('relaunch', { args: options.args ?? process.argv.slice(1) });
  }

  getPath(name: PathName): string {
    return this.#paths.get(name);
  }

  setPath(name: string, path: string): void {
    this.#paths.set(name, path);
  }

  setAppLogsPath(path?: string): void {
    if (path !== undefined) this.#paths.set('logs', path);
  }

  getAppPath(): string {
    return this.#root;
  }

  getName(): string {
    return this.name;
  }

  setName(name: string): void {
    this.name = name;
  }

  getVersion(): string {
    return this.#package.version ?? process.versions['electron'] ?? '';
  }

  getLocale(): string {
    return this.#parts.env['STANDIN_LOCALE'] ?? this.getPreferredSystemLanguages()[0] ?? 'en-US';
  }

  getSystemLocale(): string {
    return this.getPreferredSystemLanguages()[0] ?? 'en-US';
  }

  getLocaleCountryCode(): string {
    return /-([A-Z]{2})$/.exec(this.getSystemLocale())?.[1] ?? '';
  }

  /** `STANDIN_LANGUAGES=zh-TW,en-US`. */
  getPreferredSystemLanguages(): string[] {
    return (this.#parts.env['STANDIN_LANGUAGES'] ?? 'en-US').split(',');
  }

  requestSingleInstanceLock(additionalData?: unknown): boolean {
    // Made here, not at start: the lock belongs to the user-data folder the app has chosen by now.
    this.#instance ??= new SingleInstance(this.getPath('userData'), (second) =>
      this.emit(
        'second-instance',
        createEvent({}),
        [...second.argv],
        second.workingDirectory,
        second.additionalData,
      ),
    );
    return this.#instance.request(additionalData);
  }

  hasSingleInstanceLock(): boolean {
    return this.#instance?.isHeld ?? false;
  }

  releaseSingleInstanceLock(): void {
    this.#instance?.release();
  }

  setAppUserModelId(_id: string | null): void {}

  setAsDefaultProtocolClient(scheme: string): boolean {
    this.#schemes.add(scheme);
    this.#parts.tell('protocol-client', { scheme, registered: true });
    return true;
  }

  removeAsDefaultProtocolClient(scheme: string): boolean {
    this.#parts.tell('protocol-client', { scheme, registered: false });
    return this.#schemes.delete(scheme);
  }

  isDefaultProtocolClient(scheme: string): boolean {
    return this.#schemes.has(scheme);
  }

  setLoginItemSettings({ openAtLogin = false }: Electron.Settings): void {
    this.#opensAtLogin = openAtLogin;
    this.#parts.tell('login-item', { openAtLogin });
  }

  getLoginItemSettings(): Pick<Electron.LoginItemSettings, 'openAtLogin' | 'wasOpenedAtLogin'> {
    return strict('app.getLoginItemSettings()', {
      openAtLogin: this.#opensAtLogin,
      wasOpenedAtLogin: false,
    });
  }

  setBadgeCount(count = 0): boolean {
    this.#badge = count;
    this.#parts.tell('badge', { count });
    return true;
  }

  getBadgeCount(): number {
    return this.#badge;
  }

  get badgeCount(): number {
    return this.#badge;
  }

  set badgeCount(count: number) {
    this.setBadgeCount(count);
  }

  enableSandbox(): void {
    if (this.#isReady)
      throw new Error('app.enableSandbox() can only be called before app is ready');
  }

  disableHardwareAcceleration(): void {
    if (this.#isReady)
      throw new Error('app.disableHardwareAcceleration() can only be called before app is ready');
  }

  setAboutPanelOptions(options: Electron.AboutPanelOptionsOptions): void {
    this.#aboutPanel = options;
  }

  /** What the About window would say; for tests. */
  get aboutPanel(): Electron.AboutPanelOptionsOptions {
    return this.#aboutPanel;
  }

  isAccessibilitySupportEnabled(): boolean {
    return this.#hasAccessibility;
  }

  setAccessibilitySupportEnabled(enabled: boolean): void {
    this.#hasAccessibility = enabled;
  }

  get accessibilitySupportEnabled(): boolean {
    return this.#hasAccessibility;
  }

  set accessibilitySupportEnabled(enabled: boolean) {
    this.#hasAccessibility = enabled;
  }

  focus(): void {
    this.#parts.windows.all()[0]?.focus();
  }
}
