/** The core's `Host` port over Electron. Thin on purpose: what to show and when is decided in the core. */
import type { App, Clipboard, NativeTheme, PowerMonitor, Shell } from 'electron';
import { background } from '../core/background.ts';
import type { Host, Log } from '../core/ports.ts';
import { outsideLink } from '../host/links.ts';
import type { Badge } from './badge.ts';
import type { AppTray, TrayState } from './tray.ts';

export interface ElectronHostParts {
  readonly app: Pick<App, 'getVersion' | 'getPreferredSystemLanguages' | 'getLocale'>;
  readonly shell: Pick<Shell, 'openExternal'>;
  readonly clipboard: Pick<Clipboard, 'writeText'>;
  readonly powerMonitor: Pick<PowerMonitor, 'getSystemIdleTime'>;
  readonly nativeTheme: NativeTheme;
  readonly platform: NodeJS.Platform;
  readonly tray: AppTray;
  readonly badge: Badge;
  readonly isFocusModeOn: () => boolean;
  readonly showWindow: () => void;
  readonly log: Log;
}

export function createElectronHost(parts: ElectronHostParts): Host {
  const {
    app,
    shell,
    clipboard,
    powerMonitor,
    nativeTheme,
    platform,
    tray,
    badge,
    isFocusModeOn,
    showWindow,
    log,
  } = parts;
  let trayState: TrayState = { isLive: false, hasUnread: false, teams: [] };
  const showTray = (change: Partial<TrayState>): void => {
    trayState = { ...trayState, ...change };
    tray.show(trayState);
  };
  return {
    kind: 'electron',
    os: platform,
    locale: app.getPreferredSystemLanguages()[0] ?? app.getLocale(),
    version: app.getVersion(),
    idleSeconds: () => powerMonitor.getSystemIdleTime(),
    isFocusModeOn,
    async openLink(url) {
      const checked = outsideLink(url);
      if (checked === undefined) return log.warn('link.refused');
      await shell.openExternal(checked);
    },
    writeClipboard: (text) => background(clipboard.writeText(text), log, 'clipboard.write'),
    setBadge({ count, hasUnread }) {
      badge.show(count);
      showTray({ hasUnread: hasUnread || count > 0 });
    },
    setTray: ({ isLive, teams }) => showTray({ isLive, teams }),
    callAttention: () => badge.callAttention(),
    showWindow,
    setTheme(theme) {
      nativeTheme.themeSource = theme;
    },
  };
}
