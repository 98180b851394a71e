/**
 * Landline under Electron, wired from top to bottom: what has to happen before the app is ready, the ports of the core filled with
 * Electron, the core, the window and its bridge, and the end. Parts are files of this room; they get Electron in slices, and
 * only this file and the relay's process import it.
 */
import {
  BrowserWindow,
  Menu,
  Notification,
  Tray,
  app,
  clipboard,
  dialog,
  ipcMain,
  nativeImage,
  nativeTheme,
  net,
  powerMonitor,
  protocol,
  safeStorage,
  screen,
  session,
  shell,
  utilityProcess,
} from 'electron';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { background } from '../core/background.ts';
import { systemSockets } from '../../doctor/sockets.ts';
import { createRelayNet } from '../core/connection/relay-socket.ts';
import { createDesktop, type Desktop } from '../core/desktop.ts';
import { createLogFile } from '../host/log-file.ts';
import { watchNetwork } from '../host/network-watch.ts';
import { createSystemClock, createSystemRandom } from '../host/system-clock.ts';
import { describeStartFault } from '../host/start-fault.ts';
import { NO_FILES, listWindowFiles } from '../host/window-files.ts';
import { APP_SCHEME, answerAppRequest } from './app-scheme.ts';
import { AppWindow } from './app-window.ts';
import { createBadge } from './badge.ts';
import { hostBridge } from './bridge-host.ts';
import { linkIn, listenForLinks } from './deep-links.ts';
import { createElectronHost } from './electron-host.ts';
import { askProgram, createFocusMode } from './focus-mode.ts';
import { guardPages } from './guards.ts';
import { iconsIn } from './icons.ts';
import { catchTheRest } from './last-resort.ts';
import { createLocalRelay } from './local-relay.ts';
import { applicationMenu, contextMenu } from './menu.ts';
import { activatedToast, createNotifier } from './notifications.ts';
import { pageSource } from './page-source.ts';
import { createSecretBox } from './secret-box.ts';
import { titleBarOptions, titleBarOverlay } from './title-bar.ts';
import { openToastRoutes } from './toast-routes.ts';
import { createTray } from './tray.ts';
import { webPreferences } from './web-preferences.ts';
import { wordsFor } from './words.ts';

const { platform } = process;
/** Longer than the relay takes to drain and be stopped. */
const FINISH_LIMIT_MS = 20_000;
/** This file is built to `out/main/`. */
const built = join(import.meta.dirname, '..');

// --- before the app is ready

app.enableSandbox();
app.setAppUserModelId('app.landline.desktop');
// Packaged, nobody needs a door into the page from outside.
for (const door of ['remote-debugging-port', 'remote-debugging-pipe']) {
  if (app.isPackaged && app.commandLine.hasSwitch(door)) app.commandLine.removeSwitch(door);
}
protocol.registerSchemesAsPrivileged([APP_SCHEME]);

const clock = createSystemClock();
const userData = app.getPath('userData');
const log = createLogFile({ path: join(userData, 'logs', 'landline.log'), clock });
const locale = (): string => app.getPreferredSystemLanguages()[0] ?? 'en';
const words = (): ReturnType<typeof wordsFor> => wordsFor(locale());
catchTheRest({ process, app, dialog, words, log });

/** The toast whose click started the app, where the system says so at the start (macOS). */
let startedBy: string | undefined;
app.once('ready', (_event, info) => {
  const { identifier } = info as { readonly identifier?: unknown };
  if (typeof identifier === 'string') startedBy = identifier;
});

/** Links that came before there was a core to take them. */
const earlyLinks: string[] = [];
let takeLink = (url: string): void => void earlyLinks.push(url);

if (app.requestSingleInstanceLock()) {
  listenForLinks({
    app,
    argv: process.argv,
    execPath: process.execPath,
    onLink: (url) => takeLink(url),
  });
  const link = linkIn(process.argv);
  if (link !== undefined) takeLink(link);
  background(app.whenReady().then(start), log, 'main.start');
} else {
  // The first instance was told, with our arguments, and shows its window.
  app.quit();
}

async function start(): Promise<void> {
  try {
    await run();
  } catch (error) {
    log.error('main.cannot-start', { error });
    const { title, text } = describeStartFault(error, { folder: userData, locale: locale() });
    dialog.showErrorBox(title, text);
    app.exit(1);
  }
}

async function run(): Promise<void> {
  const source = pageSource({ isPackaged: app.isPackaged, env: process.env });
  const files = source.isBuilt ? listWindowFiles(join(built, 'renderer')) : NO_FILES;
  if (files === undefined) {
    dialog.showErrorBox('Landline', 'The window is not built: run "npm run build" first.');
    return app.exit(1);
  }
  let isQuitting = false;

  // --- the page's place in the world

  protocol.handle(APP_SCHEME.scheme, (request) => answerAppRequest(request, files));
  await session.defaultSession.setProxy({ mode: 'direct' });
  session.defaultSession.setSpellCheckerEnabled(platform === 'darwin');
  const icons = iconsIn(join(built, '..', 'build', 'icons'), nativeImage, platform);

  const appWindow = new AppWindow({
    makeWindow: (options) => new BrowserWindow(options),
    options: {
      title: 'Landline',
      autoHideMenuBar: true,
      ...titleBarOptions(platform, nativeTheme.shouldUseDarkColors),
      ...(platform === 'linux' ? { icon: icons.app() } : {}),
      webPreferences: webPreferences(join(built, 'preload', 'index.cjs'), {
        isPackaged: app.isPackaged,
        platform,
      }),
    },
    pageUrl: source.url,
    placePath: join(userData, 'window.json'),
    areas: () =>
      [screen.getPrimaryDisplay(), ...screen.getAllDisplays()].map(({ workArea }) => workArea),
    canHide: () => platform === 'darwin' || tray.isThere,
    isQuitting: () => isQuitting,
    onMade: dressWindow,
    clock,
    log,
  });
  guardPages({
    app,
    session: session.defaultSession,
    isOurs: (contents) => appWindow.isOurs(contents),
    log,
  });

  function dressWindow(window: BrowserWindow): void {
    badge.dress(window);
    if (platform !== 'darwin') {
      const paint = (): void =>
        window.setTitleBarOverlay(titleBarOverlay(nativeTheme.shouldUseDarkColors));
      nativeTheme.on('updated', paint);
      window.on('closed', () => nativeTheme.off('updated', paint));
    }
    window.webContents.on('context-menu', (_event, params) => {
      const items = contextMenu(params, window.webContents, words());
      if (items.length > 0) Menu.buildFromTemplate(items).popup({ window });
    });
  }

  // --- the ports of the core

  const showWindow = (): void => appWindow.show();
  const tray = createTray({
    makeTray: (icon) => new Tray(icon),
    makeMenu: (items) => Menu.buildFromTemplate(items),
    icon: icons.tray,
    words: words(),
    onOpen: showWindow,
    onQuit: () => app.quit(),
    log,
  });
  const badge = createBadge({
    app,
    window: () => appWindow.current,
    platform,
    overlay: icons.overlay,
  });
  const notifier = createNotifier({
    Notification,
    platform,
    routes: openToastRoutes(join(userData, 'toast-routes.json')),
    clock,
    onClick: (route) => desktop.notificationClicked(route),
    log,
  });
  const localRelay = createLocalRelay({
    fork: (modulePath, args, options) => utilityProcess.fork(modulePath, args, options),
    modulePath: join(built, 'main', 'relay-process.js'),
    dataFolder: join(userData, 'relay'),
    clock,
    log,
  });
  const host = createElectronHost({
    app,
    shell,
    clipboard,
    powerMonitor,
    nativeTheme,
    platform,
    tray,
    badge,
    isFocusModeOn: createFocusMode({ platform, env: process.env, clock, ask: askProgram }),
    showWindow,
    log,
  });
  const secrets = createSecretBox({
    safeStorage,
    platform,
    keyPath: join(userData, 'secrets.key'),
  });

  // --- the core and its window

  const desktop: Desktop = createDesktop({
    folder: userData,
    clock,
    random: createSystemRandom(),
    net: createRelayNet({ clock }),
    sockets: systemSockets,
    secrets,
    notifier,
    localRelay,
    host,
    log,
  });
  hostBridge({
    ipcMain,
    session: desktop.openWindow(),
    page: () => appWindow.page,
    origin: source.origin,
    log,
  });
  Menu.setApplicationMenu(
    Menu.buildFromTemplate(
      applicationMenu({ words: words(), platform, isPackaged: app.isPackaged }),
    ),
  );
  showWindow();

  // --- what comes from outside

  takeLink = (url) => desktop.openLink(url);
  for (const url of earlyLinks.splice(0)) takeLink(url);
  app.on('second-instance', (_event, argv) => {
    showWindow();
    const link = linkIn(argv);
    if (link !== undefined) takeLink(link);
  });
  app.on('activate', showWindow);
  app.on('window-all-closed', () => {
    if (platform !== 'darwin') app.quit();
  });
  if (startedBy !== undefined) notifier.activated(startedBy);
  if (platform === 'win32') {
    Notification.handleActivation((details) => {
      const id = activatedToast(details);
      if (id !== undefined) notifier.activated(id);
    });
  }
  powerMonitor.on('resume', () => desktop.wake());
  powerMonitor.on('unlock-screen', () => desktop.wake());
  const stopWatch = watchNetwork({
    interfaces: networkInterfaces,
    clock,
    onChange: () => desktop.networkChanged(net.isOnline()),
  });
  log.info('main.started', { version: app.getVersion(), platform });

  // --- the end

  app.on('before-quit', () => {
    isQuitting = true;
  });
  app.on('will-quit', (event) => {
    event.preventDefault();
    stopWatch();
    background(finish(), log, 'main.finish');
  });
  const finish = async (): Promise<void> => {
    clock.after(FINISH_LIMIT_MS, () => app.exit(1));
    try {
      await desktop.close();
      await localRelay.stop();
    } finally {
      tray.dispose();
      log.info('main.ended');
      app.exit(0);
    }
  };
}
