/** What becomes of the nodes when Redis is killed, stands still, is emptied, or is talked to by somebody else. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TEAM_FEED, type TeamId } from '../../protocol/ids.ts';
import { DEFAULT_LIMITS, type Limits } from '../../protocol/limits.ts';
import {
  REDIS_SERVER,
  startRedis,
  startRedisCluster,
  type RedisAddress,
  type RedisServer,
} from '../../test/kit/services/redis.ts';
import { freePort } from '../../test/kit/free-port.ts';
import { makeCertificate } from '../lan/certificate.ts';
import type { FanOut, FanOutMessage } from '../ports/fan-out.ts';
import type { Log, LogFields } from '../ports/log.ts';
import { createRedisFanOut } from './fan-out-redis.ts';
import type { RedisSettings } from './redis-connection.ts';
import { systemClock, systemRandom } from './system-clock.ts';

const TEAM = '01980000-0000-7000-8000-00000000000a' as TeamId;
const CHANNEL = `landline:hints:${TEAM}`;
/** Quicker than in a house, and patient with a busy machine. */
const QUICK: Limits = {
  ...DEFAULT_LIMITS,
  hintBeatMs: 100,
  doubtEveryMs: 300,
  redisAnswerMs: 2_000,
};
/** Where doubts are counted: a node that a busy machine holds up for some beats would be taken for silent, which is one more. */
const STEADY = { hintBeatMs: 300 };

interface Node {
  readonly fanOut: FanOut;
  readonly heard: FanOutMessage[];
  readonly lines: { readonly event: string; readonly fields: LogFields | undefined }[];
  readonly beatMs: number;
  doubts(): number;
}

function openOver(redis: RedisSettings, limits: Partial<Limits> = {}): Node {
  const heard: FanOutMessage[] = [];
  const lines: Node['lines'] = [];
  const keep = (event: string, fields?: LogFields): void => void lines.push({ event, fields });
  const log: Log = { debug: keep, info: keep, warn: keep, error: keep };
  const fanOut = createRedisFanOut({
    redis,
    team: TEAM,
    clock: systemClock,
    random: systemRandom,
    log,
    limits: { ...QUICK, ...limits },
  });
  fanOut.listen((message) => (message.kind === 'doubt' ? undefined : heard.push(message)));
  return {
    fanOut,
    heard,
    lines,
    beatMs: limits.hintBeatMs ?? QUICK.hintBeatMs,
    doubts: () => fanOut.counts.doubts,
  };
}
const stateOf = (node: Node) => expect.poll(() => node.fanOut.state);
const moved = (head: number): FanOutMessage => ({
  kind: 'moved',
  heads: new Map([[TEAM_FEED, head]]),
});

describe.skipIf(REDIS_SERVER === undefined)('a fan-out over Redis', () => {
  let server: RedisServer;
  const nodes: Node[] = [];
  beforeEach(async () => {
    server = await startRedis();
  });
  afterEach(async () => {
    for (const { fanOut } of nodes.splice(0)) await fanOut.close();
    await server.dispose();
  });

  function open(limits: Partial<Limits> = {}, more: Partial<RedisSettings> = {}): Node {
    const node = openOver({ nodes: [{ host: server.host, port: server.port }], ...more }, limits);
    nodes.push(node);
    return node;
  }
  async function openWell(limits: Partial<Limits> = {}): Promise<Node> {
    const node = open(limits);
    await stateOf(node).toBe('well');
    return node;
  }
  const say = (text: string): Promise<unknown> => server.ask('PUBLISH', CHANNEL, text);
  const forged = (n: number, more: object = {}, from = 'f'): string =>
    JSON.stringify({ v: 1, team: TEAM, from: from.repeat(32), n, ...more });
  /** Waits until the doubts of the beginning are over, so that one more has a reason of its own. */
  async function calm(...all: Node[]): Promise<void> {
    const isCalm = async (node: Node): Promise<void> => {
      let before = -1;
      await expect
        .poll(
          () => [before, (before = node.doubts())].every((count, _, [first]) => count === first),
          { interval: 3 * node.beatMs },
        )
        .toBe(true);
    };
    await Promise.all(all.map(isCalm));
  }

  test('killed: doubts every `doubtEveryMs`, nothing kept; started again: one doubt, and hints arrive', async () => {
    const [a, b] = [await openWell(STEADY), await openWell(STEADY)];
    await calm(a, b);
    const before = b.doubts();
    await server.kill();
    await stateOf(a).toBe('degraded');
    await stateOf(b).toBe('degraded');
    a.fanOut.publish(moved(2));
    await expect.poll(() => b.doubts()).toBeGreaterThanOrEqual(before + 3);
    expect([a.heard, b.heard, a.fanOut.counts.dropped > 0]).toEqual([[moved(2)], [], true]);
    await server.restart();
    await stateOf(a).toBe('well');
    await stateOf(b).toBe('well');
    await calm(a, b);
    const after = b.doubts();
    a.fanOut.publish(moved(3));
    await expect.poll(() => b.heard).toEqual([moved(3)]);
    expect(b.doubts()).toBe(after);
  });

  test('cut off for a moment only: a doubt, because others may have spoken in it', async () => {
    const node = await openWell();
    await calm(node);
    const before = node.doubts();
    await server.ask('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await expect.poll(() => node.doubts()).toBeGreaterThan(before);
    await stateOf(node).toBe('well');
    expect(
      node.lines.filter(({ event }) => event.startsWith('redis-')).map(({ event }) => event),
    ).toEqual(['redis-up', 'redis-down', 'redis-up']);
  });

  test('standing still (SIGSTOP): noticed by the own beat, though the connection stays; going on: well again', async () => {
    const [a, b] = [await openWell(), await openWell()];
    await calm(a, b);
    const before = b.doubts();
    server.stop();
    await stateOf(b).toBe('degraded');
    await expect.poll(() => b.doubts()).toBeGreaterThanOrEqual(before + 2);
    expect(b.lines.find(({ event }) => event === 'redis-down')?.fields).toMatchObject({
      reason: 'no-beat',
    });
    server.goOn();
    await stateOf(a).toBe('well');
    await stateOf(b).toBe('well');
    a.fanOut.publish(moved(4));
    await expect.poll(() => b.heard).toContainEqual(moved(4));
  });

  test('not there at the start: degraded, doubting, and well as soon as it comes', async () => {
    await server.kill();
    const node = open();
    await expect.poll(() => node.doubts()).toBeGreaterThan(2);
    expect(node.fanOut.state).toBe('degraded');
    await server.restart();
    await stateOf(node).toBe('well');
  });

  test('emptied (FLUSHALL): nothing changes, because nothing is kept in it', async () => {
    const [a, b] = [await openWell(STEADY), await openWell(STEADY)];
    await calm(a, b);
    const before = [a.doubts(), b.doubts()];
    await server.flush();
    a.fanOut.publish(moved(5));
    await expect.poll(() => b.heard).toEqual([moved(5)]);
    expect([a.doubts(), b.doubts()]).toEqual(before);
    expect(await server.ask('DBSIZE')).toBe(0);
  });

  test('garbage is dropped, counted, and told of without its contents', async () => {
    const [a, b] = [await openWell(), await openWell()];
    await calm(a, b);
    const garbage = [
      '',
      '{',
      'null',
      '[]',
      '"canary"',
      forged(1, { heads: { canary: 1 } }),
      forged(1, { team: TEAM.replace('a', 'b') }),
      'canary'.repeat(2_000_000),
    ];
    for (const text of garbage) await say(text);
    await expect.poll(() => b.fanOut.counts.refused).toBe(garbage.length);
    a.fanOut.publish(moved(6));
    await expect.poll(() => b.heard).toEqual([moved(6)]);
    await expect.poll(() => b.lines.map(({ event }) => event)).toContain('hints-refused');
    expect(JSON.stringify(b.lines)).not.toContain('canary');
    expect(b.fanOut.state).toBe('well');
  });

  test('a message that was lost is a doubt as soon as its sender is heard again', async () => {
    // Long beats: the node that is played here does not fall silent while it is looked at.
    const node = await openWell({ hintBeatMs: 1_000 });
    // That of the start, and that of having become well.
    await expect.poll(() => node.doubts()).toBe(2);
    await say(forged(1));
    await expect.poll(() => node.fanOut.counts.heard).toBe(1);
    expect(node.doubts()).toBe(2);
    await say(forged(3, { heads: { team: 9 } }));
    await expect.poll(() => node.heard).toEqual([moved(9)]);
    await expect.poll(() => node.doubts()).toBe(3);
  });

  test('who forges gaps by the hundred gets no more doubts than one in a beat’s time', async () => {
    const node = await openWell({ hintBeatMs: 1_000 });
    const [before, from] = [node.doubts(), performance.now()];
    for (let i = 0; i < 300; i++) await say(forged(2 * i + 2, {}, 'abcdef'[i % 6]));
    await expect.poll(() => node.fanOut.counts.heard).toBe(300);
    await expect.poll(() => node.doubts() - before).toBeGreaterThan(0);
    const most = Math.ceil((performance.now() - from) / 1_000) + 1;
    expect(node.doubts() - before).toBeLessThanOrEqual(most);
  });

  test('a flood is not looked at beyond `hintsPerBeat`, and what may have drowned in it is a doubt', async () => {
    const node = await openWell({ hintsPerBeat: 50, hintBeatMs: 2_000, redisAnswerMs: 60_000 });
    await expect.poll(() => node.doubts()).toBe(2);
    const flood =
      "for i = 1, 1000 do redis.call('PUBLISH', ARGV[1], (string.gsub(ARGV[2], '0,', i .. ',', 1))) end";
    await server.ask('EVAL', flood, '0', CHANNEL, forged(0, { heads: { team: 9 } }));
    await expect.poll(() => node.fanOut.counts.refused + node.fanOut.counts.heard).toBe(1_000);
    await expect.poll(() => node.doubts()).toBeGreaterThan(2);
    // The flood may fall on a beat, with which the count begins anew.
    expect(node.heard.length).toBeLessThanOrEqual(100);
  });

  test('what is on its way is bounded by `hintsInFlight`; the rest is dropped and counted', async () => {
    const node = await openWell({ hintsInFlight: 2, redisAnswerMs: 60_000 });
    server.stop();
    const before = node.fanOut.counts.dropped;
    for (let head = 1; head <= 10; head++) {
      node.fanOut.publish(moved(head));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(node.fanOut.counts.dropped - before).toBeGreaterThanOrEqual(8);
    server.goOn();
  });

  test('asks for the password it was given, and says of a wrong one no more than that', async () => {
    await server.ask('CONFIG', 'SET', 'requirepass', 'open sesame');
    const right = open({}, { password: 'open sesame' });
    await stateOf(right).toBe('well');
    const wrong = open({}, { password: 'open barley' });
    await expect
      .poll(() => wrong.lines.find(({ event }) => event === 'redis-down')?.fields)
      .toMatchObject({ reason: 'WRONGPASS' });
    expect(wrong.fanOut.state).toBe('degraded');
    expect(JSON.stringify([right.lines, wrong.lines])).not.toContain('barley');
  });
});

describe.skipIf(REDIS_SERVER === undefined)('a fan-out over a Redis of another kind', () => {
  const ends: (() => Promise<unknown> | void)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });
  function open(redis: RedisSettings): Node {
    const node = openOver(redis);
    ends.push(() => node.fanOut.close());
    return node;
  }

  test('a cluster that loses a shard: degraded until it is back', async () => {
    const cluster = await startRedisCluster();
    ends.push(() => cluster.dispose());
    const nodes = cluster.servers.map(({ host, port }) => ({ host, port })) as [
      RedisAddress,
      ...RedisAddress[],
    ];
    const [a, b] = [open({ nodes }), open({ nodes })];
    for (const node of [a, b]) await stateOf(node).toBe('well');
    await cluster.servers[1]?.kill();
    for (const node of [a, b]) await stateOf(node).toBe('degraded');
    await cluster.servers[1]?.restart();
    for (const node of [a, b]) await stateOf(node).toBe('well');
    a.fanOut.publish(moved(2));
    await expect.poll(() => b.heard).toEqual([moved(2)]);
  });

  test('one that speaks TLS is met by the authority that was named, and by no other', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'landline-redis-tls-'));
    ends.push(() => rmSync(folder, { recursive: true }));
    const makeCa = (name: string): string => {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const [from, until] = [Date.now() - 1_000, Date.now() + 3_600_000];
      const ca = makeCertificate({
        key: privateKey,
        commonName: name,
        hosts: ['127.0.0.1'],
        from,
        until,
        serial: randomBytes(16),
      });
      writeFileSync(
        join(folder, `${name}.key`),
        privateKey.export({ type: 'pkcs8', format: 'pem' }),
      );
      writeFileSync(join(folder, `${name}.crt`), ca);
      return ca;
    };
    const [ca, otherCa] = [makeCa('redis'), makeCa('other')];
    const port = await freePort();
    const file = (end: string): string => join(folder, `redis.${end}`);
    const files = [
      '--tls-cert-file',
      file('crt'),
      '--tls-key-file',
      file('key'),
      '--tls-ca-cert-file',
      file('crt'),
    ];
    const server = await startRedis([
      '--tls-port',
      `${port}`,
      ...files,
      '--tls-auth-clients',
      'no',
    ]);
    ends.push(() => server.dispose());
    const nodes = [{ host: server.host, port }] as const;
    await stateOf(open({ nodes, tls: { ca } })).toBe('well');
    const wrong = open({ nodes, tls: { ca: otherCa } });
    await expect.poll(() => wrong.lines.map(({ event }) => event)).toContain('redis-down');
    expect(wrong.fanOut.state).toBe('degraded');
  });
});
