/**
 * The standing rule of the bridge: a snapshot plus the batches after it equals a fresh snapshot. A desktop's core talks to a relay's core
 * through a long seeded history; after every step the window that has only ever applied batches is held against one built from the
 * database, and the counts against a recount by plain SQL.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { applyBatch } from '../../electron/bridge/apply-event.ts';
import type { CommandInput, CommandName } from '../../electron/bridge/commands.ts';
import type { Snapshot } from '../../electron/bridge/events.ts';
import type { WindowState } from '../../electron/bridge/views.ts';
import { createDesktop, type Desktop, type WindowSession } from '../../electron/core/desktop.ts';
import type { ChannelId, MessageId, OperationId } from '../../protocol/ids.ts';
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

const STEPS = Number(process.env['STANDING_STEPS'] ?? 400);
const SEEDS = (process.env['STANDING_SEEDS'] ?? 'one two three').split(' ');

interface World {
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
  readonly posted: { readonly id: MessageId; readonly channel: ChannelId; readonly by: 'ben' | 'cy' }[];
  desktop: Desktop;
  session: WindowSession;
  mirror: Snapshot;
}

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'landline-standing-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function worldOf(seed: string): Promise<World> {
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

function open(world: World): void {
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
    log: { ...log, error: (event, fields) => void errors.push(`${event} ${JSON.stringify(fields ?? {})}`) },
  });
  world.session = world.desktop.openWindow();
}

/** Everything that needs no time, then one more batch. */
async function rest(world: World, ms = 40): Promise<void> {
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

async function lookIn(world: World): Promise<void> {
  world.session.onBatch((batch) => {
    if ((world.mirror as Snapshot | undefined) !== undefined) world.mirror = applyBatch(world.mirror, batch);
  });
  const opened = await world.session.call('open', {});
  if (!opened.ok) throw new Error(opened.error.kind);
  world.mirror = opened.value;
}

const teamOf = ({ state }: Snapshot): WindowState['teams'][string] => {
  const team = state.teams['here'];
  if (!team) throw new Error('the team is gone');
  return team;
};

async function call<Name extends CommandName>(world: World, name: Name, input: CommandInput<Name>): Promise<void> {
  const answer = world.session.call(name, input);
  // Answers that need the relay come only when time moves.
  await rest(world, 20);
  await Promise.race([answer, settle(40)]);
}

type Deed = (world: World) => Promise<void> | void;

const text = (chance: Chance): string =>
  chance.pick(['Morning', 'The pump is back', '@ada look', '@here anybody?', '@channel lunch', 'ok', '早安 @ada 請看', 'x'.repeat(300)]);
const someChannel = ({ chance, channels }: World): ChannelId => chance.pick(channels);
const ownMessages = (world: World): string[] =>
  (world.mirror.state.timeline?.rows ?? []).flatMap((row) => (row.type === 'message' && row.author === world.kit.owner.id ? [row.id] : []));

function postAs(world: World, who: 'ben' | 'cy', channel: ChannelId): void {
  const id = world.kit.id<MessageId>();
  world.posted.push({ id, channel, by: who });
  world[who].say({ t: 'post', op: id, channel, text: text(world.chance) });
}

const DEEDS: Readonly<Record<string, { readonly weight: number; readonly run: Deed }>> = {
  'others post': {
    weight: 20,
    run: (world) => {
      const channel = someChannel(world);
      for (let n = world.chance.int(1, 4); n > 0; n--) postAs(world, world.chance.pick(['ben', 'cy'] as const), channel);
    },
  },
  'others post a lot': {
    weight: 3,
    run: async (world) => {
      const channel = someChannel(world);
      for (let n = world.chance.int(30, 70); n > 0; n--) postAs(world, 'ben', channel);
      await settle();
    },
  },
  'others edit': {
    weight: 5,
    run: (world) => {
      if (world.posted.length === 0) return;
      const { id, channel, by } = world.chance.pick(world.posted);
      world[by].say({ t: 'edit', op: world.kit.id<OperationId>(), channel, message: id, text: text(world.chance) });
    },
  },
  'others delete': {
    weight: 4,
    run: (world) => {
      if (world.posted.length === 0) return;
      const { id, channel, by } = world.chance.pick(world.posted);
      world[by].say({ t: 'delete', op: world.kit.id<OperationId>(), channel, message: id });
    },
  },
  'others type': { weight: 2, run: (world) => world.ben.say({ t: 'typing', channel: someChannel(world) }) },
  send: {
    weight: 12,
    run: (world) => call(world, 'message.send', { team: 'here', channel: someChannel(world), text: text(world.chance) }),
  },
  edit: {
    weight: 4,
    run: async (world) => {
      const own = ownMessages(world);
      const channel = world.mirror.state.timeline?.channel;
      if (own.length > 0 && channel)
        await call(world, 'message.edit', { team: 'here', channel, message: world.chance.pick(own), text: text(world.chance) });
    },
  },
  delete: {
    weight: 3,
    run: async (world) => {
      const own = ownMessages(world);
      const channel = world.mirror.state.timeline?.channel;
      if (own.length > 0 && channel) await call(world, 'message.delete', { team: 'here', channel, message: world.chance.pick(own) });
    },
  },
  'discard or retry': {
    weight: 2,
    run: async (world) => {
      const own = ownMessages(world);
      if (own.length === 0) return;
      await call(world, world.chance.pick(['message.discard', 'message.retry'] as const), {
        team: 'here',
        message: world.chance.pick(own),
      });
    },
  },
  'open a timeline': {
    weight: 8,
    run: async (world) => {
      const known = world.posted.filter((one) => world.channels.includes(one.channel));
      const at = world.chance.pick(['unread', 'end', 'message'] as const);
      const message = at === 'message' && known.length > 0 ? world.chance.pick(known) : undefined;
      const channel = message?.channel ?? someChannel(world);
      await call(world, 'timeline.open', { team: 'here', channel, at: message ? { message: message.id } : at === 'message' ? 'end' : at });
    },
  },
  'close the timeline': { weight: 1, run: (world) => call(world, 'timeline.close', {}) },
  'scroll up': { weight: 8, run: (world) => call(world, 'timeline.older', {}) },
  'scroll down': { weight: 5, run: (world) => call(world, 'timeline.newer', {}) },
  'see a hole': {
    weight: 6,
    run: async (world) => {
      const holes = (world.mirror.state.timeline?.rows ?? []).flatMap((row) => (row.type === 'hole' ? [row] : []));
      const hole = holes.length > 0 ? world.chance.pick(holes) : { from: 1, to: 1 };
      await call(world, 'timeline.fill', { from: hole.from, to: hole.to });
    },
  },
  look: {
    weight: 4,
    run: (world) =>
      call(world, 'view.look', {
        team: 'here',
        channel: someChannel(world),
        isAtEnd: world.chance.happens(0.7),
        isFocused: world.chance.happens(0.6),
      }),
  },
  'look away': { weight: 3, run: (world) => call(world, 'view.look', { team: null, channel: null, isAtEnd: false, isFocused: false }) },
  'mark unread': {
    weight: 3,
    run: async (world) => {
      if (world.posted.length === 0) return;
      const { id, channel } = world.chance.pick(world.posted);
      await call(world, 'read.unmark', { team: 'here', channel, message: id });
    },
  },
  'mark read': {
    weight: 3,
    run: (world) => call(world, 'read.mark', { team: 'here', channel: someChannel(world), seq: world.chance.int(1, 200) }),
  },
  'mark all read': { weight: 1, run: (world) => call(world, 'read.all', { team: 'here' }) },
  level: {
    weight: 2,
    run: (world) =>
      call(world, 'channel.level', { team: 'here', channel: someChannel(world), level: world.chance.pick(['all', 'mentions', 'none']) }),
  },
  draft: {
    weight: 2,
    run: (world) => call(world, 'draft.set', { team: 'here', channel: someChannel(world), text: world.chance.pick(['', 'half']) }),
  },
  'make a channel': {
    weight: 1,
    run: async (world) => {
      const { kit } = world;
      const channel = kit.id<ChannelId>();
      world.ben.say({
        t: 'create-channel',
        op: kit.id<OperationId>(),
        id: channel,
        kind: world.chance.pick(['public', 'private']),
        name: `room-${world.channels.length}-${kit.clock.now()}`,
        topic: '',
        members: [kit.owner.id],
      });
      await settle();
      if (world.channels.length < 5) world.channels.push(channel);
    },
  },
  'rename a channel': {
    weight: 1,
    run: (world) =>
      world.ben.say({
        t: 'change-channel',
        op: world.kit.id<OperationId>(),
        channel: someChannel(world),
        name: `name-${world.chance.int(1, 99)}`,
        topic: `topic ${world.chance.int(1, 9)}`,
      }),
  },
  'leave and come back': {
    weight: 1,
    run: async (world) => {
      const channel = someChannel(world);
      if (channel === world.kit.general) return;
      world.ben.say({ t: 'remove-member', op: world.kit.id<OperationId>(), channel, member: world.kit.owner.id });
      await rest(world);
      await check(world, 'removed');
      world.ben.say({ t: 'add-member', op: world.kit.id<OperationId>(), channel, member: world.kit.owner.id });
    },
  },
  'lose the line': { weight: 4, run: (world) => world.plug.pull() },
  'get the line back': {
    weight: 8,
    run: async (world) => {
      world.plug.put();
      world.desktop.wake();
      await rest(world, 60);
    },
  },
  'lose a push': {
    weight: 3,
    run: async (world) => {
      let left = world.chance.int(1, 3);
      world.plug.lose = (said) => said.startsWith('{"t":"events"') && left-- > 0;
      postAs(world, 'ben', someChannel(world));
      await settle();
      world.plug.lose = undefined;
    },
  },
  'a setting changes': {
    weight: 1,
    run: (world) => {
      const { settings } = world.mirror.state;
      const ignoreChannelMentions = !settings.notifications.ignoreChannelMentions;
      return call(world, 'settings.set', {
        settings: { ...settings, notifications: { ...settings.notifications, ignoreChannelMentions } },
      });
    },
  },
  'time passes': { weight: 2, run: (world) => rest(world, world.chance.int(1_000, 30_000)) },
  'the window is made anew': {
    weight: 1,
    run: async (world) => {
      const again = await world.session.call('open', {});
      if (again.ok) world.mirror = again.value;
    },
  },
  'the app is restarted': {
    weight: 1,
    run: async (world) => {
      world.session.dispose();
      await world.desktop.close();
      await settle();
      open(world);
      await lookIn(world);
    },
  },
};
const WEIGHTS = Object.fromEntries(Object.entries(DEEDS).map(([name, { weight }]) => [name, weight]));

/** The window that only applied batches, against one built from the database; the counts, against plain SQL. */
async function check(world: World, after: string): Promise<void> {
  await rest(world);
  const fresh = await world.session.call('open', {});
  if (!fresh.ok) throw new Error(fresh.error.kind);
  expect(world.mirror, `the window, after: ${after}`).toEqual(fresh.value);
  expect(recount(world), `the counts, after: ${after}`).toEqual(shownCounts(world));
  const orders = (world.mirror.state.timeline?.rows ?? []).map((row) => row.order);
  expect(orders, `rows in order, after: ${after}`).toEqual([...new Set(orders)].sort((a, b) => a - b));
  expect(world.errors, `errors, after: ${after}`).toEqual([]);
}

const shownCounts = (world: World): unknown =>
  Object.fromEntries(
    Object.values(teamOf(world.mirror).channels)
      .filter((channel) => channel.isJoined)
      .map((channel) => [channel.id, { unread: channel.unread, mentions: channel.mentions, lastAt: channel.lastAt }]),
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
          const counted = count.get({ readSeq: channel.readSeq, me: world.kit.owner.id, mask, channel: channel.id });
          if (!counted) throw new Error('an aggregate without a row');
          const isConversation = channel.kind === 'direct' || channel.kind === 'group';
          return [channel.id, isConversation ? { ...counted, mentions: counted.unread } : counted];
        }),
    );
  } finally {
    db.close();
  }
}

test.each(SEEDS)('a window that only applies batches shows what a new one would, at every step of a long history (%s)', async (seed) => {
  const world = await worldOf(seed);
  try {
    await lookIn(world);
    await check(world, 'the start');
    for (let step = 1; step <= STEPS; step++) {
      const deed = world.chance.weighted(WEIGHTS);
      await DEEDS[deed]?.run(world);
      await check(world, `step ${step}, ${deed}`);
    }
    // In the end everything is said, whole and the same on both sides.
    world.plug.put();
    world.desktop.wake();
    await rest(world, 120_000);
    await check(world, 'the end');
    expect(teamOf(world.mirror).team.wire).toMatchObject({ state: 'live', isCatchingUp: false, door: 'socket' });
    expect(teamOf(world.mirror).team.outbox.waiting).toBe(0);
  } finally {
    world.session.dispose();
    await world.desktop.close();
    await world.kit.dispose();
  }
});
