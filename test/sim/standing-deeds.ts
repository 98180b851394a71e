/** All that happens to the one desktop of the standing rule: what its person does, what others do, and what goes wrong. */
import type { CommandInput, CommandName } from '../../electron/bridge/commands.ts';
import type { ChannelId, MessageId, OperationId } from '../../protocol/ids.ts';
import type { Chance } from '../kit/chance.ts';
import { settle } from '../kit/relay-kit.ts';
import { check, lookIn, open, rest, teamOf, type World } from './standing-world.ts';

async function call<Name extends CommandName>(
  world: World,
  name: Name,
  input: CommandInput<Name>,
): Promise<void> {
  const answer = world.session.call(name, input);
  // Answers that need the relay come only when time moves.
  await rest(world, 20);
  await Promise.race([answer, settle(40)]);
}

type Deed = (world: World) => Promise<void> | void;

const text = (chance: Chance): string =>
  chance.pick([
    'Morning',
    'The pump is back',
    '@ada look',
    '@here anybody?',
    '@channel lunch',
    'ok',
    '早安 @ada 請看',
    'x'.repeat(300),
  ]);
const someChannel = ({ chance, channels }: World): ChannelId => chance.pick(channels);
const ownMessages = (world: World): string[] =>
  (world.mirror.state.timeline?.rows ?? []).flatMap((row) =>
    row.type === 'message' && row.author === world.kit.owner.id ? [row.id] : [],
  );

function postAs(world: World, who: 'ben' | 'cy', channel: ChannelId): void {
  const id = world.kit.id<MessageId>();
  world.posted.push({ id, channel, by: who });
  world[who].say({ t: 'post', op: id, channel, text: text(world.chance) });
}

export const DEEDS: Readonly<Record<string, { readonly weight: number; readonly run: Deed }>> = {
  'others post': {
    weight: 20,
    run: (world) => {
      const channel = someChannel(world);
      for (let n = world.chance.int(1, 4); n > 0; n--)
        postAs(world, world.chance.pick(['ben', 'cy'] as const), channel);
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
      world[by].say({
        t: 'edit',
        op: world.kit.id<OperationId>(),
        channel,
        message: id,
        text: text(world.chance),
      });
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
  'others type': {
    weight: 2,
    run: (world) => world.ben.say({ t: 'typing', channel: someChannel(world) }),
  },
  send: {
    weight: 12,
    run: (world) =>
      call(world, 'message.send', {
        team: 'here',
        channel: someChannel(world),
        text: text(world.chance),
      }),
  },
  edit: {
    weight: 4,
    run: async (world) => {
      const own = ownMessages(world);
      const channel = world.mirror.state.timeline?.channel;
      if (own.length > 0 && channel)
        await call(world, 'message.edit', {
          team: 'here',
          channel,
          message: world.chance.pick(own),
          text: text(world.chance),
        });
    },
  },
  delete: {
    weight: 3,
    run: async (world) => {
      const own = ownMessages(world);
      const channel = world.mirror.state.timeline?.channel;
      if (own.length > 0 && channel)
        await call(world, 'message.delete', {
          team: 'here',
          channel,
          message: world.chance.pick(own),
        });
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
      await call(world, 'timeline.open', {
        team: 'here',
        channel,
        at: message ? { message: message.id } : at === 'message' ? 'end' : at,
      });
    },
  },
  'close the timeline': { weight: 1, run: (world) => call(world, 'timeline.close', {}) },
  'scroll up': { weight: 8, run: (world) => call(world, 'timeline.older', {}) },
  'scroll down': { weight: 5, run: (world) => call(world, 'timeline.newer', {}) },
  'see a hole': {
    weight: 6,
    run: async (world) => {
      const holes = (world.mirror.state.timeline?.rows ?? []).flatMap((row) =>
        row.type === 'hole' ? [row] : [],
      );
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
  'look away': {
    weight: 3,
    run: (world) =>
      call(world, 'view.look', { team: null, channel: null, isAtEnd: false, isFocused: false }),
  },
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
    run: (world) =>
      call(world, 'read.mark', {
        team: 'here',
        channel: someChannel(world),
        seq: world.chance.int(1, 200),
      }),
  },
  'mark all read': { weight: 1, run: (world) => call(world, 'read.all', { team: 'here' }) },
  level: {
    weight: 2,
    run: (world) =>
      call(world, 'channel.level', {
        team: 'here',
        channel: someChannel(world),
        level: world.chance.pick(['all', 'mentions', 'none']),
      }),
  },
  draft: {
    weight: 2,
    run: (world) =>
      call(world, 'draft.set', {
        team: 'here',
        channel: someChannel(world),
        text: world.chance.pick(['', 'half']),
      }),
  },
  'begin an edit': {
    weight: 3,
    run: async (world) => {
      const own = ownMessages(world);
      const channel = world.mirror.state.timeline?.channel;
      if (own.length === 0 || !channel) return;
      await call(world, 'draft.set', {
        team: 'here',
        channel,
        message: world.chance.pick(own),
        text: world.chance.pick(['', 'half an edit', 'half another']),
        original: 'Morning',
      });
    },
  },
  'archive or unarchive': {
    weight: 1,
    run: (world) =>
      call(world, 'channel.archive', {
        team: 'here',
        channel: someChannel(world),
        isArchived: world.chance.happens(0.3),
      }),
  },
  'look after what was not sent': {
    weight: 3,
    run: async (world) => {
      const keys = Object.keys(teamOf(world.mirror).unsent);
      if (keys.length === 0) return;
      const key = world.chance.pick(keys);
      if (world.chance.happens(0.5)) await call(world, 'unsent.discard', { team: 'here', key });
      else await call(world, 'unsent.send', { team: 'here', key, channel: someChannel(world) });
    },
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
      world.ben.say({
        t: 'remove-member',
        op: world.kit.id<OperationId>(),
        channel,
        member: world.kit.owner.id,
      });
      await rest(world);
      await check(world, 'removed');
      world.ben.say({
        t: 'add-member',
        op: world.kit.id<OperationId>(),
        channel,
        member: world.kit.owner.id,
      });
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
        settings: {
          ...settings,
          notifications: { ...settings.notifications, ignoreChannelMentions },
        },
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
/** How often each of them happens. */
export const WEIGHTS = Object.fromEntries(
  Object.entries(DEEDS).map(([name, { weight }]) => [name, weight]),
);
