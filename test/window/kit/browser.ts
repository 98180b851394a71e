/** The window in a real browser, for its tests: one Chromium, a fresh context each time, and every complaint of the page kept. */
import type {} from '../../../renderer/dev/main.tsx';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { findBrowser } from '../../../build/scripts/find-browser.ts';
import { servePage, type PageServer } from './page-server.ts';

const QUIET = ['--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

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
  /** Closes what was opened since: pages that draw would slow the next one. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

export async function createStage(): Promise<Stage> {
  const executablePath = findBrowser();
  if (executablePath === undefined)
    throw new Error('the window tests need Chromium, Chrome or Edge: install one, or name it in LANDLINE_BROWSER');
  const isRoot = process.getuid?.() === 0;
  const browser: Browser = await chromium.launch({ executablePath, args: isRoot ? [...QUIET, '--no-sandbox'] : QUIET });
  const server: PageServer = await servePage();
  // One context for each way of looking, with what it has compiled; a page is new each time and finds nothing kept.
  const contexts = new Map<string, BrowserContext>();
  const clear = async (): Promise<void> => {
    for (const context of contexts.values()) for (const page of context.pages()) await page.close();
  };
  return {
    async open({ scene, query = {}, width = 1280, height = 800, ...look }) {
      const options = { viewport: { width, height }, reducedMotion: 'reduce' as const, ...look };
      const key = JSON.stringify(options);
      const context = contexts.get(key) ?? (await browser.newContext(options));
      contexts.set(key, context);
      const page = await context.newPage();
      const devtools = await context.newCDPSession(page);
      await devtools.send('Storage.clearDataForOrigin', { origin: new URL(server.url).origin, storageTypes: 'all' });
      await devtools.detach();
      const complaints: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
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
