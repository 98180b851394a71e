/**
 * What the window is told of a team, drawn from its image. Pure reading: nothing is kept here, so a view cannot be out
 * of step with what it shows.
 */
import type { Member, Role } from '../../../protocol/entities.ts';
import { DEFAULT_LIMITS } from '../../../protocol/limits.ts';
import type { ChannelView, MemberView, TeamState, TeamView } from '../../bridge/views.ts';
import { levelOf, readSeqOf, type ChannelState } from '../sync/replica.ts';
import type { Team } from '../teams/team.ts';
import { unsentOf } from './unsent.ts';

export function teamViewOf({ id, record, replica, outbox, connection }: Team): TeamView {
  let mentions = 0;
  let hasUnread = false;
  for (const channel of replica.channels.values()) {
    if (!channel.isJoined) continue;
    mentions += countsForMe(channel) ? channel.mentions : 0;
    hasUnread ||= channel.unread > 0;
  }
  const role = replica.members.get(record.me)?.role ?? record.role;
  const memberInvites = { days: record.memberInviteDays, uses: record.memberInviteUses };
  return {
    id,
    name: record.name,
    address: record.address,
    fingerprint: record.fingerprint,
    me: record.me,
    role,
    wire: connection.wire,
    outbox: outbox.counts(),
    mentions,
    hasUnread,
    isHostedHere: record.isHostedHere,
    mayInvite: invitesOf(role, memberInvites),
    memberInvites,
  };
}

/** As the relay decides it; the window only offers what will be allowed. */
function invitesOf(
  role: Role,
  memberInvites: TeamView['memberInvites'],
): TeamView['memberInvites'] | null {
  if (role === 'owner' || role === 'admin')
    return { days: DEFAULT_LIMITS.inviteMaxDays, uses: DEFAULT_LIMITS.inviteMaxUses };
  return role === 'member' && memberInvites.uses > 0 ? memberInvites : null;
}

/** A channel that was silenced keeps its dot, and stays out of the number. */
const countsForMe = (channel: ChannelState): boolean => levelOf(channel) !== 'none';

export function channelViewOf({ record, drafts }: Team, channel: ChannelState): ChannelView {
  const { facts } = channel;
  const others = facts.members?.filter((member) => member !== record.me);
  return {
    id: channel.id,
    kind: facts.kind,
    name: facts.name,
    topic: facts.topic,
    isArchived: facts.isArchived,
    isJoined: channel.isJoined,
    with: others === undefined ? [] : others.length > 0 ? others : [record.me],
    head: channel.head,
    readSeq: readSeqOf(channel),
    unread: channel.unread,
    mentions: channel.mentions,
    level: levelOf(channel),
    hasDraft: drafts.has(channel.id),
    lastAt: channel.lastAt,
  };
}

export const memberViewOf = ({
  id,
  handle,
  name,
  role,
  isActive,
  joinedAt,
}: Member): MemberView => ({
  id,
  handle,
  name,
  role,
  isActive,
  joinedAt,
});

export function teamStateOf(team: Team): TeamState {
  const { replica, live } = team;
  return {
    team: teamViewOf(team),
    channels: Object.fromEntries(
      [...replica.channels.values()].map((channel) => [channel.id, channelViewOf(team, channel)]),
    ),
    unsent: unsentOf(team),
    members: Object.fromEntries(
      [...replica.members.values()].map((member) => [member.id, memberViewOf(member)]),
    ),
    presence: live.presence(),
    typing: live.typing(),
  };
}
