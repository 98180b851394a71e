/**
 * The module that stands for `electron` in tests (`register.mjs` puts it there): the built main process runs unchanged in plain Node
 * and its windows are pages of a real Chromium. This is the composition root of the stand-in; each part is a file under `main/`.
 * What is missing throws by name. It cannot show the OS sandbox, fuses, signing, native menus, or Electron's speed.
 */
import { createRequire } from 'node:module';
import type * as Electron from 'electron';
import { App } from './main/app.ts';
import { BrowserLink } from './main/browser-link.ts';
import { StandinWindow } from './main/browser-window.ts';
import type { WindowParts } from './main/browser-window.ts';
import type { Control } from './main/control.ts';
import { DialogDesk, createDialog } from './main/dialog.ts';
import { openHarnessChannel } from './main/harness-channel.ts';
import { createIpcRegister } from './main/ipc-main.ts';
import { StandinMenu, StandinMenuItem } from './main/menu.ts';
import type { MenuParts } from './main/menu.ts';
import { createNativeImages } from './main/native-image.ts';
import { NativeTheme } from './main/native-theme.ts';
import { tellHarness as tell } from './main/notes.ts';
import { NotificationLog, StandinNotification } from './main/notification.ts';
import { PowerMonitor } from './main/power-monitor.ts';
import { createProtocol } from './main/protocol.ts';
import { createSafeStorage } from './main/safe-storage.ts';
import { Schemes } from './main/schemes.ts';
import { Session } from './main/session.ts';
import { createEvent, notImplemented, strict } from './main/strict.ts';
import {
  Screen,
  Shortcuts,
  createClipboard,
  createCrashReporter,
  createNet,
  createPowerSaveBlocker,
  createShell,
} from './main/system.ts';
import { StandinTray } from './main/tray.ts';
import { createUtilityProcess } from './main/utility-process.ts';
import type { WebContents } from './main/web-contents.ts';
import { WindowRegistry } from './main/window-registry.ts';

const { env } = process;
const { version } = createRequire(import.meta.url)('electron/package.json') as {
  readonly version: string;
};
Object.assign(process.versions, { electron: version, chrome: '' });
Object.assign(process, {
  type: 'browser',
  defaultApp: env['STANDIN_PACKAGED'] === undefined ? true : undefined,
});

// A packaged app has no main file among its arguments, and its resources beside it.
const entry = process.argv[1] ?? '.';
if (env['STANDIN_PACKAGED'] !== undefined) {
  process.argv.splice(1, 1);
  Object.assign(process, { resourcesPath: env['STANDIN_PACKAGED'] });
}

const windows = new WindowRegistry<StandinWindow>();
const link = new BrowserLink({
  env,
  tell,
  lost: () => {
    console.error('stand-in: Chromium went away');
    process.exit(71);
  },
});
export const app = new App({ env, entry, tell, link, windows });
const schemes = new Schemes();
export const protocol = createProtocol(schemes, () => app.isReady());
const defaultSession = new Session(link, protocol);
const mainRegister = createIpcRegister('ipcMain');
export const ipcMain = mainRegister.door;
export const nativeTheme = new NativeTheme();
export const nativeImage = createNativeImages();
export const powerMonitor = new PowerMonitor();
export const screen = new Screen();
export const shell = createShell(tell);
export const clipboard = createClipboard();
export const net = createNet();
export const crashReporter = createCrashReporter();
export const powerSaveBlocker = createPowerSaveBlocker();
export const utilityProcess = createUtilityProcess();
export const safeStorage = createSafeStorage({
  env,
  userData: () => app.getPath('userData'),
  isReady: () => app.isReady(),
});
const shortcuts = new Shortcuts();
export const globalShortcut = shortcuts.door;
const dialogs = new DialogDesk();
export const dialog = createDialog(dialogs, tell);

export const session = strict('session', {
  defaultSession,
  fromPartition: (partition: string) => notImplemented(`session.fromPartition('${partition}')`),
});

const windowParts: WindowParts = {
  link,
  tell,
  schemes,
  session: defaultSession,
  ipcMain: mainRegister,
  theme: nativeTheme,
  images: nativeImage,
  locale: () => app.getLocale(),
  languages: () => app.getPreferredSystemLanguages(),
  processGone: (contents, details) =>
    void app.emit('render-process-gone', createEvent({}), contents, details),
  app,
  windows,
};

export const BrowserWindow = strict(
  'BrowserWindow',
  class BrowserWindow extends StandinWindow {
    constructor(options?: Electron.BrowserWindowConstructorOptions) {
      super(windowParts, options);
    }

    static getAllWindows(): StandinWindow[] {
      return windows.all();
    }

    static getFocusedWindow(): StandinWindow | null {
      return windows.focused();
    }

    static fromWebContents(contents: WebContents): StandinWindow | null {
      return windows.all().find((window) => window.webContents === contents) ?? null;
    }

    static fromId(id: number): StandinWindow | null {
      return windows.all().find((window) => window.id === id) ?? null;
    }
  },
);

export const webContents = strict('webContents', {
  getAllWebContents: () => windows.all().map((window) => window.webContents),
  getFocusedWebContents: () => windows.focused()?.webContents ?? null,
  fromId: (id: number) => windows.all().find((window) => window.webContents.id === id)?.webContents,
});

const notifications = new NotificationLog();
export const Notification = strict(
  'Notification',
  class Notification extends StandinNotification {
    constructor(options?: Electron.NotificationConstructorOptions) {
      super({ tell, log: notifications }, options);
    }

    static isSupported(): boolean {
      return notifications.isSupported;
    }

    /** Windows only: how a click reaches an app that was not running. Kept by nobody here, as on the other systems. */
    static handleActivation(_callback: (details: Electron.ActivationArguments) => void): void {}
  },
);

const menuParts: MenuParts = {
  tell,
  focusedWindow: () => windows.focused(),
  slot: { application: null },
  roles: {
    quit: () => app.quit(),
    close: () => windows.focused()?.close(),
    minimize: () => windows.focused()?.minimize(),
    reload: () => windows.focused()?.webContents.reload(),
    toggledevtools: () => windows.focused()?.webContents.toggleDevTools(),
    togglefullscreen: () =>
      windows.focused()?.setFullScreen(!(windows.focused()?.isFullScreen() ?? false)),
  },
};
export const Menu = strict(
  'Menu',
  class Menu extends StandinMenu {
    constructor() {
      super(menuParts);
    }

    static buildFromTemplate(template: Parameters<typeof StandinMenu.from>[1]): StandinMenu {
      return StandinMenu.from(menuParts, template);
    }

    static setApplicationMenu(menu: StandinMenu | null): void {
      menuParts.slot.application = menu;
    }

    static getApplicationMenu(): StandinMenu | null {
      return menuParts.slot.application;
    }
  },
);
export const MenuItem = strict(
  'MenuItem',
  class MenuItem extends StandinMenuItem {
    constructor(options: Electron.MenuItemConstructorOptions) {
      super(menuParts, options);
    }
  },
);

const trays: StandinTray[] = [];
export const Tray = strict(
  'Tray',
  class Tray extends StandinTray {
    constructor(icon: Electron.NativeImage | string) {
      super({ tell, trays }, icon);
    }
  },
);

/** Names an app may import that do nothing here: the first use of any throws. */
export const autoUpdater = strict('autoUpdater', {});
export const contentTracing = strict('contentTracing', {});
export const desktopCapturer = strict('desktopCapturer', {});
export const systemPreferences = strict('systemPreferences', {});
export const netLog = strict('netLog', {});
export const webFrameMain = strict('webFrameMain', {});

/** For tests; see `main/control.ts`. */
export const standin: Control = {
  notifications,
  trays,
  menus: menuParts.slot,
  dialogs,
  theme: nativeTheme,
  power: powerMonitor,
  shortcuts,
  net,
};

const electron = {
  app,
  autoUpdater,
  BrowserWindow,
  clipboard,
  contentTracing,
  crashReporter,
  desktopCapturer,
  dialog,
  globalShortcut,
  ipcMain,
  Menu,
  MenuItem,
  nativeImage,
  nativeTheme,
  net,
  netLog,
  Notification,
  powerMonitor,
  powerSaveBlocker,
  protocol,
  safeStorage,
  screen,
  session,
  shell,
  systemPreferences,
  Tray,
  utilityProcess,
  webContents,
  webFrameMain,
} satisfies Partial<Record<keyof typeof Electron, unknown>>;

export default strict('electron', electron);

openHarnessChannel({ ...electron, standin }, () => app.exit(0));
// As Electron on Linux and macOS.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => app.quit());
