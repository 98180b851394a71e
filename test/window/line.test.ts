/**
 * The line in Settings > Connection: examined and its doors compared by keyboard alone, told to who cannot see it, and looked at only when
 * asked for.
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

const SHOW = JSON.stringify({ kind: 'settings', tab: 'connection' });
async function open(scene: string): Promise<Page> {
  const { page } = await stage.open({ scene, query: { show: SHOW } });
  await page.getByRole('dialog').waitFor();
  return page;
}
const calls = (page: Page, name: string): Promise<number> =>
  page.evaluate(
    (wanted) => window.demo!.bridge.calls.filter((call) => call.name === wanted).length,
    name,
  );
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
    expect(report).toMatch(
      /^Landline [\d.]+, line to relay\.local:7420, \d{4}-.*Z\n\[well\] Name: /,
    );
    expect(report).toContain(
      '[problem] Port: 7420 is closed (ECONNREFUSED)\n    The relay does not run',
    );
  });

  it('counts the time that silence takes, for the eye, and says what was borne', async () => {
    const page = await open('team');
    await page.getByRole('button', { name: 'Check the line' }).first().click();
    await page.getByRole('button', { name: 'Measure silence too' }).click();
    const row = page.getByRole('list', { name: 'Steps on the way' }).getByRole('listitem').last();
    const counted = row.getByText(/^\d+ of 150 s$/);
    await counted.waitFor();
    expect(await counted.getAttribute('aria-hidden')).toBe('true');
    await row.getByText('Cut after 100 s. No harm: the relay speaks at least every 30 s').waitFor();
    expect(await counted.count()).toBe(0);
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

it('says where lines are cut in silence, and what is done about it', async () => {
  const says = 'This way is cut after 15 s of silence, so it is pinged every 7 s.';
  const page = await open('impatient');
  expect(await page.getByRole('dialog').getByText(says).count()).toBe(1);
  await page.keyboard.press('Escape');
  await page.locator('header button[aria-label]').nth(1).click();
  await page.getByRole('dialog', { name: 'About this connection' }).getByText(says).waitFor();
});

describe('comparing the doors', () => {
  const show = async (page: Page): Promise<void> => {
    await page.getByRole('button', { name: 'Compare the doors' }).first().focus();
    await page.keyboard.press('Enter');
  };
  const measureAtRestToo = async (page: Page): Promise<void> => {
    await page.getByRole('checkbox', { name: 'Then a minute at rest' }).focus();
    await page.keyboard.press('Space');
    await press(page, 'Measure');
  };
  const press = async (page: Page, name: string): Promise<void> => {
    await page.getByRole('button', { name, exact: true }).focus();
    await page.keyboard.press('Enter');
  };
  const cells = async (page: Page, figure: string): Promise<readonly string[]> => {
    const row = page
      .getByRole('row')
      .filter({ has: page.getByRole('rowheader', { name: figure }) });
    return row.getByRole('cell').allTextContents();
  };

  it('is done by keyboard alone and told as a table, one row a figure and one column a door', async () => {
    const page = await open('team');
    expect(await calls(page, 'lab.look')).toBe(0);
    await show(page);
    await measureAtRestToo(page);
    await page.getByText('All measured.').waitFor();
    expect(await page.getByRole('dialog').getByRole('columnheader').allTextContents()).toEqual([
      'WebSocket',
      'HTTP stream',
      'Long polls',
      'Polls',
    ]);
    expect(await cells(page, 'Half arrive within, ms')).toEqual(['4.1', '6.8', '9.3', '1,010']);
    expect(await cells(page, 'Requests per message')).toEqual(['0', '1', '3', '1.2']);
    expect(await cells(page, 'Relay’s processor per message, ms')).toEqual([
      '1.46',
      '3.9',
      '7.3',
      '5.1',
    ]);
    expect(await cells(page, 'Wake-ups per idle minute')).toEqual(['8', '11', '17', '93']);
    // A bar for what is more than nothing: the tallest fills its row, and nothing is drawn as nothing.
    const row = page.getByRole('row').filter({ hasText: 'Requests per message' });
    expect(
      await row
        .locator('rect')
        .evaluateAll((bars) => bars.map((bar) => bar.getAttribute('height'))),
    ).toEqual(['9', '26', '10']);
  });

  it('says why a door could not be measured, what it cannot do, and draws no figure that is missing', async () => {
    const page = await open('offline');
    await show(page);
    await press(page, 'Measure');
    await page.getByText('Measured, but one way could not be.').waitFor();
    expect(await cells(page, 'Bytes per message')).toEqual([
      'not measured–',
      '5,120',
      '14,300',
      '6,480',
    ]);
    expect(await cells(page, 'Relay’s processor per message, ms')).toEqual(
      Array(4).fill('not measured–'),
    );
    expect(await cells(page, 'Bytes per idle minute')).toEqual(Array(4).fill('not measured–'));
    await page.getByText('Only owners and admins are told how much the relay works.').waitFor();
    await page
      .getByText('No WebSocket comes through to this relay. Cannot pass what takes upgrades out')
      .waitFor();
    await page.getByText('6 events of the team came in meanwhile').waitFor();
  });

  it('goes on while the dialog is shut, shows how far it is to who comes back, and can be stopped', async () => {
    const page = await open('team');
    await show(page);
    await measureAtRestToo(page);
    await page.getByText('Measuring: WebSocket (1 of 4)…').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await calls(page, 'lab.stop')).toBe(0);
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByRole('tab', { name: 'Connection' }).click();
    await show(page);
    await page.getByText(/^Measuring: (?:HTTP stream|Long polls|Polls)/).waitFor();
    await press(page, 'Stop measuring');
    await page.getByText('Stopped.').waitFor();
    await page.getByRole('button', { name: 'Measure', exact: true }).waitFor();
  });

  it('does not run twice, and shows the run that is there', async () => {
    const page = await open('team');
    await show(page);
    await page.getByRole('button', { name: 'Measure', exact: true }).waitFor();
    await page.evaluate(() => window.demo!.bridge.refuse('lab.start', { kind: 'lab-running' }));
    await press(page, 'Measure');
    await page.getByText('It is being measured already.').waitFor();
  });
});
