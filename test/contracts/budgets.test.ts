/** The contract of the budgets port, over every adapter there is. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TeamId } from '../../protocol/ids.ts';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { createLocalBudgets } from '../../server/adapters/budgets-local.ts';
import { createRedisBudgets } from '../../server/adapters/budgets-redis.ts';
import { systemClock, systemRandom } from '../../server/adapters/system-clock.ts';
import { silentLog } from '../../server/observe/log.ts';
import type { Budget, Budgets } from '../../server/ports/budgets.ts';
import { bothKindsOfRedis, type RedisAddress } from '../kit/services/redis.ts';

interface House {
  /** One more node of the team. @param team  a number: each test has a team of its own */
  open(team: number): Promise<Budgets>;
  dispose(): Promise<void>;
}

/** A busy machine may take its time. */
const limits = { ...DEFAULT_LIMITS, budgetAnswerMs: 5_000 };
const overRedis = (servers: readonly RedisAddress[], dispose: () => Promise<void>): House => ({
  async open(team) {
    const nodes = servers.map(({ host, port }) => ({ host, port })) as [
      RedisAddress,
      ...RedisAddress[],
    ];
    const budgets = createRedisBudgets({
      redis: { nodes },
      team: `01980000-0000-7000-8000-${String(team).padStart(12, '0')}` as TeamId,
      hide: (name) => name,
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
      limits,
    });
    await expect.poll(() => budgets.state).toBe('well');
    return budgets;
  },
  dispose,
});

const ADAPTERS = [
  {
    name: 'local',
    isThere: true,
    build: async (): Promise<House> => ({
      open: async () => createLocalBudgets({ clock: systemClock }),
      dispose: async () => undefined,
    }),
  },
  ...bothKindsOfRedis(overRedis),
];
let teams = 0;

/** Comes back so slowly that no test sees it. */
const slow = (name: string, burst: number): Budget => ({ name, perSecond: 0.001, burst });
async function taken(budgets: Budgets, all: readonly Budget[], times: number): Promise<number> {
  let count = 0;
  for (let n = 0; n < times; n++) if ((await budgets.take(all)).isTaken) count++;
  return count;
}

for (const { name, isThere, build } of ADAPTERS) {
  describe.skipIf(!isThere)(`budgets (${name})`, () => {
    let house: House;
    let budgets: Budgets;
    beforeAll(async () => {
      house = await build();
    });
    afterAll(() => house?.dispose());
    beforeEach(async () => {
      budgets = await house.open(++teams);
    });
    afterEach(() => budgets.close());

    test('give their burst at once, then say how long to wait; another name has its own', async () => {
      const ada = { name: 'ada', perSecond: 0.1, burst: 3 };
      expect(await taken(budgets, [ada], 5)).toBe(3);
      const refused = await budgets.take([ada]);
      expect(refused).toEqual({ isTaken: false, retryAfterMs: expect.any(Number) });
      if (!refused.isTaken)
        expect([refused.retryAfterMs > 0, refused.retryAfterMs <= 10_000]).toEqual([true, true]);
      expect(await taken(budgets, [{ ...ada, name: 'bo' }], 5)).toBe(3);
    });

    test('come back evenly, and not sooner than was said', async () => {
      const quick = { name: 'quick', perSecond: 4, burst: 2 };
      let [waitMs, from] = [0, 0];
      while (waitMs === 0) {
        from = performance.now();
        const verdict = await budgets.take([quick]);
        if (!verdict.isTaken) waitMs = verdict.retryAfterMs;
      }
      await expect
        .poll(async () => (await budgets.take([quick])).isTaken, { interval: 5 })
        .toBe(true);
      // Milliseconds are rounded up.
      expect(performance.now() - from).toBeGreaterThan(waitMs - 2);
    });

    test('of several all give or none', async () => {
      const [small, large] = [slow('small', 2), slow('large', 10)];
      expect(await taken(budgets, [large, small], 5)).toBe(2);
      expect(await taken(budgets, [large], 20)).toBe(8);
    });

    test('take back what was taken for nothing, and no more than they gave', async () => {
      const three = slow('three', 3);
      await taken(budgets, [three], 3);
      budgets.giveBack([three]);
      expect(await taken(budgets, [three], 5)).toBe(1);
      for (let n = 0; n < 10; n++) budgets.giveBack([three]);
      expect(await taken(budgets, [three], 10)).toBe(3);
    });

    test('remember a name and no other', async () => {
      expect(await budgets.knows('home')).toBe(false);
      budgets.remember('home', 60_000);
      expect([await budgets.knows('home'), await budgets.knows('away')]).toEqual([true, false]);
      budgets.remember('short', 20);
      await expect.poll(() => budgets.knows('short')).toBe(false);
    });
  });
}

for (const { name, isThere, build } of ADAPTERS.slice(1)) {
  describe.skipIf(!isThere)(`budgets between nodes (${name})`, () => {
    let house: House;
    let nodes: Budgets[];
    beforeAll(async () => {
      house = await build();
    });
    afterAll(() => house?.dispose());
    beforeEach(async () => {
      const team = ++teams;
      nodes = await Promise.all([house.open(team), house.open(team), house.open(team)]);
    });
    afterEach(async () => void (await Promise.all(nodes.map((node) => node.close()))));
    const [A, B, C] = [0, 1, 2] as const;
    const at = (which: number): Budgets => nodes[which] as Budgets;

    test('three that are asked at once give what one would', async () => {
      const ten = slow('ten', 10);
      const all = await Promise.all(Array.from({ length: 60 }, (_, n) => at(n % 3).take([ten])));
      expect(all.filter(({ isTaken }) => isTaken)).toHaveLength(10);
    });

    test('of several all give or none, whoever asks meanwhile', async () => {
      const [small, large] = [slow('small', 4), slow('large', 30)];
      await Promise.all(Array.from({ length: 60 }, (_, n) => at(n % 3).take([large, small])));
      const left = await Promise.all([0, 1, 2].map((which) => taken(at(which), [large], 30)));
      expect(left.reduce((sum, one) => sum + one, 0)).toBe(26);
    });

    test('what one took for nothing another may have', async () => {
      const three = slow('three', 3);
      expect(await taken(at(A), [three], 3)).toBe(3);
      expect(await taken(at(B), [three], 3)).toBe(0);
      at(A).giveBack([three]);
      await expect.poll(async () => (await at(B).take([three])).isTaken).toBe(true);
      expect(await taken(at(C), [three], 3)).toBe(0);
    });

    test('a name that one remembers the others know, and another team does not', async () => {
      at(A).remember('home', 60_000);
      await expect.poll(() => at(B).knows('home')).toBe(true);
      const stranger = await house.open(++teams);
      nodes.push(stranger);
      expect(await stranger.knows('home')).toBe(false);
    });
  });
}
