/**
 * The window in a real browser, for its tests: one Chromium, a fresh document each time, and every complaint of the page kept. A tab is
 * kept for each way of looking and led back to an empty page between two tests: a new one would start a process and compile the
 * window again, which takes longer than most tests.
 */
import type {} from '../../../renderer/dev/main.tsx';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { findBrowser } from '../../../build/scripts/find-browser.ts';
import { servePage, type PageServer } from './page-server.ts';

const QUIET = [
  // Without a graphics card it would draw on the processor as if there were one.
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface OpenOptions {
  readonly scene: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: 'light' | 'dark';
  readonly reducedMotion?: 'reduce' | 'no-preference';
  readonly forcedColors?: 'active' | 'none';
  readonly contrast?: 'more' | 'no-preference';
  readonly deviceScaleFactor?: number;
}

export interface Opened {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors and warnings of the page, refused by the policy or thrown. */
  readonly complaints: readonly string[];
}

export interface Stage {
  open(options: OpenOptions): Promise<Opened>;
  /** Empties the tabs that were used since, for pages that draw would slow the next one, and closes what they opened. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

export async function createStage(): Promise<Stage> {
  const executablePath = findBrowser();
  if (executablePath === undefined)
    throw new Error(
      'the window tests need Chromium, Chrome or Edge: install one, or name it in LANDLINE_BROWSER',
    );
  const isRoot = process.getuid?.() === 0;
  const browser: Browser = await chromium.launch({
    executablePath,
    args: isRoot ? [...QUIET, '--no-sandbox'] : QUIET,
  });
  const server: PageServer = await servePage();
  const tabs = new Map<string, Page>();
  const used = new Set<Page>();
  const tabFor = async (look: object): Promise<Page> => {
    const key = JSON.stringify(look);
    const kept = tabs.get(key);
    // What a test opens beside it, in the same look, is closed with the test.
    if (kept !== undefined && used.has(kept)) return kept.context().newPage();
    const tab = kept ?? (await (await browser.newContext(look)).newPage());
    tabs.set(key, tab);
    used.add(tab);
    return tab;
  };
  const clear = async (): Promise<void> => {
    for (const tab of used) {
      for (const other of tab.context().pages()) if (other !== tab) await other.close();
      tab.removeAllListeners('console').removeAllListeners('pageerror');
      await tab.goto('about:blank');
      // The next document must not open under the pointer of this one.
      await tab.mouse.move(-1, -1);
    }
    used.clear();
  };
  return {
    async open({ scene, query = {}, width = 1280, height = 800, ...look }) {
      const page = await tabFor({ reducedMotion: 'reduce', ...look });
      const context = page.context();
      await page.setViewportSize({ width, height });
      const devtools = await context.newCDPSession(page);
      await devtools.send('Storage.clearDataForOrigin', {
        origin: new URL(server.url).origin,
        storageTypes: 'all',
      });
      await devtools.detach();
      const complaints: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning')
          complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(String(error)));
      await page.goto(`${server.url}?${new URLSearchParams({ scene, ...query }).toString()}`);
      await page.waitForFunction(() => 'demo' in window);
      await page.evaluate(() => document.fonts.ready);
      return { page, context, complaints };
    },
    clear,
    async close() {
      await clear();
      await browser.close();
      await server.close();
    },
  };
}
