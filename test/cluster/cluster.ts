/**
 * A whole cluster on this machine, each part a process of its own on the loopback: PostgreSQL, Redis, relays of one team that share both
 * and their keys, and a balancer in front with its kept configuration. Every part can be killed and started again where it was. For the
 * system tests, the bench and `npm run cluster`.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Limits } from '../../protocol/limits.ts';
import { systemClock, systemRandom } from '../../server/adapters/system-clock.ts';
import { CERTIFICATE_FILE, KEY_FILE, loadTls } from '../../server/lan/tls.ts';
import { serveRelay, type RelayProcess } from '../kit/relay-process.ts';
import { freePort } from '../kit/free-port.ts';
import type { Balancer } from '../kit/services/balancer.ts';
import { HAPROXY, startHaproxy } from '../kit/services/haproxy.ts';
import { NGINX, startNginx } from '../kit/services/nginx.ts';
import {
  POSTGRES,
  startPostgres,
  startStandby,
  type PostgresAddress,
  type PostgresServer,
} from '../kit/services/postgres.ts';
import { REDIS_SERVER, startRedis, type RedisServer } from '../kit/services/redis.ts';

export type BalancerKind = 'nginx' | 'haproxy';

/** What this machine lacks for a cluster behind this balancer; empty when it can have one. */
export function missingFor(balancer: BalancerKind): readonly string[] {
  const programs = {
    postgres: POSTGRES,
    'redis-server': REDIS_SERVER,
    ...(balancer === 'nginx' ? { nginx: NGINX } : { haproxy: HAPROXY }),
  };
  return Object.entries(programs).flatMap(([name, path]) => (path === undefined ? [name] : []));
}

export interface ClusterOptions {
  /** Of the relays; three unless told. */
  readonly names?: readonly string[];
  readonly balancer?: BalancerKind;
  readonly limits?: Partial<Limits>;
  readonly logLevel?: string;
  /** PostgreSQL without fsync: for what kills relays and never the machine. */
  readonly isTemporary?: boolean;
  /** Options of Node for the relays. */
  readonly nodeOptions?: string;
  /** A PostgreSQL that follows the first one, and that the relays know of as well; none unless told. */
  readonly standby?: 'synchronous' | 'asynchronous';
}

/** One relay, over all its lives. */
export interface ClusterNode {
  readonly name: string;
  readonly port: number;
  readonly metricsPort: number;
  /** The process of its present life, or of its last one. */
  readonly process: RelayProcess;
  readonly isUp: boolean;
  /** Resolves when it takes connections. */
  start(): Promise<void>;
  /** SIGKILL unless told; resolves when it is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
}

export interface Cluster {
  readonly folder: string;
  /** The folder of the keys that the relays share. */
  readonly keys: string;
  readonly nodes: readonly ClusterNode[];
  readonly postgres: PostgresServer;
  readonly standby?: PostgresServer;
  /** The team's database. */
  readonly database: PostgresAddress;
  readonly redis: RedisServer;
  readonly balancer: Balancer;
  /** Where desktops knock, and whose key they meet there. */
  readonly address: string;
  readonly fingerprint: string;
  readonly setupLink: string;
  dispose(): Promise<void>;
}

const HOST = '127.0.0.1';

/** @throws Error  a program is missing, or a part does not come up */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const { names = ['one', 'two', 'three'], balancer: kind = 'nginx' } = options;
  const ends: (() => Promise<unknown> | void)[] = [];
  const dispose = async (): Promise<void> => {
    for (const end of ends.reverse()) await end();
  };
  try {
    const folder = mkdtempSync(join(tmpdir(), 'landline-cluster-'));
    ends.push(() => rmSync(folder, { recursive: true, force: true }));
    const keys = join(folder, 'keys');
    const shown = join(folder, 'balancer');
    const blobs = join(folder, 'blobs');
    for (const made of [keys, shown, blobs]) mkdirSync(made, { mode: 0o700 });
    chmodSync(folder, 0o700);

    const [postgres, redis] = await Promise.all([
      startPostgres({ isTemporary: options.isTemporary ?? false }),
      startRedis(),
    ]);
    ends.push(
      () => postgres.dispose(),
      () => redis.dispose(),
    );
    const database = await postgres.createDatabase();
    const standby =
      options.standby &&
      (await startStandby(postgres, {
        ...options,
        isSynchronous: options.standby === 'synchronous',
      }));
    if (standby) ends.push(() => standby.dispose());
    const servers = [database, ...(standby ? [standby.addressOf(database.database)] : [])];

    const { fingerprint } = loadTls({
      folder: shown,
      hosts: [HOST],
      clock: systemClock,
      random: systemRandom,
    });
    const certificate = join(shown, CERTIFICATE_FILE);
    const balancerPort = await freePort();
    const address = `${HOST}:${balancerPort}`;
    const file = (name: string, text: string): string => {
      writeFileSync(join(keys, name), text, { mode: 0o600 });
      return join(keys, name);
    };
    const shared = [
      ...['--keys', keys, '--blobs', blobs],
      ...[
        '--postgres',
        file('postgres', servers.map(urlOf).join('\n')),
        '--redis',
        file('redis', `redis://${HOST}:${redis.port}`),
      ],
      ...[
        '--tls',
        'off',
        '--trusted-proxies',
        HOST,
        '--proxy-certificate',
        certificate,
        '--advertise',
        address,
      ],
      ...['--log', options.logLevel ?? 'warn', '--limits', JSON.stringify(options.limits ?? {})],
    ];
    const nodes: ClusterNode[] = [];
    for (const name of names) {
      const node = await createNode(name, {
        data: join(folder, name),
        args: shared,
        nodeOptions: options.nodeOptions,
      });
      nodes.push(node);
      ends.push(() => node.kill());
      // One after the other: the first lays out the database and makes the keys.
      await node.start();
    }
    // Each start replaces a setup code that nobody has used: the last one holds.
    const { setupLink } = (await nodes.at(-1)?.process.ready) ?? { setupLink: null };
    if (setupLink === null) throw new Error('a fresh cluster has a team already');

    const start = kind === 'nginx' ? startNginx : startHaproxy;
    const balancer = await start({
      port: balancerPort,
      relays: nodes.map(({ port }) => port),
      certificate,
      key: join(shown, KEY_FILE),
    });
    ends.push(() => balancer.dispose());
    return {
      folder,
      keys,
      nodes,
      postgres,
      ...(standby ? { standby } : {}),
      database,
      redis,
      balancer,
      address,
      fingerprint,
      setupLink,
      dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** A database behind a socket in a folder, as an address of one line. */
export function urlOf({ host, user, database }: PostgresAddress): string {
  return `postgres:///${database}?${new URLSearchParams({ host, user }).toString()}`;
}

interface NodeParts {
  readonly data: string;
  readonly args: readonly string[];
  readonly nodeOptions: string | undefined;
}

async function createNode(
  name: string,
  { data, args, nodeOptions }: NodeParts,
): Promise<ClusterNode> {
  const [port, metricsPort] = [await freePort(), await freePort()];
  let current: RelayProcess | undefined;
  let isUp = false;
  return {
    name,
    port,
    metricsPort,
    get process() {
      if (!current) throw new Error(`${name} was never started`);
      return current;
    },
    get isUp() {
      return isUp;
    },
    async start() {
      current = serveRelay(data, {
        args: [
          ...args,
          '--node',
          name,
          '--port',
          String(port),
          '--metrics',
          `${HOST}:${metricsPort}`,
        ],
        ...(nodeOptions === undefined ? {} : { env: { NODE_OPTIONS: nodeOptions } }),
      });
      await current.ready;
      isUp = true;
    },
    async kill(signal = 'SIGKILL') {
      isUp = false;
      current?.kill(signal);
      await current?.ended;
    },
  };
}
