/** The relay's core from a client's side: hello, live events, acks, catching up, and who hears what. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  channelFeed,
  memberFeed,
  TEAM_FEED,
  type ChannelId,
  type MessageId,
  type OperationId,
} from '../../protocol/ids.ts';
import { createRelayKit, heldIn, post, seqsOf, type RelayKit } from '../../test/kit/relay-kit.ts';

let kit: RelayKit;
beforeEach(async () => {
  kit = await createRelayKit();
});
afterEach(async () => {
  expect(kit.lines.filter((line) => line.event.endsWith('-failed'))).toEqual([]);
  await kit.dispose();
});

describe('a first hello', () => {
  test('is answered by welcome, the states, a page of each channel, and caught-up, in this order', async () => {
    const client = await kit.connect(kit.owner);
    client.hello({ focus: kit.general });
    await kit.settle();
    expect(client.frames.map((frame) => frame.t)).toEqual([
      'welcome',
      'member-state',
      'team-state',
      'page',
      'caught-up',
      'presence',
    ]);
    const [welcome] = client.all('welcome');
    const general = channelFeed(kit.general);
    expect(welcome).toMatchObject({
      epoch: kit.store.epoch,
      member: kit.owner.id,
      heads: { [general]: 1, [TEAM_FEED]: 3, [memberFeed(kit.owner.id)]: 1 },
    });
    expect(client.all('page')[0]).toMatchObject({
      feed: general,
      from: 1,
      to: 1,
      head: 1,
      channel: { id: kit.general, seq: 1 },
    });
  });
});

test('a client that goes in the middle of its hello leaves nothing behind', async () => {
  for (let turns = 0; turns < 6; turns++) {
    const client = await kit.connect(kit.owner);
    client.hello();
    for (let i = 0; i < turns; i++) await Promise.resolve();
    client.side.closed();
    await kit.settle();
    expect(kit.core.stats).toMatchObject({ connections: 0, members: 0, feeds: 0 });
  }
});

describe('a message', () => {
  test('is acked to its sender and told to everybody in the channel once', async () => {
    const bo = await kit.person('bo');
    const [ada, other] = [await kit.live(kit.owner), await kit.live(bo)];
    const op = kit.id<MessageId>();
    ada.say(post(op, kit.general, 'hello'));
    await kit.settle();
    const feed = channelFeed(kit.general);
    expect(ada.all('ack')).toMatchObject([{ op, feed, seq: 3 }]);
    for (const client of [ada, other]) {
      expect(client.all('events')).toMatchObject([
        { feed, events: [{ seq: 3, kind: 'posted', id: op, text: 'hello', by: kit.owner.id }] },
      ]);
    }
  });

  test('sent thirty times at once on five sockets is stored once and acked alike', async () => {
    const clients = await Promise.all([1, 2, 3, 4, 5].map(() => kit.live(kit.owner)));
    const op = kit.id<MessageId>();
    // As many as a member's devices may send at once.
    for (let i = 0; i < 6; i++)
      for (const client of clients) client.say(post(op, kit.general, 'once'));
    await kit.settle();
    const acks = clients.flatMap((client) => client.all('ack'));
    expect(acks).toHaveLength(30);
    expect(new Set(acks.map((ack) => ack.seq))).toEqual(new Set([2]));
    expect(await kit.store.head(channelFeed(kit.general))).toBe(2);
  });

  test('of one tick and one channel travels in one frame', async () => {
    const bo = await kit.person('bo');
    const [ada, other] = [await kit.live(kit.owner), await kit.live(bo)];
    for (let i = 0; i < 5; i++) ada.say(post(kit.id(), kit.general, `line ${i}`));
    await kit.settle();
    expect(other.all('events').map((frame) => frame.events.length)).toEqual([5]);
  });
});

describe('a returning client', () => {
  test('gets what it missed and nothing it has', async () => {
    const bo = await kit.person('bo');
    const ada = await kit.live(kit.owner);
    for (let i = 0; i < 10; i++) ada.say(post(kit.id(), kit.general, `line ${i}`));
    await kit.settle();
    const feed = channelFeed(kit.general);
    const back = await kit.connect(bo);
    back.hello({
      epoch: kit.store.epoch,
      positions: await heldIn(kit.store, {
        [feed]: 5,
        [TEAM_FEED]: 4,
        [memberFeed(bo.id)]: 1,
      }),
    });
    await kit.settle();
    expect(seqsOf(back, feed)).toEqual([6, 7, 8, 9, 10, 11, 12]);
    expect(back.frames.map((frame) => frame.t)).toEqual(['welcome', 'beat', 'page', 'caught-up']);
  });

  test('hears every event once when messages keep coming while it catches up', async () => {
    const bo = await kit.person('bo');
    const ada = await kit.live(kit.owner);
    const feed = channelFeed(kit.general);
    const back = await kit.connect(bo);
    back.hello({ epoch: kit.store.epoch, positions: { [feed]: { seq: 0, at: 0 } } });
    for (let i = 0; i < 20; i++) {
      ada.say(post(kit.id(), kit.general, `line ${i}`));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await kit.settle();
    const seqs = seqsOf(back, feed);
    expect([...new Set(seqs)]).toEqual(Array.from({ length: 22 }, (_, i) => i + 1));
  });

  test('with another epoch is treated as if it had no positions', async () => {
    const client = await kit.connect(kit.owner);
    client.hello({
      epoch: '0'.repeat(32) as never,
      positions: await heldIn(kit.store, { [TEAM_FEED]: 3 }),
    });
    await kit.settle();
    expect(client.all('team-state')).toHaveLength(1);
  });
});

describe('leaving a channel', () => {
  test('ends what a member hears at their own departure, also within one tick', async () => {
    const bo = await kit.person('bo');
    const channel = kit.id<ChannelId>();
    const [ada, other] = [await kit.live(kit.owner), await kit.live(bo)];
    ada.say({
      t: 'create-channel',
      op: kit.id<OperationId>(),
      id: channel,
      kind: 'private',
      name: 'plans',
      topic: '',
      members: [bo.id],
    });
    await kit.settle();
    expect(other.all('events').map((frame) => frame.feed)).toEqual([
      memberFeed(bo.id),
      channelFeed(channel),
    ]);
    other.clear();
    ada.say(post(kit.id(), channel, 'before'));
    ada.say({ t: 'remove-member', op: kit.id<OperationId>(), channel, member: bo.id });
    ada.say(post(kit.id(), channel, 'canary'));
    await kit.settle();
    expect(seqsOf(other, channelFeed(channel))).toEqual([2, 3]);
    expect(other.texts.join()).not.toContain('canary');
    expect(seqsOf(ada, channelFeed(channel))).toEqual([1, 2, 3, 4]);
  });
});
