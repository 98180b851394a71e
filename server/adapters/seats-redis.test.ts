/** Seats when Redis is killed, stands still, is emptied, or holds what nobody of the team wrote: nobody loses a seat by it for long. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TeamId } from '../../protocol/ids.ts';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { REDIS_SERVER, startRedis, type RedisServer } from '../../test/kit/services/redis.ts';
import type { Log, LogFields } from '../ports/log.ts';
import type { SeatRule } from '../ports/seats.ts';
import { createRedisSeats, type RedisSeats } from './seats-redis.ts';
import { systemClock, systemRandom } from './system-clock.ts';

const TEAM = '01980000-0000-7000-8000-00000000000a' as TeamId;
const BASE = `landline:seats:{${TEAM}}`;
const RULE: SeatRule = { what: 'member', most: 3, gives: 'oldest' };
const limits = { ...DEFAULT_LIMITS, seatsEveryMs: 50, seatLeaseMs: 2_000 };
const LIST = `${BASE}:member:hidden-3`;
const GHOST = 'f'.repeat(32);

describe.skipIf(REDIS_SERVER === undefined)('seats over Redis', () => {
  let server: RedisServer;
  const opened: RedisSeats[] = [];
  const lines: { readonly event: string; readonly fields: LogFields | undefined }[] = [];
  beforeEach(async () => {
    server = await startRedis();
    lines.length = 0;
  });
  afterEach(async () => {
    server.goOn();
    await Promise.all(opened.splice(0).map((seats) => seats.close()));
    await server.dispose();
  });

  /** @param answerMs  a busy machine may take its time, where time is not the question */
  async function open(answerMs = 5_000) {
    const keep = (event: string, fields?: LogFields): void => void lines.push({ event, fields });
    const log: Log = { debug: keep, info: keep, warn: keep, error: keep };
    const redis = { nodes: [{ host: server.host, port: server.port }] } as const;
    const hide = (name: string): string => `hidden-${name.split(' ')[1]?.length ?? 0}`;
    const seats = createRedisSeats({
      redis,
      team: TEAM,
      hide,
      clock: systemClock,
      random: systemRandom,
      log,
      limits: { ...limits, budgetAnswerMs: answerMs },
    });
    opened.push(seats);
    await expect.poll(() => seats.state).toBe('well');
    const lost: string[] = [];
    const places = seats.open(RULE, ({ name }: { readonly name: string }) => lost.push(name));
    const take = (name: string): object => {
      const holder = { name };
      places.take('ada', holder);
      return holder;
    };
    return {
      seats,
      lost,
      take,
      leave: (holder: object) => places.leave(holder as { readonly name: string }),
    };
  }
  /** Every node has said what it had to say, and heard what others took. */
  async function rounds(): Promise<void> {
    const before = new Map(opened.map((seats) => [seats, seats.counts.answered]));
    await expect
      .poll(() => [...before].every(([seats, answered]) => seats.counts.answered >= answered + 6))
      .toBe(true);
  }
  const held = async (): Promise<number> => Number(await server.ask('ZCARD', LIST));

  test('are kept in keys that end by themselves and tell no name; a seat that is left at once is in none', async () => {
    const { take, leave } = await open();
    take('one');
    await expect.poll(held).toBe(1);
    leave(take('two'));
    await rounds();
    expect(await held()).toBe(1);
    const keys = (await server.ask('KEYS', '*')) as string[];
    expect(keys.toSorted()).toEqual([LIST, `${BASE}:nodes`]);
    for (const key of keys) expect(Number(await server.ask('PTTL', key))).toBeGreaterThan(0);
    expect(JSON.stringify(await server.ask('ZRANGE', LIST, '0', '-1'))).not.toContain('ada');
  });

  test('Redis killed: nobody loses a seat; started again: all are counted anew, and the oldest gives way', async () => {
    const [a, b] = [await open(), await open()];
    const left = a.take('left meanwhile');
    a.take('oldest');
    await rounds();
    await server.kill();
    await expect.poll(() => [a.seats.state, b.seats.state]).toEqual(['degraded', 'degraded']);
    for (const name of ['1', '2']) a.take(name);
    b.take('3');
    a.leave(left);
    expect([a.lost, b.lost]).toEqual([[], []]);
    await server.restart();
    await expect.poll(() => a.lost).toEqual(['oldest']);
    await rounds();
    expect([a.lost, b.lost, await held()]).toEqual([['oldest'], [], 3]);
  });

  test('standing still (SIGSTOP) is noticed within budgetAnswerMs of a round; what was left meanwhile is not counted after', async () => {
    // Longer than in a house: a busy machine is not taken for a Redis that stands still.
    const { seats, take, leave, lost } = await open(1_500);
    const gone = [take('1'), take('2'), take('3')];
    await rounds();
    server.stop();
    await expect.poll(() => seats.state).toBe('degraded');
    expect(lines.filter(({ event }) => event === 'redis-down')).toMatchObject([
      { fields: { use: 'seats', reason: 'no-answer' } },
    ]);
    for (const holder of gone) leave(holder);
    for (const name of ['4', '5', '6']) take(name);
    server.goOn();
    await expect.poll(() => seats.state).toBe('well');
    await rounds();
    // Those of before are struck off with the name that this node had.
    expect([lost, await held()]).toEqual([[], 3]);
  });

  test('slow again and again: what it hears late counts for nothing, and nobody loses a seat by it', async () => {
    const [a, b] = [await open(limits.budgetAnswerMs), await open(limits.budgetAnswerMs)];
    for (const name of ['1', '2']) a.take(name);
    b.take('3');
    await rounds();
    for (let n = 1; n <= 3; n++) {
      await server.ask('CLIENT', 'PAUSE', '600', 'ALL');
      await expect
        .poll(() => lines.filter(({ event }) => event === 'redis-down').length)
        .toBeGreaterThanOrEqual(2 * n);
      await expect.poll(() => [a.seats.state, b.seats.state]).toEqual(['well', 'well']);
      await rounds();
    }
    expect([a.lost, b.lost, await held()]).toEqual([[], [], 3]);
  });

  test('emptied (FLUSHALL): all are said again in the next round', async () => {
    const { take, lost } = await open();
    for (const name of ['1', '2', '3']) take(name);
    await rounds();
    await server.flush();
    await expect.poll(held).toBe(3);
    expect(lost).toEqual([]);
  });

  test.each([
    ['no list of nodes', ['SET', `${BASE}:nodes`, 'canary']],
    ['no list of what was taken', ['SET', `${BASE}:taken`, 'canary']],
    ['no list of seats', ['SET', LIST, 'canary']],
    ['seats of nobody', ['ZADD', LIST, '1', 'canary', '2', 'canary 1 2', '3', `${GHOST} 1`]],
    ['a node that lives for ever', ['ZADD', `${BASE}:nodes`, '99999999999999', GHOST]],
  ])('%s: put right, and nobody loses anything', async (_what, command) => {
    const [a, b] = [await open(), await open()];
    for (const name of ['1', '2']) a.take(name);
    await rounds();
    await server.ask('DEL', command[1] ?? '');
    await server.ask(...command);
    if (command[1] === `${BASE}:nodes`) await server.ask('ZADD', LIST, '1', `${GHOST} 1`);
    b.take('3');
    await expect.poll(() => server.ask('TYPE', LIST)).toBe('zset');
    await rounds();
    expect([a.lost, b.lost]).toEqual([[], []]);
    expect(JSON.stringify(lines)).not.toContain('canary');
  });

  test('a list longer than the nodes could make it is thrown away', async () => {
    const { seats, take, lost } = await open();
    await server.ask(
      'ZADD',
      LIST,
      ...Array.from({ length: 5_000 }, (_, n) => [String(n), `${GHOST} ${n}`]).flat(),
    );
    take('1');
    await expect.poll(held).toBe(1);
    expect([lost, seats.counts.refused]).toEqual([[], 1]);
  });

  test('numbers that were made up take nothing from anybody', async () => {
    const { take, lost } = await open();
    take('1');
    await rounds();
    const [self] = (await server.ask('ZRANGE', `${BASE}:nodes`, '0', '-1')) as string[];
    await server.ask('HSET', `${BASE}:taken`, self ?? '', '77 canary -1 1e3 __proto__');
    await rounds();
    expect(lost).toEqual([]);
  });
});
