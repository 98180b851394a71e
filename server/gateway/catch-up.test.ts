/** Coming back: what is sent, in which order, how fast, and what is not sent any more. */
import { afterEach, expect, test } from 'vitest';
import {
  channelFeed,
  memberFeed,
  TEAM_FEED,
  type ChannelId,
  type FeedId,
  type MessageId,
} from '../../protocol/ids.ts';
import type { Limits } from '../../protocol/limits.ts';
import {
  createRelayKit,
  heldIn,
  type Person,
  post,
  type RelayKit,
  seqsOf,
  type TestClient,
} from '../../test/kit/relay-kit.ts';

let kit: RelayKit;
afterEach(async () => {
  expect(kit.lines.filter((line) => line.event.endsWith('-failed'))).toEqual([]);
  await kit.dispose();
});
const start = async (limits: Partial<Limits> = {}): Promise<void> => {
  kit = await createRelayKit({ limits });
};

async function makeChannel(name: string, members: readonly Person[]): Promise<ChannelId> {
  const id = kit.id<ChannelId>();
  const maker = await kit.live(kit.owner);
  maker.say({
    t: 'create-channel',
    op: kit.id(),
    id,
    kind: 'private',
    name,
    topic: '',
    members: members.map((one) => one.id),
  });
  await kit.settle();
  expect(maker.all('ack')).toHaveLength(1);
  maker.side.closed();
  return id;
}
const fill = (channel: ChannelId, count: number, text = 'x'): Promise<void> =>
  kit.write(async (tx) => {
    for (let i = 0; i < count; i++) {
      const id = kit.id<MessageId>();
      await tx.append(channelFeed(channel), {
        by: kit.owner.id,
        kind: 'posted',
        op: id,
        body: { id, text },
      });
    }
  });
const pages = (client: TestClient, feed: FeedId): (readonly [number, number])[] =>
  client.all('page').flatMap((page) => (page.feed === feed ? [[page.from, page.to] as const] : []));
const whole = async (seqs: Readonly<Record<string, number>>) => ({
  epoch: kit.store.epoch,
  positions: await heldIn(kit.store, seqs),
});

test('what was missed comes in pages that fit, upwards, then caught-up', async () => {
  await start({ pageEvents: 20 });
  await fill(kit.general, 50);
  const feed = channelFeed(kit.general);
  const client = await kit.connect(kit.owner);
  client.hello(await whole({ [feed]: 4 }));
  await kit.settle();
  expect(pages(client, feed)).toEqual([
    [5, 24],
    [25, 44],
    [45, 51],
  ]);
  expect(client.all('page').every((page) => page.channel === undefined)).toBe(true);
  expect(client.frames.at(-2)?.t).toBe('caught-up');
});

test('a page ends where its bytes run out', async () => {
  await start({ pageBytes: 5_000 });
  await fill(kit.general, 10, 'y'.repeat(2_000));
  const feed = channelFeed(kit.general);
  const client = await kit.connect(kit.owner);
  client.hello(await whole({ [feed]: 1 }));
  await kit.settle();
  expect(pages(client, feed)).toEqual([
    [2, 3],
    [4, 5],
    [6, 7],
    [8, 9],
    [10, 11],
  ]);
});

test('far behind starts with the newest page, and says what the channel is by now', async () => {
  await start({ farBehindEvents: 100, pageEvents: 30 });
  await fill(kit.general, 300);
  const feed = channelFeed(kit.general);
  const client = await kit.connect(kit.owner);
  client.hello({
    ...(await whole({ [feed]: 100, [TEAM_FEED]: 3, [memberFeed(kit.owner.id)]: 1 })),
    focus: kit.general,
  });
  await kit.settle();
  expect(client.all('page')).toMatchObject([
    {
      feed,
      from: 272,
      to: 301,
      head: 301,
      channel: { id: kit.general, name: 'general', seq: 301 },
    },
  ]);
});

test('the channel on screen comes first, the others by their last activity', async () => {
  await start();
  const bo = await kit.person('bo');
  const [one, two, three] = [
    await makeChannel('one', [bo]),
    await makeChannel('two', [bo]),
    await makeChannel('three', [bo]),
  ];
  for (const channel of [three, kit.general, one]) {
    kit.clock.advance(1_000);
    await fill(channel, 1);
  }
  const client = await kit.connect(bo);
  client.hello({ focus: two });
  await kit.settle();
  expect(client.all('page').map((page) => page.feed)).toEqual(
    [two, one, kit.general, three].map(channelFeed),
  );
  expect(client.frames.slice(0, 3).map((frame) => frame.t)).toEqual([
    'welcome',
    'member-state',
    'team-state',
  ]);
});

test('a channel that is not on screen starts with a glance', async () => {
  await start();
  const bo = await kit.person('bo');
  const other = await makeChannel('other', [bo]);
  for (const channel of [other, kit.general]) await fill(channel, 150);
  const client = await kit.connect(bo);
  client.hello({ focus: kit.general });
  await kit.settle();
  expect(client.all('page').map((page) => page.events.length)).toEqual([152, 50]);
});

test('a client gets the next page when it has taken the one before', async () => {
  await start({ pageEvents: 20 });
  await fill(kit.general, 100, 'z'.repeat(5_000));
  const feed = channelFeed(kit.general);
  const client = await kit.connect(kit.owner);
  client.queuedBytes = 100_000;
  client.hello(await whole({ [feed]: 1 }));
  await kit.settle();
  const first = pages(client, feed).length;
  expect(first).toBeLessThan(5);
  expect(client.all('caught-up')).toEqual([]);
  kit.clock.advance(3_000);
  await kit.settle();
  expect(pages(client, feed)).toHaveLength(first);
  client.queuedBytes = 0;
  client.side.drained();
  await kit.settle();
  expect([...new Set(seqsOf(client, feed))]).toEqual(Array.from({ length: 100 }, (_, i) => i + 2));
  expect(client.all('caught-up')).toHaveLength(1);
});

test('a thousand clients that come back together read each page once', async () => {
  await start({ socketsPerMember: 1_000 });
  await fill(kit.general, 100);
  let reads = 0;
  const pageUp = kit.store.pageUp.bind(kit.store);
  kit.store.pageUp = (...args) => {
    reads++;
    return pageUp(...args);
  };
  const feed = channelFeed(kit.general);
  const clients = await Promise.all(Array.from({ length: 100 }, () => kit.connect(kit.owner)));
  for (const client of clients)
    client.hello(await whole({ [feed]: 1, [TEAM_FEED]: 3, [memberFeed(kit.owner.id)]: 1 }));
  await kit.settle();
  expect(clients.every((client) => seqsOf(client, feed).length === 100)).toBe(true);
  expect(reads).toBe(1);
});

test('a page that was just read is forgotten when a message in it is deleted', async () => {
  await start();
  const feed = channelFeed(kit.general);
  const [ada, one, two] = [
    await kit.live(kit.owner),
    await kit.connect(kit.owner),
    await kit.connect(kit.owner),
  ];
  const id = kit.id<MessageId>();
  ada.say(post(id, kit.general, 'canary'));
  await kit.settle();
  one.hello(await whole({ [feed]: 1 }));
  await kit.settle();
  expect(one.texts.join()).toContain('canary');
  ada.say({ t: 'delete', op: kit.id(), channel: kit.general, message: id });
  await kit.settle();
  two.hello(await whole({ [feed]: 1 }));
  await kit.settle();
  expect(two.texts.join()).not.toContain('canary');
  expect(seqsOf(two, feed)).toEqual([2, 3]);
});

test('a member removed while they catch up gets no further page of that channel', async () => {
  await start({ pageEvents: 20 });
  const bo = await kit.person('bo');
  const secret = await makeChannel('secret', [bo]);
  await fill(secret, 100, `canary ${'z'.repeat(5_000)}`);
  const client = await kit.connect(bo);
  client.queuedBytes = 100_000;
  client.hello(await whole({ [channelFeed(secret)]: 1 }));
  await kit.settle();
  const before = seqsOf(client, channelFeed(secret)).length;
  const ada = await kit.live(kit.owner);
  ada.say({ t: 'remove-member', op: kit.id(), channel: secret, member: bo.id });
  await kit.settle();
  client.queuedBytes = 0;
  client.side.drained();
  await kit.settle();
  expect(seqsOf(client, channelFeed(secret))).toHaveLength(before);
  expect(client.all('caught-up')).toHaveLength(1);
  expect(seqsOf(client, memberFeed(bo.id))).toContain(3);
});

test('a member added to a channel hears it live without asking again', async () => {
  await start();
  const bo = await kit.person('bo');
  const client = await kit.live(bo);
  const channel = await makeChannel('later', [bo]);
  client.clear();
  const ada = await kit.live(kit.owner);
  ada.say(post(kit.id(), channel, 'welcome'));
  await kit.settle();
  expect(seqsOf(client, channelFeed(channel))).toEqual([2]);
});

test('a client far behind in the directory gets it as it is now', async () => {
  await start({ farBehindEvents: 5 });
  for (let i = 0; i < 6; i++) await kit.person(`person${i}`);
  const client = await kit.connect(kit.owner);
  client.hello(await whole({ [TEAM_FEED]: 3 }));
  await kit.settle();
  expect(client.all('team-state')).toMatchObject([{ seq: 9, members: { length: 7 } }]);
});

test('a page read a moment ago is read again for who comes back after more was said', async () => {
  await start();
  await fill(kit.general, 3);
  const feed = channelFeed(kit.general);
  const before = await kit.connect(kit.owner);
  before.hello(await whole({ [feed]: 4 }));
  await kit.settle();
  // The clock stands still: whatever was remembered is as young as can be.
  (await kit.live(kit.owner)).say(post(kit.id(), kit.general, 'news'));
  await kit.settle();
  const after = await kit.connect(kit.owner);
  after.hello(await whole({ [feed]: 4 }));
  await kit.settle();
  expect(seqsOf(after, feed)).toEqual([5]);
  expect(after.frames.at(-1)?.t).toBe('caught-up');
});

test('what was told of and never written keeps nobody catching up', async () => {
  await start();
  const feed = channelFeed(kit.general);
  const witness = await kit.live(kit.owner);
  kit.fanOut.publish({
    kind: 'events',
    events: [
      {
        feed,
        seq: 2,
        at: 1,
        json: JSON.stringify({ seq: 2, at: 1, by: kit.owner.id, kind: 'never' }),
      },
    ],
  });
  const client = await kit.connect(kit.owner);
  client.hello(await whole({ [feed]: 1 }));
  await kit.settle();
  expect(client.frames.at(-1)?.t).toBe('caught-up');
  expect(kit.lines.map((line) => line.event)).toContain('fan-out-ahead');
  witness.say(post(kit.id(), kit.general, 'the true second'));
  await kit.settle();
  expect(seqsOf(client, feed)).toEqual([2]);
});
