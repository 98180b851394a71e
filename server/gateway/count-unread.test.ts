/**
 * The question that lets a badge be right at once: how many messages are unread, and how many
 * call the asker, in a span not fetched.
 */
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  channelFeed,
  type ChannelId,
  type MessageId,
  type OperationId,
} from '../../protocol/ids.ts';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { createRelayKit, post, type RelayKit, type TestClient } from '../../test/kit/relay-kit.ts';

let kit: RelayKit;
let ada: TestClient;
let ben: TestClient;
const { countEvents, historyPerSecond } = DEFAULT_LIMITS;
const start = async (limits: Parameters<typeof createRelayKit>[0] = {}): Promise<void> => {
  kit = await createRelayKit(limits);
  ada = await kit.live(kit.owner);
  ben = await kit.live(await kit.person('ben'));
};
beforeEach(() => start());
afterEach(() => kit.dispose());

const say = async (by: TestClient, text: string): Promise<MessageId> => {
  const op = kit.id<MessageId>();
  by.say(post(op, kit.general, text));
  await kit.settle();
  return op;
};
const head = (): Promise<number> => kit.store.head(channelFeed(kit.general));
const count = async (from: number, to: number): Promise<unknown> => {
  ada.clear();
  ada.say({ t: 'count-unread', req: 1, spans: [{ channel: kit.general, from, to }] });
  await kit.settle();
  return ada.all('unread').at(-1)?.counts;
};

test('counts the messages of others, as their words stand now, and those that call the asker', async () => {
  const from = (await head()) + 1;
  await say(ada, 'mine @ada');
  await say(ben, 'plain');
  await say(ben, 'to @ada and @ada');
  await say(ben, '@channel');
  await say(ben, '@here');
  await say(ben, 'code `@ada`');
  const [edited, deleted] = [await say(ben, 'later for me'), await say(ben, '@ada, never mind')];
  ben.say({
    t: 'edit',
    op: kit.id<OperationId>(),
    channel: kit.general,
    message: edited,
    text: 'for @ada',
  });
  ben.say({ t: 'delete', op: kit.id<OperationId>(), channel: kit.general, message: deleted });
  await kit.settle();
  expect(await count(from, 9_999)).toEqual([
    {
      channel: kit.general,
      from,
      to: from + 9,
      head: from + 9,
      messages: 6,
      mentions: 4,
      mentionsWithoutChannel: 3,
    },
  ]);
  expect(await count(from + 3, from + 4)).toMatchObject([{ messages: 2, mentions: 2 }]);
});

test('counts countEvents at once, and says how far it came', async () => {
  await kit.dispose();
  await start({ limits: { countEvents: 4, pageEvents: 3 } });
  const from = (await head()) + 1;
  for (let n = 0; n < 6; n++) await say(ben, '@ada');
  expect(await count(from, 100)).toMatchObject([{ to: from + 3, messages: 4, mentions: 4 }]);
  expect(await count(from + 4, 100)).toMatchObject([{ to: from + 5, messages: 2, mentions: 2 }]);
  expect(countEvents).toBeGreaterThan(2_000);
});

const makeChannel = async (by: TestClient, kind: 'public' | 'private'): Promise<ChannelId> => {
  const id = kit.id<ChannelId>();
  const more = { name: `c-${id.slice(-6)}`, topic: '', members: [] };
  by.say({ t: 'create-channel', op: kit.id<OperationId>(), id: id, kind, ...more });
  await kit.settle();
  return id;
};

test('counts countEvents of all channels together, and leaves out the rest and what is hidden', async () => {
  await kit.dispose();
  await start({ limits: { countEvents: 2 } });
  await say(ben, 'one');
  const [hidden, first, last] = [
    await makeChannel(ben, 'private'),
    await makeChannel(ada, 'public'),
    await makeChannel(ada, 'public'),
  ];
  const spans = [hidden, first, kit.general, last].map((channel) => ({ channel, from: 1, to: 9 }));
  ada.clear();
  ada.say({ t: 'count-unread', req: 1, spans });
  await kit.settle();
  expect(ada.all('unread')[0]?.counts.map(({ channel, to }) => ({ channel, to }))).toEqual([
    { channel: first, to: 1 },
    { channel: kit.general, to: 1 },
  ]);
});

test('counts as a question about history, of countSpans channels at most', async () => {
  const span = { channel: kit.general, from: 1, to: 9 };
  for (let req = 1; req <= 4 * historyPerSecond + 1; req++)
    ada.say({ t: 'count-unread', req, spans: [span] });
  await kit.settle();
  expect(ada.all('unread')).toHaveLength(4 * historyPerSecond);
  expect(ada.all('refused').map(({ refusal }) => refusal.kind)).toEqual(['rate-limited']);
  kit.clock.advance(10_000);
  ada.clear();
  const { countSpans } = DEFAULT_LIMITS;
  ada.say({ t: 'count-unread', req: 1, spans: Array(countSpans + 1).fill(span) as never });
  await kit.settle();
  expect(ada.all('refused').map(({ refusal }) => refusal.kind)).toEqual(['bad-request']);
  // A span that ends before it begins has nothing in it.
  expect(await count(9, 8)).toEqual([]);
});
