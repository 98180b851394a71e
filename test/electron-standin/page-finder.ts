/** Finds the Playwright page of a Chromium target: Playwright does not tell target ids, so each page is asked once, over its own
 *  session. */
import type { Browser, BrowserContext, Page } from 'playwright-core';

export class PageFinder {
  readonly #browser: Browser;
  readonly #ids = new WeakMap<Page, Promise<string | undefined>>();

  constructor(browser: Browser) {
    this.#browser = browser;
  }

  /** @throws Error  no page of that target within the time */
  async find(targetId: string, timeoutMs: number): Promise<Page> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const { arrival, stop } = this.#nextPage(Math.max(0, deadline - Date.now()));
      try {
        for (const page of this.#browser.contexts().flatMap((context) => context.pages())) {
          if ((await this.#idOf(page)) === targetId) return page;
        }
        if (!(await arrival))
          throw new Error(`no page for the target ${targetId} within ${timeoutMs} ms`);
      } finally {
        stop();
      }
    }
  }

  #idOf(page: Page): Promise<string | undefined> {
    const known = this.#ids.get(page);
    if (known !== undefined) return known;
    const asked = this.#ask(page);
    this.#ids.set(page, asked);
    return asked;
  }

  async #ask(page: Page): Promise<string | undefined> {
    try {
      const session = await page.context().newCDPSession(page);
      const { targetInfo } = await session.send('Target.getTargetInfo');
      await session.detach();
      return targetInfo.targetId;
    } catch {
      return undefined; // Closed meanwhile.
    }
  }

  /** Listens before the caller looks, so that a page which comes in between is not missed. */
  #nextPage(timeoutMs: number): { readonly arrival: Promise<boolean>; readonly stop: () => void } {
    const contexts: readonly BrowserContext[] = this.#browser.contexts();
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const arrived = (): void => resolve(true);
    const timer = setTimeout(() => resolve(false), timeoutMs);
    for (const context of contexts) context.on('page', arrived);
    return {
      arrival: promise,
      stop: () => {
        clearTimeout(timer);
        for (const context of contexts) context.off('page', arrived);
      },
    };
  }
}
