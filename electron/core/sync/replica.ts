/**
 * One team as this computer knows it: a small image in memory of what the cache holds, so that the sidebar never waits
 * for the disk. Whatever changes it writes memory and cache together, inside the caller's transaction; if that fails the
 * whole image is thrown away and loaded anew. Which events mean what is left to the directory and the channel log.
 */
import type { Channel, Level, Member } from '../../../protocol/entities.ts';
import type { ChannelId, MemberId } from '../../../protocol/ids.ts';
import { CALLS } from '../../../protocol/mentions.ts';
import type { Cache } from '../cache/data.ts';
import type { RelayCount } from '../cache/channel-rows.ts';
import type { SyncState } from '../cache/team-rows.ts';
import type { Changes } from '../events/changes.ts';
import { topOf, type Intervals } from './intervals.ts';
import { createPositions, type Positions } from './positions.ts';

/** A read mark on its way to the relay. */
export interface PendingMark {
  readonly seq: number;
  readonly isBack: boolean;
}

export interface ChannelState {
  readonly key: number;
  readonly id: ChannelId;
  facts: Channel;
  isJoined: boolean;
  /** As the relay has it. */
  readSeq: number;
  level: Level;
  pendingMark: PendingMark | null;
  pendingLevel: Level | null;
  held: Intervals;
  /** The highest number known to exist. */
  head: number;
  unread: number;
  mentions: number;
  lastAt: number;
  /** Messages after this are news to this computer; what comes below is history. */
  newsAfter: number;
  /** What the relay counted of the unread messages that are not all here. */
  relayCount: RelayCount | null;
  /** What the counts in memory were made with; null when they were never made. */
  countedWith: { readonly readSeq: number; readonly mask: number } | null;
}

export interface ReplicaParts {
  readonly team: {
    readonly id: string;
    readonly key: number;
    readonly me: MemberId;
    readonly handle: string;
  };
  readonly cache: Cache;
  readonly changes: Changes;
  /** Which calls count as a mention of oneself now. */
  readonly mask: () => number;
}

export interface Replica {
  readonly team: ReplicaParts['team'];
  readonly channels: ReadonlyMap<string, ChannelState>;
  readonly members: ReadonlyMap<string, Member>;
  readonly sync: SyncState;
  readonly positions: Positions;
  isHandle(handle: string): boolean;
  putSync(state: SyncState): void;
  putMember(member: Member): void;
  /** Inserts or replaces the facts. */
  putChannel(
    facts: Channel,
    more: { readonly isJoined: boolean; readonly readSeq?: number; readonly level?: Level },
  ): ChannelState;
  putMark(channel: ChannelState, mark: { readonly readSeq: number; readonly level: Level }): void;
  /** Null: everything that it counted is here, or read. To be followed by `recount`. */
  putRelayCount(channel: ChannelState, count: RelayCount | null): void;
  /** Counts anew what follows from the messages and the read mark, and keeps it. */
  recount(channel: ChannelState): void;
  /** Counts anew where mark or mask are no longer those of the last count: after a start, or a changed setting. */
  recountStale(): void;
  /** Keeps head, counts and time of the channel as they are in memory. */
  saveSummary(channel: ChannelState): void;
  /** Keeps and tells a head that is ahead of what is here: there is a hole now. */
  saveHead(channel: ChannelState): void;
  /** Forgets the channel and everything of it. */
  removeChannel(channel: ChannelState): void;
  /** Forgets everything that came from the relay. */
  clear(sync: SyncState): void;
}

export const isConversation = (channel: ChannelState): boolean =>
  channel.facts.kind === 'direct' || channel.facts.kind === 'group';

/** Everything up to here is read, as this computer sees it: a mark on its way counts. */
export function readSeqOf(channel: ChannelState): number {
  const pending = channel.pendingMark;
  if (!pending) return channel.readSeq;
  return pending.isBack ? pending.seq : Math.max(pending.seq, channel.readSeq);
}

export const levelOf = (channel: ChannelState): Level => channel.pendingLevel ?? channel.level;

/** Messages after this are counted here; what is unread before it was counted by the relay. */
export const countsAfter = (channel: ChannelState): number =>
  Math.max(readSeqOf(channel), channel.relayCount?.to ?? 0);

/** Does this message, if it is unread, stand in the number on the badge? */
export const isForMe = (channel: ChannelState, calls: number, mask: number): boolean =>
  isConversation(channel) || (calls & mask) !== 0;

export function createReplica({ team, cache, changes, mask }: ReplicaParts): Replica {
  const channels = new Map<string, ChannelState>();
  const members = new Map<string, Member>();
  const handles = new Set<string>();
  let sync = cache.teams.sync(team.key);

  const load = (): void => {
    for (const member of cache.teams.members(team.key)) {
      members.set(member.id, member);
      handles.add(member.handle);
    }
    const byKey = new Map<number, ChannelState>();
    for (const row of cache.channels.all(team.key)) {
      const readSeq = row.mark?.readSeq ?? 0;
      const state: ChannelState = {
        key: row.key,
        id: row.facts.id,
        facts: row.facts,
        isJoined: row.isJoined,
        readSeq,
        level: row.mark?.level ?? 'all',
        pendingMark: null,
        pendingLevel: null,
        held: [],
        head: row.summary?.head ?? 0,
        unread: row.summary?.unread ?? 0,
        mentions: row.summary?.mentions ?? 0,
        lastAt: row.summary?.lastAt ?? 0,
        newsAfter: 0,
        relayCount: null,
        countedWith: row.summary ? { readSeq: row.summary.readSeq, mask: row.summary.mask } : null,
      };
      channels.set(state.id, state);
      byKey.set(state.key, state);
    }
    for (const { channel, count } of cache.channels.relayCounts(team.key)) {
      const state = byKey.get(channel);
      if (state) state.relayCount = count;
    }
    for (const { channel, interval } of cache.log.intervals(team.key)) {
      const state = byKey.get(channel);
      if (state) state.held = [...state.held, interval];
    }
    for (const state of channels.values())
      state.newsAfter = state.held.length > 0 ? topOf(state.held) : state.readSeq;
  };

  const saveSummary = (channel: ChannelState): void => {
    const { head, unread, mentions, lastAt } = channel;
    const countedWith = { readSeq: readSeqOf(channel), mask: mask() };
    channel.countedWith = countedWith;
    cache.channels.putSummary(team.key, channel.key, {
      head,
      ...countedWith,
      unread,
      mentions,
      lastAt,
    });
    changes.channel(team.id, channel.id);
    changes.team(team.id);
  };

  const positions = createPositions(team.key, cache);

  const replica: Replica = {
    team,
    positions,
    channels,
    members,
    get sync() {
      return sync;
    },
    isHandle: (handle) => handles.has(handle),
    putSync: (state) => {
      sync = state;
      cache.teams.putSync(team.key, state);
    },
    putMember: (member) => {
      members.set(member.id, member);
      handles.add(member.handle);
      cache.teams.putMember(team.key, member);
      changes.member(team.id, member.id);
      if (member.id === team.me) changes.team(team.id);
    },
    putChannel: (facts, { isJoined, readSeq, level }) => {
      const key = cache.channels.put(team.key, facts, isJoined);
      let state = channels.get(facts.id);
      if (state) {
        state.facts = facts;
        state.isJoined = isJoined;
      } else {
        state = {
          key,
          id: facts.id,
          facts,
          isJoined,
          readSeq: readSeq ?? 0,
          level: level ?? 'all',
          pendingMark: null,
          pendingLevel: null,
          held: [],
          head: facts.seq,
          unread: 0,
          mentions: 0,
          lastAt: 0,
          newsAfter: readSeq ?? 0,
          relayCount: null,
          countedWith: null,
        };
        channels.set(facts.id, state);
      }
      state.head = Math.max(state.head, facts.seq);
      if (readSeq !== undefined && level !== undefined) replica.putMark(state, { readSeq, level });
      changes.channel(team.id, facts.id);
      return state;
    },
    putMark: (channel, mark) => {
      const before = readSeqOf(channel);
      channel.readSeq = mark.readSeq;
      channel.level = mark.level;
      cache.channels.putMark(team.key, channel.key, mark);
      if (readSeqOf(channel) !== before) replica.recount(channel);
      else saveSummary(channel);
    },
    putRelayCount: (channel, count) => {
      channel.relayCount = count;
      cache.channels.putRelayCount(team.key, channel.key, count);
    },
    recount: (channel) => {
      if (channel.relayCount && channel.relayCount.from !== readSeqOf(channel) + 1)
        replica.putRelayCount(channel, null);
      const { relayCount } = channel;
      const { unread, mentions } = channel.isJoined
        ? cache.messages.count(team.key, channel.key, countsAfter(channel), team.me, mask())
        : { unread: 0, mentions: 0 };
      const withChannel = (mask() & CALLS.channel) !== 0;
      const calling = withChannel ? relayCount?.mentions : relayCount?.mentionsWithoutChannel;
      channel.unread = unread + (relayCount?.messages ?? 0);
      channel.mentions = isConversation(channel) ? channel.unread : mentions + (calling ?? 0);
      saveSummary(channel);
    },
    recountStale: () => {
      for (const channel of channels.values()) {
        const { countedWith } = channel;
        if (
          !channel.isJoined ||
          (countedWith?.readSeq === readSeqOf(channel) && countedWith.mask === mask())
        )
          continue;
        replica.recount(channel);
      }
    },
    saveSummary,
    saveHead: (channel) => {
      saveSummary(channel);
      changes.stretch(team.id, channel.id);
    },
    removeChannel: (channel) => {
      channels.delete(channel.id);
      positions.forget(channel.key);
      cache.messages.removeChannel(team.key, channel.key);
      cache.log.removeChannel(team.key, channel.key);
      cache.channels.remove(team.key, channel.key);
      changes.channel(team.id, channel.id);
      changes.stretch(team.id, channel.id);
      changes.team(team.id);
    },
    clear: (state) => {
      channels.clear();
      members.clear();
      handles.clear();
      positions.clear();
      cache.teams.clearTeam(team.key);
      replica.putSync(state);
      changes.teamState(team.id);
    },
  };

  load();
  return replica;
}
