/** A store that goes back in time is noticed by the positions of its clients; each case on a real store whose files were put back. */
import { createSecretKey } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import type { Position } from '../../protocol/feeds.ts';
import type { Down, DownFrame } from '../../protocol/frames-down.ts';
import {
  channelFeed,
  memberFeed,
  TEAM_FEED,
  type Epoch,
  type FeedId,
  type MessageId,
} from '../../protocol/ids.ts';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import {
  createRelayKit,
  heldIn,
  post,
  type Person,
  type RelayKit,
  type TestClient,
} from '../../test/kit/relay-kit.ts';

const HOUR_MS = 3_600_000;
let kit: RelayKit;
let bo: Person;
let before: RelayKit | undefined;
const feedOf = (): FeedId => channelFeed(kit.general);

async function begin(options: Parameters<typeof createRelayKit>[0] = {}): Promise<void> {
  kit = await createRelayKit(options);
  bo = await kit.person('bo');
}
afterEach(async () => {
  await kit.dispose();
  await before?.dispose();
  before = undefined;
});

async function say(...texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    const ada = await kit.live(kit.owner);
    ada.say(post(kit.id<MessageId>(), kit.general, text));
    await kit.settle();
    ada.side.closed();
  }
}

/** The store's files are as they were when `text` had been said; what followed is gone, and this is said instead. */
async function goBackTo(
  copy: string,
  more: { readonly said?: readonly string[]; readonly options?: object } = {},
): Promise<void> {
  before = kit;
  kit = await createRelayKit({
    from: copy,
    seed: 'the relay that was started on the copy',
    startAt: before.clock.now() + HOUR_MS,
    ...more.options,
  });
  await say(...(more.said ?? []));
}

/** The positions of a client that was told all of these frames. */
function positionsAfter(who: Person, frames: readonly DownFrame[]): Record<FeedId, Position> {
  const held = new Map<FeedId, Position>();
  const move = (feed: FeedId, event: { seq: number; at: number } | undefined): void => {
    if (event) held.set(feed, { ...held.get(feed), seq: event.seq, at: event.at });
  };
  const prove = (feed: FeedId, seq: number, proof: string | undefined): void => {
    const position = held.get(feed);
    if (position && proof !== undefined) held.set(feed, { ...position, proven: { seq, proof } });
  };
  for (const frame of frames) {
    if (frame.t === 'events') move(frame.feed, frame.events.at(-1));
    if (frame.t === 'page') {
      move(frame.feed, frame.events.at(-1));
      prove(frame.feed, frame.to, frame.proof);
    }
    if (frame.t === 'team-state' || frame.t === 'member-state') {
      const feed = frame.t === 'team-state' ? TEAM_FEED : memberFeed(who.id);
      move(feed, frame);
      prove(feed, frame.seq, frame.proof);
    }
    if (frame.t === 'beat')
      for (const [feed, head] of Object.entries(frame.heads) as [FeedId, number][])
        prove(feed, head, (frame.proofs as Partial<Record<FeedId, string>>)[feed]);
  }
  return Object.fromEntries(held);
}

/** What Bo's desktop holds that has just caught up: the newest event of each feed, with its proof. */
async function holding(): Promise<Record<FeedId, Position>> {
  const client = await kit.connect(bo);
  client.hello();
  await kit.settle();
  const positions = positionsAfter(bo, client.frames);
  client.side.closed();
  await kit.settle();
  return positions;
}

async function comeBack(
  positions: Record<FeedId, Position>,
  epoch: Epoch = kit.store.epoch,
): Promise<TestClient> {
  const client = await kit.connect(bo);
  client.hello({ epoch, positions });
  // A new epoch is a question, a commit and one more question.
  await kit.settle(40);
  return client;
}
const isResumed = (client: TestClient): boolean | undefined =>
  client.all('welcome').at(-1)?.isResumed;
const logged = (event: string) => kit.lines.filter((line) => line.event === event);

describe('a client whose positions the store bears out', () => {
  test('is resumed, and is told nothing it has', async () => {
    await begin();
    await say('one', 'two');
    const client = await comeBack(await holding());
    expect(isResumed(client)).toBe(true);
    expect(client.frames.map((frame) => frame.t)).toEqual(['welcome', 'caught-up']);
  });

  test('is given the proofs that it lacks at the heads where it stands', async () => {
    await begin();
    await say('one');
    const held = await heldIn(kit.store, Object.fromEntries(await kit.store.headsOf(bo.id)));
    const client = await comeBack(held);
    const [beat] = client.all('beat');
    expect(beat?.heads).toEqual(Object.fromEntries(await kit.store.headsOf(bo.id)));
    client.side.closed();
    const proven = positionsAfter(bo, [...client.frames]);
    expect(proven).toEqual({});
    const again = await comeBack(withProofs(held, beat));
    expect(again.all('beat')).toEqual([]);
  });

  test('is resumed after edits and deletions of what it holds, and after a restart of the relay', async () => {
    await begin();
    const ada = await kit.live(kit.owner);
    const [kept, gone] = [kit.id<MessageId>(), kit.id<MessageId>()];
    for (const op of [kept, gone]) ada.say(post(op, kit.general, 'words'));
    await kit.settle();
    const held = await holding();
    const channel = kit.general;
    ada.say({ t: 'edit', op: kit.id(), channel, message: kept, text: 'other words' });
    ada.say({ t: 'delete', op: kit.id(), channel, message: gone });
    await kit.settle();
    expect(isResumed(await comeBack(held))).toBe(true);
    await goBackTo(kit.copyByHand());
    expect(isResumed(await comeBack(held))).toBe(true);
  });

  test('is resumed though its proof is by a key that was lost, and is given one by the new key', async () => {
    await begin();
    await say('one');
    const held = await holding();
    const positionKey = createSecretKey(Buffer.alloc(32, 'new'));
    await goBackTo(kit.copyByHand(), { options: { positionKey } });
    const client = await comeBack(held);
    expect([isResumed(client), kit.store.epoch]).toEqual([true, before?.store.epoch]);
    // Its own feed gets a new one when it moves.
    expect(Object.keys(client.all('beat')[0]?.proofs ?? {})).toEqual([TEAM_FEED, feedOf()]);
  });

  test('may name a channel that it is not in any more', async () => {
    await begin();
    await say('one');
    const held = await holding();
    const ada = await kit.live(kit.owner);
    ada.say({ t: 'remove-member', op: kit.id(), channel: kit.general, member: bo.id });
    await kit.settle();
    expect(isResumed(await comeBack(held))).toBe(true);
  });
});

describe('a store that went back', () => {
  test.each([
    ['and has not grown since', []],
    ['and has grown to the same number with other events', ['five', 'six']],
    ['and has grown beyond it', ['five', 'six', 'seven']],
  ])('%s begins a new epoch when a client proves it', async (_what, said) => {
    await begin();
    await say('one', 'two');
    const copy = kit.copyByHand();
    await say('three', 'four');
    const held = await holding();
    await goBackTo(copy, { said });
    const { epoch } = kit.store;
    const ada = await kit.live(kit.owner);
    const client = await comeBack(held);
    expect(kit.store.epoch).not.toBe(epoch);
    // Who is connected comes anew. This one has said hello already, and is answered at once.
    expect([ada.closedWith, client.closedWith]).toEqual([4000, undefined]);
    expect([isResumed(client), client.all('welcome')[0]?.epoch]).toEqual([false, kit.store.epoch]);
    expect(client.all('team-state')).toHaveLength(1);
    expect(client.all('page')).toMatchObject([{ feed: feedOf(), to: 4 + said.length }]);
    const anewPositions = positionsAfter(bo, client.frames);
    expect((await comeBack(anewPositions)).all('beat')).toEqual([]);
    const feed = feedOf();
    expect(logged('store-went-back')).toEqual([
      {
        event: 'store-went-back',
        fields: { feed, seq: held[feed]?.seq, head: 4 + said.length, member: bo.id },
      },
    ]);
  });

  test('is noticed by another operation alone, where a clock that was set back gives the same time', async () => {
    await begin();
    const copy = kit.copyByHand();
    await say('three');
    const held = await holding();
    const at = kit.clock.now();
    await goBackTo(copy, { options: { startAt: at }, said: ['five'] });
    const marks = await kit.store.marks(new Map([[feedOf(), held[feedOf()]?.seq ?? 0]]));
    expect(marks.get(feedOf())?.at).toBe(held[feedOf()]?.at);
    const { epoch } = kit.store;
    await comeBack(held);
    expect(kit.store.epoch).not.toBe(epoch);
  });

  test('is noticed though the channel is gone with it', async () => {
    await begin();
    const copy = kit.copyByHand();
    const ada = await kit.live(kit.owner);
    const id = kit.id<never>();
    ada.say({
      t: 'create-channel',
      op: kit.id(),
      id,
      kind: 'private',
      name: 'plans',
      topic: '',
      members: [bo.id],
    });
    await kit.settle();
    const held = await holding();
    const feed = channelFeed(id);
    await goBackTo(copy);
    const { epoch } = kit.store;
    await comeBack({ [feed]: held[feed] as Position });
    expect(kit.store.epoch).not.toBe(epoch);
  });

  test('is noticed by the proof of an older event, where the client holds some newer ones without', async () => {
    await begin();
    const copy = kit.copyByHand();
    await say('three');
    const held = await holding();
    await say('four');
    const feed = feedOf();
    const newer = await heldIn(kit.store, { [feed]: (held[feed]?.seq ?? 0) + 1 });
    await goBackTo(copy, { said: ['five', 'six', 'seven'] });
    const { epoch } = kit.store;
    await comeBack({ ...held, [feed]: { ...held[feed], ...newer[feed] } as Position });
    expect(kit.store.epoch).not.toBe(epoch);
  });

  test('begins one new epoch, however many clients prove it at once', async () => {
    await begin();
    const copy = kit.copyByHand();
    await say('three');
    const held = await holding();
    await goBackTo(copy);
    const { epoch } = kit.store;
    const clients = await Promise.all(Array.from({ length: 5 }, () => kit.connect(bo)));
    for (const client of clients) client.hello({ epoch, positions: held });
    await kit.settle();
    expect(clients.map((client) => client.all('welcome')[0]?.epoch)).toEqual(
      Array(5).fill(kit.store.epoch),
    );
    expect(kit.store.epoch).not.toBe(epoch);
    expect(logged('store-went-back')).toHaveLength(1);
  });

  test('is noticed at a poll and a stream that go on, which are welcomed anew to say hello with their proofs', async () => {
    await begin();
    const copy = kit.copyByHand();
    await say('three');
    const held = await holding();
    await goBackTo(copy, { said: ['five'] });
    const light = Object.fromEntries(
      Object.entries(held).map(([feed, { seq, at }]) => [feed, { seq, at }]),
    );
    const client = await kit.connect(bo);
    const { epoch } = kit.store;
    const texts: string[] = [];
    const connection = kit.core.accept(
      { member: bo.id, session: client.session, accessExpiresAt: kit.clock.now() + HOUR_MS },
      {
        queuedBytes: 0,
        takenBytes: 0,
        send: (packets) => texts.push(...packets.map(({ text }) => text)),
        ping: () => undefined,
        close: () => undefined,
        terminate: () => undefined,
      },
    );
    kit.core.begin(
      connection,
      {
        t: 'hello',
        versions: { min: 1, max: 1 },
        epoch,
        positions: light,
        focus: null,
        presence: 'here',
      },
      { isGoingOn: true, isPoll: false },
    );
    await kit.settle();
    expect(JSON.parse(texts[0] ?? '{}')).toMatchObject({ t: 'welcome', epoch, isResumed: false });
    kit.core.closed(connection);
  });
});

describe('a client that cannot prove what the store does not have', () => {
  const invented = async (change: (held: Position) => Position): Promise<void> => {
    await begin();
    await say('one');
    const held = await holding();
    const ada = await kit.live(kit.owner);
    const { epoch } = kit.store;
    const feed = feedOf();
    const client = await comeBack({ ...held, [feed]: change(held[feed] as Position) });
    expect([kit.store.epoch, ada.closedWith, client.closedWith]).toEqual([
      epoch,
      undefined,
      undefined,
    ]);
    // It begins with nothing, in every feed.
    expect(isResumed(client)).toBe(false);
    expect(client.all('team-state')).toHaveLength(1);
    expect(client.all('page')).toMatchObject([{ feed, from: 1 }]);
    expect(logged('position-unknown')).toMatchObject([{ fields: { feed, member: bo.id } }]);
    expect(logged('store-went-back')).toEqual([]);
  };

  test.each<[string, (held: Position) => Position]>([
    ['with a number beyond the head', (held) => ({ seq: held.seq + 5, at: held.at })],
    ['with another time', (held) => ({ seq: held.seq, at: held.at + 1 })],
    [
      'with a proof that it made up',
      (held) => ({ ...held, seq: 99, proven: { seq: 99, proof: 'x'.repeat(34) } }),
    ],
    [
      'with the proof of another number',
      (held) => ({ seq: 99, at: 1, proven: { seq: 99, proof: held.proven?.proof ?? '' } }),
    ],
    ['with a proof of what is there', (held) => ({ ...held, seq: 99, at: 1 })],
  ])('%s begins anew alone', (_what, change) => invented(change));

  test('learns nothing of a channel that it is not in', async () => {
    await begin();
    const id = kit.id<never>();
    const ada = await kit.live(kit.owner);
    const channel = { id, kind: 'private', name: 'plans', topic: '', members: [] } as const;
    ada.say({ t: 'create-channel', op: kit.id(), ...channel, members: [] });
    await kit.settle();
    const [there] = Object.values(await heldIn(kit.store, { [channelFeed(id)]: 1 }));
    const answers: (readonly string[])[] = [];
    for (const at of [there?.at ?? 0, 1])
      for (const feed of [channelFeed(id), channelFeed(kit.id())]) {
        const client = await comeBack({ [feed]: { seq: 1, at } });
        answers.push(client.texts.map((text) => text.replace(/"session":"[^"]*"/, '')));
        client.side.closed();
        await kit.settle();
      }
    for (const answer of answers) expect(answer).toEqual(answers[0]);
  });
});

describe('proofs come', () => {
  test('with a heartbeat for the feeds that moved, and with no event', async () => {
    await begin();
    const client = await kit.live(bo);
    await say('one');
    expect(client.texts.some((text) => text.includes('proof'))).toBe(false);
    kit.clock.advance(DEFAULT_LIMITS.pingEveryMs * 1.3);
    await kit.settle();
    const feed = feedOf();
    const beats = client.all('beat').filter(({ heads }) => Object.keys(heads).length > 0);
    expect(Object.keys(beats[0]?.proofs ?? {})).toEqual([feed]);
    expect(beats).toMatchObject([{ heads: { [feed]: 3 } }]);
  });

  test('before a relay that restarts lets its clients go', async () => {
    await begin();
    const client = await kit.live(bo);
    await say('one');
    client.clear();
    void kit.core.drain(1_000);
    await kit.settle();
    expect(client.frames.map((frame) => frame.t)).toEqual(['beat', 'drain']);
    expect(client.all('beat')[0]?.proofs).toHaveProperty([feedOf()]);
  });

  test('with every page and state, each for its last event', async () => {
    await begin();
    await say('one', 'two');
    const client = await kit.live(bo);
    const feed = feedOf();
    client.say({ t: 'range', req: 1, feed, from: 1, to: 3 });
    client.say({ t: 'get-team', req: 2 });
    client.say({ t: 'get-member', req: 3 });
    await kit.settle();
    const positions = positionsAfter(bo, client.frames);
    expect(positions[feed]?.proven?.seq).toBe(3);
    expect(await comeBack(positions).then(isResumed)).toBe(true);
    expect(Object.values(positions).filter(({ proven }) => proven)).toHaveLength(3);
  });
});

function withProofs(
  held: Record<FeedId, Position>,
  beat: Down<'beat'> | undefined,
): Record<FeedId, Position> {
  return Object.fromEntries(
    Object.entries(held).map(([feed, position]) => [
      feed,
      {
        ...position,
        proven: {
          seq: position.seq,
          proof: (beat?.proofs as Record<string, string> | undefined)?.[feed] ?? '',
        },
      },
    ]),
  );
}
