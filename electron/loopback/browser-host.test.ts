import { beforeEach, expect, test } from 'vitest';
import { createFakeClock, type FakeClock } from '../../test/kit/fake-clock.ts';
import type { Toast } from '../core/ports.ts';
import { createBrowserHost, type BrowserHost } from './browser-host.ts';
import type { FrameDown } from './frames.ts';

let clock: FakeClock;
let told: FrameDown[] = [];
let clicked: unknown[] = [];
let isThere = true;
let browser: BrowserHost;

beforeEach(() => {
  clock = createFakeClock();
  told = [];
  clicked = [];
  isThere = true;
  browser = createBrowserHost({
    pages: () => ({
      tell(frame) {
        if (isThere) told.push(frame);
        return isThere;
      },
      tellAll: (frame) => void told.push(frame),
    }),
    onToastClick: (route) => clicked.push(route),
    platform: 'linux',
    locale: 'zh-TW',
    version: '1.2.3',
    clock,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });
});

const toast = (message = 'm1'): Toast => ({
  tag: 'general',
  title: 'Lin',
  body: 'hello',
  isSilent: false,
  route: { team: 't', channel: 'c', message },
});

test('what the page said of a toast is what the core hears', async () => {
  for (const outcome of ['shown', 'failed', 'unsupported'] as const) {
    const answer = browser.notifier.show(toast());
    const frame = told.at(-1);
    if (frame?.t !== 'toast') throw new Error('no toast');
    expect(frame.toast).toEqual({ tag: 'general', title: 'Lin', body: 'hello', isSilent: false });
    browser.heard({ t: 'toast-outcome', id: frame.id, outcome });
    expect(await answer).toBe(outcome);
  }
});

test('text goes to the page as it is, on Linux too: the browser escapes it', () => {
  void browser.notifier.show({ ...toast(), title: '<b>R&D</b>', body: '<img src="x"> & co' });
  expect(told.at(-1)).toMatchObject({
    toast: { title: '<b>R&D</b>', body: '<img src="x"> & co' },
  });
});

test('a page that says nothing, or no page, has shown nothing', async () => {
  const silent = browser.notifier.show(toast());
  clock.advance(30_000);
  expect(await silent).toBe('failed');
  isThere = false;
  expect(await browser.notifier.show(toast())).toBe('failed');
  expect(clock.pending).toBe(0);
});

test('a click leads to the newest toast of its tag; a tag nobody gave leads nowhere', () => {
  void browser.notifier.show(toast('m1'));
  void browser.notifier.show(toast('m2'));
  browser.heard({ t: 'toast-click', tag: 'general' });
  browser.heard({ t: 'toast-click', tag: '__proto__' });
  expect(clicked).toEqual([{ team: 't', channel: 'c', message: 'm2' }]);
});

test('an outcome nobody waits for is nothing', () => {
  expect(() => browser.heard({ t: 'toast-outcome', id: 99, outcome: 'shown' })).not.toThrow();
});

test('idle is the time since somebody moved or typed in any page', () => {
  clock.advance(90_000);
  expect(browser.host.idleSeconds()).toBe(90);
  browser.heard({ t: 'input' });
  clock.advance(1_500);
  expect(browser.host.idleSeconds()).toBe(1);
});

test('links go to the page checked once more', async () => {
  await browser.host.openLink('https://example.org');
  await browser.host.openLink('javascript:alert(1)');
  await browser.host.openLink('http://user@evil.example');
  expect(told).toEqual([{ t: 'link', url: 'https://example.org/' }]);
});

test('a page that comes late is told the badge', () => {
  expect(browser.greeting()).toEqual([{ t: 'badge', count: 0, hasUnread: false }]);
  browser.host.setBadge({ count: 4, hasUnread: true });
  expect(browser.greeting()).toEqual([{ t: 'badge', count: 4, hasUnread: true }]);
  expect(told).toEqual(browser.greeting());
});

test('it says what it is', () => {
  expect(browser.host).toMatchObject({
    kind: 'browser',
    os: 'linux',
    locale: 'zh-TW',
    version: '1.2.3',
  });
});
