/** What a person is told, and what the computer says it told them: unread, mentions, notifications, and why. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ChannelId, MessageId, OperationId } from '../../protocol/ids.ts';
import { createHouse, TEAM, type Desk, type House } from '../kit/house.ts';
import type { Person, TestClient } from '../kit/relay-kit.ts';

let house: House;
let ada: Desk;
let ben: TestClient;
let benIs: Person;
let general: ChannelId;
beforeEach(async () => {
  house = await createHouse();
  general = house.kit.general;
  benIs = await house.kit.person('ben');
  ben = await house.kit.live(benIs);
  ada = await house.desk(house.kit.owner);
  await ada.now.call('channel.level', { team: TEAM, channel: general, level: 'all' });
  await house.rest();
});
afterEach(() => house.dispose());

const post = async (text: string, channel = general): Promise<MessageId> => {
  const id = house.kit.id<MessageId>();
  ben.say({ t: 'post', op: id, channel, text });
  await house.rest();
  return id;
};
const op = (): OperationId => house.kit.id<OperationId>();
const look = (isFocused: boolean, isAtEnd = true): Promise<unknown> =>
  ada.now.call('view.look', { team: TEAM, channel: general, isAtEnd, isFocused });
const why = (message: string): Promise<unknown> =>
  ada.now.call('message.why', { team: TEAM, message });
const counts = (): unknown => {
  const { unread, mentions } = ada.now.channel('general');
  return { unread, mentions, team: ada.now.team.team.mentions, badge: ada.now.host.badge };
};
const toasts = (): unknown => ada.now.notifier.shown.map(({ title, body }) => [title, body]);
const away = async (run: () => Promise<unknown>): Promise<void> => {
  ada.plug.pull();
  await house.rest();
  await run();
  ada.plug.put();
  ada.now.desktop.wake();
  await house.rest(1_000);
};

describe('a message that arrives', () => {
  test('counts, shows, is explained, and all of it goes away when it is read', async () => {
    const id = await post('Hello @ada');
    await house.rest(300);
    expect(counts()).toEqual({
      unread: 1,
      mentions: 1,
      team: 1,
      badge: { count: 1, hasUnread: true },
    });
    expect(toasts()).toEqual([['ben · #general', 'Hello @ada']]);
    expect(ada.now.notifier.shown[0]?.route).toEqual({ team: TEAM, channel: general, message: id });
    expect(ada.now.host.attention).toBe(1);
    expect(await why(id)).toMatchObject({ rule: 9, reason: 'mention', outcome: 'notified' });

    await ada.now.call('read.mark', {
      team: TEAM,
      channel: general,
      seq: ada.now.channel('general').head,
    });
    await house.rest(300);
    expect(counts()).toEqual({
      unread: 0,
      mentions: 0,
      team: 0,
      badge: { count: 0, hasUnread: false },
    });
    expect(ada.now.notifier.cleared).toEqual([`${TEAM}/${general}`]);
  });

  test('on the screen of somebody who is there is read at once, on all devices', async () => {
    const other = await house.desk(house.kit.owner);
    await look(true);
    const id = await post('Hello @ada');
    await house.rest(1_000);
    expect(toasts()).toEqual([]);
    expect(await why(id)).toMatchObject({ rule: 2, outcome: 'nothing' });
    expect(counts()).toMatchObject({ unread: 0, mentions: 0 });
    expect(other.now.channel('general').unread).toBe(0);
    expect(other.now.notifier.cleared).toEqual([`${TEAM}/${general}`]);
  });

  test.each([
    ['the window is not focused', () => look(false)],
    ['the person has gone away', async () => ((ada.now.host.idle = 600), look(true))],
  ])('on screen while %s notifies and stays unread', async (_what, arrange) => {
    await arrange();
    const id = await post('Hello');
    expect(toasts()).toHaveLength(1);
    expect(await why(id)).toMatchObject({ rule: 9 });
    expect(counts()).toMatchObject({ unread: 1 });
  });

  test('below the fold of a focused window does not interrupt and stays unread', async () => {
    await look(true, false);
    await post('Hello');
    expect([toasts(), ada.now.channel('general').unread]).toEqual([[], 1]);
    await look(true, true);
    await house.rest();
    expect(ada.now.channel('general').unread).toBe(0);
  });

  test('of our own makes no noise on our other device', async () => {
    const other = await house.desk(house.kit.owner);
    await ada.now.call('message.send', { team: TEAM, channel: general, text: 'mine @ada' });
    await house.rest();
    expect([other.now.notifier.shown, other.now.channel('general').unread]).toEqual([[], 0]);
  });

  test('in focus mode, in quiet hours and with notifications off only counts, and says which it was', async () => {
    const { settings } = ada.now.state;
    const { notifications } = settings;
    const set = (change: Partial<typeof notifications>): Promise<unknown> =>
      ada.now.call('settings.set', {
        settings: { ...settings, notifications: { ...notifications, ...change } },
      });
    ada.now.host.isFocusMode = true;
    expect(await why(await post('@ada one'))).toMatchObject({
      rule: 4,
      reason: 'focus-mode',
      outcome: 'badge',
    });
    ada.now.host.isFocusMode = false;
    await set({ isOn: false });
    expect(await why(await post('@ada two'))).toMatchObject({
      rule: 4,
      reason: 'off',
      outcome: 'badge',
    });
    await set({ quietHours: [{ days: [0, 1, 2, 3, 4, 5, 6], from: 0, to: 0 }] });
    expect(await why(await post('@ada three'))).toMatchObject({
      rule: 5,
      reason: 'quiet-hours',
      outcome: 'badge',
    });
    await set({});
    await ada.now.call('presence.set', { team: TEAM, presence: 'dnd' });
    expect(await why(await post('@ada four'))).toMatchObject({
      rule: 5,
      reason: 'dnd',
      outcome: 'badge',
    });
    expect([toasts(), counts()]).toMatchObject([[], { unread: 4, mentions: 4 }]);
  });

  test('a level, a keyword and hidden content decide what is shown', async () => {
    const { settings } = ada.now.state;
    await ada.now.call('channel.level', { team: TEAM, channel: general, level: 'mentions' });
    await ada.now.call('settings.set', {
      settings: {
        ...settings,
        notifications: { ...settings.notifications, keywords: ['Pump 4'], hideContent: true },
      },
    });
    await post('nothing special');
    await post('the PUMP 4 is down');
    expect(toasts()).toEqual([['New message', '']]);
    await ada.now.call('settings.set', {
      settings: {
        ...settings,
        language: 'zh-Hant',
        notifications: { ...settings.notifications, keywords: ['pump 4'], hideContent: true },
      },
    });
    await post('pump 4 again');
    expect(ada.now.notifier.shown.at(-1)).toMatchObject({ title: '新訊息', body: '' });
  });

  test('a notification the system refuses is remembered, and the person is told once', async () => {
    ada.now.notifier.answer = 'failed';
    const id = await post('Hello');
    await post('Hello again');
    expect(await why(id)).toMatchObject({ rule: 9, outcome: 'failed' });
    expect(ada.now.state.notices.map((notice) => notice.kind)).toEqual(['notification-failed']);
    await ada.now.call('notice.dismiss', { id: ada.now.state.notices[0]?.id ?? '' });
    await house.rest();
    expect(ada.now.state.notices).toEqual([]);
  });

  test('a keyword, markup and ten kilobytes are shown as plain, clipped text', async () => {
    await post(`<b>&amp;</b></text><action> ${'長'.repeat(5_000)}`);
    const [toast] = ada.now.notifier.shown;
    expect(toast?.body.startsWith('<b>&amp;</b></text><action> 長')).toBe(true);
    expect(toast?.body.length).toBeLessThan(250);
  });
});

describe('many at once', () => {
  test('the fourth in ten seconds becomes one that counts, and quiet afterwards starts anew', async () => {
    for (const text of ['one', 'two', 'three', 'four', 'five']) await post(text);
    expect(
      ada.now.notifier.shown.map(({ body, tag, isSilent }) => [
        body,
        tag === `${TEAM}/${general}`,
        isSilent,
      ]),
    ).toEqual([
      ['one', true, false],
      ['two', true, false],
      ['three', true, false],
      ['4 new messages', true, false],
      ['5 new messages', true, true],
    ]);
    await house.rest(10_000);
    await post('later');
    expect(ada.now.notifier.shown.at(-1)).toMatchObject({ body: 'later', isSilent: false });
  });

  test('what was missed while away is one notification per channel', async () => {
    const room = house.kit.id<ChannelId>();
    ben.say({
      t: 'create-channel',
      op: op(),
      id: room,
      kind: 'private',
      name: 'ops',
      topic: '',
      members: [house.kit.owner.id],
    });
    await house.rest();
    await away(async () => {
      for (let n = 0; n < 20; n++) await post(`general ${n}`);
      await post('@ada only one', room);
    });
    expect(ada.now.notifier.shown.map(({ title, body }) => [title, body]).sort()).toEqual([
      ['#general', '20 new messages'],
      ['ben · #ops', '@ada only one'],
    ]);
    expect(counts()).toMatchObject({ unread: 20, team: 1 });
  });

  test('a computer that joins, or lost its cache, is not flooded with what is old', async () => {
    for (let n = 0; n < 10; n++) await post(`@ada old ${n}`);
    const other = await house.desk(house.kit.owner);
    expect([other.now.notifier.shown, other.now.channel('general').mentions]).toEqual([[], 10]);
  });

  test('what was read elsewhere in the meantime does not notify', async () => {
    const other = await house.desk(house.kit.owner);
    await away(async () => {
      await post('@ada read on the other device');
      await other.now.call('read.all', { team: TEAM });
      await house.rest(1_000);
    });
    expect(toasts()).toEqual([]);
    expect(counts()).toMatchObject({ unread: 0, mentions: 0 });
  });
});

describe('read marks', () => {
  test('agree on two devices, both ways, and only a person moves one back', async () => {
    const other = await house.desk(house.kit.owner);
    const ids = [await post('one'), await post('two'), await post('three')];
    await ada.now.call('read.all', { team: TEAM });
    await house.rest(1_000);
    expect([ada, other].map((desk) => desk.now.channel('general').unread)).toEqual([0, 0]);
    await other.now.call('read.unmark', { team: TEAM, channel: general, message: ids[1] ?? '' });
    await house.rest(1_000);
    expect([ada, other].map((desk) => desk.now.channel('general').unread)).toEqual([2, 2]);
    await ada.now.call('read.mark', { team: TEAM, channel: general, seq: 1 });
    await house.rest(1_000);
    expect([ada, other].map((desk) => desk.now.channel('general').unread)).toEqual([2, 2]);
  });

  test('many small steps are one change on the wire', async () => {
    for (let n = 0; n < 5; n++) await post(`${n}`);
    ada.plug.said.length = 0;
    for (let seq = 1; seq <= 6; seq++)
      await ada.now.call('read.mark', { team: TEAM, channel: general, seq });
    await house.rest(1_000);
    expect(
      ada.plug.said.filter(({ way, text }) => way === 'up' && text.includes('"t":"read"')),
    ).toHaveLength(1);
  });

  test('made offline and closed at once, it is made', async () => {
    await post('one');
    ada.plug.pull();
    await house.rest();
    await ada.now.call('read.all', { team: TEAM });
    await ada.restart();
    expect(counts()).toMatchObject({ unread: 0 });
    ada.plug.put();
    ada.now.desktop.wake();
    await house.rest(1_000);
    const other = await house.desk(house.kit.owner);
    expect(other.now.channel('general').unread).toBe(0);
  });

  test('a channel marked unread while it is on screen stays unread until it is looked at anew', async () => {
    await look(true);
    await ada.now.call('timeline.open', { team: TEAM, channel: general, at: 'end' });
    const id = await post('one');
    await house.rest(1_000);
    await ada.now.call('read.unmark', { team: TEAM, channel: general, message: id });
    await post('two');
    await house.rest(1_000);
    expect(counts()).toMatchObject({ unread: 2 });
    await ada.now.call('view.look', { team: TEAM, channel: null, isAtEnd: false, isFocused: true });
    await look(true);
    await house.rest(1_000);
    expect(counts()).toMatchObject({ unread: 0 });
  });
});

describe('what is deleted', () => {
  const CANARY = 'canary-7f3a';
  /** Whether the words are in any file of the desktop once it is closed. */
  const isOnDisk = async (): Promise<boolean> => {
    await ada.now.close();
    return readdirSync(ada.folder).some((name) =>
      readFileSync(join(ada.folder, name)).includes(CANARY),
    );
  };

  test('leaves the screen, the notification and the disk', async () => {
    await ada.now.call('timeline.open', { team: TEAM, channel: general, at: 'end' });
    const id = await post(`@ada ${CANARY}`);
    expect(toasts()).toHaveLength(1);
    ben.say({ t: 'delete', op: op(), channel: general, message: id });
    await house.rest(300);
    expect(ada.now.messages).toMatchObject([{ id, text: '', isDeleted: true, mentionsMe: false }]);
    expect(ada.now.notifier.cleared).toEqual([`${TEAM}/${general}`]);
    expect(counts()).toEqual({
      unread: 0,
      mentions: 0,
      team: 0,
      badge: { count: 0, hasUnread: false },
    });
    expect(await isOnDisk()).toBe(false);
  });

  test('while away never comes in', async () => {
    await away(async () => {
      const id = await post(CANARY);
      ben.say({ t: 'delete', op: op(), channel: general, message: id });
      await house.rest();
    });
    expect(toasts()).toEqual([]);
    expect(await isOnDisk()).toBe(false);
  });

  test('of our own is gone from the outbox and the journal as well', async () => {
    const { id } = await ada.now.call('message.send', {
      team: TEAM,
      channel: general,
      text: CANARY,
    });
    await house.rest();
    await ada.now.call('message.edit', {
      team: TEAM,
      channel: general,
      message: id,
      text: `${CANARY} again`,
    });
    await house.rest();
    await ada.now.call('message.delete', { team: TEAM, channel: general, message: id });
    await house.rest();
    expect(await isOnDisk()).toBe(false);
  });

  test('is not brought back by an edit that comes late', async () => {
    await ada.now.call('timeline.open', { team: TEAM, channel: general, at: 'end' });
    const id = await post('first words');
    ada.plug.pull();
    await house.rest();
    ben.say({ t: 'edit', op: op(), channel: general, message: id, text: CANARY });
    ben.say({ t: 'delete', op: op(), channel: general, message: id });
    await house.rest();
    ada.plug.put();
    ada.now.desktop.wake();
    await house.rest(500);
    expect(ada.now.messages).toMatchObject([{ text: '', isDeleted: true }]);
    expect(await isOnDisk()).toBe(false);
  });

  test('with a channel one is removed from, all its words leave the computer', async () => {
    const room = house.kit.id<ChannelId>();
    ben.say({
      t: 'create-channel',
      op: op(),
      id: room,
      kind: 'private',
      name: 'secret',
      topic: '',
      members: [house.kit.owner.id],
    });
    await house.rest();
    await post(CANARY, room);
    await ada.now.call('timeline.open', { team: TEAM, channel: room, at: 'end' });
    await house.rest();
    expect(ada.now.messages).toHaveLength(1);
    ben.say({ t: 'remove-member', op: op(), channel: room, member: house.kit.owner.id });
    await house.rest(300);
    expect(Object.keys(ada.now.team.channels)).toEqual([general]);
    expect(ada.now.messages).toEqual([]);
    expect(await isOnDisk()).toBe(false);
  });
});

describe('a click on a notification', () => {
  test('asks the window to go there, until it says it did', async () => {
    const id = await post('Hello');
    const route = ada.now.notifier.shown[0]?.route;
    if (!route) throw new Error('nothing was shown');
    ada.now.desktop.notificationClicked(route);
    await house.rest();
    expect(ada.now.host.shown).toBe(1);
    expect(ada.now.state.request).toEqual({
      n: 1,
      kind: 'go-to',
      team: TEAM,
      channel: general,
      message: id,
    });
    await ada.now.call('timeline.open', { team: TEAM, channel: general, at: { message: id } });
    await ada.now.call('request.took', { n: 1 });
    await house.rest();
    expect([ada.now.state.request, ada.now.state.timeline?.target]).toEqual([null, id]);
  });

  test('for a team that is no more shows the window and asks nothing', async () => {
    ada.now.desktop.notificationClicked({ team: 'gone', channel: general, message: 'x' });
    await house.rest();
    expect([ada.now.host.shown, ada.now.state.request]).toEqual([1, null]);
  });
});
