/**
 * Reads of the store that features share. Each returns a stored reference or a primitive, or is cached by the references it
 * was made from, so that a row renders only when its own data changed.
 */
import type {
  ChannelView,
  MemberView,
  TeamState,
  WindowState,
} from '../../electron/bridge/views.ts';
import { assignHues, hueOf } from '../ui/hues.ts';
import type { WindowModel } from './store.ts';

export const stateOf = (model: WindowModel): WindowState | null => model.snapshot?.state ?? null;

export const teamOf = (model: WindowModel): TeamState | null =>
  model.ui.team === null ? null : (model.snapshot?.state.teams[model.ui.team] ?? null);

export const channelIdOf = (model: WindowModel): string | null =>
  model.ui.team === null ? null : (model.ui.channels[model.ui.team] ?? null);

export function channelOf(model: WindowModel): ChannelView | null {
  const id = channelIdOf(model);
  return id === null ? null : (teamOf(model)?.channels[id] ?? null);
}

/** What calls the person by name, in all teams together. */
export function mentionsOf(model: WindowModel): number {
  let sum = 0;
  for (const { team } of Object.values(stateOf(model)?.teams ?? {})) sum += team.mentions;
  return sum;
}

export const cached = <Key extends object, Value>(
  make: (key: Key) => Value,
): ((key: Key) => Value) => {
  const made = new WeakMap<Key, Value>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const value = make(key);
    made.set(key, value);
    return value;
  };
};

type Channels = TeamState['channels'];
type Members = TeamState['members'];

export interface SidebarList {
  readonly channels: readonly ChannelView[];
  readonly directs: readonly ChannelView[];
}

// Han by stroke or sound as the system does it, digits by value, case aside.
const byName = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/**
 * The channels a person is in: rooms by name, conversations by the last word. Every message changes the channels, hardly one
 * changes their names: given the list before, its order is kept where it still holds, as comparing names is what costs.
 */
export function arrange(channels: Channels, before: SidebarList | null = null): SidebarList {
  const mine = Object.values(channels).filter((channel) => channel.isJoined && !channel.isArchived);
  const rooms = mine.filter((one) => one.kind === 'public' || one.kind === 'private');
  return {
    channels:
      inOldOrder(channels, rooms, before) ?? rooms.sort((a, b) => byName.compare(a.name, b.name)),
    directs: mine
      .filter((one) => one.kind === 'direct' || one.kind === 'group')
      .sort((a, b) => b.lastAt - a.lastAt),
  };
}

function inOldOrder(
  channels: Channels,
  rooms: readonly ChannelView[],
  before: SidebarList | null,
): readonly ChannelView[] | null {
  if (before === null || before.channels.length !== rooms.length) return null;
  const now = before.channels.map((old) => channels[old.id]);
  const holds = now.every(
    (one, at) =>
      one !== undefined &&
      one.isJoined &&
      !one.isArchived &&
      one.name === before.channels[at]?.name,
  );
  return holds ? now.filter((one) => one !== undefined) : null;
}

export const sidebarOf = cached((channels: Channels): SidebarList => arrange(channels));

/** Public and private channels by lower-case name, for `#name` in a text. */
export const channelsByName = cached((channels: Channels): ReadonlyMap<string, string> => {
  const names = new Map<string, string>();
  for (const one of Object.values(channels))
    if (one.name !== '') names.set(one.name.toLowerCase(), one.id);
  return names;
});

export const membersByHandle = cached(
  (members: Members): ReadonlyMap<string, MemberView> =>
    new Map(Object.values(members).map((member) => [member.handle, member])),
);

export const membersInOrder = cached((members: Members): readonly MemberView[] =>
  Object.values(members).sort(
    (a, b) => Number(b.isActive) - Number(a.isActive) || byName.compare(a.name, b.name),
  ),
);

const huesOf = cached((members: Members) => assignHues(Object.values(members)));

/** The colour of somebody in this team, also of one who is no member any more. */
export const hueIn = (members: Members, id: string): number => huesOf(members).get(id) ?? hueOf(id);

/** Where a team opens when no place is remembered: what calls the person first, then the oldest habit, `general`. */
export function firstChannel(team: TeamState): string | null {
  const { channels, directs } = sidebarOf(team.channels);
  const calling = [...directs, ...channels].find((channel) => channel.mentions > 0);
  return (
    (calling ?? channels.find((channel) => channel.name === 'general') ?? channels[0] ?? directs[0])
      ?.id ?? null
  );
}

/** Whether what this person may do in the team includes running it. */
export const isAdmin = (role: MemberView['role']): boolean => role === 'owner' || role === 'admin';
