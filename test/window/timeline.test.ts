/** The list of messages in a real browser: what a reader looks at stays where it is, measured in pixels. */
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

async function open(scene: string, query: Readonly<Record<string, string>> = {}): Promise<Page> {
  const { page } = await stage.open({ scene, query });
  await page.locator('article').first().waitFor();
  await still(page);
  return page;
}

/** Until the list has stood for some frames. */
const still = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    const view = document.querySelector('[role=group]');
    let same = 0;
    let last = '';
    while (same < 5) {
      await new Promise(requestAnimationFrame);
      const now = `${view?.scrollTop} ${view?.scrollHeight}`;
      same = now === last ? same + 1 : 0;
      last = now;
    }
  });

const view = (page: Page) =>
  page.evaluate(() => {
    const list = document.querySelector('main [role=group]')!;
    return {
      top: list.scrollTop,
      fromEnd: Math.round(list.scrollHeight - list.scrollTop - list.clientHeight),
    };
  });

const wheel = async (page: Page, by: number): Promise<void> => {
  await page.locator('main [role=group]').hover({ position: { x: 300, y: 200 } });
  await page.mouse.wheel(0, by);
  await still(page);
};

/** The message at the reading line, and where it is. */
const reading = (page: Page) =>
  page.evaluate(() => {
    const list = document.querySelector('main [role=group]')!.getBoundingClientRect();
    const all = [...document.querySelectorAll<HTMLElement>('[data-message]')];
    const one = all.find((each) => each.getBoundingClientRect().top >= list.top + 120);
    return { key: one?.dataset['message'] ?? '', top: one?.getBoundingClientRect().top ?? NaN };
  });
const topOf = (page: Page, key: string): Promise<number> =>
  page.evaluate(
    (wanted) =>
      document.querySelector(`[data-message="${wanted}"]`)?.getBoundingClientRect().top ?? NaN,
    key,
  );

const say = (page: Page, text: string, author = 'ada'): Promise<void> =>
  page.evaluate(
    ([words, by]) => void window.demo?.bridge.say('tw', 'launch', by!, words!),
    [text, author],
  );

describe('opening', () => {
  it('shows the live end of a channel that is read', async () => {
    const page = await open('long-read');
    expect((await view(page)).fromEnd).toBeLessThanOrEqual(1);
    expect(await page.locator('article').last().isVisible()).toBe(true);
  });

  it('shows the unread line near the top when more is unread than fits', async () => {
    const page = await open('long', { channel: 'design' });
    await page.evaluate(() => {
      const { bridge } = window.demo!;
      const channel = bridge.state().teams['tw']!.channels['launch']!;
      bridge.emit({
        kind: 'channels',
        team: 'tw',
        channels: [{ ...channel, readSeq: channel.head - 40, unread: 40 }],
        gone: [],
      });
    });
    await page
      .locator('aside')
      .getByRole('button', { name: /launch/ })
      .click();
    await page.getByText('New', { exact: true }).waitFor();
    await still(page);
    const line = await page.getByText('New', { exact: true }).boundingBox();
    const list = await page.locator('main [role=group]').boundingBox();
    expect(line!.y - list!.y).toBeGreaterThan(0);
    expect(line!.y - list!.y).toBeLessThan(160);
  });

  it('stands a short conversation at the composer', async () => {
    const page = await open('team', { channel: 'dm-lin' });
    const last = await page.locator('article').last().boundingBox();
    const foot = await page.locator('footer').boundingBox();
    expect(foot!.y - (last!.y + last!.height)).toBeLessThan(24);
  });
});

describe('what a reader looks at', () => {
  it('does not move when messages arrive below', async () => {
    const page = await open('long-read');
    await wheel(page, -900);
    const before = await reading(page);
    for (const text of ['one', 'two\n\n- a\n- b', '```\ncode\n```', 'x'.repeat(900)])
      await say(page, text);
    await still(page);
    expect(Math.abs((await topOf(page, before.key)) - before.top)).toBeLessThanOrEqual(
      MOST_DRIFT_PX,
    );
  });

  it('does not move when older messages come in above', async () => {
    const page = await open('long-read');
    // Up to where the next page is asked for, and a little on, again and again.
    for (let round = 0; round < 6; round++) {
      await wheel(page, -1_400);
      const before = await reading(page);
      const rows = await page.evaluate(() => window.demo!.bridge.state().timeline!.rows.length);
      await page.evaluate(() => window.demo!.bridge.call('timeline.older', {}));
      await page.waitForFunction(
        (count) =>
          window.demo!.bridge.state().timeline!.rows.length !== count ||
          !window.demo!.bridge.state().timeline!.hasOlder,
        rows,
      );
      await still(page);
      expect(
        Math.abs((await topOf(page, before.key)) - before.top),
        `round ${round}`,
      ).toBeLessThanOrEqual(MOST_DRIFT_PX);
    }
  });

  it('does not move when a message above grows or is deleted', async () => {
    const page = await open('long-read');
    await wheel(page, -700);
    const before = await reading(page);
    await page.evaluate(() => {
      const { bridge } = window.demo!;
      const { rows, hasOlder, hasNewer } = bridge.state().timeline!;
      const messages = rows.filter((row) => row.type === 'message');
      const shown = document.querySelector<HTMLElement>('[data-message]')!.dataset['message'];
      const at = messages.findIndex((row) => row.key === shown);
      const grown = messages[at]!;
      const gone = messages[at + 1]!;
      bridge.emit({
        kind: 'rows',
        put: [
          { ...grown, text: 'grown\n'.repeat(12), editedAt: 1 },
          { ...gone, text: '', isDeleted: true },
        ],
        gone: [],
        hasOlder,
        hasNewer,
      });
    });
    await still(page);
    expect(Math.abs((await topOf(page, before.key)) - before.top)).toBeLessThanOrEqual(
      MOST_DRIFT_PX,
    );
  });

  it('does not move while the composer grows', async () => {
    const page = await open('long-read');
    await wheel(page, -900);
    const before = await reading(page);
    await page.locator('footer textarea').fill('one\ntwo\nthree\nfour\nfive\nsix');
    await still(page);
    expect(Math.abs((await topOf(page, before.key)) - before.top)).toBeLessThanOrEqual(
      MOST_DRIFT_PX,
    );
  });

  it('is reached all the way up: the beginning of the channel comes, page by page', async () => {
    const page = await open('long-read');
    for (
      let round = 0;
      round < 60 &&
      !(await page.getByRole('heading', { name: 'launch', level: 2 }).nth(1).isVisible());
      round++
    )
      await wheel(page, -4_000);
    expect(await page.getByText('This is the beginning of #launch').isVisible()).toBe(true);
    const orders = await page.evaluate(() =>
      window.demo!.bridge.state().timeline!.rows.map((row) => row.order),
    );
    expect(orders[0]).toBe(1);
  });
});

describe('the end', () => {
  it('stays in view while messages of any height arrive', async () => {
    const page = await open('long-read');
    for (const text of [
      'one',
      'x'.repeat(1_500),
      '1. a\n2. b\n3. c',
      '```ts\nlet a = 1;\nlet b = 2;\n```',
      '🎉',
    ]) {
      await say(page, text);
      await still(page);
      expect((await view(page)).fromEnd).toBeLessThanOrEqual(1);
    }
  });

  it('stays in view while the composer grows and the window shrinks', async () => {
    const page = await open('long-read');
    await page.locator('footer textarea').fill('one\ntwo\nthree\nfour');
    await still(page);
    expect((await view(page)).fromEnd).toBeLessThanOrEqual(1);
    await page.setViewportSize({ width: 900, height: 560 });
    await still(page);
    expect((await view(page)).fromEnd).toBeLessThanOrEqual(1);
  });

  it('is offered with the count of what came, and reached by one press', async () => {
    const page = await open('long-read');
    await wheel(page, -1_500);
    await say(page, 'one');
    await say(page, 'two');
    await say(page, 'mine', 'priya');
    const pill = page.getByRole('button', { name: '2 new messages' });
    await pill.click();
    await still(page);
    expect((await view(page)).fromEnd).toBeLessThanOrEqual(1);
    await pill.waitFor({ state: 'hidden' });
  });

  it('is shown when one sends something, wherever one was', async () => {
    const page = await open('long-read');
    await wheel(page, -2_000);
    await page.locator('footer textarea').fill('here I am');
    await page.locator('footer textarea').press('Enter');
    await page.locator('article', { hasText: 'here I am' }).waitFor();
    await still(page);
    expect((await view(page)).fromEnd).toBeLessThanOrEqual(1);
  });
});

it('a jump shows its message in the middle of things, and marks it', async () => {
  const page = await open('long-read');
  await page.evaluate(() =>
    window.demo!.bridge.emit({
      kind: 'request',
      request: { n: 1, kind: 'go-to', team: 'tw', channel: 'launch', message: 'old-300' },
    }),
  );
  const target = page.locator('[data-message="old-300"]');
  await target.waitFor();
  await still(page);
  const box = await target.boundingBox();
  const list = await page.locator('main [role=group]').boundingBox();
  expect(box!.y).toBeGreaterThan(list!.y);
  expect(box!.y + box!.height).toBeLessThan(list!.y + list!.height);
  // From there the live end is one press away.
  await page.getByRole('button', { name: 'Jump to latest' }).click();
  await page.locator('[data-message="m11"]').waitFor();
  await still(page);
  expect((await view(page)).fromEnd).toBeLessThanOrEqual(1);
});

it('a hole is filled when it is seen and the line is up', async () => {
  const page = await open('hole');
  await page.getByText('Something is missing here').waitFor();
  await page.evaluate(() => {
    const { bridge } = window.demo!;
    const { team } = bridge.state().teams['tw']!;
    bridge.emit({
      kind: 'team',
      team: 'tw',
      view: {
        ...team,
        wire: { state: 'live', rttMs: 3, node: 'one', isCatchingUp: false, door: 'socket' },
      },
    });
  });
  await page.getByText('Filled in, 1.').waitFor();
  expect(await page.getByText('Something is missing here').count()).toBe(0);
});

it('only the rows near the view are in the document', async () => {
  const page = await open('long-read');
  for (let round = 0; round < 8; round++) await wheel(page, -4_000);
  expect(await page.locator('article').count()).toBeLessThan(60);
});
