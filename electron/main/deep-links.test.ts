import { EventEmitter } from 'node:events';
import type { App } from 'electron';
import { expect, test } from 'vitest';
import { isDeepLink, linkIn, listenForLinks } from './deep-links.ts';

const INVITE = 'landline://join?relay=10.0.0.5:7420&code=abc&key=00';

test('the last link among the arguments is taken', () => {
  expect(linkIn(['/usr/bin/landline', '--hidden', 'landline://join?x', INVITE, '/tmp/file'])).toBe(
    INVITE,
  );
  expect(linkIn(['/usr/bin/landline', '--landline://x', 'https://landline'])).toBeUndefined();
  expect(linkIn([])).toBeUndefined();
});

test.each([
  ['landline:', false],
  ['landline://join?code=a b', false],
  ['landline://join?code=a\n--gpu-launcher=calc', false],
  ['landline://\u202ejoin', false],
  [` ${INVITE}`, false],
  [`landline://${'x'.repeat(4000)}`, false],
  ['javascript:landline://', false],
  ['LANDLINE://join?code=abc', true],
])('%j is a link: %s', (text, is) => expect(isDeepLink(text)).toBe(is));

const appWith = (isPackaged: boolean): { readonly app: App; readonly registered: unknown[][] } => {
  const registered: unknown[][] = [];
  const app = Object.assign(new EventEmitter(), {
    isPackaged,
    setAsDefaultProtocolClient: (...args: unknown[]) => registered.push(args) > 0,
  });
  return { app: app as unknown as App, registered };
};

test('installed, the app registers itself; in development Electron with the folder', () => {
  const installed = appWith(true);
  listenForLinks({
    app: installed.app,
    argv: ['/opt/Landline/landline'],
    execPath: '/opt/Landline/landline',
    onLink: () => undefined,
  });
  expect(installed.registered).toEqual([['landline']]);
  const development = appWith(false);
  listenForLinks({
    app: development.app,
    argv: ['/x/electron', '/src'],
    execPath: '/x/electron',
    onLink: () => undefined,
  });
  expect(development.registered).toEqual([['landline', '/x/electron', ['/src']]]);
});

test("macOS's open-url is taken when it is one of ours", () => {
  const links: string[] = [];
  const { app } = appWith(true);
  listenForLinks({ app, argv: [], execPath: '', onLink: (url) => links.push(url) });
  let prevented = 0;
  const event = { preventDefault: () => (prevented += 1) };
  (app as unknown as EventEmitter).emit('open-url', event, INVITE);
  (app as unknown as EventEmitter).emit('open-url', event, 'https://evil.example');
  expect([links, prevented]).toEqual([[INVITE], 2]);
});
