/**
 * The edges of a timeline in a real browser: a page that comes there moves nothing, and no second
 * one is asked for.
 */
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createStage, type Stage } from './kit/browser.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await createStage();
});
afterEach(() => stage.clear());
afterAll(() => stage.close());

const MOST_DRIFT_PX = 2;
/** A list that runs away has asked for its next page long before so many frames have passed. */
const CALM_FRAMES = 40;

async function open(scene: string, query: Readonly<Record<string, string>> = {}): Promise<Page> {
  const { page } = await stage.open({ scene, query });
  await page.locator('article').first().waitFor();
  await frames(page, 12);
  return page;
}

const frames = (page: Page, count: number): Promise<void> =>
  page.evaluate(async (left) => {
    while (left-- > 0) await new Promise(requestAnimationFrame);
  }, count);

const asked = (page: Page, name: 'timeline.older' | 'timeline.newer'): Promise<number> =>
  page.evaluate(
    (wanted) => window.demo!.bridge.calls.filter((c) => c.name === wanted).length,
    name,
  );

const rowCount = (page: Page): Promise<number> =>
  page.evaluate(() => window.demo!.bridge.state().timeline!.rows.length);

/** Where the text of each message in view stands. */
const places = (page: Page): Promise<Record<string, number>> =>
  page.evaluate(() => {
    const list = document.querySelector('main [role=group]')!.getBoundingClientRect();
    const texts = [...document.querySelectorAll<HTMLElement>('[data-message]')].map((message) => {
      const text = message.querySelector('p, pre')!.getBoundingClientRect();
      return [message.dataset['message']!, text] as const;
    });
    return Object.fromEntries(
      texts
        .filter(([, text]) => text.top >= list.top && text.bottom <= list.bottom)
        .map(([key, text]) => [key, text.top]),
    );
  });

/** How far what was in view has moved: all of it, none of it may have gone. */
function drift(before: Record<string, number>, after: Record<string, number>): number {
  expect(Object.keys(before).length).toBeGreaterThan(4);
  return Math.max(
    ...Object.entries(before).map(([key, top]) => Math.abs((after[key] ?? NaN) - top)),
  );
}

const scrollTo = (page: Page, edge: 'top' | 'bottom'): Promise<void> =>
  page.evaluate((to) => {
    const list = document.querySelector('main [role=group]')!;
    list.scrollTop = to === 'top' ? 0 : list.scrollHeight;
  }, edge);

const GESTURES: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  Home: async (page) => {
    await page
      .locator('article')
      .last()
      .click({ position: { x: 400, y: 4 } });
    await page.keyboard.press('Home');
  },
  'a fast wheel': async (page) => {
    await page.locator('main [role=group]').hover({ position: { x: 300, y: 200 } });
    await page.mouse.wheel(0, -100_000);
  },
  'the scrollbar': (page) => scrollTo(page, 'top'),
};

const firstLoaded = (page: Page): Promise<string> =>
  page.evaluate(
    () => window.demo!.bridge.state().timeline!.rows.find((row) => row.type === 'message')!.key,
  );

describe.each(Object.keys(GESTURES))('at the top, reached by %s', (gesture) => {
  it('a page that comes late moves nothing, and is the only one', async () => {
    const page = await open('thousand');
    const loaded = await rowCount(page);
    await page.evaluate(() => window.demo!.hold(true));
    await GESTURES[gesture]!(page);
    await expect.poll(() => asked(page, 'timeline.older')).toBe(1);
    await frames(page, CALM_FRAMES);
    const before = await places(page);
    await page.evaluate(() => window.demo!.hold(false));
    await expect.poll(() => rowCount(page)).toBeGreaterThan(loaded);
    await frames(page, CALM_FRAMES);
    expect(drift(before, await places(page))).toBeLessThanOrEqual(MOST_DRIFT_PX);
    expect(await asked(page, 'timeline.older')).toBe(1);
  });

  it('a page that comes at once leaves the first message of before in view', async () => {
    const page = await open('thousand');
    const first = await firstLoaded(page);
    await GESTURES[gesture]!(page);
    await expect.poll(() => asked(page, 'timeline.older')).toBe(1);
    await frames(page, CALM_FRAMES);
    expect(Object.keys(await places(page)).slice(0, 6)).toContain(first);
    expect(await asked(page, 'timeline.older')).toBe(1);
  });
});

it('at the bottom of a window over older history one page comes, and nothing moves', async () => {
  const page = await open('thousand');
  await page.evaluate(() =>
    window.demo!.bridge.emit({
      kind: 'request',
      request: { n: 1, kind: 'go-to', team: 'tw', channel: 'launch', message: 'old-930' },
    }),
  );
  await page.locator('[data-message="old-930"]').waitFor();
  await frames(page, 12);
  // The last page before the live end is the one that a list held by its end would follow.
  for (
    let pages = 1;
    await page.evaluate(() => window.demo!.bridge.state().timeline!.hasNewer);
    pages++
  ) {
    const loaded = await rowCount(page);
    await page.evaluate(() => window.demo!.hold(true));
    await scrollTo(page, 'bottom');
    await expect.poll(() => asked(page, 'timeline.newer')).toBe(pages);
    await frames(page, CALM_FRAMES);
    const before = await places(page);
    await page.evaluate(() => window.demo!.hold(false));
    await expect.poll(() => rowCount(page)).toBeGreaterThan(loaded);
    await frames(page, CALM_FRAMES);
    expect(drift(before, await places(page)), `page ${pages}`).toBeLessThanOrEqual(MOST_DRIFT_PX);
    expect(await asked(page, 'timeline.newer')).toBe(pages);
  }
  expect(await asked(page, 'timeline.newer')).toBeGreaterThan(0);
});

it('a message that keeps the focus far above asks for no page', async () => {
  const page = await open('thousand');
  await GESTURES['Home']!(page);
  await expect.poll(() => asked(page, 'timeline.older')).toBe(1);
  await frames(page, CALM_FRAMES);
  // The focus goes to the very first row that is loaded, and the reader to the end.
  await page.evaluate(() => window.demo!.hold(true));
  await page.keyboard.press('Home');
  await expect.poll(() => asked(page, 'timeline.older')).toBe(2);
  await page.evaluate(() => window.demo!.hold(false));
  await frames(page, CALM_FRAMES);
  const pages = await asked(page, 'timeline.older');
  await scrollTo(page, 'bottom');
  await frames(page, CALM_FRAMES);
  expect(await asked(page, 'timeline.older')).toBe(pages);
});

describe('the row above the first message', () => {
  const onRelay = 'More is on the relay; it is fetched when the line is back.';

  it('does not speak of the relay while older messages are read from the cache', async () => {
    const page = await open('thousand-offline');
    await page.evaluate(() => window.demo!.hold(true));
    await scrollTo(page, 'top');
    await expect.poll(() => asked(page, 'timeline.older')).toBe(1);
    expect(await page.getByText(onRelay).count()).toBe(0);
  });

  it('says that more is on the relay when the cache has no more', async () => {
    const page = await open('thousand-offline');
    await page.evaluate(() => window.demo!.bridge.refuse('timeline.older', { kind: 'offline' }));
    await scrollTo(page, 'top');
    await page.getByText(onRelay).waitFor();
    expect(await asked(page, 'timeline.older')).toBe(1);
  });
});
