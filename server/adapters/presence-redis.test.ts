/** Presence when nodes die and Redis is killed, stands still, is emptied, or holds what nobody wrote there. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Presence } from '../../protocol/entities.ts';
import type { MemberId, TeamId } from '../../protocol/ids.ts';
import { DEFAULT_LIMITS, type Limits } from '../../protocol/limits.ts';
import { createFakeClock } from '../../test/kit/fake-clock.ts';
import { REDIS_SERVER, startRedis, type RedisServer } from '../../test/kit/services/redis.ts';
import type { PresenceBoard } from '../ports/presence.ts';
import type { Log, LogFields } from '../ports/log.ts';
import { createRedisPresence } from './presence-redis.ts';
import { decodeWord, encodeWord } from './presence-words.ts';
import { systemClock, systemRandom } from './system-clock.ts';

const TEAM = '01980000-0000-7000-8000-00000000000a' as TeamId;
const BASE = `landline:presence:{${TEAM}}`;
const [ADA, BO, CY] = [1, 2, 3].map(
  (n) => `00000000-0000-4000-8000-00000000000${n}`,
) as unknown as [MemberId, MemberId, MemberId];
const GHOST = 'f'.repeat(32);

test('a word of a node is read as it was said, and what is none is refused', () => {
  const limits = { ...DEFAULT_LIMITS, hintFeeds: 1 };
  const word = {
    team: TEAM,
    from: GHOST,
    rev: 4,
    members: new Map<MemberId, Presence>([[ADA, 'dnd']]),
  };
  const read = (text: string) => decodeWord(Buffer.from(text), TEAM, limits);
  expect(read(encodeWord(word))).toEqual(word);
  expect(read(encodeWord({ team: TEAM, from: GHOST, isOver: true }))).toEqual({
    team: TEAM,
    from: GHOST,
    isOver: true,
  });
  const good = JSON.parse(encodeWord(word)) as object;
  const bad = [
    { v: 2 },
    { team: GHOST },
    { from: 'x' },
    { rev: -1 },
    { members: { [ADA]: 'dancing' } },
    { members: { ada: 'here' } },
  ];
  expect(bad.map((change) => read(JSON.stringify({ ...good, ...change })))).toEqual(
    bad.map(() => undefined),
  );
  expect(
    read(
      encodeWord({ ...word, members: new Map([[ADA, 'here'] as const, [BO, 'here'] as const]) }),
    ),
  ).toBeUndefined();
  expect(read('{')).toBeUndefined();
  expect(
    decodeWord(Buffer.from(encodeWord(word)), TEAM, { ...limits, hintBytes: 20 }),
  ).toBeUndefined();
});

describe.skipIf(REDIS_SERVER === undefined)('presence over Redis', () => {
  let server: RedisServer;
  const boards: PresenceBoard[] = [];
  const lines: { readonly event: string; readonly fields: LogFields | undefined }[] = [];
  beforeEach(async () => {
    server = await startRedis();
    lines.length = 0;
  });
  afterEach(async () => {
    await Promise.all(boards.splice(0).map((board) => board.close()));
    await server.dispose();
  });

  function open(limits: Partial<Limits> = {}, clock = systemClock): PresenceBoard {
    const keep = (event: string, fields?: LogFields): void => void lines.push({ event, fields });
    const log: Log = { debug: keep, info: keep, warn: keep, error: keep };
    const redis = { nodes: [{ host: server.host, port: server.port }] } as const;
    const board = createRedisPresence({
      redis,
      team: TEAM,
      clock,
      random: systemRandom,
      log,
      limits: { ...DEFAULT_LIMITS, ...limits },
    });
    boards.push(board);
    return board;
  }
  function listen(board: PresenceBoard): [MemberId, Presence][] {
    const told: [MemberId, Presence][] = [];
    board.listen((changes) => told.push(...changes));
    return told;
  }
  const shownBy = (board: PresenceBoard) =>
    expect.poll(async () => Object.fromEntries(await board.snapshot()));
  async function pair(): Promise<readonly [PresenceBoard, PresenceBoard]> {
    const [a, b] = [open(), open()];
    await a.put(ADA, 'here');
    await b.put(BO, 'away');
    for (const board of [a, b]) await shownBy(board).toEqual({ [ADA]: 'here', [BO]: 'away' });
    return [a, b];
  }

  test('a node that dies takes its members along within `signalTtlMs`', async () => {
    // Its clock stands still, as that of a dead node does: nothing is renewed any more.
    const dead = open({}, createFakeClock());
    const alive = open();
    const told = listen(alive);
    await dead.put(ADA, 'here');
    await alive.put(BO, 'here');
    await shownBy(alive).toEqual({ [ADA]: 'here', [BO]: 'here' });
    const from = performance.now();
    await shownBy(alive).toEqual({ [BO]: 'here' });
    expect(performance.now() - from).toBeLessThan(DEFAULT_LIMITS.signalTtlMs);
    expect(told).toContainEqual([ADA, 'gone']);
  });

  test('Redis killed: own members stay, the others expire; started again: all are back', async () => {
    const [a, b] = await pair();
    const told = listen(b);
    await server.kill();
    await b.put(BO, 'dnd');
    await shownBy(a).toEqual({ [ADA]: 'here' });
    await shownBy(b).toEqual({ [BO]: 'dnd' });
    await server.restart();
    for (const board of [a, b]) await shownBy(board).toEqual({ [ADA]: 'here', [BO]: 'dnd' });
    expect(told).toEqual([
      [BO, 'dnd'],
      [ADA, 'gone'],
      [ADA, 'here'],
    ]);
  });

  test('Redis standing still (SIGSTOP) is noticed, and what changed meanwhile arrives when it goes on', async () => {
    const [a, b] = await pair();
    server.stop();
    await a.put(ADA, 'dnd');
    await expect.poll(() => lines.filter(({ event }) => event === 'redis-down')).toHaveLength(2);
    server.goOn();
    for (const board of [a, b]) await shownBy(board).toEqual({ [ADA]: 'dnd', [BO]: 'away' });
  });

  test('emptied (FLUSHALL): written again at the next renewal, and nobody was gone', async () => {
    const [a, b] = await pair();
    const told = listen(b);
    await server.flush();
    await expect.poll(() => server.ask('ZCARD', `${BASE}:nodes`)).toBe(2);
    await expect
      .poll(async () => ((await server.ask('KEYS', `${BASE}:node:*`)) as unknown[]).length)
      .toBe(2);
    await a.put(ADA, 'dnd');
    await shownBy(b).toEqual({ [ADA]: 'dnd', [BO]: 'away' });
    expect(told).toEqual([[ADA, 'dnd']]);
  });

  test('a change that was not told is found in the next round', async () => {
    const [, b] = await pair();
    // As if a node had written, and its word had been lost.
    await server.ask('ZADD', `${BASE}:nodes`, '0', GHOST);
    await server.ask('HSET', `${BASE}:node:${GHOST}`, ':rev', '1', BO, 'dnd');
    await shownBy(b).toEqual({ [ADA]: 'here', [BO]: 'dnd' });
    await server.ask('HSET', `${BASE}:node:${GHOST}`, ':rev', '2', BO, 'here');
    await shownBy(b).toEqual({ [ADA]: 'here', [BO]: 'here' });
  });

  test('what nobody of the team wrote is shown to nobody, and stops nothing', async () => {
    const [a, b] = await pair();
    for (const text of ['', '{', 'null', '"canary"', 'canary'.repeat(1_000_000)])
      await server.ask('PUBLISH', BASE, text);
    await server.ask('ZADD', `${BASE}:nodes`, '0', 'no node', '0', GHOST, '0', 'e'.repeat(32));
    await server.ask('SET', `${BASE}:node:${GHOST}`, 'canary');
    await server.ask(
      'HSET',
      `${BASE}:node:${'e'.repeat(32)}`,
      ':rev',
      '1',
      'canary',
      'here',
      ADA,
      'dancing',
    );
    await a.put(ADA, 'dnd');
    await shownBy(b).toEqual({ [ADA]: 'dnd', [BO]: 'away' });
    await expect.poll(() => server.ask('ZSCORE', `${BASE}:nodes`, GHOST)).toBeNull();
    expect(Object.fromEntries(await b.snapshot())).toEqual({ [ADA]: 'dnd', [BO]: 'away' });
    expect(JSON.stringify(lines)).not.toContain('canary');
  });

  test('keys that became something else are made anew', async () => {
    const [a, b] = await pair();
    await server.ask('SET', `${BASE}:nodes`, 'not a list');
    for (const key of (await server.ask('KEYS', `${BASE}:node:*`)) as string[])
      await server.ask('SET', key, 'not a hash');
    await a.put(ADA, 'dnd');
    for (const board of [a, b]) await shownBy(board).toEqual({ [ADA]: 'dnd', [BO]: 'away' });
    await expect.poll(() => server.ask('TYPE', `${BASE}:nodes`)).toBe('zset');
  });

  test('a node that claims more than `presenceMembers` shows nobody', async () => {
    const small = open({ presenceMembers: 1 });
    const large = open();
    await large.put(ADA, 'here');
    await shownBy(small).toEqual({ [ADA]: 'here' });
    await large.put(BO, 'here');
    await expect.poll(() => server.ask('ZCARD', `${BASE}:nodes`)).toBe(2);
    const [late, wide] = [open({ presenceMembers: 1 }), open()];
    await wide.put(CY, 'here');
    await shownBy(wide).toEqual({ [ADA]: 'here', [BO]: 'here', [CY]: 'here' });
    // Of another node that claims no more it shows everybody: it does hear.
    await shownBy(late).toEqual({ [CY]: 'here' });
  });
});
