/** The private servers do what the suites over them take for granted. */
import { afterEach, describe, expect, test } from 'vitest';
import { REDIS_SERVER, startRedis, startRedisCluster } from './redis.ts';

describe.skipIf(REDIS_SERVER === undefined)('a private Redis', () => {
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });

  test('answers, forgets what it knew when it is killed, and comes back on the same port', async () => {
    const server = await startRedis();
    ends.push(() => server.dispose());
    await server.ask('SET', 'key', 'value');
    expect(await server.ask('GET', 'key')).toBe('value');
    await server.kill();
    await expect(server.ask('PING')).rejects.toThrow();
    await server.restart();
    expect(await server.ask('GET', 'key')).toBeNull();
  });

  test('is a cluster of three shards where one is asked for', async () => {
    const cluster = await startRedisCluster();
    ends.push(() => cluster.dispose());
    const slots = (await cluster.servers[0]?.ask('CLUSTER', 'SLOTS')) as readonly unknown[];
    expect(slots).toHaveLength(3);
  });
});
