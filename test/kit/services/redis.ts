/**
 * A private redis-server in a folder of its own, on a port of the loopback that the system chose, which a test kills, stops, starts again
 * and empties as it likes. Nothing is written to its disk. `startRedisCluster` makes three of them one sharded whole.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'redis';
import { freePort } from '../free-port.ts';
import { DIES_WITH_US, findProgram } from './program.ts';

export const REDIS_SERVER = findProgram('redis-server', 'what needs Redis is not shown');

export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

export interface RedisServer extends RedisAddress {
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port, empty. Resolves when it answers. */
  restart(): Promise<void>;
  /** SIGSTOP: connections stay, nothing answers any more. */
  stop(): void;
  /** SIGCONT. */
  goOn(): void;
  /** One command over a connection of its own. */
  ask(...command: readonly string[]): Promise<unknown>;
  /** Empties it. */
  flush(): Promise<void>;
  /** Kills it and removes its folder. */
  dispose(): Promise<void>;
}

const HOST = '127.0.0.1';
const CLUSTER_SLOTS = 16_384;

export async function startRedis(options: readonly string[] = []): Promise<RedisServer> {
  const program = REDIS_SERVER;
  if (program === undefined) throw new Error('redis-server is missing');
  const folder = mkdtempSync(join(tmpdir(), 'landline-redis-'));
  const port = await freePort();
  let child: ChildProcess | undefined;

  const start = async (): Promise<void> => {
    const all = [
      '--bind',
      HOST,
      '--port',
      `${port}`,
      '--dir',
      folder,
      '--save',
      '',
      '--appendonly',
      'no',
      ...options,
    ];
    const [command = program, ...before] = [...DIES_WITH_US, program];
    const started = spawn(command, [...before, ...all], { stdio: ['ignore', 'pipe', 'inherit'] });
    child = started;
    let said = '';
    await new Promise<void>((resolve, reject) => {
      started.once('error', reject);
      started.once('exit', () => reject(new Error(`redis-server ended: ${said}`)));
      started.stdout.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (said.includes('Ready to accept connections')) resolve();
      });
    });
  };
  const kill = async (): Promise<void> => {
    const killed = child;
    child = undefined;
    if (!killed || killed.exitCode !== null) return;
    const gone = once(killed, 'exit');
    killed.kill('SIGKILL');
    await gone;
  };
  const ask = async (...command: readonly string[]): Promise<unknown> => {
    const client = createClient({ socket: { host: HOST, port, reconnectStrategy: false } });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return await client.sendCommand([...command]);
    } finally {
      client.destroy();
    }
  };
  await start();
  return {
    host: HOST,
    port,
    kill,
    restart: async () => {
      await kill();
      await start();
    },
    stop: () => void child?.kill('SIGSTOP'),
    goOn: () => void child?.kill('SIGCONT'),
    ask,
    flush: async () => void (await ask('FLUSHALL')),
    dispose: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface RedisCluster {
  readonly servers: readonly RedisServer[];
  dispose(): Promise<void>;
}

/** Three shards without replicas. Resolves when each of them says that the whole is well. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const servers = await Promise.all(
    [0, 1, 2].map(async () =>
      startRedis([
        '--cluster-enabled',
        'yes',
        '--cluster-port',
        `${await freePort()}`,
        '--cluster-node-timeout',
        '2000',
      ]),
    ),
  );
  const dispose = async (): Promise<void> =>
    void (await Promise.all(servers.map((server) => server.dispose())));
  try {
    const share = Math.ceil(CLUSTER_SLOTS / servers.length);
    for (const [i, server] of servers.entries()) {
      const last = Math.min((i + 1) * share, CLUSTER_SLOTS) - 1;
      await server.ask('CLUSTER', 'ADDSLOTSRANGE', `${i * share}`, `${last}`);
      await server.ask('CLUSTER', 'SET-CONFIG-EPOCH', `${i + 1}`);
    }
    const [first, ...others] = servers as [RedisServer, ...RedisServer[]];
    for (const { host, port } of others) {
      const busPort = String(await busPortOf(others, port));
      await first.ask('CLUSTER', 'MEET', host, `${port}`, busPort);
    }
    const deadline = Date.now() + 15_000;
    for (const server of servers) {
      while (!String(await server.ask('CLUSTER', 'INFO')).includes('cluster_state:ok')) {
        if (Date.now() > deadline) throw new Error('the cluster does not come together');
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
    return { servers, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function busPortOf(servers: readonly RedisServer[], port: number): Promise<unknown> {
  const answer = await servers
    .find((one) => one.port === port)
    ?.ask('CONFIG', 'GET', 'cluster-port');
  return Array.isArray(answer)
    ? answer[1]
    : (answer as Readonly<Record<string, unknown>>)['cluster-port'];
}

/** What a contract runs over: one server, and a cluster. `build` starts it and hands over where it is and how to end it. */
export const bothKindsOfRedis = <House>(
  over: (servers: readonly RedisAddress[], dispose: () => Promise<void>) => House,
) => [
  {
    name: 'Redis',
    isThere: REDIS_SERVER !== undefined,
    build: async (): Promise<House> => {
      const server = await startRedis();
      return over([server], () => server.dispose());
    },
  },
  {
    name: 'Redis cluster',
    isThere: REDIS_SERVER !== undefined,
    build: async (): Promise<House> => {
      const { servers, dispose } = await startRedisCluster();
      return over(servers, dispose);
    },
  },
];
