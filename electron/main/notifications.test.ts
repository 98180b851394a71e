import { EventEmitter } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NotificationConstructorOptions } from 'electron';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFakeClock, type FakeClock } from '../../test/kit/fake-clock.ts';
import type { Toast } from '../core/ports.ts';
import {
  activatedToast,
  createNotifier,
  type NotificationClass,
  type SystemNotifier,
} from './notifications.ts';
import { openToastRoutes, toastId } from './toast-routes.ts';

class Shown extends EventEmitter {
  static all: Shown[] = [];
  static isThere = true;
  readonly options: NotificationConstructorOptions;
  state: 'new' | 'shown' | 'closed' = 'new';
  constructor(options: NotificationConstructorOptions) {
    super();
    this.options = options;
    Shown.all.push(this);
  }
  static isSupported(): boolean {
    return Shown.isThere;
  }
  show(): void {
    this.state = 'shown';
  }
  close(): void {
    this.state = 'closed';
    this.emit('close');
  }
}

let folder = '';
let clock: FakeClock;
let clicked: unknown[] = [];
let notifier: SystemNotifier;
const open = (platform: NodeJS.Platform = 'darwin'): SystemNotifier =>
  createNotifier({
    Notification: Shown as unknown as NotificationClass,
    platform,
    routes: openToastRoutes(join(folder, 'toast-routes.json')),
    clock,
    onClick: (route) => clicked.push(route),
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'landline-toasts-'));
  Shown.all = [];
  Shown.isThere = true;
  clock = createFakeClock();
  clicked = [];
  notifier = open();
});
afterEach(() => rmSync(folder, { recursive: true }));

const toast = (more: Partial<Toast> = {}): Toast => ({
  tag: 'team/general',
  title: 'Lin in general',
  body: 'hello',
  isSilent: false,
  route: { team: 't', channel: 'c', message: 'm1' },
  ...more,
});
const said = async (answer: 'show' | 'failed', one = toast()): Promise<unknown> => {
  const outcome = notifier.show(one);
  Shown.all.at(-1)?.emit(answer);
  return outcome;
};

test('what the system answered is what the core hears', async () => {
  expect(await said('show')).toBe('shown');
  expect(await said('failed')).toBe('failed');
  Shown.isThere = false;
  expect(await notifier.show(toast())).toBe('unsupported');
});

test('a system that answers nothing has shown nothing', async () => {
  const outcome = notifier.show(toast());
  clock.advance(5_000);
  expect(await outcome).toBe('failed');
});

test('one tag has one toast, the newest', async () => {
  await said('show', toast({ body: 'first' }));
  await said('show', toast({ body: 'second' }));
  await said('show', toast({ tag: 'team/other', body: 'third' }));
  expect(Shown.all.map(({ options, state }) => [options.body, state])).toEqual([
    ['first', 'closed'],
    ['second', 'shown'],
    ['third', 'shown'],
  ]);
});

test('a click leads to the message of the toast that was clicked', async () => {
  await said('show', toast({ route: { team: 't', channel: 'c', message: 'm1' } }));
  await said('show', toast({ route: { team: 't', channel: 'c', message: 'm2' } }));
  Shown.all[1]?.emit('click');
  expect(clicked).toEqual([{ team: 't', channel: 'c', message: 'm2' }]);
});

test('a cleared toast is taken back', async () => {
  await said('show');
  notifier.clear('team/general');
  notifier.clear('team/unknown');
  expect(Shown.all[0]?.state).toBe('closed');
});

test('markup is text, and long text is clipped', async () => {
  await said('show', toast({ title: '</text><action content="x"/>', body: 'b'.repeat(10_000) }));
  const { title, body, toastXml } = Shown.all[0]!.options;
  expect(title).toBe('</text><action content="x"/>');
  expect(body).toHaveLength(400);
  expect(toastXml).toBeUndefined();
});

describe('on Linux, where the notification service reads markup,', () => {
  const shownFor = async (more: Partial<Toast>) => {
    notifier = open('linux');
    await said('show', toast(more));
    const { title, body } = Shown.all.at(-1)!.options;
    return { title, body };
  };

  test.each([
    ['<b>bold</b>', '&lt;b&gt;bold&lt;/b&gt;'],
    [
      '<a href="https://evil.example">log in</a>',
      '&lt;a href="https://evil.example"&gt;log in&lt;/a&gt;',
    ],
    [`<img src='file:///x' alt="x"/>`, `&lt;img src='file:///x' alt="x"/&gt;`],
    ['&lt;b&gt; &amp; &#60;', '&amp;lt;b&amp;gt; &amp;amp; &amp;#60;'],
    ['a < b && c > d', 'a &lt; b &amp;&amp; c &gt; d'],
    ['早安 R&D', '早安 R&amp;D'],
  ])('the message %j is shown as it was written', async (text, body) => {
    expect(await shownFor({ body: text })).toMatchObject({ body });
  });

  test('a name has no markup, and no entity that a service would show as it stands', async () => {
    expect(await shownFor({ title: '<b>R&D</b> · #<img src="x">' })).toMatchObject({
      title: '‹b›R&D‹/b› · #‹img src="x"›',
    });
  });

  test('no entity is cut in half', async () => {
    const { title, body } = await shownFor({ title: '<'.repeat(500), body: '&'.repeat(500) });
    expect(title).toBe(`${'‹'.repeat(119)}…`);
    expect(body).toBe(`${'&amp;'.repeat(399)}…`);
  });
});

test.each(['win32', 'darwin'] as const)('on %s text stays as it is', async (platform) => {
  notifier = open(platform);
  await said('show', toast({ title: 'R&D <b>', body: 'a < b & c' }));
  expect(Shown.all.at(-1)!.options).toMatchObject({ title: 'R&D <b>', body: 'a < b & c' });
});

test('a click on a toast of an earlier run leads to its message', async () => {
  await said('show');
  notifier = open();
  const id = activatedToast({ arguments: `type=click&tag=${toastId('team/general')}` });
  expect(id).toBe(toastId('team/general'));
  notifier.activated(id!);
  expect(clicked).toEqual([{ team: 't', channel: 'c', message: 'm1' }]);
});

test('a toast of this run answers once, though Windows tells twice', async () => {
  await said('show');
  notifier.activated(toastId('team/general'));
  Shown.all[0]?.emit('click');
  expect(clicked).toHaveLength(1);
});

test.each([
  '',
  'type=click',
  'tag=../../x',
  'tag=0123456789abcdef0',
  'type=click&tag=ABCDEF0123456789',
])('activation arguments %j name no toast', (given) =>
  expect(activatedToast({ arguments: given })).toBeUndefined(),
);

test('only ids are kept on the disk, and not for ever', async () => {
  for (let n = 0; n < 150; n += 1)
    await said('show', toast({ tag: `tag ${n}`, body: 'secret', title: 'secret' }));
  const kept = readFileSync(join(folder, 'toast-routes.json'), 'utf8');
  expect(kept).not.toContain('secret');
  expect(JSON.parse(kept)).toHaveLength(100);
});
