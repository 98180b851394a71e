/**
 * Every screen of the real app, in both themes and both languages: axe finds no serious fault on it, nothing runs over the edge of the window,
 * and a picture is written for a person to look at.
 */
import type { Page } from '@playwright/test';
import { graveFaults } from '../kit/axe.ts';
import { expect, test } from './driver/fixture.ts';
import { Person } from './person.ts';

test.setTimeout(240_000);

interface BridgeOnPage {
  call(
    name: string,
    input: object,
  ): Promise<{ readonly value: { readonly state: { readonly settings: object } } }>;
}

/** Changes the settings as the settings dialog does. */
const set = (
  page: Page,
  change: { readonly theme?: 'light' | 'dark'; readonly language?: 'en' | 'zh-Hant' },
): Promise<void> =>
  page.evaluate(async (change) => {
    const { landline } = window as unknown as { readonly landline: BridgeOnPage };
    const { settings } = (await landline.call('open', {})).value.state;
    await landline.call('settings.set', { settings: { ...settings, ...change } });
  }, change);

const LOOKS = [
  { theme: 'light', language: 'en' },
  { theme: 'dark', language: 'en' },
  { theme: 'light', language: 'zh-Hant' },
  { theme: 'dark', language: 'zh-Hant' },
] as const;

test('every screen is sound in both themes and both languages', async ({ openDesktop }, info) => {
  const priya = await Person.at(await openDesktop(), { name: 'Priya N.', handle: 'priya' });
  const { page } = priya;

  const look = async (name: string): Promise<void> => {
    for (const { theme, language } of LOOKS) {
      await set(page, { theme, language });
      await expect(page.locator('html')).toHaveAttribute('lang', language);
      await expect(page.locator('html')).toHaveAttribute('data-theme', theme);
      await page.screenshot({
        path: info.outputPath(`${name}-${language}-${theme}.png`),
        animations: 'disabled',
      });
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect
        .soft(overflow, `${name}, ${language}, ${theme} runs over the edge`)
        .toBeLessThanOrEqual(0);
      // The two that differ most stand for all four: axe is slow, and what depends on a language does not depend on a theme.
      if ((theme === 'light') !== (language === 'en')) continue;
      expect.soft(await graveFaults(page), `${name}, ${language}, ${theme}`).toEqual([]);
    }
    await set(page, { theme: 'light', language: 'en' });
    await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  };
  const closeDialog = async (): Promise<void> => {
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toHaveCount(0);
  };

  await look('welcome');
  await page.getByRole('button', { name: 'I have an invite' }).click();
  await look('invite-field');
  await page.getByRole('button', { name: 'Back' }).click();
  await page.getByRole('button', { name: 'Start a team on this computer' }).click();
  await look('account');
  await page.getByRole('button', { name: 'Back' }).click();

  await priya.startTeam('Tidewater Works');
  await priya.openChannel('general');
  await priya.say('The relay on the plant floor has been up for **41 days**.'.replaceAll('**', ''));
  await priya.say('我剛把草稿放進 #general，請大家中午以前看一下 🙏');
  await priya.composer.fill(
    '```ts\nfor await (const event of stream.since(position)) cache.apply(event);\n```',
  );
  await priya.composer.press('Enter');
  // Coloured by the worker, which the host serves.
  await expect(priya.page.locator('pre span', { hasText: /^for$/ })).toBeVisible();
  await expect(priya.messages).toHaveCount(3);
  await look('conversation');

  await page.keyboard.press('Control+k');
  await expect(page.getByRole('dialog')).toBeVisible();
  await look('jump');
  await closeDialog();
  await priya.chooseInTeamMenu('Tidewater Works', 'Invite people');
  await page.getByRole('button', { name: 'Make a link' }).click();
  await expect(page.getByRole('img', { name: 'QR code of the invite link' })).toBeVisible();
  await look('invite');
  await closeDialog();
  await priya.chooseInTeamMenu('Tidewater Works', 'Settings');
  await expect(page.getByRole('dialog')).toBeVisible();
  await look('settings');
  await closeDialog();

  await page.setViewportSize({ width: 480, height: 700 });
  await look('narrow');
});
