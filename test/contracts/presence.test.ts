/** The contract of the presence port, over every adapter there is. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Presence } from '../../protocol/entities.ts';
import type { MemberId, TeamId } from '../../protocol/ids.ts';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { createLocalPresence } from '../../server/adapters/presence-local.ts';
import { createRedisPresence } from '../../server/adapters/presence-redis.ts';
import { systemClock, systemRandom } from '../../server/adapters/system-clock.ts';
import { silentLog } from '../../server/observe/log.ts';
import { strongest, type PresenceBoard } from '../../server/ports/presence.ts';
import { bothKindsOfRedis, type RedisAddress } from '../kit/services/redis.ts';

const [ADA, BO, CY] = [1, 2, 3].map(
  (n) => `00000000-0000-4000-8000-00000000000${n}`,
) as unknown as [MemberId, MemberId, MemberId];

interface House {
  /** One more node of the team. @param team  a number: each test has a team of its own */
  open(team: number): PresenceBoard;
  dispose(): Promise<void>;
}

const overRedis = (servers: readonly RedisAddress[], dispose: () => Promise<void>): House => ({
  open(team) {
    const nodes = servers.map(({ host, port }) => ({ host, port })) as [
      RedisAddress,
      ...RedisAddress[],
    ];
    return createRedisPresence({
      redis: { nodes },
      team: `01980000-0000-7000-8000-${String(team).padStart(12, '0')}` as TeamId,
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
      limits: DEFAULT_LIMITS,
    });
  },
  dispose,
});

const ADAPTERS = [
  {
    name: 'local',
    isThere: true,
    build: async (): Promise<House> => ({
      open: createLocalPresence,
      dispose: async () => undefined,
    }),
  },
  ...bothKindsOfRedis(overRedis),
];
let teams = 0;

function listen(board: PresenceBoard): [MemberId, Presence][] {
  const told: [MemberId, Presence][] = [];
  board.listen((changes) => told.push(...changes));
  return told;
}
const shownBy = (board: PresenceBoard | undefined) =>
  expect.poll(async () => Object.fromEntries((await board?.snapshot()) ?? []));

for (const { name, isThere, build } of ADAPTERS) {
  describe.skipIf(!isThere)(`presence (${name})`, () => {
    let house: House;
    let board: PresenceBoard;
    let told: [MemberId, Presence][];
    beforeAll(async () => {
      house = await build();
    });
    afterAll(() => house?.dispose());
    beforeEach(() => {
      board = house.open(++teams);
      told = listen(board);
    });
    afterEach(() => board.close());

    test('shows what was put last, and nobody who is gone', async () => {
      await board.put(ADA, 'here');
      await board.put(BO, 'dnd');
      await board.put(ADA, 'away');
      await board.put(BO, 'gone');
      expect([...(await board.snapshot())]).toEqual([[ADA, 'away']]);
    });

    test('tells changes, and nothing that changes nothing', async () => {
      await board.put(ADA, 'gone');
      await board.put(ADA, 'here');
      await board.put(ADA, 'here');
      await board.put(ADA, 'gone');
      expect(told).toEqual([
        [ADA, 'here'],
        [ADA, 'gone'],
      ]);
    });

    test('gives out a snapshot that does not change by itself', async () => {
      await board.put(ADA, 'here');
      const snapshot = await board.snapshot();
      await board.put(ADA, 'gone');
      expect([...snapshot]).toEqual([[ADA, 'here']]);
    });

    test('is empty and silent after the close', async () => {
      await board.put(ADA, 'here');
      await board.close();
      expect((await board.snapshot()).size).toBe(0);
    });
  });
}

for (const { name, isThere, build } of ADAPTERS.slice(1)) {
  describe.skipIf(!isThere)(`presence between nodes (${name})`, () => {
    let house: House;
    let boards: PresenceBoard[];
    beforeAll(async () => {
      house = await build();
    });
    afterAll(() => house?.dispose());
    beforeEach(() => {
      const team = ++teams;
      boards = [house.open(team), house.open(team), house.open(team)];
    });
    afterEach(async () => void (await Promise.all(boards.map((board) => board.close()))));

    test('every node shows the members of all, also one that comes later', async () => {
      await boards[0]?.put(ADA, 'here');
      await boards[1]?.put(BO, 'away');
      for (const board of boards) await shownBy(board).toEqual({ [ADA]: 'here', [BO]: 'away' });
      const late = house.open(teams);
      boards.push(late);
      await shownBy(late).toEqual({ [ADA]: 'here', [BO]: 'away' });
    });

    test('a member on several nodes shows the strongest of them, and each change is told once', async () => {
      const told = boards.map(listen);
      const [a, b] = boards as [PresenceBoard, PresenceBoard];
      await a.put(ADA, 'away');
      for (const board of boards) await shownBy(board).toEqual({ [ADA]: 'away' });
      await b.put(ADA, 'dnd');
      for (const board of boards) await shownBy(board).toEqual({ [ADA]: 'dnd' });
      // Weaker than what b shows: nobody hears of it. The other member's change comes after it.
      await a.put(ADA, 'here');
      await a.put(CY, 'here');
      for (const board of boards) await shownBy(board).toEqual({ [ADA]: 'dnd', [CY]: 'here' });
      await b.put(ADA, 'gone');
      for (const board of boards) await shownBy(board).toEqual({ [ADA]: 'here', [CY]: 'here' });
      await a.put(ADA, 'gone');
      for (const board of boards) await shownBy(board).toEqual({ [CY]: 'here' });
      const story = [
        [ADA, 'away'],
        [ADA, 'dnd'],
        [CY, 'here'],
        [ADA, 'here'],
        [ADA, 'gone'],
      ];
      expect(told).toEqual([story, story, story]);
    });

    test('a node that closes takes its members along', async () => {
      await boards[0]?.put(ADA, 'here');
      await boards[1]?.put(BO, 'here');
      await shownBy(boards[2]).toEqual({ [ADA]: 'here', [BO]: 'here' });
      await boards[0]?.close();
      await shownBy(boards[2]).toEqual({ [BO]: 'here' });
    });
  });
}

test('do not disturb is stronger than here, here than away, away than gone', () => {
  expect([
    strongest([]),
    strongest(['away', 'gone']),
    strongest(['away', 'here']),
    strongest(['here', 'dnd', 'away']),
  ]).toEqual(['gone', 'away', 'here', 'dnd']);
});
