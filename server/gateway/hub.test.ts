/** Fan-out may lose, repeat and reorder; what the clients hear is whole and in order all the same. */
import { afterEach, expect, test, vi } from 'vitest';
import { CLOSE } from '../../protocol/close-codes.ts';
import { encodeUp } from '../../protocol/codec.ts';
import { TEAM_FEED, channelFeed, memberFeed, type MessageId } from '../../protocol/ids.ts';
import type { FanOut, FanOutMessage } from '../../server/ports/fan-out.ts';
import {
  createRelayKit,
  post,
  seqsOf,
  type RelayKit,
  type TestClient,
} from '../../test/kit/relay-kit.ts';
import { kindOf } from './event-kind.ts';
import type { Packet } from './packet.ts';
import type { Wire } from './wire.ts';

let kit: RelayKit;
afterEach(() => kit.dispose());

/** Lets the test decide what becomes of each published message. */
async function start(
  carry: (message: FanOutMessage, deliver: (message: FanOutMessage) => void) => void,
): Promise<void> {
  const wrapFanOut = (inner: FanOut): FanOut => ({
    ...inner,
    publish: (message) => carry(message, (one) => inner.publish(one)),
  });
  kit = await createRelayKit({ wrapFanOut });
}
const say = (text: string): Promise<unknown> =>
  kit.write((tx) => {
    const id = kit.id<MessageId>();
    return tx.append(channelFeed(kit.general), {
      by: kit.owner.id,
      kind: 'posted',
      op: id,
      body: { id, text },
    });
  });

test('what a commit has to say leaves in the turn of the commit, the answer together with the event', async () => {
  const clients: TestClient[] = [];
  let byNextTurn: readonly string[] = [];
  await start((message, deliver) => {
    setImmediate(() => (byNextTurn = clients.flatMap(({ frames }) => frames.map(({ t }) => t))));
    deliver(message);
  });
  const client = await kit.live(kit.owner);
  clients.push(client);
  client.say(post(kit.id<MessageId>(), kit.general, 'now'));
  await kit.settle();
  expect(byNextTurn).toEqual(['ack', 'events']);
});

test('an event is one packet, and the same bytes, for everybody who hears it', async () => {
  await start((message, deliver) => deliver(message));
  const listen = async (handle: string): Promise<readonly Packet[]> => {
    const who = await kit.person(handle);
    const { session } = await kit.connect(who);
    const packets: Packet[] = [];
    const nothing = (): void => undefined;
    const send = (some: readonly Packet[]): void => void packets.push(...some);
    const wire: Wire = {
      send,
      queuedBytes: 0,
      takenBytes: 0,
      ping: nothing,
      close: nothing,
      terminate: nothing,
    };
    const connection = kit.core.accept(
      { member: who.id, session, accessExpiresAt: kit.clock.now() + 600_000 },
      wire,
    );
    const versions = { min: 1, max: 1 };
    kit.core.receive(
      connection,
      encodeUp({ t: 'hello', versions, epoch: null, positions: {}, focus: null, presence: 'here' }),
    );
    await kit.settle();
    return packets;
  };
  const [bo, cy] = [await listen('bo'), await listen('cy')];
  await say('to everybody');
  await kit.settle();
  const [one, other] = [bo.at(-1), cy.at(-1)];
  expect(one?.text).toContain('to everybody');
  expect(other).toBe(one);
  expect(other?.frame).toBe(one?.frame);
});

test('an event that was lost is found by the next one, and both arrive in order', async () => {
  let isLosing = false;
  await start((message, deliver) => isLosing || deliver(message));
  const client = await kit.live(kit.owner);
  isLosing = true;
  await say('lost');
  isLosing = false;
  await say('heard');
  await kit.settle();
  expect(seqsOf(client, channelFeed(kit.general))).toEqual([2, 3]);
});

test('a gap is one line in the log, however much came behind it', async () => {
  let isLosing = false;
  await start((message, deliver) => isLosing || deliver(message));
  const client = await kit.live(kit.owner);
  isLosing = true;
  await say('lost');
  isLosing = false;
  await Promise.all(['one', 'two', 'three'].map(say));
  await kit.settle();
  expect(seqsOf(client, channelFeed(kit.general))).toEqual([2, 3, 4, 5]);
  expect(kit.lines.filter(({ event }) => event === 'fan-out-gap')).toHaveLength(1);
});

test('an event that was lost and followed by nothing is found by the relay itself within half a minute', async () => {
  let isLosing = false;
  await start((message, deliver) => isLosing || deliver(message));
  const client = await kit.live(kit.owner);
  isLosing = true;
  await say('lost');
  await kit.settle();
  expect(seqsOf(client, channelFeed(kit.general))).toEqual([]);
  for (let i = 0; i < 30; i++) {
    kit.clock.advance(1_000);
    await kit.settle(3);
  }
  expect(seqsOf(client, channelFeed(kit.general))).toEqual([2]);
  expect(kit.lines.map((line) => line.event)).toContain('fan-out-lost');
});

test('events that come twice or late are told once and in order', async () => {
  const held: FanOutMessage[] = [];
  await start((message, deliver) => {
    held.push(message);
    deliver(message);
    deliver(message);
  });
  const client = await kit.live(kit.owner);
  for (let i = 0; i < 5; i++) await say(`text ${i}`);
  for (const message of [...held].reverse()) kit.fanOut.publish(message);
  await kit.settle();
  expect(seqsOf(client, channelFeed(kit.general))).toEqual([2, 3, 4, 5, 6]);
});

test('a hint that only names the head is enough', async () => {
  await start((message, deliver) => {
    if (message.kind === 'events')
      deliver({
        kind: 'moved',
        heads: new Map(message.events.map((event) => [event.feed, event.seq])),
      });
    else deliver(message);
  });
  const client = await kit.live(kit.owner);
  for (let i = 0; i < 5; i++) await say(`text ${i}`);
  await kit.settle();
  expect(seqsOf(client, channelFeed(kit.general))).toEqual([2, 3, 4, 5, 6]);
});

test('a doubt finds what was lost, in whatever feed', async () => {
  let isLosing = false;
  await start((message, deliver) => isLosing || deliver(message));
  const bo = await kit.person('bo');
  const client = await kit.live(kit.owner);
  const other = await kit.live(bo);
  isLosing = true;
  await say('lost');
  await kit.write((tx) =>
    tx.append(TEAM_FEED, { by: bo.id, kind: 'team-changed', op: null, body: {} }),
  );
  await kit.settle();
  expect([seqsOf(client, channelFeed(kit.general)), seqsOf(other, TEAM_FEED)]).toEqual([[], []]);
  isLosing = false;
  kit.fanOut.publish({ kind: 'doubt' });
  await kit.settle();
  const [general, team] = [
    await kit.store.head(channelFeed(kit.general)),
    await kit.store.head(TEAM_FEED),
  ];
  expect([seqsOf(client, channelFeed(kit.general)), seqsOf(other, TEAM_FEED)]).toEqual([
    [general],
    [team],
  ]);
});

test('a session that was ended unheard loses its sockets at the next doubt', async () => {
  let isLosing = false;
  await start((message, deliver) => isLosing || deliver(message));
  const client = await kit.live(kit.owner);
  isLosing = true;
  await kit.write((tx) =>
    tx.append(memberFeed(kit.owner.id), {
      by: kit.owner.id,
      kind: 'session-ended',
      op: null,
      body: { session: client.session },
    }),
  );
  await kit.settle();
  expect(client.closedWith).toBeUndefined();
  isLosing = false;
  kit.fanOut.publish({ kind: 'doubt' });
  await kit.settle();
  expect(client.closedWith).toBe(CLOSE.sessionEnded);
});

test('a hint that comes while the store is being read is not forgotten', async () => {
  await start((message, deliver) => (message.kind === 'events' ? undefined : deliver(message)));
  const client = await kit.live(kit.owner);
  const hint = (head: number): void =>
    kit.fanOut.publish({ kind: 'moved', heads: new Map([[channelFeed(kit.general), head]]) });
  const read = kit.store.pageUp.bind(kit.store);
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  // What this answers is what was there when it was asked.
  vi.spyOn(kit.store, 'pageUp').mockImplementationOnce(async (...question) => {
    const page = await read(...question);
    await held;
    return page;
  });
  await say('first');
  hint(2);
  await kit.settle();
  await say('second');
  hint(3);
  release();
  await kit.settle();
  expect(seqsOf(client, channelFeed(kit.general))).toEqual([2, 3]);
});

test('a head that the store does not know is asked for once, and forgotten', async () => {
  await start((message, deliver) => deliver(message));
  const client = await kit.live(kit.owner);
  const read = vi.spyOn(kit.store, 'pageUp');
  kit.fanOut.publish({
    kind: 'moved',
    heads: new Map([[channelFeed(kit.general), Number.MAX_SAFE_INTEGER]]),
  });
  await kit.settle();
  expect(read).toHaveBeenCalledTimes(1);
  await say('heard');
  await kit.settle();
  expect(seqsOf(client, channelFeed(kit.general))).toEqual([2]);
});

test('a departure that is repeated after a return does not shut the member out', async () => {
  const held: FanOutMessage[] = [];
  await start((message, deliver) => {
    held.push(message);
    deliver(message);
  });
  const bo = await kit.person('bo');
  const client = await kit.live(bo);
  const from = held.length;
  client.say({ t: 'leave', op: kit.id(), channel: kit.general });
  await kit.settle();
  client.say({ t: 'join', op: kit.id(), channel: kit.general });
  await kit.settle();
  for (const message of held.slice(from)) kit.fanOut.publish(message);
  await kit.settle();
  client.clear();
  const ada = await kit.live(kit.owner);
  ada.say(post(kit.id(), kit.general, 'still there?'));
  await kit.settle();
  expect(seqsOf(client, channelFeed(kit.general))).toHaveLength(1);
});

test('the kind of an event is its own, whatever its text says', () => {
  const start = '{"seq":1,"at":1,"by":"x","kind":"posted"';
  expect(kindOf(`${start},"id":"y","text":${JSON.stringify('","kind":"left"')}}`)).toBe('posted');
  expect(kindOf('{"seq":1,"at":1,"by":"x","kind":"bare"}')).toBe('bare');
});
