/** Polls on the relay's core, on a clock that stands still until the test moves it. */
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Hello } from '../../protocol/frames-up.ts';
import type { Position } from '../../protocol/feeds.ts';
import {
  channelFeed,
  memberFeed,
  TEAM_FEED,
  type FeedId,
  type SessionId,
} from '../../protocol/ids.ts';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { createRelayKit, heldIn, type Person, type RelayKit } from '../../test/kit/relay-kit.ts';
import type { Connection } from './connection.ts';
import { PollWire } from './poll-wire.ts';

let kit: RelayKit;
beforeEach(async () => {
  kit = await createRelayKit();
});
afterEach(() => kit.dispose());

interface Poll {
  readonly lines: readonly string[] | undefined;
  readonly kinds: readonly string[];
}

/** One poll as the door makes it. */
function poll(
  who: Person,
  hello: Partial<Hello>,
  more: { isGoingOn?: boolean; waitMs?: number; seenPresence?: string | null } = {},
): Poll {
  const { isGoingOn = false, waitMs = 0, seenPresence = null } = more;
  let lines: readonly string[] | undefined;
  const wire = new PollWire({
    clock: kit.clock,
    limits: DEFAULT_LIMITS,
    waitMs,
    seenPresence,
    presence: () => kit.core.presence(),
    beat: () => kit.core.beat(connection),
    answer: (answered) => {
      lines = answered;
      kit.core.closed(connection);
    },
  });
  const session = 'poller' as SessionId;
  const connection: Connection = kit.core.accept(
    {
      member: who.id,
      session: sessions.get(who) ?? session,
      accessExpiresAt: kit.clock.now() + 600_000,
    },
    wire,
  );
  const whole = {
    t: 'hello',
    versions: { min: 1, max: 1 },
    epoch: kit.store.epoch,
    positions: {},
    focus: null,
    presence: 'here',
    ...hello,
  } as const;
  kit.core.begin(connection, whole, { isGoingOn, isPoll: true });
  return {
    get lines() {
      return lines;
    },
    get kinds() {
      return (lines ?? []).map((line) => (JSON.parse(line) as { readonly t: string }).t);
    },
  };
}
const sessions = new Map<Person, SessionId>();

/** A member with a session, and where everything stands. */
async function poller(): Promise<{
  readonly who: Person;
  readonly positions: Record<FeedId, Position>;
}> {
  const who = await kit.person('ben');
  const client = await kit.connect(who);
  sessions.set(who, client.session);
  client.side.closed();
  const feeds = [TEAM_FEED, memberFeed(who.id), channelFeed(kit.general)];
  const heads = await Promise.all(
    feeds.map(async (feed) => [feed, await kit.store.head(feed)] as const),
  );
  return { who, positions: await heldIn(kit.store, Object.fromEntries(heads)) };
}
const hashOf = (line = ''): string => createHash('sha256').update(line).digest('hex');

test('a first poll is welcomed, one that goes on is not, and one with positions of another store is again', async () => {
  const { who, positions } = await poller();
  const first = poll(who, { epoch: null });
  await kit.settle();
  expect(first.kinds).toEqual([
    'welcome',
    'member-state',
    'team-state',
    'page',
    'caught-up',
    'presence',
  ]);
  const next = poll(
    who,
    { positions },
    { isGoingOn: true, seenPresence: hashOf(first.lines?.at(-1)) },
  );
  await kit.settle();
  expect(next.kinds).toEqual(['caught-up']);
  for (const strange of [
    { epoch: '0'.repeat(32) as Hello['epoch'], positions },
    { positions: { ...positions, [TEAM_FEED]: { seq: 1_000, at: 0 } } },
  ]) {
    const other = poll(who, strange, { isGoingOn: true });
    await kit.settle();
    expect(other.kinds[0]).toBe('welcome');
  }
});

test('a poll waits for something to tell, and answers with caught-up alone when its time is over', async () => {
  const { who, positions } = await poller();
  const ada = await kit.live(kit.owner);
  const first = poll(who, { positions });
  await kit.settle();
  const seenPresence = hashOf(first.lines?.at(-1));
  const idle = poll(who, { positions }, { isGoingOn: true, waitMs: 5_000, seenPresence });
  await kit.settle();
  kit.clock.advance(4_999);
  await kit.settle();
  expect(idle.lines).toBeUndefined();
  kit.clock.advance(1);
  await kit.settle();
  expect(idle.kinds).toEqual(['caught-up']);

  const waiting = poll(who, { positions }, { isGoingOn: true, waitMs: 5_000, seenPresence });
  await kit.settle();
  ada.say({ t: 'post', op: kit.id(), channel: kit.general, text: 'wake up' });
  await kit.settle();
  // The proof of what was told comes with it.
  expect(waiting.kinds).toEqual(['caught-up', 'events', 'beat']);
});

test('a member who polls does not flicker, and is gone some seconds after the last poll', async () => {
  const { who, positions } = await poller();
  const ada = await kit.live(kit.owner);
  const shown = (): unknown[] =>
    ada
      .all('presence')
      .flatMap(({ members }) => (Object.hasOwn(members, who.id) ? [members[who.id]] : []));
  for (let n = 0; n < 6; n++) {
    poll(who, { positions }, { isGoingOn: true });
    await kit.settle();
    kit.clock.advance(2_000);
    await kit.settle();
  }
  expect(shown()).toEqual(['here']);
  kit.clock.advance(DEFAULT_LIMITS.signalTtlMs + 2_000);
  await kit.settle();
  expect(shown()).toEqual(['here', 'gone']);
});

test('an answer is bounded: the rest comes with the next poll', async () => {
  const { who, positions } = await poller();
  const ada = await kit.live(kit.owner);
  for (let n = 0; n < 40; n++) {
    ada.say({
      t: 'post',
      op: kit.id(),
      channel: kit.general,
      text: 'x'.repeat(DEFAULT_LIMITS.textBytes),
    });
    kit.clock.advance(200);
    await kit.settle();
  }
  const feed = channelFeed(kit.general);
  let at = positions[feed]?.seq ?? 0;
  const head = await kit.store.head(feed);
  let polls = 0;
  while (at < head && polls < 10) {
    const one = poll(
      who,
      { positions: { ...positions, ...(await heldIn(kit.store, { [feed]: at })) } },
      { isGoingOn: true },
    );
    await kit.settle();
    expect((one.lines ?? []).join('').length).toBeLessThan(2 * DEFAULT_LIMITS.pageBytes);
    for (const line of one.lines ?? []) {
      const frame = JSON.parse(line) as {
        readonly t: string;
        readonly from: number;
        readonly to: number;
      };
      if (frame.t !== 'page') continue;
      expect(frame.from).toBe(at + 1);
      at = frame.to;
    }
    polls++;
  }
  expect(at).toBe(head);
  expect(polls).toBeGreaterThan(1);
});

test('a poll that knows more than its node has heard yet goes on, and the node hears of it', async () => {
  await kit.dispose();
  let isDeaf = false;
  kit = await createRelayKit({
    wrapFanOut: (fanOut) => ({
      ...fanOut,
      listen: (on) => fanOut.listen((message) => (isDeaf ? undefined : on(message))),
    }),
  });
  const { who, positions } = await poller();
  const ada = await kit.live(kit.owner);
  const first = poll(who, { positions });
  await kit.settle();
  isDeaf = true;
  ada.say({ t: 'post', op: kit.id(), channel: kit.general, text: 'heard at another node' });
  await kit.settle();
  const feed = channelFeed(kit.general);
  const head = await kit.store.head(feed);
  expect(head).toBe((positions[feed]?.seq ?? 0) + 1);
  expect(ada.all('events')).toEqual([]);
  const next = poll(
    who,
    { positions: { ...positions, ...(await heldIn(kit.store, { [feed]: head })) } },
    { isGoingOn: true, seenPresence: hashOf(first.lines?.at(-1)) },
  );
  await kit.settle();
  expect(next.kinds).toEqual(['caught-up', 'beat']);
  expect(ada.all('events')).toMatchObject([{ feed, events: [{ seq: head }] }]);
});
