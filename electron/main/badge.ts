/**
 * The number on the dock or launcher, on Windows a dot over the taskbar button, and the flash until somebody looks. The count
 * is what is for you; unread without a mention is a quiet dot, which only the tray shows.
 */
import type { App, BrowserWindow, NativeImage } from 'electron';

export interface BadgeParts {
  readonly app: Pick<App, 'setBadgeCount' | 'dock'>;
  readonly window: () => BrowserWindow | undefined;
  readonly platform: NodeJS.Platform;
  readonly overlay: () => NativeImage;
}

export interface Badge {
  show(count: number): void;
  /** A window made after the count was set gets it too. */
  dress(window: BrowserWindow): void;
  callAttention(): void;
}

/** The dock and the launcher show what they are given; three digits do not fit. */
const MOST = 99;

export function createBadge({ app, window, platform, overlay }: BadgeParts): Badge {
  let count = 0;

  const dress = (one: BrowserWindow): void => {
    if (platform !== 'win32') return;
    if (count === 0) one.setOverlayIcon(null, '');
    else one.setOverlayIcon(overlay(), String(count));
  };

  return {
    show(next) {
      const shown = Math.min(next, MOST);
      if (shown === count) return;
      count = shown;
      if (platform !== 'win32') app.setBadgeCount(count);
      const one = window();
      if (one !== undefined) dress(one);
    },
    dress(one) {
      dress(one);
      one.on('focus', () => one.flashFrame(false));
    },
    callAttention() {
      const one = window();
      if (one?.isFocused() === true) return;
      if (platform === 'darwin') app.dock?.bounce('informational');
      else one?.flashFrame(true);
    },
  };
}
