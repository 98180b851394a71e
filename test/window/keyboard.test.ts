/** The window by keyboard alone, and what a screen reader is told. */
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createStage, type Stage } from './kit/browser.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await createStage();
});
afterEach(() => stage.clear());
afterAll(() => stage.close());

async function open(scene = 'read'): Promise<Page> {
  const { page } = await stage.open({ scene });
  await page.locator('article').first().waitFor();
  await page.locator('footer textarea').focus();
  return page;
}
const focused = (page: Page): Promise<string> =>
  page.evaluate(
    () =>
      (document.activeElement as HTMLElement | null)?.dataset['message'] ??
      document.activeElement?.getAttribute('aria-label') ??
      document.activeElement?.tagName ??
      '',
  );
const channel = (page: Page): Promise<string | undefined> =>
  page.evaluate(() => window.demo!.store.getState().ui.channels['tw']);

it('Ctrl K jumps anywhere and Escape goes back to writing', async () => {
  const page = await open();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Jump to' }).fill('工程');
  await page.keyboard.press('Enter');
  await expect.poll(() => channel(page)).toBe('talks');
  await page.keyboard.press('Control+k');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  await expect.poll(() => focused(page)).toBe('Message #工程討論');
});

it('Alt and the arrows go through channels, with Shift through the unread ones', async () => {
  const page = await open();
  await page.keyboard.press('Alt+ArrowDown');
  await expect.poll(() => channel(page)).toBe('plant-sensors');
  await page.keyboard.press('Alt+ArrowUp');
  await expect.poll(() => channel(page)).toBe('launch');
  await page.keyboard.press('Alt+Shift+ArrowUp');
  await expect.poll(() => channel(page)).toBe('design');
});

it('Ctrl and a digit change the team', async () => {
  const page = await open();
  await page.keyboard.press('Control+2');
  await page.getByText('Hello over here.').waitFor();
});

describe('messages', () => {
  it('are reached by Tab, walked by the arrows beyond what is drawn, and left by Escape', async () => {
    const page = await open('long-read');
    await page.keyboard.press('Shift+Tab');
    const last = await focused(page);
    expect(last).toBe('m11');
    for (let step = 0; step < 30; step++) await page.keyboard.press('ArrowUp');
    await expect.poll(() => focused(page)).toBe('old-581');
    const box = await page.locator('[data-message="old-581"]').boundingBox();
    const list = await page.locator('main [role=group]').boundingBox();
    expect(box!.y).toBeGreaterThanOrEqual(list!.y - 1);
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => focused(page)).toBe('old-582');
    await page.keyboard.press('Escape');
    await expect.poll(() => focused(page)).toBe('Message #launch');
  });

  it('show what can be done with them when they have the focus, and take its keys', async () => {
    const page = await open();
    await page.keyboard.press('Shift+Tab');
    await page.getByRole('toolbar', { name: 'Message actions' }).waitFor();
    await page.keyboard.press('c');
    await page.getByText('Copied').waitFor();
    await page.keyboard.press('u');
    await page.getByText('Unread from here on').waitFor();
    const calls = await page.evaluate(() => window.demo!.bridge.calls.map((call) => call.name));
    expect(calls).toEqual(expect.arrayContaining(['clipboard.write', 'read.unmark']));
  });

  it('keep an edit that scrolls out of view', async () => {
    const page = await open('long-read');
    await page.locator('footer textarea').press('ArrowUp');
    await page.locator('article textarea').fill('half an edit');
    await page.locator('main [role=group]').hover({ position: { x: 300, y: 200 } });
    for (let round = 0; round < 4; round++) await page.mouse.wheel(0, -5_000);
    await page.evaluate(() => new Promise(requestAnimationFrame));
    expect(await page.locator('article textarea').inputValue()).toBe('half an edit');
  });
});

it('a new message is announced once, and what scrolls by is not', async () => {
  const page = await open('long-read');
  await page.evaluate(() => {
    const said: string[] = [];
    Object.assign(window, { said });
    new MutationObserver((changes) => {
      for (const change of changes)
        for (const node of change.addedNodes) said.push(node.textContent ?? '');
    }).observe(document.querySelector('[data-live]')!, { childList: true, subtree: true });
  });
  await page.evaluate(() => void window.demo!.bridge.say('tw', 'launch', 'lin', '早安'));
  await page.locator('main [role=group]').hover({ position: { x: 300, y: 200 } });
  await page.mouse.wheel(0, -6_000);
  await page.mouse.wheel(0, 9_000);
  await page.evaluate(() => new Promise(requestAnimationFrame));
  expect(await page.evaluate(() => (window as unknown as { said: string[] }).said)).toEqual([
    '林佳穎: 早安',
  ]);
});

it('the state of the line is told when it changes, not every second', async () => {
  const page = await open();
  await page.evaluate(() => {
    const { bridge } = window.demo!;
    const { team } = bridge.state().teams['tw']!;
    bridge.emit({
      kind: 'team',
      team: 'tw',
      view: { ...team, wire: { state: 'reconnecting', retryAt: Date.now() + 9_000, attempt: 1 } },
    });
  });
  await page
    .getByRole('status')
    .filter({ hasText: 'Connection: Reconnecting' })
    .waitFor({ state: 'attached' });
  await page.getByRole('button', { name: 'Retry now' }).click();
  await page
    .getByRole('status')
    .filter({ hasText: 'Connection: Connected' })
    .waitFor({ state: 'attached' });
});
