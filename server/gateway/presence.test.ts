/** Signals: who is there, who types. Never stored, never in the way. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { channelFeed, type ChannelId } from '../../protocol/ids.ts';
import {
  createRelayKit,
  type Person,
  type RelayKit,
  type TestClient,
} from '../../test/kit/relay-kit.ts';
import { overriding } from '../../test/sim/relay-node.ts';

let kit: RelayKit;
let bo: Person;
let ada: TestClient;
beforeEach(async () => {
  kit = await createRelayKit();
  bo = await kit.person('bo');
  ada = await kit.live(kit.owner);
  await pass(1_000);
  ada.clear();
});
afterEach(() => kit.dispose());

async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 250) {
    kit.clock.advance(Math.min(left, 250));
    await kit.settle(3);
  }
}
const told = (client: TestClient): unknown[] =>
  client.all('presence').map((frame) => frame.members);

test('a newcomer hears who is there, and the others hear of the newcomer', async () => {
  const other = await kit.connect(bo);
  other.hello({ presence: 'away' });
  await kit.settle();
  await pass(1_000);
  expect(told(other)).toEqual([{ [kit.owner.id]: 'here', [bo.id]: 'away' }]);
  expect(told(ada)).toEqual([{ [bo.id]: 'away' }]);
});

test('a newcomer who is slow to catch up hears who is there once they have', async () => {
  const slow = Promise.withResolvers<undefined>();
  await kit.dispose();
  kit = await createRelayKit({
    wrapStore: (store) =>
      overriding(store, {
        page: async (...asked) => {
          await slow.promise;
          return store.page(...asked);
        },
      }),
  });
  const other = await kit.connect(kit.owner);
  other.hello();
  await pass(3_000);
  expect([other.all('caught-up').length, told(other)]).toEqual([0, []]);
  slow.resolve(undefined);
  await pass(1_250);
  expect([other.all('caught-up').length, told(other)]).toEqual([1, [{ [kit.owner.id]: 'here' }]]);
});

test('a member shows the strongest of their devices', async () => {
  const [one, two] = [
    await kit.live(bo, { presence: 'away' }),
    await kit.live(bo, { presence: 'here' }),
  ];
  await pass(1_000);
  one.say({ t: 'presence', presence: 'dnd' });
  await pass(1_000);
  one.side.closed();
  await pass(1_000);
  two.say({ t: 'presence', presence: 'here' });
  await pass(1_000);
  expect(told(ada)).toEqual(
    ['away', 'here', 'dnd', 'here'].map((presence) => ({ [bo.id]: presence })),
  );
});

test('gone is said a few seconds after the last device went, and not when it is back by then', async () => {
  let other = await kit.live(bo);
  await pass(1_000);
  ada.clear();
  other.side.closed();
  await pass(4_000);
  other = await kit.live(bo);
  await pass(8_000);
  expect(told(ada)).toEqual([]);
  other.side.closed();
  await pass(5_000);
  expect(told(ada)).toEqual([]);
  await pass(2_500);
  expect(told(ada)).toEqual([{ [bo.id]: 'gone' }]);
});

test('gone is the relay’s word: a client that says it is away', async () => {
  await kit.live(bo, { presence: 'gone' });
  await pass(1_000);
  expect(told(ada)).toEqual([{ [bo.id]: 'away' }]);
});

test('many changes travel in one frame', async () => {
  const people = await Promise.all(['c', 'd', 'e', 'f'].map((handle) => kit.person(handle)));
  for (const one of people) await kit.live(one);
  await pass(2_000);
  const frames = told(ada) as Record<string, string>[];
  expect(frames.length).toBeLessThanOrEqual(2);
  expect(frames.flatMap((frame) => Object.keys(frame))).toHaveLength(4);
});

test('typing is told to the others in the channel, at most once in three seconds, and kept nowhere', async () => {
  const other = await kit.live(bo);
  const head = await kit.store.head(channelFeed(kit.general));
  for (let i = 0; i < 5; i++) other.say({ t: 'typing', channel: kit.general });
  await kit.settle();
  expect(ada.all('typing')).toEqual([{ t: 'typing', channel: kit.general, member: bo.id }]);
  expect(other.all('typing')).toEqual([]);
  await pass(3_000);
  other.say({ t: 'typing', channel: kit.general });
  await kit.settle();
  expect(ada.all('typing')).toHaveLength(2);
  expect(await kit.store.head(channelFeed(kit.general))).toBe(head);
});

test('typing in a channel one is not in is nobody’s business', async () => {
  const channel = kit.id<ChannelId>();
  ada.say({
    t: 'create-channel',
    op: kit.id(),
    id: channel,
    kind: 'private',
    name: 'secret',
    topic: '',
    members: [],
  });
  const other = await kit.live(bo);
  await kit.settle();
  ada.clear();
  other.say({ t: 'typing', channel });
  other.say({ t: 'typing', channel: kit.id() });
  await kit.settle();
  expect([ada.all('typing'), other.frames.filter((frame) => frame.t !== 'presence')]).toEqual([
    [],
    [],
  ]);
});
