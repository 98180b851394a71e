/**
 * The cluster under bad weather: members write through the balancer while relays are killed, Redis is killed, stopped, emptied and fed
 * rubbish, and PostgreSQL is killed, all by a seeded schedule. After each schedule everything is up again, and every desktop has to hold
 * all there is within seconds. In the end what was said is judged against the database, read by plain SQL.
 */
import { createChance, type Chance } from '../kit/chance.ts';
import { heldWhole, PROMISES, violations } from '../kit/checks.ts';
import { readDesktop } from '../kit/desktop-read.ts';
import { createHistory, type History } from '../kit/history.ts';
import { readPostgresRelay } from '../kit/relay-read.ts';
import { isDrained, type DesktopChild } from '../system/desktop-child.ts';
import { createMembers } from '../system/members.ts';
import { startCluster, type BalancerKind, type Cluster } from './cluster.ts';

export interface StormOptions {
  readonly seed: number;
  readonly schedules: number;
  readonly balancer?: BalancerKind;
  readonly log?: (line: string) => void;
}

export interface Storm {
  readonly broken: readonly string[];
  readonly messages: number;
  readonly blows: Readonly<Record<Blow, number>>;
  /** From the moment at which everything was up again until every desktop had everything, one per schedule. */
  readonly healedMs: readonly number[];
}

const BLOWS = {
  'kill relay': 6,
  'drain relay': 2,
  'kill redis': 3,
  'stop redis': 3,
  'flush redis': 1,
  'rubbish in redis': 2,
  'kill postgres': 3,
} as const;
export type Blow = keyof typeof BLOWS;

/** Members write as fast as the schedule says: what is tested is loss, not the meter. */
const LIMITS = { sendsPerSecond: 500, sendsBurst: 1_000, framesPerSecond: 1_000, framesBurst: 2_000, historyPerSecond: 200 };
const WHO = ['ada', 'ben', 'cleo'] as const;
const WRITE_EVERY_MS = [5, 60] as const;
/** Long after this what is missing will not come. */
const HEAL_LIMIT_MS = 60_000;

export async function storm({ seed, schedules, balancer = 'nginx', log = () => undefined }: StormOptions): Promise<Storm> {
  const chance = createChance(`storm/${seed}`);
  const cluster = await startCluster({ balancer, limits: LIMITS });
  const members = createMembers({ ...cluster });
  try {
    return await play({ cluster, members, chance, schedules, log });
  } finally {
    await members.dispose();
    await cluster.dispose();
  }
}

interface PlayParts {
  readonly cluster: Cluster;
  readonly members: ReturnType<typeof createMembers>;
  readonly chance: Chance;
  readonly schedules: number;
  readonly log: (line: string) => void;
}

async function play({ cluster, members, chance, schedules, log }: PlayParts): Promise<Storm> {
  const history = createHistory();
  const writers = await gather(members, history);
  const channel = writers[0]?.channel ?? '';
  const blows = Object.fromEntries(Object.keys(BLOWS).map((name) => [name, 0])) as Record<Blow, number>;
  const healedMs: number[] = [];
  for (let schedule = 1; schedule <= schedules; schedule++) {
    let isOver = false;
    const writing = writers.map((writer) => write(writer, history, chance.fork(`${schedule}/${writer.who}`), () => isOver));
    const weather = Array.from({ length: chance.int(1, 3) }, () => chance.weighted(BLOWS));
    for (const blow of weather) {
      blows[blow]++;
      await strike(cluster, blow, chance);
      await pause(chance.int(0, 400));
    }
    const healedAt = performance.now();
    isOver = true;
    await Promise.all(writing);
    const head = await headOf(cluster, channel);
    for (const { desktop } of writers) {
      await desktop.until('it has everything', (view) => isDrained(view), HEAL_LIMIT_MS);
    }
    const all = Math.max(head, await headOf(cluster, channel));
    for (const { desktop } of writers) {
      await desktop.until('it has everything', (view) => (view.channels.find(({ id }) => id === channel)?.head ?? 0) >= all, HEAL_LIMIT_MS);
    }
    healedMs.push(Math.round(performance.now() - healedAt));
    log(`${schedule}: ${weather.join(', ')}; whole again after ${healedMs.at(-1)} ms, ${all} events`);
  }
  return { blows, healedMs, ...(await judge(cluster, writers, history, channel)) };
}

interface Writer {
  readonly who: string;
  readonly member: string;
  readonly team: string;
  readonly channel: string;
  readonly desktop: DesktopChild;
}

/** Everybody joins and opens the channel they will write in. */
async function gather(members: PlayParts['members'], history: History): Promise<readonly Writer[]> {
  const ids = new Map<string, string>();
  const desktops: [string, DesktopChild][] = [];
  for (const who of WHO) {
    const desktop = await members.join(who, {
      onRow: ({ channel, id, seq, author, at, text }) => {
        const feed = `channel/${channel}`;
        history.add({ kind: 'told', computer: `${who}-pc`, feed, event: { seq, at, by: author, kind: 'posted', id, text } as never });
        // A row of one's own with a number is one the relay has acknowledged.
        if (author === ids.get(who)) history.add({ kind: 'acked', member: author, op: id, feed, seq });
      },
    });
    desktops.push([who, desktop]);
  }
  const writers: Writer[] = [];
  for (const [who, desktop] of desktops) {
    // Its own files tell who it is.
    await desktop.close();
    const { member } = readDesktop(desktop.name, desktop.folder);
    ids.set(who, member);
    await desktop.start();
    const isThere = ({ name, isJoined }: { readonly name: string; readonly isJoined: boolean }): boolean => name === 'general' && isJoined;
    await desktop.until('it knows its team', (view) => view.channels.some(isThere));
    const channel = desktop.view.channels.find(isThere)?.id ?? '';
    const team = desktop.view.team ?? '';
    await desktop.must('timeline.open', { team, channel, at: 'end' });
    writers.push({ who, member, team, channel, desktop });
  }
  return writers;
}

async function write(
  { who, member, team, channel, desktop }: Writer,
  history: History,
  chance: Chance,
  isOver: () => boolean,
): Promise<void> {
  while (!isOver()) {
    const text = `${who} ${chance.int(0, 1e12)}`;
    history.add({ kind: 'tried', member, channel, text });
    const { id } = await desktop.must('message.send', { team, channel, text });
    history.add({ kind: 'asked', member, frame: { t: 'post', op: id, channel, text } as never });
    history.add({ kind: 'entered', member, computer: desktop.name, channel, message: id, text });
    await pause(chance.int(...WRITE_EVERY_MS));
  }
}

/** Resolves when what was struck is up again. */
async function strike({ nodes, redis, postgres }: Cluster, blow: Blow, chance: Chance): Promise<void> {
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
      for (const key of (await redis.ask('KEYS', 'landline:*')) as readonly string[]) await redis.ask('SET', key, rubbish(chance));
      return;
    }
    case 'kill postgres':
      await postgres.kill();
      await pause(chance.int(0, 1_000));
      return postgres.restart();
  }
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

async function headOf({ postgres, database }: Cluster, channel: string): Promise<number> {
  const rows = await postgres.ask(database.database, `SELECT head FROM feed WHERE id = 'channel/${channel}'`);
  return Number(rows[0]?.['head'] ?? 0);
}

async function judge(
  cluster: Cluster,
  writers: readonly Writer[],
  history: History,
  channel: string,
): Promise<Pick<Storm, 'broken' | 'messages'>> {
  const broken: string[] = [];
  for (const { desktop } of writers) {
    if (desktop.faults() !== '') broken.push(`${desktop.name} reports ${desktop.faults()}`);
    await desktop.close();
  }
  const relay = await readPostgresRelay(cluster.postgres, cluster.database.database);
  const desktops = writers.map(({ desktop }) => readDesktop(desktop.name, desktop.folder));
  broken.push(...violations({ history, relay, desktops }, { ...PROMISES, heldWhole }));
  const posted = relay.feeds.get(`channel/${channel}`)?.events.filter(({ kind }) => kind === 'posted').length ?? 0;
  const entered = history.all('entered').length;
  if (posted !== entered) broken.push(`${entered} messages were written, and the relays have ${posted}`);
  return { broken, messages: posted };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
