/**
 * Playwright fixtures over the driver. A spec asks for as many desktops as it has people; each gets a data folder that lives as long as
 * the test, and at the end is closed and must be without faults. The host is an option of the project (`use: { desktopKind }`), else
 * `LANDLINE_DESKTOP`, else the stand-in. For axe use `graveFaults` of test/kit.
 *
 *   import { expect, test } from './driver/fixture.ts';
 *   test('a message sent offline arrives after the relay is back', async ({ openDesktop }) => {
 *     const lin = await openDesktop();
 *     const page = await lin.window();
 *     …
 *   });
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base, expect } from '@playwright/test';
import type { Page } from '@playwright/test';
import { DEFAULT_PORT } from '../../../protocol/invite-link.ts';
import { startSharedChromium } from '../../electron-standin/launch.ts';
import type { SharedChromium } from '../../electron-standin/launch.ts';
import { launchDesktop } from './driver.ts';
import type { DesktopDriver, DesktopKind, DesktopOptions } from './desktop.ts';

export interface DesktopFixtures {
  /** The kept desktop, with a fresh document in its window. */
  readonly freshPage: Page;
  readonly openDesktop: (options?: Partial<DesktopOptions>) => Promise<DesktopDriver>;
}

export interface DesktopWorker {
  readonly desktopKind: DesktopKind;
  readonly sharedChromium: SharedChromium | undefined;
  /** One desktop for tests that leave it as it was; its page is opened anew for each of them. */
  readonly keptDesktop: DesktopDriver;
}

const KINDS: readonly DesktopKind[] = ['standin', 'loopback', 'electron'];

/** So many desktops at most has a worker at one time. */
const MOST_DESKTOPS = 10;

/** As if its relay had found this port free before. Two workers that took the usual one in turns would take it from each other while a
 *  relay is down, and a relay that comes back at another port is another story. */
function rememberPort(userDataDir: string, port: number): void {
  const folder = join(userDataDir, 'relay');
  mkdirSync(folder, { mode: 0o700 });
  writeFileSync(join(folder, 'port'), String(port));
}

function usualKind(): DesktopKind {
  const named = process.env['LANDLINE_DESKTOP'] ?? 'standin';
  const kind = KINDS.find((one) => one === named);
  if (kind === undefined)
    throw new Error(`LANDLINE_DESKTOP is ${named}; it can be ${KINDS.join(', ')}`);
  return kind;
}

export const test = base.extend<DesktopFixtures, DesktopWorker>({
  desktopKind: [usualKind(), { scope: 'worker', option: true }],
  sharedChromium: [
    async ({ desktopKind }, use) => {
      const chromium = desktopKind === 'electron' ? undefined : await startSharedChromium();
      await use(chromium);
      await chromium?.close();
    },
    { scope: 'worker' },
  ],
  keptDesktop: [
    async ({ desktopKind, sharedChromium }, use, info) => {
      const userDataDir = mkdtempSync(join(tmpdir(), 'landline-e2e-'));
      // The last of this worker's ports.
      rememberPort(userDataDir, DEFAULT_PORT + (info.parallelIndex + 1) * MOST_DESKTOPS);
      const chromium = sharedChromium === undefined ? {} : { chromium: sharedChromium };
      const desktop = await launchDesktop(desktopKind, { ...chromium, userDataDir });
      await use(desktop);
      await desktop.close();
      rmSync(userDataDir, { recursive: true, force: true, maxRetries: 5 });
      expect(desktop.faults()).toEqual([]);
    },
    { scope: 'worker' },
  ],
  freshPage: async ({ keptDesktop }, use) => {
    const page = await keptDesktop.window();
    await page.reload();
    await page.getByRole('heading', { level: 1 }).waitFor();
    await use(page);
    expect(keptDesktop.faults()).toEqual([]);
  },
  openDesktop: async ({ desktopKind, sharedChromium }, use, info) => {
    const desktops: DesktopDriver[] = [];
    const folders: string[] = [];
    await use(async (options = {}) => {
      const userDataDir = options.userDataDir ?? mkdtempSync(join(tmpdir(), 'landline-e2e-'));
      if (options.userDataDir === undefined) {
        rememberPort(
          userDataDir,
          DEFAULT_PORT + 1 + info.parallelIndex * MOST_DESKTOPS + folders.length,
        );
        folders.push(userDataDir);
      }
      const chromium = sharedChromium === undefined ? {} : { chromium: sharedChromium };
      const desktop = await launchDesktop(desktopKind, { ...chromium, ...options, userDataDir });
      desktops.push(desktop);
      return desktop;
    });
    for (const [at, desktop] of desktops.entries()) {
      await desktop.close();
      if (info.status !== info.expectedStatus)
        await info.attach(`desktop-${at + 1}`, {
          body: desktop.output(),
          contentType: 'text/plain',
        });
    }
    for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    expect(desktops.flatMap((desktop) => desktop.faults())).toEqual([]);
  },
});

export { expect };
