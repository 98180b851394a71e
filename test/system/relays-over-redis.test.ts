/**
 * Relays over one store and a real Redis, whose clients are connected to different ones. The relays' own clocks stand still: no audit runs
 * and no beat goes out, so what arrives was found by hints and doubts alone. Those run on the time of the world, and so do the promises.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CLOSE } from '../../protocol/close-codes.ts';
import { channelFeed, memberFeed, type ChannelId, type FeedId } from '../../protocol/ids.ts';
import { DEFAULT_LIMITS, type Limits } from '../../protocol/limits.ts';
import { createRedisFanOut } from '../../server/adapters/fan-out-redis.ts';
import { createRedisPresence } from '../../server/adapters/presence-redis.ts';
import { systemClock, systemRandom } from '../../server/adapters/system-clock.ts';
import { createRelayCore, type RelayCore } from '../../server/gateway/core.ts';
import { silentLog } from '../../server/observe/log.ts';
import type { FanOut } from '../../server/ports/fan-out.ts';
import type { PresenceBoard } from '../../server/ports/presence.ts';
import type { Store } from '../../server/ports/store.ts';
import { nodeStore } from '../kit/node-store.ts';
import {
  connectClient,
  createFakeAuth,
  createRelayKit,
  type Person,
  POSITION_KEY,
  post,
  type RelayKit,
  seqsOf,
  type TestClient,
} from '../kit/relay-kit.ts';
import { createSeededRandom } from '../kit/seeded-random.ts';
import { REDIS_SERVER, startRedis, type RedisServer } from '../kit/services/redis.ts';

/** Clients here write as fast as a whole team. */
const BUSY: Limits = {
  ...DEFAULT_LIMITS,
  sendsPerSecond: 10_000,
  sendsBurst: 10_000,
  framesPerSecond: 10_000,
  framesBurst: 10_000,
  bytesInPerSecond: 1e9,
};

interface Node {
  readonly core: RelayCore;
  readonly store: Store;
  readonly fanOut: FanOut;
  readonly presence: PresenceBoard;
}

describe.skipIf(REDIS_SERVER === undefined)('relays over Redis', () => {
  let server: RedisServer;
  let kit: RelayKit;
  const nodes: Node[] = [];
  beforeEach(async () => {
    [server, kit] = await Promise.all([startRedis(), createRelayKit()]);
  });
  afterEach(async () => {
    for (const { core, fanOut, presence } of nodes.splice(0)) {
      core.dispose();
      await fanOut.close();
      await presence.close();
    }
    await kit.dispose();
    await server.dispose();
  });

  async function startNode(limits: Partial<Limits> = {}): Promise<Node> {
    const store = nodeStore(kit.store);
    const redis = { nodes: [{ host: server.host, port: server.port }] } as const;
    const parts = {
      redis,
      team: store.teamId,
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
      limits: { ...BUSY, ...limits },
    };
    const [fanOut, presence] = [createRedisFanOut(parts), createRedisPresence(parts)];
    const random = createSeededRandom(`node ${nodes.length}`);
    const core = createRelayCore({
      store,
      fanOut,
      presence,
      auth: createFakeAuth(),
      positionKey: POSITION_KEY,
      clock: kit.clock,
      random,
      limits: BUSY,
      log: silentLog,
      cpuMs: () => 0,
    });
    const node = { core, store, fanOut, presence };
    nodes.push(node);
    await expect.poll(() => fanOut.state).toBe('well');
    return node;
  }
  async function join({ core }: Node, who: Person): Promise<TestClient> {
    // The kit's own relay has no part in this but for the session.
    const { session, side } = await kit.connect(who);
    side.closed();
    const client = connectClient(core, {
      member: who.id,
      session,
      accessExpiresAt: kit.clock.now() + 600_000,
    });
    client.hello();
    await expect.poll(() => client.all('welcome')).toHaveLength(1);
    await kit.settle();
    client.clear();
    return client;
  }
  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

  test('what is posted at one arrives at the others once and in order, while connections are cut, hints dropped and Redis killed', async () => {
    // Room for one message on its way: in a burst most are dropped.
    const [a, b, c] = [
      await startNode({ hintsInFlight: 1 }),
      await startNode({ hintsInFlight: 1 }),
      await startNode(),
    ];
    const [bo, cy] = [await kit.person('bo'), await kit.person('cy')];
    const clients = [await join(a, kit.owner), await join(b, bo), await join(c, cy)] as const;
    const general: FeedId = channelFeed(kit.general);
    const first = (await kit.store.head(general)) + 1;
    const random = createSeededRandom('cuts');
    const [kills, starts] = [[20, 50], [35]];
    let sent = 0;
    for (let round = 0; round < 60; round++) {
      // Nobody writes at the third relay: what it commits itself would show it what it missed.
      for (const client of clients.slice(0, 2)) {
        for (let i = 0; i < 5; i++) client.say(post(kit.id(), kit.general, `text ${++sent}`));
      }
      if (kills.includes(round)) await server.kill();
      else if (starts.includes(round)) await server.restart();
      else if (round < (kills[0] ?? 0) && random.fraction() < 0.3)
        await server.ask('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await pause(30);
    }
    // Of the last words nobody was told.
    await server.restart();
    const all = Array.from({ length: sent }, (_, i) => first + i);
    await expect.poll(() => kit.store.head(general)).toBe(all.at(-1));
    // All healed by itself within five seconds.
    await expect
      .poll(() => clients.map((client) => seqsOf(client, general).length), { timeout: 5_000 })
      .toEqual(clients.map(() => sent));
    for (const client of clients) expect(seqsOf(client, general)).toEqual(all);
    expect(a.fanOut.counts.dropped).toBeGreaterThan(0);
    await expect
      .poll(() => nodes.map(({ fanOut }) => fanOut.state))
      .toEqual(['well', 'well', 'well']);
  });

  async function endSession({ store }: Node, who: Person, { session }: TestClient): Promise<void> {
    await store.write((tx) =>
      tx.append(memberFeed(who.id), {
        by: who.id,
        kind: 'session-ended',
        op: null,
        body: { session },
      }),
    );
  }

  test('a session that is ended at one relay loses its sockets at the other within a second, and no others', async () => {
    const [a, b] = [await startNode(), await startNode()];
    const [lost, kept] = [await join(b, kit.owner), await join(b, kit.owner)];
    await endSession(a, kit.owner, lost);
    await expect.poll(() => lost.closedWith, { timeout: 1_000 }).toBe(CLOSE.sessionEnded);
    expect(kept.closedWith).toBeUndefined();
  });

  test.each([
    ['away', () => server.kill()],
    ['standing still', () => Promise.resolve(server.stop())],
  ])(
    'with Redis %s a session that is ended elsewhere loses its sockets within five seconds',
    async (_how, hurt) => {
      const [a, b] = [await startNode(), await startNode()];
      const client = await join(b, kit.owner);
      await hurt();
      await endSession(a, kit.owner, client);
      await expect.poll(() => client.closedWith, { timeout: 5_000 }).toBe(CLOSE.sessionEnded);
      // And so does one that is ended while it is known that Redis is away.
      const later = await join(b, kit.owner);
      await expect.poll(() => b.fanOut.state).toBe('degraded');
      await endSession(a, kit.owner, later);
      await expect.poll(() => later.closedWith, { timeout: 5_000 }).toBe(CLOSE.sessionEnded);
      server.goOn();
    },
  );

  test('a session that is ended at a relay which dies before it has said so loses its sockets within five seconds', async () => {
    const [a, b] = [await startNode(), await startNode()];
    const client = await join(b, kit.owner);
    // The doubts of a beginning are over.
    await expect.poll(() => b.fanOut.counts.heard).toBeGreaterThan(3);
    // Nobody listens to this store: no hint goes out.
    await endSession({ ...a, store: nodeStore(kit.store) }, kit.owner, client);
    await a.fanOut.close();
    await expect.poll(() => client.closedWith, { timeout: 5_000 }).toBe(CLOSE.sessionEnded);
  });

  test('who is added to a channel at one relay hears all of it at another, where nobody was in it before', async () => {
    const [a, b] = [await startNode(), await startNode()];
    const bo = await kit.person('bo');
    const [ada, ben] = [await join(a, kit.owner), await join(b, bo)];
    const channel = kit.id<ChannelId>();
    ada.say({
      t: 'create-channel',
      op: kit.id(),
      id: channel,
      kind: 'private',
      name: 'plans',
      topic: '',
      members: [],
    });
    await expect.poll(() => ada.all('ack')).toHaveLength(1);
    ada.say({ t: 'add-member', op: kit.id(), channel, member: bo.id });
    for (let n = 0; n < 20; n++) ada.say(post(kit.id(), channel, `text ${n}`));
    await expect
      .poll(() => seqsOf(ben, channelFeed(channel)))
      .toEqual(Array.from({ length: 21 }, (_, n) => n + 2));
    ada.say({ t: 'remove-member', op: kit.id(), channel, member: bo.id });
    for (let n = 0; n < 20; n++) ada.say(post(kit.id(), channel, 'canary'));
    await expect.poll(() => seqsOf(ben, memberFeed(bo.id)).length).toBeGreaterThan(1);
    await expect.poll(() => ada.all('ack')).toHaveLength(43);
    await kit.settle();
    expect(ben.texts.join()).not.toContain('canary');
  });

  test('who types and who is there is seen at the other relay', async () => {
    const [a, b] = [await startNode(), await startNode()];
    const bo = await kit.person('bo');
    const [ada, ben] = [await join(a, kit.owner), await join(b, bo)];
    ada.say({ t: 'typing', channel: kit.general });
    await expect
      .poll(() => ben.all('typing'))
      .toEqual([{ t: 'typing', channel: kit.general, member: kit.owner.id }]);
    await expect.poll(async () => (await a.presence.snapshot()).size).toBe(2);
    ben.say({ t: 'presence', presence: 'dnd' });
    await expect.poll(async () => (await a.presence.snapshot()).get(bo.id)).toBe('dnd');
    // Changes of one second travel together. The relay itself hears of this one when Redis tells it.
    const toldNext = async (): Promise<unknown> => {
      kit.clock.advance(1_000);
      await kit.settle();
      return ada.all('presence').at(-1)?.members;
    };
    await expect.poll(toldNext).toMatchObject({ [bo.id]: 'dnd' });
  });
});
