/**
 * The text of messages in a real browser: coloured off the main thread, and read without stopping
 * the window.
 */
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { LONGEST_CONTEXTUAL, MOST_FAILED_STARTS } from '../../renderer/text/bounds.ts';
import { createStage, type Stage } from './kit/browser.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await createStage();
});
afterEach(() => stage.clear());
afterAll(() => stage.close());

const CODE = '```ts\nconst answer = 42; // yes\n```';
const post = (page: Page, text: string): Promise<void> =>
  page.evaluate((words) => void window.demo!.bridge.say('tw', 'launch', 'ada', words), text);
const block = (page: Page, text: string) => page.locator('pre', { hasText: text }).last();

it('code is coloured by a worker that the policy of the page lets start', async () => {
  const { page, complaints } = await stage.open({ scene: 'read' });
  await post(page, CODE);
  await block(page, 'answer').locator('span', { hasText: 'const' }).waitFor();
  expect(await block(page, 'answer').textContent()).toBe('const answer = 42; // yes');
  expect(page.workers().map((worker) => worker.url())).toEqual([
    expect.stringMatching(/highlight-worker[\w.-]*\.js$/),
  ]);
  expect(complaints).toEqual([]);
});

it('where the worker does not load, code is shown uncoloured and the window goes on', async () => {
  const { page } = await stage.open({ scene: 'read' });
  let refused = 0;
  await page.route(/highlight-worker/, (route) => {
    refused++;
    return route.abort();
  });
  await page.reload();
  await page.waitForFunction(() => 'demo' in window);
  await post(page, CODE);
  await expect.poll(() => refused).toBe(MOST_FAILED_STARTS);
  await post(page, 'still here');
  await page.getByText('still here').first().waitFor();
  expect(await block(page, 'answer').textContent()).toBe('const answer = 42; // yes');
  expect(await block(page, 'answer').locator('span').count()).toBe(0);
  // The tab is kept for the next test.
  await page.unroute(/highlight-worker/);
});

it('code that is slow to colour ends its worker, and the code after it is coloured', async () => {
  const { page } = await stage.open({ scene: 'read' });
  await page.locator('pre span').first().waitFor();
  const ended = page.workers()[0]!.waitForEvent('close');
  // Longer than the bound in time, whatever the machine: the worker is held up from outside.
  await page.workers()[0]!.evaluate(() => {
    setTimeout(() => {
      for (;;);
    });
  });
  await post(page, CODE.replace('answer', 'held'));
  await ended;
  await post(page, CODE);
  await block(page, 'answer').locator('span', { hasText: 'const' }).waitFor();
});

it('a long text is drawn without the letter forms that cost the font its time', async () => {
  const { page } = await stage.open({ scene: 'read' });
  await post(page, 'x'.repeat(LONGEST_CONTEXTUAL + 1));
  const drawn = page.locator('article').last().locator('p').first();
  const formsOf = (): Promise<string> =>
    drawn.evaluate((text) => getComputedStyle(text).fontVariantLigatures);
  await expect.poll(formsOf).toBe('no-contextual');
  await post(page, 'x'.repeat(LONGEST_CONTEXTUAL));
  await expect.poll(formsOf).toBe('normal');
});
