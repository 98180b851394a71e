/**
 * One interface over the three hosts of the window, so that the same Playwright spec runs on
 *   - `standin`   the built main, preload and window on a Chromium, with `test/electron-standin` for `electron`;
 *   - `loopback`  the loopback host in plain Node, its page in a Chromium;
 *   - `electron`  a real Electron binary (`LANDLINE_APP` names a packaged app; otherwise the `electron` package's own).
 * All three need `npm run build` first. A driver acts the person and the desktop (focus, notifications, links, sleep) from outside;
 * everything on the page is Playwright's.
 *
 *   const desktop = await launchDesktop('standin', { userDataDir, chromium });
 *   const page = await desktop.window();
 *   await desktop.blur();
 *   await expect.poll(() => desktop.notifications()).toMatchObject([{ title: 'Lin in #line-3' }]);
 *   await desktop.clickNotification(({ title }) => title.includes('Lin'));
 *   await desktop.kill(); await desktop.relaunch();      // the same data folder
 *   await desktop.close(); expect(desktop.faults()).toEqual([]);
 *
 * `fixture.ts` does the launching and closing for a spec. What a host cannot be made to do is not in `can`; asking for it throws.
 */
import type { DesktopDriver, DesktopKind, DesktopOptions } from './desktop.ts';
import { createElectronDesktop } from './electron-desktop.ts';
import { createLoopbackDesktop } from './loopback-desktop.ts';
import { createStandinDesktop } from './standin-desktop.ts';

export async function launchDesktop(
  kind: DesktopKind,
  options: DesktopOptions,
): Promise<DesktopDriver> {
  const desktop = createDesktop(kind, options);
  await desktop.relaunch();
  return desktop;
}

function createDesktop(kind: DesktopKind, options: DesktopOptions): DesktopDriver {
  if (kind === 'electron') return createElectronDesktop(options);
  const { chromium } = options;
  if (chromium === undefined)
    throw new Error(`a ${kind} desktop needs a Chromium: startSharedChromium()`);
  return kind === 'standin'
    ? createStandinDesktop({ ...options, chromium })
    : createLoopbackDesktop({ ...options, chromium });
}
