/** Every screen, in both themes and both languages: nothing that assistive technology trips over, and no complaint of the page. */
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { graveFaults } from '../kit/axe.ts';
import { createStage, type OpenOptions, type Stage } from './kit/browser.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await createStage();
});
afterEach(() => stage.clear());
afterAll(() => stage.close());

interface Screen extends OpenOptions {
  readonly act?: (page: Page) => Promise<void>;
}

const over = (overlay: unknown, scene = 'team'): Screen => ({
  scene,
  query: { show: JSON.stringify(overlay) },
});
const typed = (text: string): Screen => ({
  scene: 'welcome',
  act: async (page) => {
    await page.getByRole('button').nth(1).click();
    await page.getByRole('textbox').fill(text);
    await page.keyboard.press('Enter');
    await page.getByText('Looking for the relay').waitFor();
    await page.getByText('Looking for the relay').waitFor({ state: 'hidden' });
  },
});

const SCREENS: Readonly<Record<string, Screen>> = {
  conversation: { scene: 'team' },
  'all scripts and markup': { scene: 'scripts' },
  'a message under the pointer': {
    scene: 'read',
    act: (page) => page.getByRole('article').last().hover(),
  },
  'a message being edited': {
    scene: 'read',
    act: async (page) => {
      await page.locator('footer textarea').press('ArrowUp');
      await page.locator('article textarea').waitFor();
    },
  },
  suggestions: {
    scene: 'read',
    act: async (page) => {
      await page.locator('footer textarea').fill('請 @');
      await page.getByRole('listbox').waitFor();
    },
  },
  'too long a text': {
    scene: 'read',
    act: (page) => page.locator('footer textarea').fill('x'.repeat(17_000)),
  },
  'a conversation of two': { scene: 'team', query: { channel: 'dm-lin' } },
  'a channel not joined': { scene: 'team', query: { channel: 'lunch' } },
  'an archived channel': { scene: 'team', query: { channel: 'release-2025' } },
  'an empty channel': { scene: 'empty-channel' },
  'an empty team': { scene: 'empty-team' },
  loading: {
    scene: 'team',
    query: { delay: '60000' },
    act: (page) => page.getByRole('status', { name: 'Loading' }).waitFor(),
  },
  'a channel that stays shut': {
    scene: 'team',
    act: async (page) => {
      await page.evaluate(() => window.demo!.bridge.refuse('timeline.open', { kind: 'offline' }));
      await page.locator('aside a, aside button').filter({ hasText: 'design' }).first().click();
      await page.getByRole('button', { name: 'Retry' }).waitFor();
    },
  },
  'a hole': { scene: 'hole' },
  'sending and refused': { scene: 'delivery' },
  offline: { scene: 'offline' },
  reconnecting: { scene: 'reconnecting' },
  'particulars of an impatient line': {
    scene: 'impatient',
    act: (page) => page.locator('header button[aria-label]').nth(1).click(),
  },
  'particulars of the line': {
    scene: 'reconnecting',
    act: (page) => page.locator('header button[aria-label]').nth(1).click(),
  },
  'the key changed': { scene: 'key-changed' },
  'the session ended': { scene: 'session-ended' },
  notices: { scene: 'notices' },
  'the menu of the team': {
    scene: 'read',
    act: (page) => page.locator('aside button').first().click(),
  },
  jump: over({ kind: 'jump' }),
  'create a channel': over({ kind: 'create-channel' }),
  'browse channels': over({ kind: 'browse-channels' }),
  'new message': over({ kind: 'new-direct' }),
  'ten thousand people': over({ kind: 'people' }, 'crowd'),
  'about a channel': over({ kind: 'channel', channel: 'launch', tab: 'about' }),
  'members of a channel': over({ kind: 'channel', channel: 'launch', tab: 'members' }),
  'level of a channel': over({ kind: 'channel', channel: 'launch', tab: 'notifications' }),
  invite: {
    ...over({ kind: 'invite' }),
    act: async (page) => {
      await page.getByRole('button', { name: 'Make a link' }).click();
      await page.getByRole('img', { name: /QR/ }).waitFor();
    },
  },
  'an invite within limits': {
    ...over({ kind: 'invite' }, 'as-member'),
    act: async (page) => {
      await page.getByRole('button', { name: /1 person/ }).click();
      const most = page.getByRole('option').last();
      if ((await most.textContent()) !== '25 people') throw new Error('more is offered');
      await page.keyboard.press('Escape');
    },
  },
  'a member': over({ kind: 'member', member: 'ada' }),
  ...Object.fromEntries(
    ['profile', 'look', 'notifications', 'sessions', 'connection'].map((tab) => [
      `settings, ${tab}`,
      over({ kind: 'settings', tab }),
    ]),
  ),
  'a line that was checked, and the wire': {
    ...over({ kind: 'settings', tab: 'connection' }),
    act: async (page) => {
      await page.getByRole('button', { name: 'Check the line' }).first().click();
      await page.getByRole('button', { name: 'Show the wire' }).first().click();
      await page.getByRole('button', { name: 'Measure silence too' }).click();
      await page.getByText('Cut after 100 s.').waitFor();
      await page.getByText('HTTP/1.1 101').waitFor();
    },
  },
  'a line with something wrong': {
    ...over({ kind: 'settings', tab: 'connection' }, 'offline'),
    act: async (page) => {
      await page.getByRole('button', { name: 'Check the line' }).first().click();
      await page.getByText('One thing needs attention: Port.').waitFor();
    },
  },
  'the doors compared, at rest too': {
    ...over({ kind: 'settings', tab: 'connection' }),
    act: async (page) => {
      await page.getByRole('button', { name: 'Compare the doors' }).first().click();
      await page.getByText('Then a minute at rest').click();
      await page.getByRole('button', { name: 'Measure', exact: true }).click();
      await page.getByText('All measured.').waitFor();
    },
  },
  'the doors compared, with little to tell': {
    ...over({ kind: 'settings', tab: 'connection' }, 'offline'),
    act: async (page) => {
      await page.getByRole('button', { name: 'Compare the doors' }).first().click();
      await page.getByRole('button', { name: 'Measure', exact: true }).click();
      await page.getByText('one way could not be').waitFor();
    },
  },
  'sign out': over({ kind: 'leave-team' }),
  keys: over({ kind: 'keys' }),
  why: over({ kind: 'why', message: 'm10' }),
  'delete a message': over({ kind: 'delete-message', channel: 'launch', message: 'm9' }, 'read'),
  welcome: { scene: 'welcome' },
  'start a team': { scene: 'welcome', act: (page) => page.getByRole('button').first().click() },
  'an invite that leads nowhere': typed('nobody.local'),
  'compare the key': typed('relay.local'),
  'another key': typed('changed.local'),
  'replace the relay of a team': typed('moved.local'),
  join: typed('landline://join?x'),
  'add a team': {
    scene: 'team',
    act: (page) => page.locator('nav').first().getByRole('button').last().click(),
  },
};

/** Light and English first, then the same screen dark and in Chinese. */
describe('a screen without grave faults, light and dark, in both languages', () => {
  it.each(Object.keys(SCREENS))('%s', async (name) => {
    const { act, query, ...options } = SCREENS[name]!;
    const { page, complaints } = await stage.open({
      ...options,
      query: { ...query, theme: 'light' },
    });
    await page.locator('main').first().waitFor();
    if (query?.['show'] !== undefined)
      await page.getByRole(/leave|delete/.test(query['show']) ? 'alertdialog' : 'dialog').waitFor();
    await act?.(page);
    expect(await graveFaults(page)).toEqual([]);
    await page.evaluate(() => {
      const { bridge } = window.demo!;
      bridge.emit({
        kind: 'settings',
        settings: { ...bridge.state().settings, theme: 'dark', language: 'zh-Hant' },
      });
    });
    await page.locator('html[data-theme=dark][lang=zh-Hant]').waitFor();
    expect(await graveFaults(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });
});

describe('room', () => {
  const SIZES = [
    { width: 480, height: 720 },
    { width: 640, height: 400, deviceScaleFactor: 2 },
    { width: 860, height: 600 },
  ] as const;
  const ROOMY = [
    'conversation',
    'all scripts and markup',
    'welcome',
    'start a team',
    'compare the key',
    'replace the relay of a team',
    'settings, notifications',
    'a line that was checked, and the wire',
    'invite',
    'jump',
    'the key changed',
  ];
  it.each(ROOMY.flatMap((name) => SIZES.map((size) => [name, size.width, size] as const)))(
    '%s fits %i wide',
    async (name, _width, size) => {
      const { act, query, ...options } = SCREENS[name]!;
      const { page } = await stage.open({
        ...options,
        ...size,
        ...(query === undefined ? {} : { query }),
      });
      await page.locator('main').first().waitFor();
      await act?.(page);
      const tooWide = await page.evaluate(() =>
        [
          ...document.querySelectorAll<HTMLElement>(
            'main, header, [role=dialog], footer, form, article',
          ),
        ]
          .filter(
            (one) =>
              one.offsetParent !== null &&
              (one.getBoundingClientRect().right > innerWidth + 1 ||
                one.getBoundingClientRect().left < -1),
          )
          .map(
            (one) =>
              `${one.tagName}.${one.className} ${Math.round(one.getBoundingClientRect().right)}`,
          ),
      );
      expect(tooWide).toEqual([]);
    },
  );

  it('a narrow window folds the side panel away and brings it back', async () => {
    const { page } = await stage.open({ scene: 'team', width: 480 });
    await page.locator('article').first().waitFor();
    expect(await page.locator('aside').isVisible()).toBe(false);
    // What calls by name in any team is told by the way to it, and by nothing once that is open.
    const fold = page.getByRole('button', { name: /^(?:Show|Hide) channels/ });
    await expect.poll(() => fold.getAttribute('aria-label')).toBe('Show channels, 6 for you');
    expect(await fold.locator('..').getByText('6').isVisible()).toBe(true);
    await fold.click();
    await expect.poll(() => fold.getAttribute('aria-label')).toBe('Hide channels');
    await page
      .locator('aside')
      .getByRole('button', { name: /design/ })
      .click();
    await page.locator('aside').waitFor({ state: 'hidden' });
    await page.getByRole('heading', { name: 'design' }).first().waitFor();
  });
});

it('nothing moves on a screen where nothing happens', async () => {
  const { page } = await stage.open({ scene: 'read', reducedMotion: 'no-preference' });
  await page.evaluate(() =>
    window.demo?.bridge.emit({ kind: 'typing', team: 'tw', channel: 'launch', members: [] }),
  );
  await page.locator('article').first().waitFor();
  await page.waitForFunction(() =>
    document.getAnimations().every((one) => one.playState !== 'running'),
  );
});
