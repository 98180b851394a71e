/**
 * Channels and people: what is decided by the relay at once, or not at all. Only one's own level for a channel goes
 * through the outbox, because it is nobody else's business when it is decided.
 */
import type { ChannelId, MemberId, OperationId } from '../../../protocol/ids.ts';
import { cleanName } from '../../../protocol/names.ts';
import type { Mutation } from '../../../protocol/frames-up.ts';
import type { Down } from '../../../protocol/frames-down.ts';
import { ok } from '../../../protocol/result.ts';
import type { CommandHandlers } from '../../bridge/commands.ts';
import { problem } from '../problems.ts';
import { heldSince } from '../sync/backfill.ts';
import type { Team } from '../teams/team.ts';
import { memberViewOf } from '../views/team-view.ts';
import { withChannel, withTeam, type Answer, type CommandParts } from './core.ts';

type Names =
  | 'channel.create'
  | 'channel.direct'
  | 'channel.change'
  | 'channel.archive'
  | 'channel.join'
  | 'channel.leave'
  | 'channel.add'
  | 'channel.remove'
  | 'channel.held'
  | 'channel.members'
  | 'channel.level'
  | 'presence.set'
  | 'profile.set'
  | 'member.role'
  | 'member.active';

type Unnamed<T> = T extends { readonly op: unknown } ? Omit<T, 'op'> : never;

const DONE = ok(null);
/** How long the news of a channel that was just made may take to arrive after its acknowledgement. */
const ARRIVES_MS = 5_000;

export function createChannelCommands({ core }: CommandParts): Pick<CommandHandlers, Names> {
  const change = (team: Team, mutation: Unnamed<Mutation>): Answer<Down<'ack'>> =>
    team.asks.change({ ...mutation, op: core.newId() } as unknown as Mutation);

  const changed = async (team: Team, mutation: Unnamed<Mutation>): Answer<null> => {
    const done = await change(team, mutation);
    return done.ok ? DONE : done;
  };

  /** The window will open it next: it has to be there. */
  const entered = async (
    team: Team,
    mutation: Unnamed<Mutation>,
    wanted: string,
  ): Answer<{ readonly channel: string }> => {
    const done = await change(team, mutation);
    if (!done.ok) return done;
    const channel = done.value.channel ?? wanted;
    return (await team.joined(channel, ARRIVES_MS)) ? ok({ channel }) : problem('unavailable');
  };

  return {
    'channel.create': ({ team: id, kind, name, topic, members }) =>
      withTeam(core, id, (team) => {
        const channel = core.newId() as ChannelId;
        const frame = {
          t: 'create-channel',
          id: channel,
          kind,
          name: cleanName(name),
          topic: cleanName(topic),
          members: members as MemberId[],
        } as const;
        return entered(team, frame, channel);
      }),
    'channel.direct': ({ team: id, members }) =>
      withTeam(core, id, async (team) => {
        const wanted = new Set([...members, team.record.me]);
        for (const channel of team.replica.channels.values()) {
          const there = channel.isJoined ? channel.facts.members : undefined;
          // One we have already needs no relay.
          if (there && there.length === wanted.size && there.every((member) => wanted.has(member)))
            return ok({ channel: channel.id });
        }
        const channel = core.newId() as ChannelId;
        return entered(
          team,
          { t: 'open-direct', id: channel, members: members as MemberId[] },
          channel,
        );
      }),
    'channel.change': ({ name, topic, ...at }) =>
      withChannel(core, at, (team, channel) =>
        changed(team, {
          t: 'change-channel',
          channel: channel.id,
          ...(name === undefined ? {} : { name: cleanName(name) }),
          ...(topic === undefined ? {} : { topic: cleanName(topic) }),
        }),
      ),
    'channel.archive': ({ isArchived, ...at }) =>
      withChannel(core, at, (team, channel) =>
        changed(team, { t: 'archive', channel: channel.id, isArchived }),
      ),
    'channel.join': (at) =>
      withChannel(core, at, async (team, channel) => {
        const done = await entered(team, { t: 'join', channel: channel.id }, channel.id);
        return done.ok ? DONE : done;
      }),
    'channel.leave': (at) =>
      withChannel(core, at, (team, channel) => changed(team, { t: 'leave', channel: channel.id })),
    'channel.add': ({ member, ...at }) =>
      withChannel(core, at, (team, channel) =>
        changed(team, { t: 'add-member', channel: channel.id, member: member as MemberId }),
      ),
    'channel.remove': ({ member, ...at }) =>
      withChannel(core, at, (team, channel) =>
        changed(team, { t: 'remove-member', channel: channel.id, member: member as MemberId }),
      ),
    'channel.held': (at) =>
      withChannel(core, at, async (team, channel) =>
        ok(heldSince(channel, team.cache, team.replica.team.key)),
      ),
    'channel.members': (at) =>
      withChannel(core, at, async (team, channel) => {
        const viewsOf = (ids: readonly string[]) =>
          ok({
            members: ids.flatMap((id) => team.replica.members.get(id) ?? []).map(memberViewOf),
          });
        const { kind, members } = channel.facts;
        // Who is in a conversation never changes.
        if ((kind === 'direct' || kind === 'group') && members) return viewsOf(members);
        const roster = await team.asks.ask({ t: 'roster', channel: channel.id });
        return roster.ok ? viewsOf(roster.value.members) : roster;
      }),
    'channel.level': ({ level, ...at }) =>
      withChannel(core, at, async (team, channel) => {
        const op = core.newId() as OperationId;
        channel.pendingLevel = level;
        team.outbox.add({
          op,
          lane: `level/${channel.id}`,
          channel: channel.id,
          message: null,
          frame: { t: 'level', op, channel: channel.id, level },
        });
        team.replica.saveSummary(channel);
        return DONE;
      }),

    'presence.set': ({ team: id, presence }) =>
      withTeam(core, id, async (team) => {
        team.setPresence(presence);
        return DONE;
      }),
    'profile.set': ({ team: id, name }) =>
      withTeam(core, id, (team) => changed(team, { t: 'change-profile', name: cleanName(name) })),
    'member.role': ({ team: id, member, role }) =>
      withTeam(core, id, (team) =>
        changed(team, { t: 'set-role', member: member as MemberId, role }),
      ),
    'member.active': ({ team: id, member, isActive }) =>
      withTeam(core, id, (team) =>
        changed(team, { t: 'set-active', member: member as MemberId, isActive }),
      ),
  };
}
