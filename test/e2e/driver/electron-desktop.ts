/**
 * The driver over a real Electron, by Playwright's `_electron`. What the system shows cannot be read back, so notifications, badge
 * and opened links are recorded in main right after the start, by wrapping Electron's own calls, which still happen.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { _electron } from 'playwright-core';
import type { ElectronApplication, Page } from 'playwright-core';
import type * as Electron from 'electron';
import type { DesktopDriver, DesktopOptions, ShownNotification } from './desktop.ts';
import { Memory, ROOT, builtFile, cannot } from './parts.ts';

/** Kept in main, on `globalThis`. */
interface Recorder {
  readonly shown: {
    readonly title: string;
    readonly body: string;
    readonly tag: string;
    readonly notification: Electron.Notification;
  }[];
  readonly opened: string[];
  badge: number;
  idleSeconds: number | undefined;
}
type Main = typeof globalThis & { landlineRecorder: Recorder };

function installRecorder({
  app,
  Notification,
  BrowserWindow,
  shell,
  powerMonitor,
}: typeof Electron): void {
  const recorder: Recorder = { shown: [], opened: [], badge: 0, idleSeconds: undefined };
  (globalThis as Main).landlineRecorder = recorder;
  const { show } = Notification.prototype;
  Notification.prototype.show = function (this: Electron.Notification) {
    recorder.shown.push({ title: this.title, body: this.body, tag: this.id, notification: this });
    show.call(this);
  };
  const setBadgeCount = app.setBadgeCount.bind(app);
  app.setBadgeCount = (count = 0) => {
    recorder.badge = count;
    return setBadgeCount(count);
  };
  // Windows has no number of its own: the app describes its overlay by it.
  const { setOverlayIcon } = BrowserWindow.prototype;
  BrowserWindow.prototype.setOverlayIcon = function (
    this: Electron.BrowserWindow,
    overlay,
    description,
  ) {
    recorder.badge = Number(description) || 0;
    setOverlayIcon.call(this, overlay, description);
  };
  // Not passed on: a test opens nothing on the machine it runs on.
  shell.openExternal = async (url) => void recorder.opened.push(url);
  const getSystemIdleTime = powerMonitor.getSystemIdleTime.bind(powerMonitor);
  powerMonitor.getSystemIdleTime = () => recorder.idleSeconds ?? getSystemIdleTime();
}

const shownOf = ({ title, body, tag }: ShownNotification): ShownNotification => ({
  title,
  body,
  ...(tag === undefined ? {} : { tag }),
});

export function createElectronDesktop(options: DesktopOptions): DesktopDriver {
  const { userDataDir, languages = ['en-US'], env = {}, link } = options;
  const memory = new Memory();
  const shown: ShownNotification[] = [];
  const opened: string[] = [];
  let app: ElectronApplication | undefined;
  let starts = 0;

  const running = (): ElectronApplication => {
    if (app === undefined) throw new Error('the desktop does not run');
    return app;
  };

  const packaged = process.env['LANDLINE_APP'];
  function command(args: readonly string[]): {
    readonly args: string[];
    readonly env: Record<string, string>;
  } {
    if (packaged === undefined) builtFile('out/main/index.js');
    const inherited = Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    );
    return {
      args: [
        ...(packaged === undefined ? [ROOT] : []),
        `--user-data-dir=${userDataDir}`,
        `--lang=${languages[0] ?? 'en-US'}`,
        ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
        ...args,
      ],
      env: {
        ...Object.fromEntries(inherited),
        LANGUAGE: languages.join(':'),
        XDG_CONFIG_HOME: userDataDir,
        APPDATA: userDataDir,
        ...env,
      },
    };
  }

  async function start(args: readonly string[]): Promise<void> {
    const started = await _electron.launch({
      ...command(args),
      ...(packaged === undefined ? {} : { executablePath: packaged }),
    });
    app = started;
    const child = started.process();
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (chunk: string) => memory.hear(chunk));
    await started.evaluate(installRecorder);
    const taken = await started.evaluate(({ app: electronApp }) => electronApp.getPath('userData'));
    if (!taken.startsWith(userDataDir))
      throw new Error(`Electron keeps its data in ${taken}, not in ${userDataDir}`);
    started.on('window', (page: Page) =>
      page.on('pageerror', (error) =>
        memory.faults.push(`on the page: ${error.stack ?? error.message}`),
      ),
    );
  }

  const recordedNow = (): Promise<readonly ShownNotification[]> =>
    running().evaluate(() =>
      (globalThis as Main).landlineRecorder.shown.map(({ title, body, tag }) => ({
        title,
        body,
        tag,
      })),
    );
  const openedNow = (): Promise<readonly string[]> =>
    running().evaluate(() => (globalThis as Main).landlineRecorder.opened);

  /** What this run showed goes to what all runs showed. */
  async function remember(): Promise<void> {
    if (app === undefined) return;
    shown.push(...(await recordedNow()));
    opened.push(...(await openedNow()));
  }

  async function end(how: (ended: ElectronApplication) => Promise<unknown>): Promise<void> {
    await remember();
    const ended = app;
    app = undefined;
    if (ended !== undefined) await how(ended);
  }

  const close = (): Promise<void> => end((ended) => ended.close());

  return {
    name: 'electron',
    can: new Set(['hide', 'sleep', 'idle']),
    window: async () => {
      const page = await running().firstWindow();
      await page.waitForLoadState();
      return page;
    },
    relaunch: async () => {
      await close();
      starts += 1;
      await start(starts === 1 && link !== undefined ? [link] : []);
    },
    kill: () =>
      end(async (ended) => {
        const child = ended.process();
        const gone = once(child, 'exit');
        child.kill('SIGKILL');
        await gone;
      }),
    close,
    notifications: async () => [
      ...shown,
      ...(app === undefined ? [] : (await recordedNow()).map(shownOf)),
    ],
    clickNotification: async (fits) => {
      const at = (await recordedNow()).findLastIndex(fits);
      if (at < 0) throw new Error('no such notification was shown');
      await running().evaluate((_electronModule, index) => {
        (globalThis as Main).landlineRecorder.shown[index]?.notification.emit('click', {});
      }, at);
    },
    badge: () => running().evaluate(() => (globalThis as Main).landlineRecorder.badge),
    blur: () => running().evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.blur()),
    focus: () =>
      running().evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.show()),
    hide: () => running().evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.hide()),
    openLink: async (url) => {
      if (process.platform === 'darwin') {
        await running().evaluate(
          ({ app: electronApp }, given) =>
            void electronApp.emit('open-url', { preventDefault: () => undefined }, given),
          url,
        );
        return;
      }
      const messenger = spawn(running().process().spawnfile, command([url]).args, {
        env: command([]).env,
        stdio: 'ignore',
      });
      await once(messenger, 'exit');
    },
    suspend: () => running().evaluate(({ powerMonitor }) => void powerMonitor.emit('suspend')),
    resume: () => running().evaluate(({ powerMonitor }) => void powerMonitor.emit('resume')),
    idle: (seconds) =>
      running().evaluate((_electronModule, next) => {
        (globalThis as Main).landlineRecorder.idleSeconds = next;
      }, seconds),
    trayToolTip: async () => cannot('electron', 'tray'),
    setSystemDark: async () => cannot('electron', 'systemTheme'),
    failNotifications: async () => cannot('electron', 'failNotifications'),
    openedLinks: async () => [...opened, ...(app === undefined ? [] : await openedNow())],
    faults: () => [...memory.faults],
    output: () => memory.output,
  };
}
