/**
 * The core's `Host` and `Notifier` ports over a browser: what a page can do is asked of the tab somebody looked at last; what no page
 * can do (a tray, a dock, raising a window) is quietly not there.
 */
import type { Clock, Host, Log, Notifier, Toast } from '../core/ports.ts';
import { outsideLink } from '../host/links.ts';
import type { FrameDown, FrameUp } from './frames.ts';

/** The tabs, as far as they are spoken to from here. */
export interface Pages {
  tell(frame: FrameDown): boolean;
  tellAll(frame: FrameDown): void;
}

export interface BrowserHostParts {
  readonly pages: () => Pages;
  readonly onToastClick: (route: Toast['route']) => void;
  readonly platform: NodeJS.Platform;
  readonly locale: string;
  readonly version: string;
  readonly clock: Pick<Clock, 'after' | 'monotonic'>;
  readonly log: Log;
}

export interface BrowserHost {
  readonly host: Host;
  readonly notifier: Notifier;
  /** What a page that comes in late has missed. */
  greeting(): readonly FrameDown[];
  /** What the pages said that is not for the core. */
  heard(frame: Exclude<FrameUp, { readonly t: 'call' | 'focus' | 'bye' }>): void;
}

/** The person may be asked for the permission meanwhile. */
const TOAST_LIMIT_MS = 30_000;
const MAX_ROUTES = 200;

type Outcome = 'shown' | 'failed' | 'unsupported';

export function createBrowserHost(parts: BrowserHostParts): BrowserHost {
  const { pages, onToastClick, platform, locale, version, clock, log } = parts;
  const outcomes = new Map<number, (outcome: Outcome) => void>();
  const routes = new Map<string, Toast['route']>();
  let badge: FrameDown = { t: 'badge', count: 0, hasUnread: false };
  let toasts = 0;
  let inputAt = clock.monotonic();

  const remember = ({ tag, route }: Toast): void => {
    routes.delete(tag);
    routes.set(tag, route);
    const oldest = routes.keys().next().value;
    if (routes.size > MAX_ROUTES && oldest !== undefined) routes.delete(oldest);
  };

  const notifier: Notifier = {
    async show(toast) {
      toasts += 1;
      const id = toasts;
      const { tag, title, body, isSilent } = toast;
      const { promise, resolve } = Promise.withResolvers<Outcome>();
      outcomes.set(id, resolve);
      remember(toast);
      const cancel = clock.after(TOAST_LIMIT_MS, () => resolve('failed'));
      if (!pages().tell({ t: 'toast', id, toast: { tag, title, body, isSilent } }))
        resolve('failed');
      return promise.finally(() => {
        cancel();
        outcomes.delete(id);
      });
    },
    clear: (tag) => pages().tellAll({ t: 'untoast', tag }),
  };

  const host: Host = {
    kind: 'browser',
    os: platform,
    locale,
    version,
    idleSeconds: () => Math.floor((clock.monotonic() - inputAt) / 1000),
    isFocusModeOn: () => false,
    async openLink(url) {
      const checked = outsideLink(url);
      if (checked === undefined) log.warn('link.refused');
      else pages().tell({ t: 'link', url: checked });
    },
    writeClipboard: (text) => void pages().tell({ t: 'clipboard', text }),
    setBadge({ count, hasUnread }) {
      badge = { t: 'badge', count, hasUnread };
      pages().tellAll(badge);
    },
    setTray: () => undefined,
    callAttention: () => undefined,
    // A page cannot be raised from outside; whoever asked for it (a click on a toast, a second start) brings its own.
    showWindow: () => undefined,
    setTheme: () => undefined,
  };

  return {
    host,
    notifier,
    greeting: () => [badge],
    heard(frame) {
      switch (frame.t) {
        case 'input':
          inputAt = clock.monotonic();
          return;
        case 'toast-outcome':
          return outcomes.get(frame.id)?.(frame.outcome);
        case 'toast-click': {
          const route = routes.get(frame.tag);
          if (route !== undefined) onToastClick(route);
        }
      }
    },
  };
}
