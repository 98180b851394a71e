/** For the stand-in's own tests: the demo app on one Chromium per test file, each app in a folder that goes with it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe } from 'vitest';
import { requireBrowser } from './browser/chromium.ts';
import { launchStandin, startSharedChromium } from './launch.ts';
import type { LaunchOptions, SharedChromium, StandinApp } from './launch.ts';

export const DEMO_MAIN = join(import.meta.dirname, 'demo', 'main.mjs');

function hasChromium(): boolean {
  try {
    requireBrowser();
    return true;
  } catch (error) {
    if (process.env['REQUIRE_SERVICES'] === '1') throw error;
    console.warn(`SKIPPED: the stand-in for electron cannot be tested: ${String(error)}`);
    return false;
  }
}

/** A `describe` that is skipped, loudly, where no Chromium is installed. */
export const describeStandin = describe.skipIf(!hasChromium());

export interface DemoKit {
  /** A folder that is removed after the test. */
  folder(): string;
  /** An app of the test's own. */
  launch(options?: Partial<LaunchOptions>): Promise<StandinApp>;
  /** The one app of the file, its page loaded anew: for tests that leave nothing behind in main. */
  fresh(): Promise<{ readonly app: StandinApp; readonly page: Page }>;
  /** The Chromium the apps of this file share. */
  chromium(): SharedChromium;
}

export function useDemo(): DemoKit {
  let shared: SharedChromium | undefined;
  let kept: { readonly app: StandinApp; readonly userData: string } | undefined;
  const apps: StandinApp[] = [];
  const folders: string[] = [];
  beforeAll(async () => {
    shared = await startSharedChromium();
  });
  afterEach(async () => {
    await Promise.all(apps.splice(0).map((app) => app.kill()));
    for (const folder of folders.splice(0))
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  afterAll(async () => {
    await kept?.app.kill();
    if (kept !== undefined) rmSync(kept.userData, { recursive: true, force: true, maxRetries: 5 });
    await shared?.close();
  });
  const folder = (): string => {
    const path = mkdtempSync(join(tmpdir(), 'standin-test-'));
    folders.push(path);
    return path;
  };
  const chromium = (): SharedChromium => {
    if (shared === undefined) throw new Error('Chromium is not up');
    return shared;
  };
  return {
    folder,
    chromium,
    launch: async (options = {}) => {
      const app = await launchStandin({
        main: DEMO_MAIN,
        userData: folder(),
        chromium: chromium(),
        ...options,
      });
      apps.push(app);
      return app;
    },
    fresh: async () => {
      if (kept === undefined) {
        const userData = mkdtempSync(join(tmpdir(), 'standin-test-'));
        kept = {
          app: await launchStandin({ main: DEMO_MAIN, userData, chromium: chromium() }),
          userData,
        };
      }
      const page = await kept.app.window();
      await page.goto('about:blank');
      await kept.app.evaluate(({ BrowserWindow }) => {
        const { demo } = globalThis as unknown as { demo: Record<string, unknown[]> };
        for (const list of [demo['heard'], demo['senders'], demo['events']]) list?.splice(0);
        return BrowserWindow.getAllWindows()[0]?.loadURL('demo://app/index.html#start');
      });
      // On a busy machine the browser may still be about to change the page when main has heard that it loaded.
      await page.waitForFunction(
        "location.hash === '#start' && document.readyState === 'complete'",
      );
      return { app: kept.app, page };
    },
  };
}
