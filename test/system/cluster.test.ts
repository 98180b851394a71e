/** Whole clusters of real processes: PostgreSQL, Redis, three relays and a balancer. `node test/cluster/campaign.ts` for more weather. */
import { describe, expect, test } from 'vitest';
import { HTTP } from '../../protocol/http.ts';
import { channelFeed } from '../../protocol/ids.ts';
import { missingFor, startCluster, type BalancerKind, type Cluster } from '../cluster/cluster.ts';
import { createClient, found, post, signIn, until, type CrowdClient } from '../cluster/crowd.ts';
import { storm } from '../cluster/storm.ts';

const SCHEDULES = 20;
const HEAL_MS = 5_000;
const SESSION_MS = 1_000;
const SESSION_WITHOUT_REDIS_MS = 5_000;
const CLIENTS = 200;
const GAP_MS = 3_000;
const CLUSTER_MS = 400_000;

const isPossible = (balancer: BalancerKind): boolean => missingFor(balancer).length === 0;
/** Every relay by itself, without the balancer. */
const direct = ({ nodes }: Cluster, name: string) => ({
  address: `127.0.0.1:${nodes.find((node) => node.name === name)?.port ?? 0}`,
  fingerprint: null,
  isPlain: true,
});

describe.skipIf(!isPossible('nginx'))('three relays behind Nginx', () => {
  test(
    'lose, double and reorder nothing in any weather, and everybody has everything within seconds',
    async () => {
      // Weather of its own each day; the seed is told, so that it can be had again.
      const seed = Math.floor(Date.now() / 86_400_000);
      const { broken, messages, blows, healedMs } = await storm({ seed, schedules: SCHEDULES });
      console.log(`storm ${seed}: ${messages} messages, ${JSON.stringify(blows)}, whole again after ${Math.max(...healedMs)} ms at most`);
      expect(broken, `replay with: node test/cluster/campaign.ts --seed ${seed}`).toEqual([]);
      expect(messages).toBeGreaterThan(SCHEDULES * 10);
      expect(Math.max(...healedMs)).toBeLessThan(HEAL_MS);
    },
    CLUSTER_MS,
  );
});

describe.skipIf(!isPossible('haproxy'))('three relays behind HAProxy', () => {
  test(
    `are restarted one after the other under ${CLIENTS} clients: nothing is lost, and nobody is away for long`,
    async () => {
      const limits = { socketsPerMember: CLIENTS + 10, sendsPerSecond: 500, sendsBurst: 1_000, socketsUnauthenticatedPerAddress: 400 };
      const cluster = await startCluster({ balancer: 'haproxy', limits });
      const clients: CrowdClient[] = [];
      try {
        const target = { address: cluster.address, fingerprint: cluster.fingerprint };
        const { tokens } = await found(target, cluster.setupLink);
        for (let i = 0; i < CLIENTS; i++) clients.push(createClient(target, tokens.access));
        await until('all are live', () => clients.every(({ connection }) => connection.isLive));
        expect(new Set(clients.map(({ node }) => node)).size).toBe(3);
        const [writer] = clients as [CrowdClient];
        await until('the channel is known', () => writer.channels.length > 0);
        const [channel] = writer.channels;
        if (channel === undefined) throw new Error('a fresh team has no channel');

        let isOver = false;
        const sent: string[] = [];
        const writing = (async () => {
          while (!isOver) {
            const op = writer.post(channel, `message ${sent.length}`);
            if (op !== undefined) sent.push(op);
            await new Promise((resolve) => setTimeout(resolve, 20));
          }
        })();
        for (const node of cluster.nodes) {
          await node.kill('SIGTERM');
          await node.start();
          await until('all are live again', () => clients.every(({ connection }) => connection.isLive));
          expect(node.process.errors()).not.toContain('"level":"error"');
        }
        isOver = true;
        await writing;
        const head = (client: CrowdClient): number => client.positions.get(channelFeed(channel)) ?? 0;
        await until('all were told the same', () => new Set(clients.map(head)).size === 1);

        expect(clients.flatMap(({ faults }) => faults)).toEqual([]);
        const gaps = clients.flatMap((client) => client.gaps).toSorted((a, b) => a - b);
        expect(gaps.length).toBeGreaterThanOrEqual(CLIENTS);
        const p95 = gaps[Math.floor(gaps.length * 0.95)] ?? Number.POSITIVE_INFINITY;
        console.log(
          `${sent.length} messages; away p95 ${Math.round(p95)} ms, at most ${Math.round(gaps.at(-1) ?? 0)} ms, ${gaps.length} times`,
        );
        expect(p95).toBeLessThan(GAP_MS);
        // Every acknowledged message has its place, and nobody's were given to others.
        expect(head(writer)).toBeGreaterThanOrEqual(writer.acked.size);
        expect(sent.length).toBeGreaterThan(50);
        expect(writer.acked.size).toBeGreaterThan(sent.length * 0.8);
      } finally {
        for (const { connection } of clients) connection.stop('signed-out');
        await cluster.dispose();
      }
    },
    CLUSTER_MS,
  );

  test(
    'end a session everywhere within a second, and within five without Redis',
    async () => {
      const cluster = await startCluster({ balancer: 'haproxy' });
      const clients: CrowdClient[] = [];
      try {
        await found(direct(cluster, 'one'), cluster.setupLink);
        for (const [withRedis, most] of [
          [true, SESSION_MS],
          [false, SESSION_WITHOUT_REDIS_MS],
        ] as const) {
          const { tokens } = await signIn(direct(cluster, 'one'), `Laptop ${String(withRedis)}`);
          const client = createClient(direct(cluster, 'two'), tokens.access);
          clients.push(client);
          await until('it is live', () => client.connection.isLive);
          if (!withRedis) await cluster.redis.kill();
          await post(direct(cluster, 'one'), HTTP.signOut, { refresh: tokens.refresh });
          await until('its line ends', () => !client.connection.isLive, most);
        }
      } finally {
        for (const { connection } of clients) connection.stop('signed-out');
        await cluster.dispose();
      }
    },
    CLUSTER_MS,
  );
});
