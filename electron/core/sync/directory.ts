/**
 * Applies the team's feed (who is here, which public channels there are) and the member's own feed (which channels are
 * mine, what I have read, how loud each may be). A state frame replaces what was known; events after it follow on.
 * Channels of the directory that are not joined are listed without messages.
 */
import type { Channel, Team } from '../../../protocol/entities.ts';
import type { FeedEvent } from '../../../protocol/feeds.ts';
import type { Down } from '../../../protocol/frames-down.ts';
import type { SessionId } from '../../../protocol/ids.ts';
import type { Cache } from '../cache/data.ts';
import { OWN_FEEDS } from '../cache/log-rows.ts';
import type { Changes } from '../events/changes.ts';
import { readSeqOf, type ChannelState, type Replica } from './replica.ts';

export interface DirectoryParts {
  readonly replica: Replica;
  readonly cache: Cache;
  readonly changes: Changes;
  onTeam(team: Team): void;
  /** We are in this channel now; its messages have to be fetched. */
  onJoined(channel: ChannelState): void;
  /** The read mark moved, on this device or another. */
  onRead(channel: ChannelState): void;
  onSessions(ended: SessionId | null): void;
}

export interface Directory {
  replaceTeam(state: Down<'team-state'>): void;
  replaceMember(state: Down<'member-state'>): void;
  applyTeam(events: readonly FeedEvent[]): void;
  applyMember(events: readonly FeedEvent[]): void;
}

export function createDirectory({
  replica,
  cache,
  changes,
  onTeam,
  onJoined,
  onRead,
  onSessions,
}: DirectoryParts): Directory {
  /** A public channel as the directory tells it. Its facts may be older than what its own feed said. */
  const list = (facts: Channel): void => {
    const known = replica.channels.get(facts.id);
    if (!known || facts.seq >= known.facts.seq)
      replica.putChannel(facts, { isJoined: known?.isJoined ?? false });
  };

  /** No longer ours: its words leave this computer; a public one stays in the directory. */
  const part = (channel: ChannelState): void => {
    const { facts } = channel;
    replica.removeChannel(channel);
    if (facts.kind === 'public') replica.putChannel(facts, { isJoined: false });
    changes.channel(replica.team.id, facts.id);
  };

  const enter = (facts: Channel, readSeq: number, level: ChannelState['level']): void => {
    const known = replica.channels.get(facts.id);
    const newest = known && known.facts.seq > facts.seq ? known.facts : facts;
    const wasIn = known?.isJoined ?? false;
    if (known && !wasIn) replica.removeChannel(known);
    const channel = replica.putChannel(newest, { isJoined: true, readSeq, level });
    if (!wasIn) onJoined(channel);
  };

  return {
    replaceTeam: (state) =>
      cache.db.transaction('team-state', () => {
        onTeam(state.team);
        for (const member of state.members) replica.putMember(member);
        const listed = new Set(state.channels.map((channel) => channel.id));
        for (const facts of state.channels) list(facts);
        for (const channel of [...replica.channels.values()]) {
          if (!channel.isJoined && !listed.has(channel.id)) replica.removeChannel(channel);
        }
        replica.putSync({ ...replica.sync, teamSeq: state.seq });
        replica.positions.move(OWN_FEEDS.team, state);
      }),

    replaceMember: (state) =>
      cache.db.transaction('member-state', () => {
        const mine = new Set(state.channels.map(({ channel }) => channel.id));
        for (const channel of [...replica.channels.values()])
          if (channel.isJoined && !mine.has(channel.id)) part(channel);
        for (const { channel: facts, readSeq, level } of state.channels) {
          const before = replica.channels.get(facts.id);
          const wasRead = before ? readSeqOf(before) : readSeq;
          enter(facts, readSeq, level);
          const channel = replica.channels.get(facts.id);
          if (channel && readSeqOf(channel) !== wasRead) onRead(channel);
        }
        replica.putSync({ ...replica.sync, memberSeq: state.seq });
        replica.positions.move(OWN_FEEDS.member, state);
      }),

    applyTeam: (events) =>
      cache.db.transaction('team-events', () => {
        for (const event of events) {
          if (event.kind === 'member-joined' || event.kind === 'member-changed')
            replica.putMember(event.member);
          else if (event.kind === 'channel-listed') list(event.channel);
          else if (event.kind === 'team-changed') onTeam(event.team);
          else
            cache.log.putRaw(
              replica.team.key,
              OWN_FEEDS.team,
              event.seq,
              JSON.stringify(event.kind === 'unknown' ? event.raw : event),
            );
          replica.putSync({ ...replica.sync, teamSeq: event.seq });
        }
        const last = events.at(-1);
        if (last) replica.positions.move(OWN_FEEDS.team, last);
      }),

    applyMember: (events) =>
      cache.db.transaction('member-events', () => {
        for (const event of events) {
          switch (event.kind) {
            case 'channel-joined':
              enter(event.channel, event.readSeq, event.level);
              break;
            case 'channel-left': {
              const channel = replica.channels.get(event.channel);
              if (channel?.isJoined) part(channel);
              break;
            }
            case 'read': {
              const channel = replica.channels.get(event.channel);
              if (!channel) break;
              replica.putMark(channel, { readSeq: event.readSeq, level: channel.level });
              onRead(channel);
              break;
            }
            case 'level': {
              const channel = replica.channels.get(event.channel);
              if (channel)
                replica.putMark(channel, { readSeq: channel.readSeq, level: event.level });
              break;
            }
            case 'session-started':
              onSessions(null);
              break;
            case 'session-ended':
              onSessions(event.session);
              break;
            case 'echoed':
              break;
            default:
              cache.log.putRaw(
                replica.team.key,
                OWN_FEEDS.member,
                event.seq,
                JSON.stringify(event.kind === 'unknown' ? event.raw : event),
              );
          }
          replica.putSync({ ...replica.sync, memberSeq: event.seq });
        }
        const last = events.at(-1);
        if (last) replica.positions.move(OWN_FEEDS.member, last);
      }),
  };
}
