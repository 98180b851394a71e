/** Budgets when Redis is killed, stands still, is emptied, or holds what nobody of the team wrote: never everything, and never nobody. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TeamId } from '../../protocol/ids.ts';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { REDIS_SERVER, startRedis, type RedisServer } from '../../test/kit/services/redis.ts';
import type { Budget } from '../ports/budgets.ts';
import type { Log, LogFields } from '../ports/log.ts';
import { createRedisBudgets, type RedisBudgets } from './budgets-redis.ts';
import { systemClock, systemRandom } from './system-clock.ts';

const TEAM = '01980000-0000-7000-8000-00000000000a' as TeamId;
const keyOf = (name: string): string => `landline:budget:{${TEAM}}:${name}`;
/** Comes back so slowly that no test sees it. */
const slow = (name: string, burst: number): Budget => ({ name, perSecond: 0.01, burst });

describe.skipIf(REDIS_SERVER === undefined)('budgets over Redis', () => {
  let server: RedisServer;
  const opened: RedisBudgets[] = [];
  const lines: { readonly event: string; readonly fields: LogFields | undefined }[] = [];
  beforeEach(async () => {
    server = await startRedis();
    lines.length = 0;
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((budgets) => budgets.close()));
    await server.dispose();
  });

  /** @param answerMs  a busy machine may take its time, where time is not the question */
  async function open(
    hide = (name: string): string => name,
    answerMs = 5_000,
  ): Promise<RedisBudgets> {
    const keep = (event: string, fields?: LogFields): void => void lines.push({ event, fields });
    const log: Log = { debug: keep, info: keep, warn: keep, error: keep };
    const redis = { nodes: [{ host: server.host, port: server.port }] } as const;
    const limits = { ...DEFAULT_LIMITS, budgetAnswerMs: answerMs };
    const budgets = createRedisBudgets({
      redis,
      team: TEAM,
      hide,
      clock: systemClock,
      random: systemRandom,
      log,
      limits,
    });
    opened.push(budgets);
    await expect.poll(() => budgets.state).toBe('well');
    return budgets;
  }
  async function taken(budgets: RedisBudgets, budget: Budget, times: number): Promise<number> {
    let count = 0;
    for (let n = 0; n < times; n++) if ((await budgets.take([budget])).isTaken) count++;
    return count;
  }
  const logged = (event: string): number => lines.filter((line) => line.event === event).length;

  test('are kept in keys that end by themselves and tell no name', async () => {
    const budgets = await open((name) => `hidden-${name.length}`);
    await budgets.take([{ name: 'canary', perSecond: 0.1, burst: 10 }, slow('canary too', 3)]);
    budgets.remember('the canary at home', 60_000);
    await expect.poll(() => server.ask('DBSIZE')).toBe(3);
    const keys = (await server.ask('KEYS', '*')) as string[];
    expect(keys.join()).not.toContain('canary');
    for (const key of keys) expect(Number(await server.ask('PTTL', key))).toBeGreaterThan(0);
    // One of ten that come back within a hundred seconds.
    expect(Number(await server.ask('PTTL', keyOf('hidden-6')))).toBeLessThanOrEqual(10_000);
  });

  test('Redis killed: each node gives what one may; started again: they count together', async () => {
    const [a, b] = [await open(), await open()];
    const ten = slow('ten', 10);
    expect([await taken(a, ten, 3), await taken(b, ten, 3)]).toEqual([3, 3]);
    await server.kill();
    await expect.poll(() => [a.state, b.state]).toEqual(['degraded', 'degraded']);
    // What each gave before counts.
    expect([await taken(a, ten, 20), await taken(b, ten, 20)]).toEqual([7, 7]);
    await server.restart();
    await expect.poll(() => [a.state, b.state]).toEqual(['well', 'well']);
    const five = slow('five', 5);
    expect((await taken(a, five, 4)) + (await taken(b, five, 4))).toBe(5);
  });

  test('standing still (SIGSTOP): nobody waits for longer than budgetAnswerMs, and then nobody waits', async () => {
    // Longer than in a house: beside it, what a busy machine adds is little.
    const budgetAnswerMs = 1_500;
    const a = await open(undefined, budgetAnswerMs);
    const ten = slow('ten', 10);
    expect(await taken(a, ten, 2)).toBe(2);
    server.stop();
    const from = performance.now();
    expect(await taken(a, ten, 20)).toBe(8);
    const tookMs = performance.now() - from;
    expect(tookMs).toBeGreaterThan(budgetAnswerMs / 2);
    // With a wait for each of the eight it would be more.
    expect(tookMs).toBeLessThan(4 * budgetAnswerMs);
    expect(a.state).toBe('degraded');
    expect(await a.knows('nobody')).toBe(false);
    server.goOn();
    await expect.poll(() => a.state).toBe('well');
  });

  test('emptied (FLUSHALL): what a node gave is held against it all the same', async () => {
    const [a, b] = [await open(), await open()];
    const ten = slow('ten', 10);
    expect(await taken(a, ten, 10)).toBe(10);
    expect(await taken(b, ten, 1)).toBe(0);
    await server.flush();
    expect(await taken(a, ten, 10)).toBe(0);
    expect(await taken(b, ten, 20)).toBe(10);
  });

  test.each([
    ['words', (key: string) => ['SET', key, 'canary']],
    ['another kind of key', (key: string) => ['RPUSH', key, 'canary', 'canary']],
    ['a hash', (key: string) => ['HSET', key, 'canary', '1']],
    ['no number', (key: string) => ['SET', key, 'nan']],
  ])('%s where a budget should be: put right, counted, and said once', async (_what, write) => {
    const a = await open();
    for (const name of ['one', 'two', 'three']) {
      await server.ask(...write(keyOf(name)));
      expect(await taken(a, slow(name, 3), 5)).toBe(3);
    }
    await server.ask(...write(keyOf('four')));
    a.giveBack([slow('four', 3)]);
    expect(await taken(a, slow('four', 3), 5)).toBe(3);
    expect(a.counts.refused).toBe(4);
    expect(logged('redis-keys-refused')).toBe(1);
    expect(JSON.stringify(lines)).not.toContain('canary');
    for (const key of (await server.ask('KEYS', '*')) as string[])
      expect(Number(await server.ask('PTTL', key))).toBeGreaterThan(0);
  });

  test.each(['1e300', '-1e300', 'inf', '99999999999999'])(
    '%s where a moment should be makes nobody wait for longer than a whole budget',
    async (text) => {
      const a = await open();
      await server.ask('SET', keyOf('quick'), text);
      const verdict = await a.take([{ name: 'quick', perSecond: 2, burst: 4 }]);
      if (!verdict.isTaken) expect(verdict.retryAfterMs).toBeLessThanOrEqual(500);
      await expect
        .poll(async () => (await a.take([{ name: 'quick', perSecond: 2, burst: 4 }])).isTaken)
        .toBe(true);
    },
  );

  test('a Redis that refuses every question leaves each node its own count, and is told of once', async () => {
    const a = await open();
    await server.ask('CONFIG', 'SET', 'maxmemory', '1');
    expect(await taken(a, slow('ten', 10), 20)).toBe(10);
    expect([logged('redis-question-failed'), a.state]).toEqual([1, 'degraded']);
    await server.ask('CONFIG', 'SET', 'maxmemory', '0');
    expect(await taken(a, slow('five', 5), 10)).toBe(5);
    expect(a.state).toBe('well');
  });
});
