/** Whole clusters of real processes: PostgreSQL, Redis, three relays and a balancer. More in a campaign. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CLOSE } from '../../protocol/close-codes.ts';
import { DOORS, type Door } from '../../protocol/doors.ts';
import { HTTP, type SignedIn } from '../../protocol/http.ts';
import { channelFeed } from '../../protocol/ids.ts';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import {
  missingFor,
  startCluster,
  type BalancerKind,
  type Cluster,
  type ClusterNode,
} from '../cluster/cluster.ts';
import { createClient, found, post, signIn, until, type CrowdClient } from '../cluster/crowd.ts';
import { storm } from '../cluster/storm.ts';
import { amount } from '../kit/campaign.ts';
import { dialDoor, HELLO, type DoorClient } from '../kit/door-client.ts';

const SCHEDULES = amount(4, 20);
const SESSION_MS = 1_000;
const WITHOUT_MS = 5_000;
/** Between two polls nobody listens; the next one is not let in. */
const POLL_MS = 2_000;
const ENDED: readonly number[] = [CLOSE.sessionEnded, CLOSE.tokenExpired];
/** A busy machine may take its time. */
const UNHURRIED = { budgetAnswerMs: 2_500 };
/** Two passwords are checked beside everything else, and one question to Redis is given up. */
const SIGN_IN_MS = UNHURRIED.budgetAnswerMs + 3_000;
const CLIENTS = amount(60, 200);
const GAP_MS = 3_000;
/** Ends what hangs, on a machine that is busy with something else too. */
const CLUSTER_MS = 600_000;

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
      const { broken, messages, blows, healedMs, late } = await storm({
        seed,
        schedules: SCHEDULES,
      });
      console.log(
        `storm ${seed}: ${messages} messages, ${JSON.stringify(blows)}, whole again after ${Math.max(...healedMs)} ms at most`,
      );
      expect(
        broken,
        `replay with: node test/cluster/campaign.ts --seed ${seed} --schedules ${SCHEDULES}`,
      ).toEqual([]);
      expect(messages).toBeGreaterThan(SCHEDULES * 10);
      expect([healedMs.length, late]).toEqual([SCHEDULES, []]);
    },
    CLUSTER_MS,
  );
});

describe.each(['nginx', 'haproxy'] as const)('three relays behind %s', (balancer) => {
  test.skipIf(!isPossible(balancer))(
    `are restarted one after the other under ${CLIENTS} clients: nothing is lost, and nobody is away for long`,
    async () => {
      const limits = {
        // All clients are one member's.
        socketsPerMember: CLIENTS + 10,
        framesPerSecond: 5_000,
        framesBurst: 10_000,
        historyPerSecond: 1_000,
        sendsPerSecond: 500,
        sendsBurst: 1_000,
        socketsUnauthenticatedPerAddress: 400,
      };
      const cluster = await startCluster({ balancer, limits });
      const clients: CrowdClient[] = [];
      try {
        const target = { address: cluster.address, fingerprint: cluster.fingerprint };
        const { tokens } = await found(target, cluster.setupLink);
        const from = performance.now();
        for (let i = 0; i < CLIENTS; i++) clients.push(createClient(target, tokens.access));
        await until('all are live', () => clients.every(({ connection }) => connection.isLive));
        const cameMs = performance.now() - from;
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
          await until('all are live again', () =>
            clients.every(({ connection }) => connection.isLive),
          );
          expect(node.process.errors()).not.toContain('"level":"error"');
        }
        await until('enough was written', () => sent.length > 50);
        isOver = true;
        await writing;
        const head = (client: CrowdClient): number =>
          client.positions.get(channelFeed(channel))?.seq ?? 0;
        await until('all were told the same', () => new Set(clients.map(head)).size === 1);

        expect(clients.flatMap(({ faults }) => faults)).toEqual([]);
        const gaps = clients.flatMap((client) => client.gaps).toSorted((a, b) => a - b);
        expect(gaps.length).toBeGreaterThanOrEqual(CLIENTS);
        const p95 = gaps[Math.floor(gaps.length * 0.95)] ?? Number.POSITIVE_INFINITY;
        console.log(
          `${sent.length} messages; away p95 ${Math.round(p95)} ms, at most ${Math.round(gaps.at(-1) ?? 0)} ms, ${gaps.length} times; all came in within ${Math.round(cameMs)} ms`,
        );
        // A machine that is busy with something else is slow with letting them in as well, when nothing is restarted.
        expect(p95).toBeLessThan(Math.max(GAP_MS, 3 * cameMs));
        // Every acknowledged message has its place, and nobody's were given to others.
        expect(head(writer)).toBeGreaterThanOrEqual(writer.acked.size);
        expect(writer.acked.size).toBeGreaterThan(sent.length * 0.8);
      } finally {
        for (const { connection } of clients) connection.stop('signed-out');
        await cluster.dispose();
      }
    },
    CLUSTER_MS,
  );
});

describe.skipIf(!isPossible('haproxy'))('three relays with one count', () => {
  let cluster: Cluster;
  let ada: SignedIn;
  const lines: DoorClient[] = [];
  beforeAll(async () => {
    cluster = await startCluster({ balancer: 'haproxy', isTemporary: true, limits: UNHURRIED });
    // A relay is there before its line to Redis is, and counts alone until then.
    await allCountTogether();
    await found(direct(cluster, 'one'), cluster.setupLink);
    // From now on her place is known.
    ada = await signIn(direct(cluster, 'one'), 'Desk');
  }, CLUSTER_MS);
  afterAll(async () => {
    for (const { socket } of lines) socket.terminate();
    await cluster?.dispose();
  });

  const isWell = async ({ port }: ClusterNode): Promise<boolean> =>
    !(
      'isDegraded' in
      ((await (await fetch(`http://127.0.0.1:${port}${HTTP.ready}`)).json()) as object)
    );
  async function allCountTogether(): Promise<void> {
    const end = performance.now() + 30_000;
    while (!(await Promise.all(cluster.nodes.map(isWell))).every(Boolean)) {
      if (performance.now() > end) throw new Error('a relay still counts alone after 30 s');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** What relay `n` says to a wrong password; relays take turns, each as the proxy in front that names the address. */
  async function guess(
    n: number,
    handle: string,
    address: string,
  ): Promise<{ readonly status: number; readonly retryAfter: number }> {
    const relay = cluster.nodes[n % cluster.nodes.length];
    const answer = await fetch(`http://127.0.0.1:${relay?.port ?? 0}${HTTP.signIn}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
      body: JSON.stringify({ handle, password: 'guess after guess', device: 'x' }),
    });
    await answer.arrayBuffer();
    return { status: answer.status, retryAfter: Number(answer.headers.get('retry-after') ?? 0) };
  }
  /** @returns how many were looked at; all others were told to come back later */
  async function lookedAt(
    count: number,
    ask: (n: number) => ReturnType<typeof guess>,
  ): Promise<number> {
    const answers = await Promise.all(Array.from({ length: count }, (_, n) => ask(n)));
    expect(
      answers.filter(
        ({ status, retryAfter }) => status !== 401 && !(status === 429 && retryAfter > 0),
      ),
    ).toEqual([]);
    return answers.filter(({ status }) => status === 401).length;
  }
  /** What comes back of so many a minute while a test goes on. */
  const backSince = (from: number, perMinute: number): number =>
    Math.ceil(((performance.now() - from) * perMinute) / 60_000);

  async function line(
    name: string,
    door: Door = 'socket',
    access = ada.tokens.access,
  ): Promise<DoorClient> {
    const client = await dialDoor(door, direct(cluster, name), access);
    if (!('socket' in client)) throw new Error(`no line to ${name}: ${client.kind}`);
    lines.push(client);
    client.say(HELLO);
    await client.heard('caught-up');
    return client;
  }

  test('a guesser who goes round the relays has the tries of one, and the owner of the account comes in', async () => {
    const { signInsPerMinutePerHandle, signInsPerMinutePerAddress } = DEFAULT_LIMITS;
    let from = performance.now();
    const atOne = await lookedAt(45, (n) => guess(n, 'ada', `203.0.113.${n}`));
    expect(atOne).toBeGreaterThanOrEqual(signInsPerMinutePerHandle);
    expect(atOne).toBeLessThanOrEqual(
      signInsPerMinutePerHandle + backSince(from, signInsPerMinutePerHandle),
    );
    for (const name of ['two', 'three']) await signIn(direct(cluster, name), `Laptop at ${name}`);
    from = performance.now();
    const fromOne = await lookedAt(90, (n) => guess(n, `handle ${n}`, '198.51.100.9'));
    expect(fromOne).toBeGreaterThanOrEqual(signInsPerMinutePerAddress);
    expect(fromOne).toBeLessThanOrEqual(
      signInsPerMinutePerAddress + backSince(from, signInsPerMinutePerAddress),
    );
  });

  test('with Redis standing still people sign in as before, each relay keeps its own limit, and says that it does', async () => {
    const { signInsPerMinutePerHandle } = DEFAULT_LIMITS;
    const from = performance.now();
    cluster.redis.stop();
    try {
      const tookFrom = performance.now();
      await Promise.all(
        ['one', 'two'].map((name) => signIn(direct(cluster, name), `Tablet at ${name}`)),
      );
      expect(performance.now() - tookFrom).toBeLessThan(SIGN_IN_MS);
      for (const n of [0, 1, 2]) {
        const atEach = await lookedAt(15, (guessed) => guess(n, 'cleo', `192.0.2.${guessed}`));
        expect(atEach).toBeGreaterThanOrEqual(signInsPerMinutePerHandle);
        expect(atEach).toBeLessThanOrEqual(
          signInsPerMinutePerHandle + backSince(from, signInsPerMinutePerHandle),
        );
      }
      for (const { port } of cluster.nodes) {
        expect(await (await fetch(`http://127.0.0.1:${port}${HTTP.ready}`)).json()).toEqual({
          isReady: true,
          isDegraded: true,
        });
      }
    } finally {
      cluster.redis.goOn();
    }
    await allCountTogether();
  });

  test.each([
    {
      weather: 'with Redis',
      most: SESSION_MS,
      hurt: async () => undefined,
      heal: async () => undefined,
    },
    {
      weather: 'with Redis standing still',
      most: WITHOUT_MS,
      hurt: async () => cluster.redis.stop(),
      heal: async () => cluster.redis.goOn(),
    },
    {
      weather: 'with Redis away',
      most: WITHOUT_MS,
      hurt: () => cluster.redis.kill(),
      heal: () => cluster.redis.restart(),
    },
  ])(
    'end a session at every door of every relay, $weather within $most ms',
    async ({ weather, most, hurt, heal }) => {
      const { tokens } = await signIn(direct(cluster, 'one'), `Laptop ${weather}`);
      const open = await Promise.all(
        DOORS.map(async (door) => ({ door, client: await line('two', door, tokens.access) })),
      );
      await hurt();
      try {
        const from = performance.now();
        await post(direct(cluster, 'one'), HTTP.signOut, { refresh: tokens.refresh });
        const ended = await Promise.all(
          open.map(async ({ door, client }) => {
            const code = await client.closed;
            return {
              door,
              isRight: ENDED.includes(code),
              isInTime: performance.now() - from < (door === 'poll' ? POLL_MS + SESSION_MS : most),
            };
          }),
        );
        expect(ended).toEqual(DOORS.map((door) => ({ door, isRight: true, isInTime: true })));
        expect(await dialDoor('stream', direct(cluster, 'two'), tokens.access)).toMatchObject({
          kind: 'refused',
          status: 401,
        });
      } finally {
        await heal();
      }
      await allCountTogether();
    },
  );
});
