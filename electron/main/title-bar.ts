/**
 * The frameless look: the page draws the title bar, the system its buttons over it, in the colours of the page's theme.
 * Colours and height are those of `renderer/styles/tokens.css`; a test holds them together.
 */
import type { BrowserWindowConstructorOptions, TitleBarOverlay } from 'electron';

export const TITLE_BAR_HEIGHT = 40;
export const TITLE_BAR_COLOURS = {
  light: { rail: '#eae5db', ink: '#1f1d1a', paper: '#fdfcf9' },
  dark: { rail: '#100f0e', ink: '#ece8e0', paper: '#1b1a18' },
} as const;

export function titleBarOverlay(isDark: boolean): TitleBarOverlay {
  const { rail, ink } = TITLE_BAR_COLOURS[isDark ? 'dark' : 'light'];
  return { color: rail, symbolColor: ink, height: TITLE_BAR_HEIGHT };
}

/** What the window needs for it at its making. macOS has its lights inset and no overlay colours. */
export const titleBarOptions = (
  platform: NodeJS.Platform,
  isDark: boolean,
): BrowserWindowConstructorOptions => ({
  titleBarStyle: 'hidden',
  ...(platform === 'darwin'
    ? { trafficLightPosition: { x: 14, y: 13 } }
    : { titleBarOverlay: titleBarOverlay(isDark) }),
  // Drawn before the page is: a white flash in a dark room is not calm.
  backgroundColor: TITLE_BAR_COLOURS[isDark ? 'dark' : 'light'].paper,
});
