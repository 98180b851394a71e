/**
 * What a page of Electron sees that a page of Chromium does not: the names the preload exposes, and a `window.open` that main
 * denies. `pagePresence` makes `document.hidden`, `visibilityState`, `hasFocus()` and their events say what main says about the
 * window, since a headless window is always on screen. Sent into the page as source: nothing outside each function may be used.
 */
import type { WorldPort } from './world-port.ts';

export interface Presence {
  readonly visible: boolean;
  readonly focused: boolean;
}

/** Replaces what the document says of itself; returns the function that changes it. Also used by the loopback driver. */
export function pagePresence(initial: Presence): (next: Presence) => void {
  let now = initial;
  Object.defineProperties(document, {
    visibilityState: { get: () => (now.visible ? 'visible' : 'hidden'), configurable: true },
    hidden: { get: () => !now.visible, configurable: true },
    hasFocus: { value: () => now.focused, configurable: true },
  });
  return (next) => {
    const before = now;
    now = next;
    if (before.visible !== next.visible)
      document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
    if (before.focused !== next.focused)
      window.dispatchEvent(new FocusEvent(next.focused ? 'focus' : 'blur'));
  };
}

export function pageWorld(port: WorldPort, setPresence: (next: Presence) => void): void {
  port.onExpose = (key, value) => {
    if (key in window)
      throw new Error('Cannot bind an API on top of an existing property on the window object');
    Object.defineProperty(window, key, {
      value,
      writable: false,
      configurable: false,
      enumerable: true,
    });
  };
  port.onTold = (word) => {
    if (word.topic === 'presence') setPresence({ visible: word.visible, focused: word.focused });
  };
  // Electron answers a denied window.open with null at once; main hears of it through the preload's world.
  window.open = (url, _target, features) => {
    port.tell({
      topic: 'open',
      url: String(new URL(String(url ?? 'about:blank'), location.href)),
      features: features ?? '',
    });
    return null;
  };
}
