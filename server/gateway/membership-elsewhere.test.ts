/** Who enters and leaves a channel at another relay: what this one tells them, in whatever order it hears of it and however late. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Mutation } from '../../protocol/frames-up.ts';
import {
  channelFeed,
  memberFeed,
  type ChannelId,
  type FeedId,
  type MessageId,
} from '../../protocol/ids.ts';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import {
  createRelayKit,
  heldIn,
  type Person,
  type RelayKit,
  seqsOf,
  type TestClient,
} from '../../test/kit/relay-kit.ts';
import { mutate } from '../domain/mutate.ts';
import type { FanOut } from '../ports/fan-out.ts';

let kit: RelayKit;
let bo: Person;
let cy: Person;
/** Whether this relay hears of what it did not do itself by hints at once; else the test says what it hears. */
let isHinted: boolean;
beforeEach(async () => {
  isHinted = true;
  const wrapFanOut = (inner: FanOut): FanOut => ({
    ...inner,
    publish: (message) => {
      if (message.kind !== 'events') inner.publish(message);
      else if (isHinted)
        inner.publish({
          kind: 'moved',
          heads: new Map(message.events.map(({ feed, seq }) => [feed, seq])),
        });
    },
  });
  kit = await createRelayKit({ wrapFanOut });
  [bo, cy] = [await kit.person('bo'), await kit.person('cy')];
});
afterEach(async () => {
  expect(kit.lines.filter((line) => line.event.endsWith('-failed'))).toEqual([]);
  await kit.dispose();
});

/** By somebody who is connected to another relay. */
async function elsewhere(who: Person, frame: Mutation): Promise<void> {
  const done = await mutate(
    { store: kit.store, clock: kit.clock, limits: DEFAULT_LIMITS },
    who.id,
    frame,
  );
  if (!done.ok) throw new Error(`${frame.t} was refused: ${done.error.kind}`);
}
async function makeChannel(...members: readonly Person[]): Promise<ChannelId> {
  const id = kit.id<ChannelId>();
  const ids = members.map((one) => one.id);
  await elsewhere(kit.owner, {
    t: 'create-channel',
    op: kit.id(),
    id,
    kind: 'private',
    name: 'plans',
    topic: '',
    members: ids,
  });
  return id;
}
const say = (channel: ChannelId, text: string): Promise<void> =>
  elsewhere(kit.owner, { t: 'post', op: kit.id<MessageId>(), channel, text });
const add = (channel: ChannelId, { id }: Person): Promise<void> =>
  elsewhere(kit.owner, { t: 'add-member', op: kit.id(), channel, member: id });
const remove = (channel: ChannelId, { id }: Person): Promise<void> =>
  elsewhere(kit.owner, { t: 'remove-member', op: kit.id(), channel, member: id });
async function hint(...feeds: readonly FeedId[]): Promise<void> {
  for (const feed of feeds)
    kit.fanOut.publish({ kind: 'moved', heads: new Map([[feed, await kit.store.head(feed)]]) });
  await kit.settle();
}
/** What a client was told of a channel, in the order of its own feed's word. */
const told = (client: TestClient, channel: ChannelId): number[] =>
  seqsOf(client, channelFeed(channel));
/** The next answer about somebody's feeds is as of now, and comes when it is let go. */
function holdHeads(): () => void {
  const headsOf = kit.store.headsOf.bind(kit.store);
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  vi.spyOn(kit.store, 'headsOf').mockImplementationOnce(async (member) => {
    const heads = await headsOf(member);
    await held;
    return heads;
  });
  return release;
}
const CANARY = 'canary';
const sang = (client: TestClient): boolean => client.texts.some((text) => text.includes(CANARY));

test('who is added to a channel that nobody here was in hears it from the event on that made them part of it', async () => {
  const channel = await makeChannel();
  const client = await kit.live(bo);
  await add(channel, bo);
  await kit.settle();
  await say(channel, 'one');
  await kit.settle();
  await say(channel, 'two');
  await kit.settle();
  expect(told(client, channel)).toEqual([2, 3, 4]);
});

test('what was said in the moment after somebody was added reaches them, also where the channel is heard first', async () => {
  const channel = await makeChannel(cy);
  const [client, other] = [await kit.live(bo), await kit.live(cy)];
  isHinted = false;
  await add(channel, bo);
  await say(channel, 'welcome');
  await hint(channelFeed(channel));
  expect(told(other, channel)).toEqual([2, 3]);
  await hint(memberFeed(bo.id));
  expect(told(client, channel)).toEqual([2, 3]);
  // A desktop knows the channel before it hears what is in it.
  const feeds = client.frames.flatMap((frame) =>
    frame.t === 'events' || frame.t === 'page' ? [frame.feed] : [],
  );
  expect(feeds).toEqual([memberFeed(bo.id), channelFeed(channel)]);
});

test.each([
  ['their own feed', () => memberFeed(bo.id), channelFeed],
  ['the channel', channelFeed, () => memberFeed(bo.id)],
])(
  'who left and returned is in the channel, where %s is heard first',
  async (_what, first, second) => {
    const channel = await makeChannel(bo, cy);
    const client = await kit.live(bo);
    await kit.live(cy);
    isHinted = false;
    await remove(channel, bo);
    await add(channel, bo);
    await hint(first(channel), second(channel));
    await say(channel, 'again');
    await hint(channelFeed(channel));
    expect(told(client, channel).at(-1)).toBe(4);
  },
);

test.each([
  ['nobody else here', []],
  ['somebody else here', [0]],
])(
  'who is removed while they are being greeted hears nothing after it, with %s in the channel',
  async (_who, others) => {
    const channel = await makeChannel(bo, cy);
    for (const _ of others) await kit.live(cy);
    const client = await kit.connect(bo);
    const release = holdHeads();
    client.hello();
    await kit.settle();
    await remove(channel, bo);
    await kit.settle();
    release();
    await kit.settle();
    await say(channel, CANARY);
    await kit.settle();
    expect(client.all('caught-up')).toHaveLength(1);
    expect(sang(client)).toBe(false);
  },
);

test('who is added while they are being greeted is told the channel', async () => {
  const channel = await makeChannel();
  const client = await kit.connect(bo);
  const release = holdHeads();
  client.hello();
  await kit.settle();
  await add(channel, bo);
  await kit.settle();
  release();
  await kit.settle();
  await say(channel, 'welcome');
  await kit.settle();
  expect(told(client, channel).at(-1)).toBe(3);
});

test.each([
  ['goes on from where they were', true],
  ['begins anew', false],
])(
  'who was removed unheard and %s gets nothing that was said after it',
  async (_how, hasPosition) => {
    const channel = await makeChannel(bo, cy);
    // The relay has long known who reads here, and what.
    const before = await kit.live(bo);
    await kit.live(cy);
    await say(channel, 'before');
    await kit.settle();
    // What was read for others is forgotten by now.
    kit.clock.advance(2_000);
    isHinted = false;
    await remove(channel, bo);
    await say(channel, CANARY);
    const client = await kit.connect(bo);
    client.hello(
      hasPosition
        ? {
            epoch: kit.store.epoch,
            positions: await heldIn(kit.store, { [channelFeed(channel)]: 1 }),
          }
        : {},
    );
    await kit.settle();
    expect(client.all('caught-up')).toHaveLength(1);
    await hint(channelFeed(channel), memberFeed(bo.id));
    expect([sang(client), sang(before)]).toEqual([false, false]);
  },
);

test('who is removed while a page is read for them does not get it', async () => {
  const channel = await makeChannel(bo);
  const client = await kit.live(bo);
  isHinted = false;
  const page = kit.store.page.bind(kit.store);
  vi.spyOn(kit.store, 'page').mockImplementationOnce(async (...question) => {
    await remove(channel, bo);
    await say(channel, CANARY);
    return page(...question);
  });
  client.say({ t: 'range', req: 1, feed: channelFeed(channel), from: 1, to: 9 });
  await kit.settle();
  expect(client.all('refused')).toMatchObject([{ req: 1, refusal: { kind: 'not-found' } }]);
  expect(sang(client)).toBe(false);
});
