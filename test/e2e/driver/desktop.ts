/** What a spec may do with a desktop, whichever host it runs on: the terms that `driver.ts` and the three hosts share. */
import type { Page } from 'playwright-core';
import type { SharedChromium } from '../../electron-standin/launch.ts';

export type DesktopKind = 'standin' | 'loopback' | 'electron';

/** What not every host can be made to do. */
export type Ability = 'hide' | 'sleep' | 'idle' | 'tray' | 'systemTheme' | 'failNotifications';

export interface ShownNotification {
  readonly title: string;
  readonly body: string;
  readonly tag?: string;
}

export interface DesktopDriver {
  readonly name: DesktopKind;
  readonly can: ReadonlySet<Ability>;
  /** The page of the main window, loaded. A new one after `relaunch`. */
  window(): Promise<Page>;
  /** Ends what runs (as `close`, if anything does) and starts again on the same data folder. */
  relaunch(): Promise<void>;
  /** SIGKILL: the core dies in the middle of whatever it does, and its window with it. */
  kill(): Promise<void>;
  /** As a person quits. Twice is harmless. */
  close(): Promise<void>;
  /** All that were shown since the start of this desktop, across relaunches, oldest first. */
  notifications(): Promise<readonly ShownNotification[]>;
  /** Clicks the newest one that fits and is still on screen.
   *  @throws Error  there is none */
  clickNotification(fits: (notification: ShownNotification) => boolean): Promise<void>;
  /** The number on the dock, launcher, taskbar or tab; 0 is none. */
  badge(): Promise<number>;
  blur(): Promise<void>;
  /** Brings the window back from blurred or hidden. */
  focus(): Promise<void>;
  /** Needs `hide`. */
  hide(): Promise<void>;
  /** Opens a `landline:` link as another program would. */
  openLink(url: string): Promise<void>;
  /** Needs `sleep`. */
  suspend(): Promise<void>;
  /** Needs `sleep`. */
  resume(): Promise<void>;
  /** Nobody has touched the computer for so long. Needs `idle`. */
  idle(seconds: number): Promise<void>;
  /** What the tray icon says. Needs `tray`. */
  trayToolTip(): Promise<string>;
  /** What the system prefers while the app follows it. Needs `systemTheme`; elsewhere `page.emulateMedia`. */
  setSystemDark(isDark: boolean): Promise<void>;
  /** The system refuses every notification from now on. Needs `failNotifications`. */
  failNotifications(): Promise<void>;
  /** URLs the app had opened outside. */
  openedLinks(): Promise<readonly string[]>;
  /** What nobody should see: errors on the page that nothing caught, and uses of what the stand-in lacks. */
  faults(): readonly string[];
  /** What the program wrote to stdout and stderr, across relaunches. */
  output(): string;
}

export interface DesktopOptions {
  /** Kept between relaunches; the caller removes it. */
  readonly userDataDir: string;
  /** Most wanted first; `['en-US']` unless said. */
  readonly languages?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** For the stand-in and the loopback page; one serves many desktops. Required for these two. */
  readonly chromium?: SharedChromium;
  /** A link given at the start, as by a click on an invite while the app was not running. */
  readonly link?: string;
}
