/**
 * What a test may do to the desktop round the app, by `app.evaluate((electron) => electron.standin…)`: act the user on
 * notifications, tray and dialogs, act the system on power, theme and network. Real Electron has no such member.
 */
import type { DialogDesk } from './dialog.ts';
import type { StandinMenu } from './menu.ts';
import type { NativeTheme } from './native-theme.ts';
import type { NotificationLog } from './notification.ts';
import type { PowerMonitor } from './power-monitor.ts';
import type { Net, Shortcuts } from './system.ts';
import type { StandinTray } from './tray.ts';

export interface Control {
  readonly notifications: NotificationLog;
  readonly trays: readonly StandinTray[];
  readonly menus: { readonly application: StandinMenu | null };
  readonly dialogs: DialogDesk;
  readonly theme: NativeTheme;
  readonly power: PowerMonitor;
  readonly shortcuts: Shortcuts;
  readonly net: Net;
}
