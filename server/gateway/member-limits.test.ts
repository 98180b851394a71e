/** The rate limits that all devices of a member share, and what one device leaves to the others. */
import { afterEach, describe, expect, test } from 'vitest';
import { CLOSE } from '../../protocol/close-codes.ts';
import {
  channelFeed,
  type ChannelId,
  type OperationId,
  type SessionId,
} from '../../protocol/ids.ts';
import { DEFAULT_LIMITS, type Limits } from '../../protocol/limits.ts';
import {
  connectClient,
  createRelayKit,
  post,
  type Person,
  type RelayKit,
  type TestClient,
} from '../../test/kit/relay-kit.ts';
import { Meters } from './meter.ts';

let kit: RelayKit;
afterEach(() => kit.dispose());
const start = async (limits: Partial<Limits> = {}): Promise<void> => {
  kit = await createRelayKit({ limits });
};
const devices = (count: number): Promise<TestClient[]> =>
  Promise.all(Array.from({ length: count }, () => kit.live(kit.owner)));
const principal = (session: SessionId, who: Person = kit.owner) => ({
  member: who.id,
  session,
  accessExpiresAt: kit.clock.now() + DEFAULT_LIMITS.accessTokenMs,
});
const request = async (session: SessionId, ...frames: readonly object[]): Promise<string> => {
  const answered = await kit.core.talk.say(
    principal(session),
    frames.map((frame) => JSON.stringify(frame)),
  );
  return answered.kind === 'answered' ? answered.lines.join('\n') : answered.kind;
};
const sum = (clients: readonly TestClient[], name: 'ack' | 'page' | 'sessions'): number =>
  clients.reduce((count, client) => count + client.all(name).length, 0);
/** What each device has in reserve: a quarter. */
const withReserve = (burst: number): number => Math.floor(burst * 1.25);
const generous = { framesPerSecond: 1e4, framesBurst: 1e4, sendsPerSecond: 1e4, sendsBurst: 1e4 };

describe('ten devices of a member have together what one has, and a reserve', () => {
  test('of messages: sendsBurst at once and sendsPerSecond after, over sockets and requests', async () => {
    const { sendsBurst, sendsPerSecond } = DEFAULT_LIMITS;
    await start({ framesPerSecond: 1e4, framesBurst: 1e4 });
    const clients = await devices(10);
    const send = async (each: number): Promise<number> => {
      for (const client of clients) client.clear();
      for (const client of clients)
        for (let n = 0; n < each; n++) client.say(post(kit.id(), kit.general, 'x'));
      await kit.settle();
      return sum(clients, 'ack');
    };
    expect(await send(sendsBurst)).toBe(withReserve(sendsBurst));
    expect(await request(kit.id(), post(kit.id(), kit.general, 'x'))).toContain('rate-limited');
    let sent = 0;
    const seconds = 20;
    for (let second = 0; second < seconds; second++) {
      kit.clock.advance(1_000);
      sent += await send(sendsPerSecond);
    }
    expect(sent).toBeLessThanOrEqual(seconds * sendsPerSecond);
    expect(sent).toBeGreaterThan((seconds - 1) * sendsPerSecond);
  });

  test('of frames', async () => {
    const { framesBurst } = DEFAULT_LIMITS;
    await start();
    const clients = await devices(4);
    for (const client of clients)
      for (let req = 1; req <= framesBurst; req++) client.say({ t: 'sessions', req });
    await kit.settle();
    expect(sum(clients, 'sessions')).toBe(withReserve(framesBurst));
  });

  test('of bytes', async () => {
    const { bytesInPerSecond } = DEFAULT_LIMITS;
    await start();
    const clients = await devices(4);
    const ask = (client: TestClient): void =>
      client.side.receive(JSON.stringify({ t: 'sessions', req: 1 }), bytesInPerSecond / 4);
    for (const client of clients) for (let n = 0; n < 4; n++) ask(client);
    await kit.settle();
    expect(sum(clients, 'sessions')).toBe(5);
  });

  test('of history', async () => {
    const { historyPerSecond } = DEFAULT_LIMITS;
    await start(generous);
    const clients = await devices(4);
    for (const client of clients)
      for (let req = 1; req <= 4 * historyPerSecond; req++)
        client.say({ t: 'range', req, feed: channelFeed(kit.general), from: 1, to: 9 });
    await kit.settle();
    expect(sum(clients, 'page')).toBe(withReserve(4 * historyPerSecond));
  });

  test('and another member has their own', async () => {
    await start();
    const [flooding] = (await devices(1)) as [TestClient];
    for (let n = 0; n < 200; n++) flooding.say(post(kit.id(), kit.general, 'x'));
    const bo = await kit.live(await kit.person('bo'));
    bo.say(post(kit.id(), kit.general, 'x'));
    await kit.settle();
    expect(bo.all('ack')).toHaveLength(1);
  });

  test('a new connection or request begins nothing anew', async () => {
    await start();
    const ada = await kit.live(kit.owner);
    for (let n = 0; n < DEFAULT_LIMITS.sendsBurst; n++) ada.say(post(kit.id(), kit.general, 'x'));
    await kit.settle();
    const again = connectClient(kit.core, principal(ada.session));
    again.hello();
    await kit.settle();
    again.say(post(kit.id(), kit.general, 'x'));
    await kit.settle();
    expect([again.all('ack').length, again.all('refused').length]).toEqual([0, 1]);
    expect(await request(ada.session, post(kit.id(), kit.general, 'x'))).toContain('rate-limited');
  });
});

describe('while one device floods', () => {
  /** Frames of the largest size. */
  const flood = (client: TestClient, frames = 200): void => {
    for (let req = 1; req <= frames; req++)
      client.side.receive(JSON.stringify({ t: 'sessions', req }), DEFAULT_LIMITS.frameBytes);
  };

  test('hello, heartbeats, messages and polls of another pass', async () => {
    await start();
    const [flooding, quiet] = (await devices(2)) as [TestClient, TestClient];
    const poll = kit.id<SessionId>();
    for (let second = 0; second < 10; second++) {
      kit.clock.advance(1_000);
      // All that has come back, and some frames too many: enough of those would end the connection.
      for (let n = 0; n < 25; n++) flooding.say(post(kit.id(), kit.general, 'x'));
      flood(flooding, 5);
      expect(await request(quiet.session, post(kit.id(), kit.general, `${second}`))).toContain(
        '"ack"',
      );
      // An empty request is a heartbeat, and a poll counts like a frame.
      expect(kit.core.talk.knock(principal(poll), 1)).toBe(0);
      expect(kit.core.talk.knock(principal(poll), 2_000)).toBe(0);
    }
    expect(flooding.closedWith).toBeUndefined();
    const late = await kit.live(kit.owner);
    late.say({ t: 'sessions', req: 1 });
    await kit.settle();
    expect([late.closedWith, late.all('sessions').length]).toEqual([undefined, 1]);
  });

  test('small and large requests of another pass though no byte is left', async () => {
    await start(generous);
    const [flooding] = (await devices(1)) as [TestClient];
    const { bytesInPerSecond } = DEFAULT_LIMITS;
    const drain = (): void => {
      for (let size = bytesInPerSecond / 2; size >= 1; size /= 2)
        for (let n = 0; n < 2; n++)
          flooding.side.receive(JSON.stringify({ t: 'sessions', req: 1 }), size);
    };
    for (let second = 0; second < 5; second++) {
      kit.clock.advance(1_000);
      drain();
      expect(kit.core.talk.knock(principal(flooding.session), 1)).toBeGreaterThan(0);
      expect(kit.core.talk.knock(principal('quiet' as SessionId), 2_000)).toBe(0);
    }
    kit.clock.advance(1_000);
    drain();
    // A poll that names every feed: more bytes than the reserve has at once.
    expect(kit.core.talk.knock(principal(kit.id()), 120 * 1024)).toBe(0);
  });

  test('only its own connection ends, and it is no way out to connect again', async () => {
    await start();
    const [flooding, quiet] = (await devices(2)) as [TestClient, TestClient];
    for (let n = 0; n < 3; n++) flood(flooding);
    await kit.settle();
    expect([flooding.closedWith, quiet.closedWith]).toEqual([CLOSE.flood, undefined]);
    const again = connectClient(kit.core, principal(flooding.session));
    again.hello();
    expect(again.closedWith).toBe(CLOSE.flood);
    kit.clock.advance(10_000);
    const later = connectClient(kit.core, principal(flooding.session));
    later.hello();
    await kit.settle();
    expect([later.closedWith, later.all('welcome').length]).toEqual([undefined, 1]);
  });

  test('its own connections give way to a new one, not those of the others', async () => {
    await start();
    const quiet = await kit.live(kit.owner);
    const session = kit.id<SessionId>();
    const many = Array.from({ length: 30 }, () => connectClient(kit.core, principal(session)));
    expect(quiet.closedWith).toBeUndefined();
    const { socketsPerMember } = DEFAULT_LIMITS;
    expect(many.filter(({ closedWith }) => closedWith === undefined)).toHaveLength(
      socketsPerMember - 1,
    );
    expect(many.at(-1)?.closedWith).toBeUndefined();
  });
});

describe('putting people into channels', () => {
  const create = (members: readonly string[]) =>
    ({
      t: 'create-channel',
      op: kit.id<OperationId>(),
      id: kit.id<ChannelId>(),
      kind: 'private',
      name: 'x',
      topic: '',
      members: members as never[],
    }) as const;

  test('costs the one who does it, by the number of people: addsBurst at once, addsPerHour after', async () => {
    await start({ ...generous, addsBurst: 4, addsPerHour: 2 });
    const [bo, cy, di] = [
      await kit.person('bo'),
      await kit.person('cy'),
      await kit.person('di'),
    ] as const;
    const ada = await kit.live(kit.owner);
    const first = create([bo.id, cy.id]);
    ada.say(first);
    ada.say({ t: 'add-member', op: kit.id(), channel: first.id, member: di.id });
    ada.say({ t: 'open-direct', op: kit.id(), id: kit.id(), members: [bo.id] });
    await kit.settle();
    expect(ada.all('ack')).toHaveLength(3);
    ada.clear();
    ada.say(create([bo.id]));
    await kit.settle();
    expect(ada.all('refused')).toMatchObject([
      {
        refusal: {
          kind: 'rate-limited',
          retryable: true,
          retryAfterMs: 30 * 60_000,
          field: 'members',
        },
      },
    ]);
    // What they write meanwhile does not wait for it, nor does a channel of their own.
    ada.say(post(kit.id(), kit.general, 'x'));
    ada.say(create([]));
    // And the others add and are added as before.
    const other = await kit.live(bo);
    other.say(create([kit.owner.id, cy.id]));
    await kit.settle();
    expect([ada.all('ack').length, other.all('ack').length]).toEqual([2, 1]);
    ada.clear();
    kit.clock.advance(30 * 60_000);
    const later = await kit.live(kit.owner);
    later.say(create([bo.id]));
    later.say(create([bo.id]));
    await kit.settle();
    expect([later.all('ack').length, later.all('refused').length]).toEqual([1, 1]);
  });

  test('more people than addsBurst at once are added when nothing was for long', async () => {
    await start({ ...generous, addsBurst: 2, addsPerHour: 2 });
    const people = [];
    for (const handle of ['bo', 'cy', 'di']) people.push((await kit.person(handle)).id);
    const ada = await kit.live(kit.owner);
    ada.say(create(people));
    ada.say(create(people));
    await kit.settle();
    expect([ada.all('ack').length, ada.all('refused').length]).toEqual([1, 1]);
  });
});

test('members who sent nothing for a while are forgotten', async () => {
  await start();
  const { clock } = kit;
  const meters = new Meters({ clock, limits: DEFAULT_LIMITS });
  for (let n = 0; n < 1_000; n++) meters.of(kit.id(), kit.id()).takeFrame(clock.monotonic(), 100);
  expect(meters.size).toBe(1_000);
  clock.advance(60_000);
  meters.of(kit.id(), kit.id());
  expect(meters.size).toBe(1);
});
