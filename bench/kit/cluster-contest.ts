/**
 * Relays over one PostgreSQL and one Redis with a load that knocks at each of them by itself, without a balancer: the relays together on
 * core 0, all else on core 1. Everything is gone after `dispose`.
 */
import { join } from 'node:path';
import { tokenKeysFile } from '../../server/config.ts';
import { startCluster, type Cluster } from '../../test/cluster/cluster.ts';
import { LOAD_CORE, RELAY, SERVER_CORE, type Shape } from './contest.ts';
import type { Closed, Connected, Flown } from './load-spec.ts';
import { cpuUsOf, familyOf, pin } from './processes.ts';
import { RAISED_LIMITS } from './raised-limits.ts';
import { Remote } from './remote.ts';
import { seedTeam } from './seeding.ts';

export const NODE_NAMES = ['one', 'two', 'three'] as const;

/** CPU time in µs of all processes of a kind, while everything that was sent arrived. */
export interface ClusterSpent {
  readonly relays: number;
  readonly postgres: number;
  readonly redis: number;
}

export interface ClusterFlight extends Flown {
  readonly spent: ClusterSpent;
}

export class ClusterContest {
  readonly #cluster: Cluster;
  readonly #load = new Remote({
    file: join(import.meta.dirname, 'load-process.ts'),
    core: LOAD_CORE,
  });
  /** The server's first process; those of its connections come and go. */
  readonly #postgres: number;
  readonly #redis: number;

  private constructor(
    cluster: Cluster,
    { postgres, redis }: { readonly postgres: number; readonly redis: number },
  ) {
    this.#cluster = cluster;
    this.#postgres = postgres;
    this.#redis = redis;
    pin(this.#relays, SERVER_CORE);
    pin([...familyOf(postgres), redis], LOAD_CORE);
  }

  /** The relays run, and all members are connected, those of each channel spread evenly over the relays. */
  static async start(relays: number, shape: Shape): Promise<ClusterContest> {
    const names = NODE_NAMES.slice(0, relays);
    const cluster = await startCluster({
      names,
      limits: RAISED_LIMITS,
      nodeOptions: (RELAY.nodeOptions ?? []).join(' '),
    });
    let contest: ClusterContest | undefined;
    try {
      contest = new ClusterContest(cluster, await serversOf(cluster));
      await contest.#connect(shape);
      return contest;
    } catch (error) {
      await (contest ?? cluster).dispose();
      throw error;
    }
  }

  async fly(closed: Closed): Promise<ClusterFlight> {
    const before = this.#used();
    const flown = await this.#load.ask<Flown>('saturate', closed);
    const after = this.#used();
    const spent = {
      relays: after.relays - before.relays,
      postgres: after.postgres - before.postgres,
      redis: after.redis - before.redis,
    };
    return { ...flown, spent };
  }

  async dispose(): Promise<void> {
    await this.#load.dispose();
    await this.#cluster.dispose();
  }

  get #relays(): readonly number[] {
    return this.#cluster.nodes.map(({ process }) => process.pid);
  }

  #used(): ClusterSpent {
    return {
      relays: cpuUsOf(this.#relays),
      postgres: cpuUsOf(familyOf(this.#postgres)),
      redis: cpuUsOf([this.#redis]),
    };
  }

  async #connect({
    channels,
    membersPerChannel,
    bodyBytes,
    storedMessages = 0,
  }: Shape): Promise<void> {
    const { folder, keys, database, nodes } = this.#cluster;
    const passesFile = join(folder, 'passes.json');
    const team = { channels, membersPerChannel, storedMessages };
    seedTeam({
      store: { kind: 'postgres', address: database },
      keysPath: tokenKeysFile(keys),
      passesPath: passesFile,
      ...team,
    });
    const ports = nodes.map(({ port }) => port);
    await this.#load.ask<Connected>('connect', {
      dialect: 'relay',
      ports,
      passesFile,
      isTls: false,
      channels,
      membersPerChannel,
      bodyBytes,
    });
  }
}

/** Each server says by itself which process it is. */
async function serversOf({
  postgres,
  redis,
}: Cluster): Promise<{ readonly postgres: number; readonly redis: number }> {
  const [row] = await postgres.ask(
    'postgres',
    "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1) AS pid",
  );
  const [, pid] = /process_id:(\d+)/.exec(String(await redis.ask('INFO', 'server'))) ?? [];
  if (row === undefined || pid === undefined)
    throw new Error('a server does not say which process it is');
  return { postgres: Number(row['pid']), redis: Number(pid) };
}
