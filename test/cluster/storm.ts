/**
 * The cluster under bad weather: members write through the balancer while relays are killed, Redis is killed, stopped, emptied and fed
 * rubbish, and PostgreSQL is killed or hands over to its standby, all by a seeded schedule. After each schedule everything is up again, and every desktop has to hold
 * all there is within seconds. In the end what was said is judged against the database, read by plain SQL.
 */
import { createChance, type Chance } from '../kit/chance.ts';
import { PROMISES } from '../kit/checks.ts';
import { createHistory, type History } from '../kit/history.ts';
import type { PostgresServer } from '../kit/services/postgres.ts';
import { createMembers } from '../system/members.ts';
import { startCluster, type BalancerKind, type Cluster } from './cluster.ts';
import {
  ALL_PROMISES,
  gather,
  judge,
  pause,
  untilWhole,
  write,
  writeOne,
  WRITERS_LIMITS,
  type Judgement,
  type Writer,
} from './writers.ts';

export interface StormOptions {
  readonly seed: number;
  readonly schedules: number;
  readonly balancer?: BalancerKind;
  /** PostgreSQL has a standby, and fails over; to an asynchronous one also when that is behind. Takes long. */
  readonly standby?: 'synchronous' | 'asynchronous' | undefined;
  readonly log?: (line: string) => void;
}

export interface Storm extends Judgement {
  readonly blows: Readonly<Record<Blow, number>>;
  /** From the moment at which everything was up again until every desktop had everything, one per schedule. */
  readonly healedMs: readonly number[];
  /** Which of them took longer than is promised, in words. */
  readonly late: readonly string[];
}

/** The promise: so soon after everything is up again everybody has everything. */
const HEAL_MS = 5_000;

const BLOWS = {
  'kill relay': 6,
  'drain relay': 2,
  'kill redis': 3,
  'stop redis': 3,
  'flush redis': 1,
  'rubbish in redis': 2,
  'kill postgres': 3,
  'fail over': 0,
  'kill standby': 0,
};
const BLOWS_WITH_STANDBY = { ...BLOWS, 'fail over': 4, 'kill standby': 2 };
export type Blow = keyof typeof BLOWS;

export async function storm({
  seed,
  schedules,
  balancer = 'nginx',
  standby,
  log = () => undefined,
}: StormOptions): Promise<Storm> {
  const chance = createChance(`storm/${seed}`);
  const cluster = await startCluster({
    balancer,
    limits: WRITERS_LIMITS,
    ...(standby ? { standby } : {}),
  });
  const members = createMembers({ ...cluster });
  try {
    return await play({ cluster, members, chance, schedules, standby, log });
  } finally {
    await members.dispose();
    await cluster.dispose();
  }
}

/** Which server is what: they change places. */
interface Databases {
  primary: PostgresServer;
  standby: PostgresServer | undefined;
  readonly isSynchronous: boolean;
}

interface PlayParts {
  readonly cluster: Cluster;
  readonly members: ReturnType<typeof createMembers>;
  readonly chance: Chance;
  readonly schedules: number;
  readonly standby: StormOptions['standby'];
  readonly log: (line: string) => void;
}

async function play({
  cluster,
  members,
  chance,
  schedules,
  standby,
  log,
}: PlayParts): Promise<Storm> {
  const history = createHistory();
  const writers = await gather(members, history);
  const databases: Databases = {
    primary: cluster.postgres,
    standby: cluster.standby,
    isSynchronous: standby === 'synchronous',
  };
  const weights = cluster.standby ? BLOWS_WITH_STANDBY : BLOWS;
  const blows = Object.fromEntries(Object.keys(BLOWS).map((name) => [name, 0])) as Record<
    Blow,
    number
  >;
  const [healedMs, late]: [number[], string[]] = [[], []];
  for (let schedule = 1; schedule <= schedules; schedule++) {
    let isOver = false;
    const writing = Promise.all(
      writers.map((writer) =>
        write(writer, history, chance.fork(`${schedule}/${writer.who}`), () => isOver),
      ),
    );
    // Whoever fails is heard when the weather is over, and everything is taken down in good order.
    writing.catch(() => undefined);
    const weather = Array.from({ length: chance.int(1, 3) }, () => chance.weighted(weights));
    for (const blow of weather) {
      blows[blow]++;
      await strike({ cluster, databases, writers, history, chance }, blow);
      await pause(chance.int(0, 400));
    }
    const healedAt = performance.now();
    isOver = true;
    await writing;
    const waiting = Math.max(...writers.map(({ desktop }) => desktop.view.outbox?.waiting ?? 0));
    const all = await untilWhole(writers, history, {
      server: databases.primary,
      database: cluster.database.database,
    });
    const tookMs = Math.round(performance.now() - healedAt);
    healedMs.push(tookMs);
    const words = `${schedule}: ${weather.join(', ')}; ${waiting} waited, whole again after ${tookMs} ms, ${all} events`;
    log(words);
    if (tookMs < HEAL_MS) continue;
    // On a machine that is busy with something else everything takes long. Beside as many messages in calm the way had to be found as well.
    const calmMs = Math.round(
      await inCalm(writers, history, chance.fork(`${schedule}/calm`), { all, count: waiting }),
    );
    if (tookMs >= 2 * calmMs) late.push(`${words}; as many in calm take ${calmMs} ms`);
  }
  // Who begins anew has what is new, and goes back when somebody looks.
  const promises = standby === 'asynchronous' ? PROMISES : ALL_PROMISES;
  return {
    blows,
    healedMs,
    late,
    ...(await judge(
      writers,
      history,
      { server: databases.primary, database: cluster.database.database },
      promises,
    )),
  };
}

/** @returns how long it takes until everybody has so many more messages of each, with nothing in the way */
async function inCalm(
  writers: readonly Writer[],
  history: History,
  chance: Chance,
  { all, count }: { readonly all: number; readonly count: number },
): Promise<number> {
  const from = performance.now();
  const writeAll = async (writer: Writer): Promise<void> => {
    for (let n = 0; n < count; n++) await writeOne(writer, history, chance);
  };
  await Promise.all(writers.map(writeAll));
  const last = all + count * writers.length;
  for (const { desktop } of writers)
    await desktop.until('it shows what was written in calm', ({ newest }) => newest >= last);
  return performance.now() - from;
}

interface Target {
  readonly cluster: Cluster;
  readonly databases: Databases;
  readonly writers: readonly Writer[];
  readonly history: History;
  readonly chance: Chance;
}

/** Resolves when what was struck is up again. */
async function strike(target: Target, blow: Blow): Promise<void> {
  const { cluster, databases, chance } = target;
  const { nodes, redis } = cluster;
  switch (blow) {
    case 'kill relay':
    case 'drain relay': {
      const node = chance.pick(nodes);
      await node.kill(blow === 'kill relay' ? 'SIGKILL' : 'SIGTERM');
      await pause(chance.int(0, 800));
      return node.start();
    }
    case 'kill redis':
      await redis.kill();
      await pause(chance.int(0, 1_500));
      return redis.restart();
    case 'stop redis':
      redis.stop();
      await pause(chance.int(200, 3_000));
      return redis.goOn();
    case 'flush redis':
      return redis.flush();
    case 'rubbish in redis': {
      const listened = (await redis.ask('PUBSUB', 'CHANNELS')) as readonly string[];
      for (const name of listened) await redis.ask('PUBLISH', name, rubbish(chance));
      // Also where relays count and show who is there.
      for (const key of (await redis.ask('KEYS', 'landline:*')) as readonly string[])
        await redis.ask('SET', key, rubbish(chance));
      return;
    }
    case 'kill postgres':
      await databases.primary.kill();
      await pause(chance.int(0, 1_000));
      return databases.primary.restart();
    case 'fail over':
      return failOver(target);
    case 'kill standby':
      // Meanwhile nothing is committed.
      await databases.standby?.kill();
      await pause(chance.int(0, 1_000));
      return databases.standby?.restart();
  }
}

/**
 * The standby takes over, and the old primary comes back as it was before it learns to follow. One that is not synchronous may be behind:
 * what was said until then holds no more, and has to be there again in the end.
 */
async function failOver({ databases, writers, history, chance }: Target): Promise<void> {
  const { primary: old, standby: next, isSynchronous } = databases;
  if (!next) throw new Error('there is no standby');
  if (!isSynchronous && chance.happens(0.7)) {
    await next.stopFollowing();
    await pause(chance.int(0, 1_000));
  }
  await old.kill();
  if (isSynchronous) await pause(chance.int(0, 1_000));
  else {
    // What was acknowledged before has been told by then.
    for (const { desktop } of writers)
      await desktop.until('messages wait', ({ outbox }) => (outbox?.waiting ?? 0) > 5);
    await pause(500);
    history.add({ kind: 'restored' });
  }
  await next.promote();
  Object.assign(databases, { primary: next, standby: old });
  if (chance.happens(0.5)) {
    await old.restart();
    await old.set({ synchronous_standby_names: '' });
    await pause(chance.int(0, 1_500));
  }
  await old.follow(next, { isSynchronous });
}

function rubbish(chance: Chance): string {
  return chance.pick([
    () => '',
    () => '{',
    () => 'null',
    () => JSON.stringify({ heads: { team: Number.MAX_SAFE_INTEGER } }),
    () => JSON.stringify([[[[]]]]),
    () => 'x'.repeat(chance.int(1, 200_000)),
    () => Buffer.from(chance.bytes(200)).toString('latin1'),
  ])();
}
