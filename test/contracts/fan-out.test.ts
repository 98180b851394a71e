/** The contract of the fan-out port, over every adapter there is. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { TEAM_FEED, channelFeed } from '../../protocol/ids.ts';
import type { ChannelId, MemberId, TeamId } from '../../protocol/ids.ts';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { createLocalFanOut } from '../../server/adapters/fan-out-local.ts';
import { createRedisFanOut } from '../../server/adapters/fan-out-redis.ts';
import { systemClock, systemRandom } from '../../server/adapters/system-clock.ts';
import { silentLog } from '../../server/observe/log.ts';
import type { FanOut, FanOutMessage } from '../../server/ports/fan-out.ts';
import { bothKindsOfRedis, type RedisAddress } from '../kit/services/redis.ts';

const TEAM = '01980000-0000-7000-8000-00000000000a' as TeamId;
const OTHER_TEAM = '01980000-0000-7000-8000-00000000000b' as TeamId;
const CHANNEL = '01980000-0000-7000-8000-c00000000001' as ChannelId;
const MEMBER = '00000000-0000-4000-8000-000000000001' as MemberId;

interface House {
  /** One more node of the team, when it hears the others. */
  open(team?: TeamId): Promise<FanOut>;
  dispose(): Promise<void>;
}

const overRedis = (servers: readonly RedisAddress[], dispose: () => Promise<void>): House => ({
  async open(team = TEAM) {
    const [first, ...others] = servers as [RedisAddress, ...RedisAddress[]];
    const nodes = [first, ...others].map(({ host, port }) => ({ host, port })) as [
      RedisAddress,
      ...RedisAddress[],
    ];
    const parts = {
      redis: { nodes },
      team,
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
      limits: DEFAULT_LIMITS,
    };
    const fanOut = createRedisFanOut(parts);
    await expect.poll(() => fanOut.state).toBe('well');
    return fanOut;
  },
  dispose,
});

const ADAPTERS = [
  {
    name: 'local',
    isThere: true,
    build: async (): Promise<House> => ({
      open: async () => createLocalFanOut({ log: silentLog }),
      dispose: async () => undefined,
    }),
  },
  ...bothKindsOfRedis(overRedis),
];

const moved = (head: number): FanOutMessage => ({
  kind: 'moved',
  heads: new Map([[TEAM_FEED, head]]),
});
const typing: FanOutMessage = { kind: 'typing', channel: CHANNEL, member: MEMBER };
const eventOf = (seq: number, feed = TEAM_FEED) => ({
  feed,
  seq,
  at: 1,
  json: '{"text":"secret"}',
});

/** What a node hears, but for doubts: those may come at any time. */
function listen(fanOut: FanOut): { readonly heard: FanOutMessage[]; readonly stop: () => void } {
  const heard: FanOutMessage[] = [];
  return {
    heard,
    stop: fanOut.listen((message) => (message.kind === 'doubt' ? undefined : heard.push(message))),
  };
}

for (const { name, isThere, build } of ADAPTERS) {
  describe.skipIf(!isThere)(`fan-out (${name})`, () => {
    let house: House;
    beforeAll(async () => {
      house = await build();
    });
    afterAll(() => house?.dispose());

    describe('on one node', () => {
      let fanOut: FanOut;
      let heard: FanOutMessage[];
      let stop: () => void;
      beforeEach(async () => {
        fanOut = await house.open();
        ({ heard, stop } = listen(fanOut));
      });
      afterEach(() => fanOut.close());

      test('tells its own node what it published, in order, once', async () => {
        const all: FanOutMessage[] = [{ kind: 'events', events: [eventOf(1)] }, moved(2), typing];
        for (const message of all) fanOut.publish(message);
        await new Promise((resolve) => setImmediate(resolve));
        expect(heard).toEqual(all);
      });

      test('tells a doubt to its own node', () => {
        const kinds: string[] = [];
        fanOut.listen(({ kind }) => kinds.push(kind));
        fanOut.publish({ kind: 'doubt' });
        expect(kinds).toEqual(['doubt']);
      });

      test('tells every listener, also when one of them fails', () => {
        fanOut.listen(() => {
          throw new Error('on purpose');
        });
        const others = listen(fanOut).heard;
        fanOut.publish(moved(1));
        expect([heard.length, others.length]).toEqual([1, 1]);
      });

      test('tells nothing to those who stopped listening, or after the close', async () => {
        stop();
        fanOut.publish(moved(1));
        expect(heard).toEqual([]);
        const again = listen(fanOut).heard;
        await fanOut.close();
        fanOut.publish(moved(2));
        expect(again).toEqual([]);
      });
    });
  });
}

for (const { name, isThere, build } of ADAPTERS.slice(1)) {
  describe.skipIf(!isThere)(`fan-out between nodes (${name})`, () => {
    let house: House;
    let nodes: FanOut[];
    beforeAll(async () => {
      house = await build();
    });
    afterAll(() => house?.dispose());
    beforeEach(async () => {
      nodes = await Promise.all([house.open(), house.open(), house.open()]);
    });
    afterEach(async () => void (await Promise.all(nodes.map((node) => node.close()))));

    test('other nodes get the head and never the content, the own one its events and no echo', async () => {
      const [a, b, c] = nodes.map((node) => listen(node).heard) as [
        FanOutMessage[],
        FanOutMessage[],
        FanOutMessage[],
      ];
      const events: FanOutMessage = { kind: 'events', events: [eventOf(6), eventOf(7)] };
      nodes[0]?.publish(events);
      await expect.poll(() => [b, c]).toEqual([[moved(7)], [moved(7)]]);
      // What comes after it on the same channel: an echo would have been here before.
      nodes[1]?.publish(moved(8));
      await expect.poll(() => a).toHaveLength(2);
      expect(a).toEqual([events, moved(8)]);
    });

    test('what is published in one turn travels together', async () => {
      const { heard } = listen(nodes[1] as FanOut);
      const before = nodes[0]?.counts.sent ?? 0;
      for (let seq = 1; seq <= 1_000; seq++)
        nodes[0]?.publish({ kind: 'events', events: [eventOf(seq)] });
      await expect.poll(() => heard).toEqual([moved(1_000)]);
      // Beats are messages too: one a second on each channel.
      expect((nodes[0]?.counts.sent ?? 0) - before).toBeLessThan(100);
    });

    test('typing crosses', async () => {
      const others = nodes.slice(1).map((node) => listen(node).heard);
      nodes[0]?.publish(typing);
      await expect.poll(() => others).toEqual([[typing], [typing]]);
    });

    test('heads of many feeds all arrive, in as many messages as it takes', async () => {
      const feeds = Array.from({ length: 1_200 }, (_, i) =>
        channelFeed(`${CHANNEL.slice(0, -4)}${String(i).padStart(4, '0')}` as ChannelId),
      );
      const heard = new Map<string, number>();
      nodes[2]?.listen((message) => {
        if (message.kind === 'moved')
          for (const [feed, head] of message.heads) heard.set(feed, head);
      });
      nodes[0]?.publish({ kind: 'moved', heads: new Map(feeds.map((feed, i) => [feed, i + 1])) });
      await expect.poll(() => heard.size).toBe(feeds.length);
      expect(heard).toEqual(new Map(feeds.map((feed, i) => [feed, i + 1])));
    });

    test('another team on the same server hears nothing', async () => {
      const foreign = await house.open(OTHER_TEAM);
      const { heard } = listen(foreign);
      const { heard: own } = listen(nodes[1] as FanOut);
      nodes[0]?.publish(typing);
      foreign.publish(moved(3));
      await expect.poll(() => own).toEqual([typing]);
      expect(heard).toEqual([moved(3)]);
      await foreign.close();
    });

    test('the last word before a close is carried', async () => {
      const { heard } = listen(nodes[1] as FanOut);
      nodes[0]?.publish(moved(9));
      await nodes[0]?.close();
      await expect.poll(() => heard).toEqual([moved(9)]);
    });
  });
}
