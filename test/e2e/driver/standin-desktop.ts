/** The driver over the stand-in for `electron`: the built app in plain Node, its window in the shared Chromium. */
import { once } from 'node:events';
import { forkApp, launchStandin } from '../../electron-standin/launch.ts';
import type { LaunchOptions, SharedChromium, StandinApp } from '../../electron-standin/launch.ts';
import type { NotificationNote } from '../../electron-standin/main/notes.ts';
import type { DesktopDriver, DesktopOptions, ShownNotification } from './desktop.ts';
import { Memory, builtFile } from './parts.ts';

export interface StandinDesktopOptions extends DesktopOptions {
  readonly chromium: SharedChromium;
  /** Another main file than the built one; for the driver's own tests. */
  readonly main?: string;
}

const shownOf = ({ title, body, tag }: NotificationNote): ShownNotification => ({
  title,
  body,
  ...(tag === undefined ? {} : { tag }),
});

export function createStandinDesktop(options: StandinDesktopOptions): DesktopDriver {
  const { userDataDir, languages = ['en-US'], env = {}, chromium, link } = options;
  const memory = new Memory();
  const shown: ShownNotification[] = [];
  const opened: string[] = [];
  let app: StandinApp | undefined;
  let starts = 0;

  const running = (): StandinApp => {
    if (app === undefined) throw new Error('the desktop does not run');
    return app;
  };

  const launchOptions = (args: readonly string[]): LaunchOptions => ({
    main: options.main ?? builtFile('out/main/index.js'),
    userData: userDataDir,
    args,
    env: { STANDIN_LANGUAGES: languages.join(','), ...env },
    chromium,
  });

  const faultsOf = (one: StandinApp): readonly string[] => [
    ...one.notesOf('page-error').map(({ text }) => `on the page: ${text}`),
    ...one.notesOf('missing').map(({ what }) => `the stand-in has no ${what}`),
  ];

  /** What this run showed goes to what all runs showed. */
  const remember = (): void => {
    if (app === undefined) return;
    shown.push(...app.notesOf('notification').map(shownOf));
    opened.push(...app.notesOf('open-external').map(({ url }) => url));
    memory.faults.push(...faultsOf(app));
    memory.hear(app.output);
    app = undefined;
  };

  const close = async (): Promise<void> => {
    await app?.close();
    remember();
  };

  return {
    name: 'standin',
    can: new Set(['hide', 'sleep', 'idle', 'tray', 'systemTheme', 'failNotifications']),
    window: () => running().window(),
    relaunch: async () => {
      await close();
      starts += 1;
      app = await launchStandin(launchOptions(starts === 1 && link !== undefined ? [link] : []));
    },
    kill: async () => {
      await app?.kill();
      remember();
    },
    close,
    notifications: async () => [...shown, ...(app?.notesOf('notification').map(shownOf) ?? [])],
    clickNotification: async (fits) => {
      const onScreen = await running().evaluate(
        ({ standin }) => standin.notifications.numbersOnScreen,
      );
      const found = running()
        .notesOf('notification')
        .findLast((note) => onScreen.includes(note.id) && fits(shownOf(note)));
      if (found === undefined) throw new Error('no such notification is on screen');
      await running().evaluate(({ standin }, id) => standin.notifications.click(id), found.id);
    },
    badge: () => running().evaluate(({ app: electronApp }) => electronApp.getBadgeCount()),
    blur: () => running().evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.blur()),
    focus: () =>
      running().evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.show()),
    hide: () => running().evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.hide()),
    openLink: async (url) => {
      const messenger = forkApp(launchOptions([url]));
      await once(messenger, 'exit');
    },
    suspend: () => running().evaluate(({ standin }) => void standin.power.emit('suspend')),
    resume: () => running().evaluate(({ standin }) => void standin.power.emit('resume')),
    idle: (seconds) =>
      running().evaluate(({ standin }, next) => {
        standin.power.idleSeconds = next;
      }, seconds),
    trayToolTip: () => running().evaluate(({ standin }) => standin.trays[0]?.toolTip ?? ''),
    setSystemDark: (isDark) =>
      running().evaluate(({ standin }, next) => standin.theme.setSystemDark(next), isDark),
    failNotifications: () =>
      running().evaluate(({ standin }) => {
        standin.notifications.failure = 'refused by the system';
      }),
    openedLinks: async () => [
      ...opened,
      ...(app?.notesOf('open-external').map(({ url }) => url) ?? []),
    ],
    faults: () => [...memory.faults, ...(app === undefined ? [] : faultsOf(app))],
    output: () => memory.output + (app?.output ?? ''),
  };
}
