/**
 * One desktop's core on a relay's core, both real, on one clock; a window that only ever applied
 * batches, and its comparison with a window that is built from the database.
 */
import { join } from 'node:path';
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
import { createStoreCounts, recount, type StoreCounts } from './standing-counts.ts';

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
  readonly store: StoreCounts;
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
    store: createStoreCounts(kit, ['ada', 'ben', 'cy']),
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

/** Compares the window that only applied batches with one built from the database. */
export async function check(world: World, after: string): Promise<void> {
  await rest(world);
  const fresh = await world.session.call('open', {});
  if (!fresh.ok) throw new Error(fresh.error.kind);
  expect(world.mirror, `the window, after: ${after}`).toEqual(fresh.value);
  await checkCounts(world, after);
  const orders = (world.mirror.state.timeline?.rows ?? []).map((row) => row.order);
  expect(orders, `rows in order, after: ${after}`).toEqual(
    [...new Set(orders)].sort((a, b) => a - b),
  );
  expect(world.errors, `errors, after: ${after}`).toEqual([]);
}

/**
 * The counts in the window have to be those of the desktop's file. Where the desktop has the
 * channel's last event and knows all of the counts, they also have to be those of the relay's store.
 * @returns the channels whose counts were compared with the store
 */
export async function checkCounts(world: World, after: string): Promise<readonly string[]> {
  const compared: string[] = [];
  const { state } = world.mirror;
  const { ignoreChannelMentions } = state.settings.notifications;
  const joined = Object.values(teamOf(world.mirror).channels).filter(({ isJoined }) => isJoined);
  const recounted = recount(world.folder, joined, world.kit.owner.id, ignoreChannelMentions);
  for (const channel of joined) {
    const { unread, mentions, lastAt } = channel;
    const counted = recounted.get(channel.id);
    expect(counted, `counts of ${channel.id}, after: ${after}`).toMatchObject({
      unread,
      mentions,
      lastAt,
    });
    if (counted?.isCurrent !== true) continue;
    if ((await world.store.follow(channel.id)) !== counted.top) continue;
    expect({ unread, mentions }, `the store's ${channel.id}, after: ${after}`).toEqual(
      world.store.count(channel, ignoreChannelMentions),
    );
    compared.push(channel.id);
  }
  return compared;
}
