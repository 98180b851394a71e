/** The driver's own promises, kept on whichever host the project runs: what the specs of the window lean on. */
import { expect, test } from './fixture.ts';
import type { Page } from '@playwright/test';

/** The bridge, asked from the page as the window itself asks it. */
const ask = (page: Page, name: string, input: object = {}): Promise<unknown> =>
  page.evaluate(
    ([command, value]) => {
      const { landline } = window as unknown as {
        landline: { call(name: string, input: object): Promise<unknown> };
      };
      return landline.call(command, value);
    },
    [name, input] as const,
  );

const focusOf = (page: Page): Promise<readonly [boolean, boolean]> =>
  page.evaluate(() => [document.visibilityState === 'visible', document.hasFocus()] as const);

test('the window opens with the bridge in it', async ({ openDesktop }) => {
  const desktop = await openDesktop();
  const page = await desktop.window();
  expect(await ask(page, 'open')).toMatchObject({ ok: true });
});

test('a page sees that its window loses focus, is hidden, and comes back', async ({
  openDesktop,
}) => {
  const desktop = await openDesktop();
  const page = await desktop.window();
  await desktop.focus();
  await expect.poll(() => focusOf(page)).toEqual([true, true]);
  await desktop.blur();
  await expect.poll(() => focusOf(page)).toEqual([true, false]);
  await desktop.hide();
  await expect.poll(() => focusOf(page)).toEqual([false, false]);
  await desktop.focus();
  await expect.poll(() => focusOf(page)).toEqual([true, true]);
});

test('a notification is read back and clicked', async ({ openDesktop }) => {
  const desktop = await openDesktop();
  const page = await desktop.window();
  await desktop.blur();
  expect(await ask(page, 'notification.test')).toEqual({ ok: true, value: 'shown' });
  await expect.poll(() => desktop.notifications()).toHaveLength(1);
  await desktop.clickNotification(({ title }) => title !== '');
  await expect.poll(() => focusOf(page)).toEqual([true, true]);
  await expect(desktop.clickNotification(({ title }) => title === 'never shown')).rejects.toThrow(
    'no such notification',
  );
});

test('a system that shows nothing is told to the app', async ({ openDesktop }) => {
  const desktop = await openDesktop();
  test.skip(
    !desktop.can.has('failNotifications'),
    'this host cannot be made to refuse notifications',
  );
  await desktop.failNotifications();
  expect(await ask(await desktop.window(), 'notification.test')).toEqual({
    ok: true,
    value: 'failed',
  });
});

test('a desktop that was killed opens again on the same data', async ({ openDesktop }) => {
  const desktop = await openDesktop();
  const page = await desktop.window();
  expect(await ask(page, 'notification.test')).toMatchObject({ ok: true });
  await desktop.kill();
  expect(page.isClosed()).toBe(true);
  await desktop.relaunch();
  expect(await ask(await desktop.window(), 'open')).toMatchObject({ ok: true });
  expect(await desktop.notifications()).toHaveLength(1);
});

test('a link is taken by the desktop that runs, and no second one stays', async ({
  openDesktop,
}) => {
  const desktop = await openDesktop();
  const page = await desktop.window();
  await desktop.openLink('landline://join?relay=127.0.0.1%3A1&code=driver&key=00');
  expect(await ask(page, 'open')).toMatchObject({ ok: true });
});

test('what the app opens outside is read back, and opens nothing', async ({ openDesktop }) => {
  const desktop = await openDesktop();
  const page = await desktop.window();
  expect(await ask(page, 'link.open', { url: 'https://elsewhere.test/report' })).toMatchObject({
    ok: true,
  });
  await expect.poll(() => desktop.openedLinks()).toEqual(['https://elsewhere.test/report']);
});

test('two desktops live beside each other', async ({ openDesktop }) => {
  const [lin, bo] = [await openDesktop(), await openDesktop({ languages: ['zh-TW', 'en-US'] })];
  const [linPage, boPage] = [await lin.window(), await bo.window()];
  expect(await ask(linPage, 'open')).toMatchObject({ ok: true });
  expect(await ask(boPage, 'open')).toMatchObject({ ok: true });
  expect(await boPage.evaluate(() => navigator.language)).toBe('zh-TW');
});
