/** Ends: of sessions, of members' rights, of too many sockets, of the relay itself. And the questions about what is. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CLOSE } from '../../protocol/close-codes.ts';
import { TEAM_FEED, channelFeed, memberFeed, type ChannelId } from '../../protocol/ids.ts';
import { endSession } from '../domain/sessions.ts';
import { createRelayKit, post, type Person, type RelayKit } from '../../test/kit/relay-kit.ts';

let kit: RelayKit;
let bo: Person;
beforeEach(async () => {
  kit = await createRelayKit();
  bo = await kit.person('bo');
});
afterEach(async () => {
  expect(kit.lines.filter((line) => line.event.endsWith('-failed'))).toEqual([]);
  await kit.dispose();
});

describe('a session that ends', () => {
  test('takes its sockets along at once and leaves the others', async () => {
    const [one, two] = [await kit.live(bo), await kit.live(bo)];
    const row = await kit.store.session(one.session);
    await kit.write((tx) => endSession(tx, row!, bo.id, kit.clock.now()));
    await kit.settle();
    expect([one.closedWith, two.closedWith]).toEqual([CLOSE.sessionEnded, undefined]);
    expect(two.all('events')).toMatchObject([
      { feed: memberFeed(bo.id), events: [{ kind: 'session-ended', session: one.session }] },
    ]);
  });

  test('takes also a socket that has not said hello', async () => {
    const client = await kit.connect(bo);
    kit.auth.end(client.session);
    expect(client.closedWith).toBe(CLOSE.sessionEnded);
  });

  test('hears nothing that was said after it, in the same turn', async () => {
    const [ada, other] = [await kit.live(kit.owner), await kit.live(bo)];
    ada.say({ t: 'set-active', op: kit.id(), member: bo.id, isActive: false });
    ada.say(post(kit.id(), kit.general, 'canary'));
    await kit.settle();
    expect(other.closedWith).toBe(CLOSE.sessionEnded);
    expect(other.texts.join()).not.toContain('canary');
    expect(ada.all('ack')).toHaveLength(2);
  });
});

test('the eleventh socket of a member replaces the oldest', async () => {
  const clients = [];
  for (let i = 0; i < 12; i++) clients.push(await kit.live(bo));
  expect(clients.map((client) => client.closedWith)).toEqual([
    CLOSE.replaced,
    CLOSE.replaced,
    ...Array<undefined>(10).fill(undefined),
  ]);
});

describe('draining', () => {
  test('asks everybody to leave at their own moment, and is done when they have', async () => {
    const clients = [await kit.live(bo), await kit.live(kit.owner)];
    let isDone = false;
    const done = kit.core.drain(11_000).then(() => (isDone = true));
    await kit.settle();
    expect(clients.map((client) => client.all('drain').length)).toEqual([1, 1]);
    expect(clients.every((client) => (client.all('drain')[0]?.afterMs ?? 0) < 1_000)).toBe(true);
    clients[0]?.side.closed();
    await kit.settle();
    expect(isDone).toBe(false);
    clients[1]?.side.closed();
    await done;
  });

  test('closes those who stay, to come again', async () => {
    const client = await kit.live(bo);
    const done = kit.core.drain(11_000);
    await kit.settle();
    kit.clock.advance(11_000);
    await done;
    expect(client.closedWith).toBe(CLOSE.restart);
  });

  test('still acknowledges what was sent before it', async () => {
    const client = await kit.live(bo);
    client.say(post(kit.id(), kit.general, 'last'));
    const done = kit.core.drain(1_000);
    await kit.settle();
    kit.clock.advance(1_000);
    await done;
    expect(client.all('ack')).toHaveLength(1);
  });
});

/** Questions may be answered in any order. */
const byReq = <T extends { readonly req?: number | undefined }>(frames: T[]): T[] =>
  frames.sort((a, b) => (a.req ?? 0) - (b.req ?? 0));

describe('a question', () => {
  test('about a feed is answered with the newest events of the span', async () => {
    const client = await kit.live(bo);
    for (let i = 0; i < 5; i++) client.say(post(kit.id(), kit.general, `text ${i}`));
    await kit.settle();
    client.clear();
    client.say({ t: 'range', req: 7, feed: channelFeed(kit.general), from: 2, to: 4 });
    client.say({ t: 'range', req: 8, feed: TEAM_FEED, from: 1, to: 1 });
    client.say({ t: 'range', req: 9, feed: channelFeed(kit.general), from: 100, to: 200 });
    await kit.settle();
    expect(byReq(client.all('page'))).toMatchObject([
      { req: 7, from: 2, to: 4, head: 7, events: [{ seq: 2 }, { seq: 3 }, { seq: 4 }] },
      { req: 8, from: 1, to: 1, events: [{ kind: 'team-changed' }] },
      { req: 9, from: 100, to: 99, head: 7, events: [] },
    ]);
  });

  test('about what is hidden is answered like one about what is not', async () => {
    const ada = await kit.live(kit.owner);
    const secret = kit.id<ChannelId>();
    ada.say({
      t: 'create-channel',
      op: kit.id(),
      id: secret,
      kind: 'private',
      name: 'canary',
      topic: '',
      members: [],
    });
    await kit.settle();
    const client = await kit.live(bo);
    const feeds = [
      channelFeed(secret),
      channelFeed(kit.id()),
      memberFeed(kit.owner.id),
      memberFeed(kit.id()),
    ];
    feeds.forEach((feed, req) => client.say({ t: 'range', req: req + 1, feed, from: 1, to: 9 }));
    client.say({ t: 'roster', req: 5, channel: secret });
    client.say({ t: 'roster', req: 6, channel: kit.id() });
    client.say({ t: 'range', req: 7, feed: TEAM_FEED, from: 5, to: 1 });
    await kit.settle();
    const hidden = { kind: 'not-found', retryable: false };
    expect(byReq(client.all('refused')).map(({ req, refusal }) => [req, refusal])).toEqual([
      ...[1, 2, 3, 4, 5, 6].map((req) => [req, hidden]),
      [7, { kind: 'bad-request', retryable: false, field: 'to' }],
    ]);
    expect(client.texts.join()).not.toContain('canary');
  });

  test('about a channel, the team and the own channels is answered as of a seq', async () => {
    const client = await kit.live(bo);
    client.say({ t: 'roster', req: 1, channel: kit.general });
    client.say({ t: 'get-team', req: 2 });
    client.say({ t: 'get-member', req: 3 });
    client.say({ t: 'sessions', req: 4 });
    client.say({ t: 'invites', req: 5 });
    await kit.settle();
    expect(client.all('roster')).toMatchObject([
      { req: 1, channel: { id: kit.general, seq: 2 }, members: [kit.owner.id, bo.id] },
    ]);
    expect(client.all('team-state')).toMatchObject([
      { req: 2, seq: 4, members: { length: 2 }, channels: [{ id: kit.general }] },
    ]);
    expect(client.all('member-state')).toMatchObject([
      { req: 3, seq: 1, channels: [{ channel: { id: kit.general }, readSeq: 2 }] },
    ]);
    expect(client.all('sessions')).toEqual([{ t: 'sessions', req: 4, sessions: [] }]);
    expect(client.all('refused')).toMatchObject([{ req: 5, refusal: { kind: 'not-allowed' } }]);
  });
});
