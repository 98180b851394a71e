/**
 * One desktop's core on a relay's core, both real, on one clock: a window that has only ever applied batches, and how it is held against one
 * that is built from the database, and its counts against a recount by plain SQL.
 */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'vitest';
import { applyBatch } from '../../electron/bridge/apply-event.ts';
import type { Snapshot } from '../../electron/bridge/events.ts';
import type { WindowState } from '../../electron/bridge/views.ts';
import { createDesktop, type Desktop, type WindowSession } from '../../electron/core/desktop.ts';
import type { ChannelId, MessageId } from '../../protocol/ids.ts';
import { createChance, type Chance } from '../kit/chance.ts';
import { enrol, plugOf, type Plug } from '../kit/core-net.ts';
import {
  createTestHost,
  createTestNotifier,
  createTestSecrets,
  keepingLog,
  NO_RELAY,
  NO_SOCKETS,
  type TestHost,
} from '../kit/desktop-kit.ts';
import { createRelayKit, settle, type RelayKit, type TestClient } from '../kit/relay-kit.ts';
import { createSeededRandom } from '../kit/seeded-random.ts';

export interface World {
  readonly kit: RelayKit;
  readonly ben: TestClient;
  readonly cy: TestClient;
  readonly chance: Chance;
  readonly plug: Plug;
  readonly host: TestHost;
  readonly folder: string;
  readonly errors: string[];
  readonly channels: ChannelId[];
  /** Messages anybody posted, with their channel and author. */
  readonly posted: {
    readonly id: MessageId;
    readonly channel: ChannelId;
    readonly by: 'ben' | 'cy';
  }[];
  desktop: Desktop;
  session: WindowSession;
  mirror: Snapshot;
}

/** @param folder  where the desktop of this seed makes its own */
export async function worldOf(seed: string, folder: string): Promise<World> {
  // Small pages and a near horizon: a few dozen messages make what takes thousands in life.
  const kit = await createRelayKit({
    seed,
    limits: {
      pageEvents: 12,
      farBehindEvents: 25,
      historyPerSecond: 1_000,
      sendsPerSecond: 1_000,
      sendsBurst: 1_000,
      framesPerSecond: 1_000,
      framesBurst: 1_000,
    },
  });
  const home = join(folder, seed);
  const session = await enrol(kit, kit.owner, home, kit.clock);
  const ben = await kit.live(await kit.person('ben'));
  const cy = await kit.live(await kit.person('cy'));
  const world = {
    kit,
    ben,
    cy,
    chance: createChance(seed),
    plug: plugOf(kit, kit.owner, session),
    host: createTestHost(),
    folder: home,
    errors: [] as string[],
    channels: [kit.general],
    posted: [] as World['posted'],
  } as unknown as World;
  open(world);
  return world;
}

/** The desktop starts on what is in its folder. */
export function open(world: World): void {
  const { kit, plug, host, errors } = world;
  const lines: { readonly event: string; readonly fields: unknown }[] = [];
  const log = keepingLog(lines as never);
  world.desktop = createDesktop({
    folder: world.folder,
    clock: kit.clock,
    random: createSeededRandom(`desktop ${kit.clock.now()}`),
    net: plug.net,
    secrets: createTestSecrets(),
    notifier: createTestNotifier(),
    localRelay: NO_RELAY,
    sockets: NO_SOCKETS,
    host,
    log: {
      ...log,
      error: (event, fields) => void errors.push(`${event} ${JSON.stringify(fields ?? {})}`),
    },
  });
  world.session = world.desktop.openWindow();
}

/** Everything that needs no time, then one more batch. */
export async function rest(world: World, ms = 40): Promise<void> {
  const { kit } = world;
  await settle();
  const until = kit.clock.monotonic() + ms;
  for (let at = kit.clock.nextAt; at !== undefined && at <= until; at = kit.clock.nextAt) {
    kit.clock.runNext();
    await settle(4);
  }
  kit.clock.advance(until - kit.clock.monotonic());
  await settle(4);
}

/** The window opens, and from now on only applies what it is told. */
export async function lookIn(world: World): Promise<void> {
  world.session.onBatch((batch) => {
    if ((world.mirror as Snapshot | undefined) !== undefined)
      world.mirror = applyBatch(world.mirror, batch);
  });
  const opened = await world.session.call('open', {});
  if (!opened.ok) throw new Error(opened.error.kind);
  world.mirror = opened.value;
}

export const teamOf = ({ state }: Snapshot): WindowState['teams'][string] => {
  const team = state.teams['here'];
  if (!team) throw new Error('the team is gone');
  return team;
};

/** The window that only applied batches, against one built from the database; the counts, against plain SQL. */
export async function check(world: World, after: string): Promise<void> {
  await rest(world);
  const fresh = await world.session.call('open', {});
  if (!fresh.ok) throw new Error(fresh.error.kind);
  expect(world.mirror, `the window, after: ${after}`).toEqual(fresh.value);
  expect(recount(world), `the counts, after: ${after}`).toEqual(shownCounts(world));
  const orders = (world.mirror.state.timeline?.rows ?? []).map((row) => row.order);
  expect(orders, `rows in order, after: ${after}`).toEqual(
    [...new Set(orders)].sort((a, b) => a - b),
  );
  expect(world.errors, `errors, after: ${after}`).toEqual([]);
}

const shownCounts = (world: World): unknown =>
  Object.fromEntries(
    Object.values(teamOf(world.mirror).channels)
      .filter((channel) => channel.isJoined)
      .map((channel) => [
        channel.id,
        { unread: channel.unread, mentions: channel.mentions, lastAt: channel.lastAt },
      ]),
  );

interface Recounted {
  readonly unread: number;
  readonly mentions: number;
  readonly lastAt: number;
}

const RECOUNT = `SELECT coalesce(sum(isNews), 0) AS unread, coalesce(sum(isNews AND (calls & :mask) <> 0), 0) AS mentions,
    coalesce(max(at), 0) AS lastAt
  FROM (SELECT m.at, m.calls, m.seq > :readSeq AND m.author <> :me AND NOT m.is_deleted AS isNews
    FROM message m JOIN channel c ON c.key = m.channel WHERE c.id = :channel)`;

function recount(world: World): unknown {
  const db = new Database(join(world.folder, 'cache.db'), { readonly: true });
  try {
    const mask = world.mirror.state.settings.notifications.ignoreChannelMentions ? 3 : 7;
    const count = db.prepare<[object], Recounted>(RECOUNT);
    return Object.fromEntries(
      Object.values(teamOf(world.mirror).channels)
        .filter((channel) => channel.isJoined)
        .map((channel) => {
          const counted = count.get({
            readSeq: channel.readSeq,
            me: world.kit.owner.id,
            mask,
            channel: channel.id,
          });
          if (!counted) throw new Error('an aggregate without a row');
          const isConversation = channel.kind === 'direct' || channel.kind === 'group';
          return [channel.id, isConversation ? { ...counted, mentions: counted.unread } : counted];
        }),
    );
  } finally {
    db.close();
  }
}
