/** The line in Settings > Connection: examined step by step by keyboard alone, told to who cannot see it, and looked at only when asked for. */
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createStage, type Stage } from './kit/browser.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await createStage();
});
afterEach(() => stage.clear());
afterAll(() => stage.close());

const SHOW = JSON.stringify({ kind: 'settings', tab: 'connection' });
async function open(scene: string): Promise<Page> {
  const { page } = await stage.open({ scene, query: { show: SHOW } });
  await page.getByRole('dialog').waitFor();
  return page;
}
const calls = (page: Page, name: string): Promise<number> =>
  page.evaluate((wanted) => window.demo!.bridge.calls.filter((call) => call.name === wanted).length, name);
const copied = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const call = window.demo!.bridge.calls.findLast(({ name }) => name === 'clipboard.write');
    return (call?.input as { readonly text: string }).text;
  });

describe('checking the line', () => {
  it('is done and told by keyboard alone, and the report says what to do', async () => {
    const page = await open('offline');
    const check = page.getByRole('button', { name: 'Check the line' }).first();
    await check.focus();
    await page.keyboard.press('Enter');
    const sum = page.getByRole('dialog').getByRole('status').first();
    await expect.poll(() => sum.textContent()).toBe('One thing needs attention: Port.');
    expect(await check.evaluate((one) => one === document.activeElement)).toBe(true);
    const rows = page.getByRole('list', { name: 'Steps on the way' }).getByRole('listitem');
    expect(await rows.nth(1).textContent()).toBe(
      'Portproblem7420 is closed (ECONNREFUSED)The relay does not run, or listens on another port. Ask whoever runs it.',
    );
    expect(await rows.nth(2).textContent()).toBe('TLS and keynot looked at');
    await page.getByRole('button', { name: 'Copy report' }).focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => calls(page, 'clipboard.write')).toBe(1);
    const report = await copied(page);
    expect(report).toMatch(/^Landline [\d.]+, line to relay\.local:7420, \d{4}-.*Z\n\[well\] Name: /);
    expect(report).toContain('[problem] Port: 7420 is closed (ECONNREFUSED)\n    The relay does not run');
  });

  it('shows the steps as they finish, and can be stopped', async () => {
    const page = await open('team');
    await page.getByRole('button', { name: 'Check the line' }).first().click();
    await page.getByText('relay.tidewater.example is 10.0.0.5').waitFor();
    await page.getByRole('button', { name: 'Stop checking' }).click();
    await page.getByText('Stopped.').waitFor();
    await page.getByRole('button', { name: 'Check the line' }).first().waitFor();
  });

  it('ends with the dialog', async () => {
    const page = await open('team');
    await page.getByRole('button', { name: 'Check the line' }).first().click();
    await page.keyboard.press('Escape');
    await expect.poll(() => calls(page, 'line.check-stop')).toBe(1);
  });
});

it('the wire is shown when it is asked for, and nobody asks before', async () => {
  const page = await open('team');
  expect(await calls(page, 'line.record')).toBe(0);
  const show = page.getByRole('button', { name: 'Show the wire' }).first();
  await show.click();
  await page.getByText('GET /v1/ws HTTP/1.1').waitFor();
  await page.getByText('Sec-WebSocket-Accept answers the key that was sent.').waitFor();
  await expect.poll(() => calls(page, 'line.record')).toBeGreaterThan(1);
  const hide = page.getByRole('button', { name: 'Hide the wire' });
  expect(await hide.getAttribute('aria-expanded')).toBe('true');
  await hide.click();
  await page.getByText('GET /v1/ws HTTP/1.1').waitFor({ state: 'detached' });
});
